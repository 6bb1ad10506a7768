"""Writes to accounts: users, API keys, the audit trail."""

from zhike.accounts.services.api_keys import (
    NewKey,
    change_api_key,
    create_api_key,
    note_key_use,
    revoke_api_key,
)
from zhike.accounts.services.audit import record_audit
from zhike.accounts.services.users import (
    NewAccount,
    add_user,
    create_owner,
    remember_language,
    renew_password,
    set_password,
    set_role,
    switch_off,
    switch_on,
)

__all__ = [
    "NewAccount",
    "NewKey",
    "add_user",
    "change_api_key",
    "create_api_key",
    "create_owner",
    "note_key_use",
    "record_audit",
    "remember_language",
    "renew_password",
    "revoke_api_key",
    "set_password",
    "set_role",
    "switch_off",
    "switch_on",
]
