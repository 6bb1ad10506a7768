"""`make crash`: an import of 200,000 orders (and smaller ones that update orders and record customers), killed at thirty points.

Not collected by an ordinary run, which has a part of it (`tests/collect/test_import_crash.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.points import FULL, POINTS, Point, Scenarios


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenarios]:
    made = Scenarios(tmp_path_factory.mktemp("crash"), FULL)
    yield made
    made.close()


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_killed_import_ends_like_an_uninterrupted_one(scenarios: Scenarios, point: Point) -> None:
    assert scenarios.killed(point) == scenarios.uninterrupted(point.scenario)
