"""Background work: the worker, progress, heartbeat."""
