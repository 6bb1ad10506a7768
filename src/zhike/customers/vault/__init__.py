"""The vault: names, contacts and source keys, encrypted with keys that are not in the database.

A sealed value is bound to the row that holds it; copied into another row it does not open. Equal contacts are
found by a keyed fingerprint, never by the value.
"""

from zhike.customers.vault.keys import KeyRing, open_key_ring
from zhike.customers.vault.sealing import (
    Vault,
    key_index,
    key_indexes,
    key_prefix,
    open_vault,
)

__all__ = [
    "KeyRing",
    "Vault",
    "key_index",
    "key_indexes",
    "key_prefix",
    "open_key_ring",
    "open_vault",
]
