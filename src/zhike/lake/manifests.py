"""Manifests: small files that name the exact version of every table of one snapshot."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from zhike.lake.deltas import PinnedFile, PinnedTable, fsync_path


@dataclass(frozen=True)
class Manifest:
    """One published snapshot.

    A *historical* snapshot looks at a date before the current one: it can be opened by number but is
    never current.
    """

    id: int
    as_of: date
    created_at: datetime
    historical: bool
    previous_id: int | None
    tables: Mapping[str, PinnedTable]

    @property
    def rows(self) -> dict[str, int]:
        return {name: table.rows for name, table in self.tables.items()}


class ManifestFolder:
    """The manifests of one lake, oldest first; the newest that is not historical is the current one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ids(self) -> list[int]:
        return sorted(int(file.stem) for file in self.root.glob("[0-9]*.json"))

    def read(self, id: int) -> Manifest:
        return _parsed(json.loads(self._file(id).read_text(encoding="utf-8")))

    def publish(self, manifest: Manifest) -> None:
        """Make the snapshot visible in one step: temporary file, fsync, rename, fsync of the folder."""
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self.root / f"{manifest.id:08d}.draft"
        with draft.open("w", encoding="utf-8") as out:
            json.dump(_plain(manifest), out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(self._file(manifest.id))
        fsync_path(self.root)

    def drop(self, id: int) -> None:
        self._file(id).unlink(missing_ok=True)

    def _file(self, id: int) -> Path:
        return self.root / f"{id:08d}.json"


def _plain(manifest: Manifest) -> dict[str, Any]:
    content = {field: getattr(manifest, field) for field in ("id", "historical", "previous_id")}
    content["as_of"] = manifest.as_of.isoformat()
    content["created_at"] = manifest.created_at.isoformat()
    content["tables"] = {name: asdict(table) for name, table in manifest.tables.items()}
    return content


def _parsed(content: dict[str, Any]) -> Manifest:
    tables = {
        name: PinnedTable(
            name,
            table["version"],
            table["rows"],
            tuple(PinnedFile(**file) for file in table["files"]),
            table.get("cut_from", ""),
        )
        for name, table in content["tables"].items()
    }
    return Manifest(
        id=content["id"],
        as_of=date.fromisoformat(content["as_of"]),
        created_at=datetime.fromisoformat(content["created_at"]),
        historical=content["historical"],
        previous_id=content["previous_id"],
        tables=tables,
    )
