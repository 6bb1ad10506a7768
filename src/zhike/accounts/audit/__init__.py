"""The audit trail: who did what, in rows that are chained by hashes and can only be added."""
