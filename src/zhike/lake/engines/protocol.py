"""What every engine offers, and how much it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake.deltas import PinnedFile

Fold = Callable[[pa.Table], Mapping[str, pa.Table]]
ROWS_A_PART = 100_000


class Engine(Protocol):
    """Runs Ibis expressions over Parquet files."""

    def read(self, name: str, files: list[Path], empty: pa.Schema) -> ir.Table:
        """The rows of some Parquet files; of none, an empty table of that schema."""

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        """A small table that the driver holds in memory."""

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run and keep the rows for later expressions of this engine; they go with `drop`, or when it closes."""

    def fold(
        self, rows: ir.Table, by: str, function: Fold, *, rows_a_part: int = ROWS_A_PART
    ) -> dict[str, ir.Table]:
        """Hand rows to a function, part by part, and keep what it gives, part after part, by name.

        Rows with an equal `by`, a whole number, come in the same part. Of no rows, the function gets an
        empty table. `rows_a_part` is a wish: small for what works in a core's cache, large for what many
        rows share.
        """

    def drop(self, table: ir.Table) -> None:
        """Give back what a table of `load`, `keep` or `fold` takes; no later expression may read it."""

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Run and return the rows."""

    def write(self, expression: ir.Table, folder: Path) -> list[PinnedFile]:
        """Run and write the rows as Parquet files with fresh names into `folder`."""

    def close(self) -> None:
        """Give back memory and files."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an engine may use. `threads` 0 is all cores; `memory` is a DuckDB size such as ``512MB``, or empty for a share of the machine's.

    `keeps_room`: what a dropped table leaves is kept for the next one. For one engine at a time of a process: it reserves
    addresses for most of the machine's memory, and with twice as many the system may start no further process.
    """

    threads: int = 0
    memory: str = ""
    keeps_room: bool = False


WEB_BUDGET = Budget(threads=1, memory="512MB")
WORKER_BUDGET = Budget()
REFRESH_BUDGET = Budget(keeps_room=True)
