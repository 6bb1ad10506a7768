"""The vault: names, contacts and source keys, encrypted with keys that are not in the database.

A sealed value is bound to the row that holds it; copied into another row it does not open. Equal contacts are
found by a keyed fingerprint, never by the value.
"""

from zhike.customers.vault.keys import KeyRing, open_key_ring
from zhike.customers.vault.sealing import FINGERPRINT_LENGTH, Vault, key_index, key_indexes, open_vault

__all__ = [
    "FINGERPRINT_LENGTH",
    "KeyRing",
    "Vault",
    "key_index",
    "key_indexes",
    "open_key_ring",
    "open_vault",
]
