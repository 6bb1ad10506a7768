"""The pages of customers, a module a subject."""
