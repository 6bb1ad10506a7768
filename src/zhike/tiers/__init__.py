"""Which level: tier schemes, membership and its changes."""
