"""Killed at any moment and run again, an import ends where an uninterrupted one would have.

Here four of the thirty points of `tests/crash/points.py`, with small files; `make crash` kills at all of them in an import
of 200,000 orders.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.points import POINTS, SMALL, Scenarios

_BY_NAME = {point.name: point for point in POINTS}
_HERE = (
    "half of the profiles are made",
    "the entry of the log is half written",
    "the lake has it, the database has not",
    "the first chunk of customers is in",
)


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenarios]:
    made = Scenarios(tmp_path_factory.mktemp("crash"), SMALL)
    yield made
    made.close()


@pytest.mark.parametrize("name", _HERE)
def test_a_killed_import_ends_like_an_uninterrupted_one(scenarios: Scenarios, name: str) -> None:
    point = _BY_NAME[name]
    expected = scenarios.uninterrupted(point.scenario)
    assert scenarios.killed(point) == expected
    assert expected["history"]["under_way"] == 0 and expected["left"]["tmp"] == []


@pytest.mark.parametrize(
    ("safeguard", "name", "where"),
    [
        ("exactly_once", "the lake has it, the database has not", "facts"),
        ("recovery", "half of the profiles are made", "history"),
        ("taking_back", "the first chunk of customers is in", "history"),
    ],
)
def test_without_one_of_the_safeguards_the_comparison_fails(
    scenarios: Scenarios, safeguard: str, name: str, where: str
) -> None:
    point = _BY_NAME[name]
    broken, expected = scenarios.killed(point, broken=safeguard), scenarios.uninterrupted(point.scenario)
    assert broken[where] != expected[where]
