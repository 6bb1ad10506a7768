"""Sealing and opening single values, and the fingerprints by which equal values are found."""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhike.customers.vault.keys import KeyRing, open_key_ring
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

_NUMBER_BYTES = 2
_NONCE_BYTES = 12
_FINGERPRINT_BYTES = 16


class Vault:
    """Seals with the key in use, opens with the key that sealed.

    A sealed value is ``key number ‖ nonce ‖ AES-256-GCM(value, aad = place)`` (NIST SP 800-38D).
    """

    def __init__(self, ring: KeyRing) -> None:
        self._current = ring.current.to_bytes(_NUMBER_BYTES, "big")
        self._ciphers = {
            number.to_bytes(_NUMBER_BYTES, "big"): AESGCM(key) for number, key in ring.keys.items()
        }
        self._sealing = self._ciphers[self._current]
        self._index_key = ring.index_key

    def seal(self, value: str, *, place: str) -> bytes:
        """`value` encrypted; `place` names table, column and row, and the same must be given to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._current + nonce + self._sealing.encrypt(nonce, value.encode(), place.encode())

    def open(self, sealed: bytes | memoryview, *, place: str) -> str:
        """The value.

        Raises
        ------
        ZhikeError
            ``vault.sealed_elsewhere`` if it was sealed for another place, altered, or its key is gone.
        """
        whole = bytes(sealed)
        number, rest = whole[:_NUMBER_BYTES], whole[_NUMBER_BYTES:]
        nonce, text = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return self._ciphers[number].decrypt(nonce, text, place.encode()).decode()
        except (KeyError, InvalidTag, ValueError) as error:
            raise ZhikeError(
                "vault.sealed_elsewhere",
                zh=f"{place} 的加密内容打不开：被改动过，或密钥已不在",
                en=f"the sealed content of {place} does not open: it was altered, or its key is gone",
            ) from error

    def is_current(self, sealed: bytes | memoryview) -> bool:
        """Whether it was sealed with the key in use."""
        return bytes(sealed[:_NUMBER_BYTES]) == self._current

    def fingerprint(self, kind: str, value: str) -> str:
        """Equal for equal values of a kind and telling nothing without the key: HMAC-SHA-256, 128 bits, 22 characters."""
        digest = hmac.digest(self._index_key, f"{kind}\0{value}".encode(), "sha256")
        return urlsafe_b64encode(digest[:_FINGERPRINT_BYTES]).rstrip(b"=").decode()


def open_vault(home: Home) -> Vault:
    """The vault of a data folder; the same object until its keys change."""
    ring = open_key_ring(home)
    return _vault(tuple(sorted(ring.keys.items())), ring.current, ring.index_key)


def key_index(vault: Vault, source: str, source_key: str) -> str:
    """The fingerprint under which a source's key is found."""
    return vault.fingerprint("key", f"{source}\0{source_key}")


@lru_cache(maxsize=8)
def _vault(keys: tuple[tuple[int, bytes], ...], current: int, index_key: bytes) -> Vault:
    return Vault(KeyRing(dict(keys), current, index_key))
