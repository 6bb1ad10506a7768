"""Reads of accounts, and the types that other domains may name."""

from zhike.accounts.models import ApiKey, User
from zhike.accounts.selectors.api_keys import api_key_of, api_keys, key_in_force, key_with_id
from zhike.accounts.selectors.audit import (
    AuditLine,
    audit_actions,
    audit_actors,
    audit_count,
    audit_lines,
    verify_audit,
)
from zhike.accounts.selectors.users import account_of, first_owner, user_with_id, users

__all__ = [
    "ApiKey",
    "AuditLine",
    "User",
    "account_of",
    "api_key_of",
    "api_keys",
    "audit_actions",
    "audit_actors",
    "audit_count",
    "audit_lines",
    "first_owner",
    "key_in_force",
    "key_with_id",
    "user_with_id",
    "users",
    "verify_audit",
]
