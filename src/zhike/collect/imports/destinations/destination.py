"""What every destination can do, and what it is told."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zhike.collect.imports.kinds.kind import Kind
from zhike.collect.imports.staging import StagedFile
from zhike.collect.imports.verdicts import Verdicts
from zhike.collect.models import ImportRun
from zhike.jobs.progress import Progress
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import Lake

COMPARING = Text("与已有数据比对", "Comparing with what is there")
REGISTERING = Text("登记客户", "Registering the customers")
WRITING = Text("写入数据", "Writing the rows")


@dataclass(frozen=True)
class Task:
    """One import under way, as its destination sees it.

    With `is_dry_run` everything is decided and nothing is kept.
    """

    home: Home
    lake: Lake
    run: ImportRun
    kind: Kind
    folder: Path
    progress: Progress
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """How many rows were or will be new, changed, and the same as before; repeats in the file not counted."""

    inserted: int
    updated: int
    unchanged: int


class Destination(Protocol):
    def compared(self, staged: StagedFile) -> Verdicts:
        """What becomes of the good rows, as far as it can be told without writing."""

    def taking(self, staged: StagedFile, found: Verdicts) -> AbstractContextManager[Taken]:
        """Take the rows: all of them when the block ends well, none if it raises or nothing is to be kept."""
