"""Who may come in and do what: users and roles, signing in, API keys, the audit trail."""
