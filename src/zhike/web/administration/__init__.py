"""The settings of the shop that people change on pages: users, API keys, the audit trail."""
