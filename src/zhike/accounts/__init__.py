"""Who may come in: users and signing in."""
