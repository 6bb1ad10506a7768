"""Which ones: saved and built-in segments, membership and its changes."""
