"""Where an import keeps what people must not read: staged rows and rejects, below the data folder.

Every byte that an import writes for itself goes through these two doors.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def write_private(file: Path) -> BinaryIO:
    """A fresh file that only its owner can read, open for writing; what was there is lost."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def open_private(file: Path) -> BinaryIO:
    """What `write_private` wrote, open for reading at any place."""
    return file.open("rb")
