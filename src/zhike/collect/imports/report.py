"""What an import did, and the law that its figures must obey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zhike.collect.imports.rejects import FirstReject
from zhike.collect.imports.storage import InputFile


@dataclass(frozen=True)
class ImportReport:
    """One import of one file.

    `records` are the physical records after the header. Each is exactly one of `inserted`, `updated`,
    `unchanged`, `rejected`, and `skipped` (blank). `reasons` counts the rejected by code; one with several kinds
    of faults counts under each. Of the unchanged, `duplicates` repeat an earlier record of the file. Of the good
    records, `walk_ins` are sales to nobody known. With `is_dry_run` nothing was kept, and `first_rejects` has the
    first records of every code.
    """

    run_id: int
    source: str
    file: InputFile
    read_as: str
    records: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    skipped: int
    rejects_file: Path | None
    ignored_columns: tuple[str, ...]
    reasons: Mapping[str, int]
    duplicates: int = 0
    walk_ins: int = 0
    is_dry_run: bool = False
    first_rejects: Mapping[str, Sequence[FirstReject]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounted = self.inserted + self.updated + self.unchanged + self.rejected + self.skipped
        if self.records != accounted or min(self._counts) < 0:
            raise AssertionError(
                f"records do not add up: {self.records} read, but {self._counts} accounted for"
            )
        counted = self.reasons.values()
        if not max(counted, default=0) <= self.rejected <= sum(counted):
            raise AssertionError(f"{self.rejected} rejected, but reasons for {dict(self.reasons)}")

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        plain = asdict(self)
        plain["file"] = str(self.file)
        plain["rejects_file"] = None if self.rejects_file is None else str(self.rejects_file)
        plain["ignored_columns"] = list(self.ignored_columns)
        for name in ("duplicates", "is_dry_run", "first_rejects"):
            del plain[name]
        if self.is_dry_run:
            plain |= {"is_dry_run": True, "duplicates": self.duplicates, "first_rejects": self._first()}
        return plain

    def _first(self) -> dict[str, list[dict[str, Any]]]:
        return {
            code: [
                {"row_number": each.number, "column": each.column, "reason": str(each.reason)}
                for each in some
            ]
            for code, some in self.first_rejects.items()
        }

    @property
    def _counts(self) -> tuple[int, ...]:
        return self.inserted, self.updated, self.unchanged, self.rejected, self.skipped
