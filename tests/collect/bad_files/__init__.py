"""Bad files by family, each with the verdict of every record: made when a test asks, never kept."""
