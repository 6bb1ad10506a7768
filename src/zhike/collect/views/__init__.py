"""Pages of the import: the steps of one, and the history."""
