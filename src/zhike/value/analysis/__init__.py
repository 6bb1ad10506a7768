"""Analysis behind the value domain."""
