"""Fingerprints of very many values on all processors: Python's own SHA-256 holds its lock for each value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.customers.vault.sealing import FINGERPRINT_LENGTH, URL_SAFE, Vault
from zhike.lake.engines import private_database

# RFC 2104: the hash of the outer key and of the hash of the inner key and the value. Half of it is written, in 24
# characters of which the last two are filling.
_QUERY = """
    SELECT to_base64(unhex(left(sha256(?::BLOB || unhex(sha256(?::BLOB || encode(value)))), 32))) AS written FROM texts
"""
_WRITTEN = "S24"


def fingerprints_of(vault: Vault, prefix: str, values: pa.Array) -> npt.NDArray[np.bytes_]:
    """`Vault.fingerprints`, as bytes."""
    inner, outer = vault.fingerprint_keys
    with private_database(texts=pa.table({"value": values})) as database:
        made = database.sql(_QUERY, params=[outer, inner + prefix.encode()]).to_arrow_table()
    written = made["written"].to_numpy().astype(_WRITTEN).tobytes().translate(URL_SAFE)
    return np.frombuffer(written, _WRITTEN).astype(f"S{FINGERPRINT_LENGTH}")
