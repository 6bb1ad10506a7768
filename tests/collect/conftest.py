"""A fresh data folder for every test of an import, and short ways to write files and look at the lake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from tests.collect.wizards import Wizard
from zhike.jobs.progress import Silent
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.lake.snapshots import open_lake

HEADER = "order_id,customer_id,ordered_at,amount"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", BusinessSettings(name="山茶小铺"))


@dataclass(frozen=True)
class Shop:
    """A data folder, with what a test does to it."""

    home: Home
    files: Path

    def file(self, content: str | bytes, name: str = "orders.csv") -> Path:
        file = self.files / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def bring(self, file: Path, **options: Any) -> Any:
        from zhike.collect.services import import_orders

        return import_orders(home=self.home, file=file, progress=Silent(), **options)

    def bring_kind(self, kind: str, content: str | bytes | Path, name: str = "", **options: Any) -> Any:
        """Bring in a file, or a text as one, of any kind."""
        from zhike.collect.services import import_file

        file = content if isinstance(content, Path) else self.file(content, name or f"{kind}.csv")
        return import_file(home=self.home, kind=kind, file=file, progress=Silent(), **options)

    def facts(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of facts."""
        with open_lake(self.home.lake).reading_facts() as facts:
            rows: list[dict[str, Any]] = facts.fetch(facts.table(table)).to_pylist()
        return rows

    def bring_text(self, content: str | bytes, name: str = "orders.csv", **options: Any) -> Any:
        return self.bring(self.file(content, name), **options)

    def orders(self) -> dict[str, dict[str, Any]]:
        """What the lake has, by order id."""
        lake = open_lake(self.home.lake)
        with lake.reading_facts() as facts:
            rows = facts.fetch(facts.table("orders")).to_pylist()
        assert len({(row["source"], row["order_id"]) for row in rows}) == len(rows)
        return {row["order_id"]: row for row in rows}

    def version(self) -> int:
        """How often the orders were written to."""
        pinned = open_lake(self.home.lake).deltas.pinned("orders")
        return -1 if pinned is None else pinned.version


@pytest.fixture
def shop(home: Home, tmp_path: Path, db: None) -> Shop:
    return Shop(home, tmp_path)


@pytest.fixture
def wizard(home: Home, settings: Any, alice_client: Client) -> Wizard:
    settings.ZHIKE_HOME = home
    return Wizard(alice_client)


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes an Arrow table as ``orders.parquet``."""

    def write(table: Any) -> Path:
        pq.write_table(table, tmp_path / "orders.parquet")
        return tmp_path / "orders.parquet"

    return write
