"""Reads of imports, and of the files that people bring for them."""
