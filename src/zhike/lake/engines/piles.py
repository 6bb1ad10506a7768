"""What the parts of a fold give, piled up: in memory while it is little, in files once it is much."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Of one fold: the tables of ten million customers take a few gigabytes each, and stay for several stages.
MOST_BYTES = 512 * 1024 * 1024


class Pile:
    """The results of one fold, part by part; several threads may add to it."""

    def __init__(self, parts: int, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._left = most_bytes
        self._held: list[Mapping[str, pa.Table]] = [{}] * parts
        self._files: list[dict[str, Path]] = [{} for _ in range(parts)]
        self._lock = threading.Lock()

    def add(self, part: int, given: Mapping[str, pa.Table]) -> None:
        """Take what a function gave for a part."""
        with self._lock:
            self._left -= sum(table.nbytes for table in given.values())
            is_much = self._left < 0
        self._held[part] = given
        if is_much:
            self._write(part)

    def in_memory(self) -> dict[str, pa.Table] | None:
        """The parts one after another by name, if no file had to be written; they are no longer held here."""
        if self._left < 0:
            return None
        names = list(self._held[0])
        given, self._held = [dict(each) for each in self._held], []
        return {name: pa.concat_tables(each.pop(name) for each in given) for name in names}

    def in_files(self) -> dict[str, tuple[pa.Schema, list[Path]]]:
        """The schema and the files of each name, part after part."""
        for part, given in enumerate(self._held):
            if given:
                self._write(part)
        return {
            name: (pq.read_schema(first), [each[name] for each in self._files])
            for name, first in self._files[0].items()
        }

    def _write(self, part: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, table in self._held[part].items():
            file = self._folder / f"fold_{os.getpid()}_{uuid.uuid4().hex}.parquet"
            pq.write_table(table, file, compression="lz4", use_dictionary=False, write_statistics=False)
            self._files[part][name] = file
        self._held[part] = {}
