"""The refresh: all stages in order, one published snapshot."""
