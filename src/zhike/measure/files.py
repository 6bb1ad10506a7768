"""Tables of this domain as files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.files import Extract, batches_of, write_file
from zhike.lake.snapshots import Snapshot


def cohorts_csv(home: Home, snapshot: Snapshot) -> bytes:
    """The table `cohorts` as CSV that Excel opens; nothing in it names anybody."""
    table = catalog.table("cohorts")
    rows = snapshot.fetch(snapshot.table(table.name).order_by(list(table.key)))
    business = home.business()
    everything = Text("全部", "all")
    extract = Extract(table, batches_of(rows), business.currency, business.zone, snapshot.as_of, everything)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cohorts.csv"
        write_file(file, extract)
        return file.read_bytes()
