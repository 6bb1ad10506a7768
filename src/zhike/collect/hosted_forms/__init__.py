"""Forms that anybody can fill in, made without code."""
