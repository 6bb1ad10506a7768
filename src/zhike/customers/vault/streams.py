"""Whole files, sealed in chunks, so that they are written as a stream and read from any place.

A file is ``mark ‖ slot ‖ slot ‖ chunk …``. It has a random key of its own, which stands in one of the two slots,
sealed by the vault for the name of the file. The chunks are AES-256-GCM of 1 MiB each by the STREAM construction
(Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015) as the format age has it: the nonce is the number of the
chunk in 11 bytes and one byte that tells the last one. Chunks that are cut off, moved, repeated or taken from
another file do not open, nor does a file under the name of another.

New keys of the vault touch the slots only: the one that is free is written and pushed to the disk before the
other is cleared, so the key of the file is readable at any moment.
"""

from __future__ import annotations

import io
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhike.customers.vault.sealing import Vault
from zhike.kernel.errors import ZhikeError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK_BYTES = 1 << 20
_MARK = b"ZHIKE\0F\1"
_TAG_BYTES = 16
_KEY_BYTES = 32
# Number of the vault's key, nonce, the key of the file in base64, tag.
_SLOT_BYTES = 2 + 12 + 44 + _TAG_BYTES
_SLOTS = 2
HEADER_BYTES = len(_MARK) + _SLOTS * _SLOT_BYTES
_SEALED_CHUNK = CHUNK_BYTES + _TAG_BYTES


class SealedWriter(io.RawIOBase):
    """Seals what is written into `raw`, and closes it.

    Left by an exception, or cut off, the file stays without its end and cannot be read.

    Parameters
    ----------
    place
        What the file is bound to; the same must be given to read it.
    is_durable
        Push the file to the disk before it is closed.
    """

    def __init__(self, raw: BinaryIO, vault: Vault, *, place: str, is_durable: bool = False) -> None:
        self._raw, self._is_durable = raw, is_durable
        key = os.urandom(_KEY_BYTES)
        self._cipher = AESGCM(key)
        self._waiting = bytearray()
        self._number = self._size = 0
        raw.write(_MARK + _slot(vault, key, place) + bytes(_SLOT_BYTES))

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data).cast("B")
        self._size += len(view)
        rest = view
        # A full chunk waits for more: only then it is known not to be the last.
        while rest:
            if len(self._waiting) == CHUNK_BYTES:
                self._seal(self._waiting, is_last=False)
                self._waiting.clear()
            if not self._waiting and len(rest) > CHUNK_BYTES:
                # What is whole already need not be put together.
                self._seal(rest[:CHUNK_BYTES], is_last=False)
                rest = rest[CHUNK_BYTES:]
            else:
                room = CHUNK_BYTES - len(self._waiting)
                self._waiting += rest[:room]
                rest = rest[room:]
        return len(view)

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._seal(self._waiting, is_last=True)
            self._raw.flush()
            if self._is_durable:
                os.fsync(self._raw.fileno())
        finally:
            self._shut()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._shut()

    def _seal(self, chunk: bytearray | memoryview, *, is_last: bool) -> None:
        self._raw.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, _MARK))
        self._number += 1

    def _shut(self) -> None:
        self._waiting.clear()
        self._raw.close()
        super().close()

    def __del__(self) -> None:
        # Forgotten is cut off, not finished.
        if not self.closed:
            self._shut()


class SealedReader(io.RawIOBase):
    """Opens what `SealedWriter` wrote, from any place; a chunk is held in memory.

    Raises
    ------
    ZhikeError
        ``vault.file_damaged`` if the file was altered, cut off, or belongs to another place; while it is opened
        or while it is read.
    """

    def __init__(self, raw: BinaryIO, vault: Vault, *, place: str) -> None:
        self._raw, self._place = raw, place
        self._position, self._held, self._chunk = 0, -1, b""
        self._cipher = AESGCM(_key_of(raw.read(HEADER_BYTES), vault, place))
        sealed = raw.seek(0, os.SEEK_END) - HEADER_BYTES
        self._chunks = max(-(-sealed // _SEALED_CHUNK), 1)
        self._size = max(sealed - self._chunks * _TAG_BYTES, 0)
        # What was cut off is seen at once, not after half of the file.
        self._open(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(22, "Invalid argument")
        self._position = start + offset
        return self._position

    def readinto(self, target: WriteableBuffer, /) -> int:
        if self._position >= self._size:
            return 0
        number, offset = divmod(self._position, CHUNK_BYTES)
        self._open(number)
        view = memoryview(target).cast("B")
        count = min(len(view), len(self._chunk) - offset)
        view[:count] = memoryview(self._chunk)[offset : offset + count]
        self._position += count
        return count

    def close(self) -> None:
        self._chunk = b""
        self._raw.close()
        super().close()

    def _open(self, number: int) -> None:
        if number == self._held:
            return
        self._raw.seek(HEADER_BYTES + number * _SEALED_CHUNK)
        sealed, nonce = self._raw.read(_SEALED_CHUNK), _nonce(number, is_last=number == self._chunks - 1)
        try:
            self._chunk = self._cipher.decrypt(nonce, sealed, _MARK)
        except (InvalidTag, ValueError) as error:
            raise _damaged(self._place) from error
        self._held = number


def is_sealed(file: Path) -> bool:
    """Whether it is a file of this kind."""
    with file.open("rb") as raw:
        return raw.read(len(_MARK)) == _MARK


def seal_key_anew(file: Path, vault: Vault, *, place: str) -> bool:
    """Have the key in use hold the key of a file; whether another one did.

    Raises
    ------
    ZhikeError
        ``vault.file_damaged``.
    """
    with file.open("r+b") as raw:
        header = raw.read(HEADER_BYTES)
        number, key = _opened_slot(header, vault, place)
        is_old = not vault.is_current(_slot_at(header, number))
        if is_old:
            _overwrite(raw, 1 - number, _slot(vault, key, place))
        # Of a run that was cut off between the two as well.
        rest = 1 - number if not is_old else number
        if is_old or any(_slot_at(header, rest)):
            _overwrite(raw, rest, bytes(_SLOT_BYTES))
    return is_old


def _overwrite(raw: BinaryIO, number: int, slot: bytes) -> None:
    raw.seek(len(_MARK) + number * _SLOT_BYTES)
    raw.write(slot)
    raw.flush()
    os.fsync(raw.fileno())


def _slot(vault: Vault, key: bytes, place: str) -> bytes:
    return vault.seal(b64encode(key).decode(), place=place)


def _slot_at(header: bytes, number: int) -> bytes:
    start = len(_MARK) + number * _SLOT_BYTES
    return header[start : start + _SLOT_BYTES]


def _key_of(header: bytes, vault: Vault, place: str) -> bytes:
    return _opened_slot(header, vault, place)[1]


def _opened_slot(header: bytes, vault: Vault, place: str) -> tuple[int, bytes]:
    """The slot that opens, one of the key in use first, and the key of the file in it."""
    if len(header) < HEADER_BYTES or not header.startswith(_MARK):
        raise _damaged(place)
    for number in sorted(range(_SLOTS), key=lambda each: not vault.is_current(_slot_at(header, each))):
        try:
            return number, b64decode(vault.open(_slot_at(header, number), place=place))
        except ZhikeError:
            continue
    raise _damaged(place)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _damaged(place: str) -> ZhikeError:
    return ZhikeError(
        "vault.file_damaged",
        zh=f"{place} 的加密内容打不开：不完整、被改动过，或密钥已不在。请重新上传或重新导入",
        en=f"the sealed content of {place} does not open: it is not whole, was altered, or its key is gone. Upload or import it again",
    )
