"""Where imports keep what people must not read: uploads, staged rows and rejects, sealed, below the data folder.

Every byte that an import writes for itself goes through these two doors. A file is bound to its name, so names
must not come twice.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

from django.conf import settings

from zhike.customers.vault import open_vault
from zhike.customers.vault.streams import SealedReader, SealedWriter, seal_key_anew

_BUFFER_BYTES = 1 << 18


def write_private(file: Path, *, is_durable: bool = False) -> BinaryIO:
    """A fresh sealed file, open for writing; what was there is lost.

    It can be read once it was closed. Cut off, or left by an exception, it never can.
    """
    raw = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    vault = open_vault(settings.ZHIKE_HOME)
    return cast(BinaryIO, SealedWriter(raw, vault, place=_place(file), is_durable=is_durable))


def open_private(file: Path) -> io.BufferedReader:
    """What `write_private` wrote, open for reading at any place.

    Raises
    ------
    ZhikeError
        ``vault.file_damaged``.
    """
    raw = file.open("rb")
    try:
        opened = SealedReader(raw, open_vault(settings.ZHIKE_HOME), place=_place(file))
    except BaseException:
        raw.close()
        raise
    return io.BufferedReader(opened, _BUFFER_BYTES)


def keep_readable(file: Path) -> bool:
    """Have the key of the vault that is in use open a sealed file; whether an older one did."""
    return seal_key_anew(file, open_vault(settings.ZHIKE_HOME), place=_place(file))


class InputFile(Protocol):
    """A file that an import reads: a `Path` of the user's, as it is, or a `SealedFile` of ours.

    As text it is what a sentence calls it.
    """

    @property
    def name(self) -> str: ...

    @property
    def stem(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader: ...

    def stat(self) -> os.stat_result: ...

    def is_file(self) -> bool: ...


@dataclass(frozen=True)
class SealedFile:
    """A file that `write_private` wrote.

    Parameters
    ----------
    place
        Where it lies.
    said
        What sentences call it: the name that its owner knows.
    suffix
        The ending that tells its format.
    """

    place: Path
    said: str
    suffix: str

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def stem(self) -> str:
        return self.place.stem

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader:
        return open_private(self.place)

    def stat(self) -> os.stat_result:
        return self.place.stat()

    def is_file(self) -> bool:
        return self.place.is_file()

    def __str__(self) -> str:
        return self.said


def _place(file: Path) -> str:
    return f"file:{file.name}"
