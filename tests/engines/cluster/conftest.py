"""One cluster for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.cluster.servers import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One master, two workers; a test that kills one starts another."""
    started = Cluster(tmp_path_factory.mktemp("cluster"), workers=2)
    yield started
    started.stop()
