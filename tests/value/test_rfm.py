"""RFM scores by their definition, whatever the data look like."""

from __future__ import annotations

import math
from datetime import date
from itertools import product
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.kernel.errors import UsageError
from zhike.value.analysis import rfm
from zhike.value.labels import RFM_CLASSES, RFM_SEGMENTS
from zhike.value.schema import RFM_SCORES
from zhike.value.settings import ValueSettings

AS_OF = date(2026, 3, 1)


@pytest.fixture(scope="module", autouse=True)
def _one_engine() -> None:
    ibis.set_backend("duckdb")


def scored(buyers: list[tuple[int, int, int]], chosen: ValueSettings | None = None) -> list[dict[str, Any]]:
    """Rows of rfm_scores for buyers given as recency, count, spend."""
    columns = list(zip(*buyers, strict=True)) or [(), (), ()]
    names = ("recency_days", "order_count", "spend_amount")
    inputs = pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)})
    inputs = inputs.add_column(0, "customer_id", pa.array(range(len(buyers)), pa.int64()))
    fitted = rfm.fit_rfm(inputs, chosen or ValueSettings())
    # One who never bought stands among them and must stay out.
    prospect = pa.table(
        {"customer_id": [-1], "recency_days": [None], "order_count": [0], "spend_amount": [0]}
    )
    everyone = ibis.memtable(pa.concat_tables([inputs, prospect.cast(inputs.schema)]))
    everyone = everyone.mutate(as_of=ibis.literal(AS_OF), no_profiling=ibis.literal(False))
    rows = RFM_SCORES.shaped(rfm.rfm_scores(rfm.with_rfm(everyone, None, fitted))).to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: row["customer_id"])


_BUYERS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 30), st.integers(0, 100_000)), min_size=1, max_size=60
)


@settings(max_examples=40, deadline=None)
@given(_BUYERS)
def test_a_score_is_one_more_than_the_cut_points_strictly_below_the_value(
    buyers: list[tuple[int, int, int]],
) -> None:
    n = len(buyers)

    def below(value: int, values: list[int]) -> int:
        ordered = sorted(values)
        return sum(ordered[math.ceil(k * n / 5) - 1] < value for k in (1, 2, 3, 4))

    recency, count, spend = ([b[i] for b in buyers] for i in range(3))
    for row, (r, f, m) in zip(scored(buyers), buyers, strict=True):
        assert row["r_score"] == 5 - below(r, recency)
        assert row["f_score"] == 1 + below(f, count)
        assert row["m_score"] == 1 + below(m, spend)
        assert row["rfm_segment"] == rfm.rfm_segment_of(row["r_score"], row["f_score"])
        is_high = (r <= np.mean(recency), f >= np.mean(count), m >= np.mean(spend))
        kind = {(1, 1): "value", (1, 0): "develop", (0, 1): "keep", (0, 0): "retain"}[is_high[0], is_high[1]]
        assert row["rfm_class"] == ("important_" if is_high[2] else "general_") + kind


@settings(max_examples=40, deadline=None)
@given(_BUYERS)
def test_equal_values_get_equal_scores_and_better_values_never_lower_ones(
    buyers: list[tuple[int, int, int]],
) -> None:
    rows = scored(buyers)
    for a, b in product(rows, rows):
        if a["order_count"] <= b["order_count"]:
            assert a["f_score"] <= b["f_score"]
        if a["recency_days"] <= b["recency_days"]:
            assert a["r_score"] >= b["r_score"]


def test_a_worked_example_of_ten_buyers() -> None:
    rows = scored([(d, n, 100 * n) for d, n in zip(range(10), range(10, 0, -1), strict=True)])
    assert [row["r_score"] for row in rows] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert [row["f_score"] for row in rows] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_identical_buyers_are_all_scored_alike() -> None:
    rows = scored([(3, 2, 500)] * 7)
    assert {(r["r_score"], r["f_score"], r["m_score"]) for r in rows} == {(5, 1, 1)}
    assert {r["rfm_class"] for r in rows} == {"important_value"}


def test_no_buyers_give_no_scores() -> None:
    assert scored([]) == []


def test_fixed_thresholds_replace_the_quantiles() -> None:
    chosen = ValueSettings(rfm_method="fixed", recency_thresholds_days=(10, 20, 30, 40))
    assert [row["r_score"] for row in scored([(10, 1, 1), (11, 1, 1), (41, 1, 1)], chosen)] == [5, 4, 1]


def test_every_cell_of_the_grid_is_in_exactly_one_of_the_eleven_groups() -> None:
    groups = {rfm.rfm_segment_of(r, f) for r, f in product(range(1, 6), repeat=2)}
    assert groups == set(RFM_SEGMENTS)
    assert len(RFM_CLASSES) == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"rfm_method": "magic"},
        {"frequency_thresholds": (1, 1, 2, 3)},
        {"margin": 0.0},
        {"discount_rate_yearly": -1.0},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ValueSettings(**wrong)


def test_settings_of_the_wrong_kind_name_the_file_and_the_key(tmp_path: Any) -> None:
    from tests.shops import open_shop

    home = open_shop(tmp_path, sections="[value]\nmargins = 0.3\n")
    with pytest.raises(UsageError, match="margins") as refused:
        home.section("value", ValueSettings)
    assert "zhike.toml" in refused.value.text.en
