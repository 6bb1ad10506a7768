"""What needs Java stands in the folder `cluster`."""

from __future__ import annotations

from pathlib import Path

import pytest

CLUSTER = Path(__file__).parent / "cluster"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Servers and a JVM for every refresh take minutes: only who names the folder runs it, as `make engines` does."""
    is_named = any("engines/cluster" in argument for argument in config.args)
    return True if collection_path == CLUSTER and not is_named else None
