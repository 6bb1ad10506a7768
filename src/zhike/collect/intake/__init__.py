"""Facts that arrive by HTTP: received durably, moved to the lake exactly once."""
