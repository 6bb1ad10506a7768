"""The keys of one data folder: a file of their own, readable by the owner of the folder only."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

KEYS_FILE = "vault_keys.json"
KEYS_FILE_VARIABLE = "ZHIKE_VAULT_KEYS_FILE"
_KEY_BYTES = 32


@dataclass(frozen=True)
class KeyRing:
    """Keys for sealing by number, the one in use, and the key of the fingerprints.

    Fingerprints have one key for good: with another, nothing that is known would be found again.
    """

    keys: Mapping[int, bytes]
    current: int
    index_key: bytes

    def with_new_key(self) -> KeyRing:
        """The same with a fresh key in use; the older ones still open what they sealed."""
        number = max(self.keys) + 1
        return replace(self, keys={**self.keys, number: secrets.token_bytes(_KEY_BYTES)}, current=number)

    def only_current(self) -> KeyRing:
        """The same without the keys that are no longer in use."""
        return replace(self, keys={self.current: self.keys[self.current]})


def open_key_ring(home: Home) -> KeyRing:
    """The keys of a data folder; made at the first call.

    Raises
    ------
    ZhikeError
        ``vault.keys_missing`` where the folder has a database with customers but no keys any more,
        ``vault.keys_unreadable``.
    """
    file = keys_file(home)
    if not file.exists():
        _refuse_to_replace_lost_keys(home, file)
        _make(home, file)
    return _read(file)


def keep_key_ring(home: Home, ring: KeyRing) -> None:
    """Replace the keys of a data folder, durably."""
    file = keys_file(home)
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    _write(beside, ring)
    beside.replace(file)
    _sync_folder(file)


def keys_file(home: Home) -> Path:
    """Where the keys lie: in the folder, or where ``ZHIKE_VAULT_KEYS_FILE`` says."""
    named = os.environ.get(KEYS_FILE_VARIABLE, "")
    return Path(named) if named else home.path / KEYS_FILE


def _make(home: Home, file: Path) -> None:
    """The first keys, whole or not at all, whoever else is making them at the same moment."""
    fresh = KeyRing({1: secrets.token_bytes(_KEY_BYTES)}, 1, secrets.token_bytes(_KEY_BYTES))
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    _write(beside, fresh)
    try:
        with contextlib.suppress(FileExistsError):  # somebody was faster: theirs counts
            os.link(beside, file)
    finally:
        beside.unlink()
    _sync_folder(file)
    # Only now: who sees the mark finds the keys, or knows that they were lost.
    _mark(home).touch(mode=0o600)


def _mark(home: Home) -> Path:
    return home.path / ".vault"


def _sync_folder(file: Path) -> None:
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(file: Path, ring: KeyRing) -> None:
    content = {
        "current": ring.current,
        "keys": {str(number): _text(key) for number, key in ring.keys.items()},
        "index_key": _text(ring.index_key),
    }
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())


def _read(file: Path) -> KeyRing:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        keys = {int(number): base64.b64decode(key) for number, key in content["keys"].items()}
        ring = KeyRing(keys, content["current"], base64.b64decode(content["index_key"]))
        if ring.current not in ring.keys or {len(k) for k in (*keys.values(), ring.index_key)} != {
            _KEY_BYTES
        }:
            raise ValueError("a key is missing or cut")
        return ring
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZhikeError(
            "vault.keys_unreadable",
            zh=f"密钥文件 {file} 无法读取（{error}）。请从备份恢复；没有它，姓名和联系方式打不开",
            en=f"the key file {file} cannot be read ({error}). Restore it from a backup: without it no name or contact opens",
        ) from error


def _refuse_to_replace_lost_keys(home: Home, file: Path) -> None:
    # Fresh keys would open nothing that is there.
    if _mark(home).exists() and not file.exists():
        raise ZhikeError(
            "vault.keys_missing",
            zh=f"找不到密钥文件 {file}。请从备份恢复；新的密钥打不开已加密的姓名和联系方式",
            en=f"the key file {file} is gone. Restore it from a backup: new keys would not open the names and contacts",
        )


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
