"""What customers were worth at month ends: histories packed into numbers, and tenths by cut points."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pyarrow as pa
import pytest

from zhike.measure.analysis.values_over_time import ORDERS_TO_COME, orders_to_come, rank_cuts, score_of
from zhike.value.analysis.btyd import BgNbdParameters
from zhike.value.analysis.clv import ClvParameters, discounted_orders
from zhike.value.analysis.history import STATES, histories_of, states_of_months

MODEL = BgNbdParameters(r=0.3, alpha=6.0, a=0.8, b=2.4, log_likelihood=-1.0, time_unit="W")
FITTED = ClvParameters(9, 9, MODEL, None, None, 1.0, 0.1)
ENDS = (date(2025, 12, 31), date(2026, 1, 31))


def bought(days: list[date]) -> pa.Table:
    count = len(days)
    return pa.table(
        {
            "person_id": pa.array([1] * count, pa.int64()),
            "ordered_on": pa.array(days, pa.date32()),
            "amount": pa.array([1_000] * count, pa.int64()),
            "refunded_on": pa.array([date(9999, 12, 31)] * count, pa.date32()),
            "lost_amount": pa.array([0] * count, pa.int64()),
            "is_lost": pa.array([0] * count, pa.int32()),
        }
    )


def test_a_history_in_whole_weeks_gives_the_orders_of_those_weeks() -> None:
    days = [date(2024, 1, 31), date(2025, 6, 4), date(2026, 1, 3)]
    states = states_of_months(bought(days), ends=ENDS, has_recent=True)[STATES]
    order_days, recency, tenure, recent = histories_of(states["history"].to_numpy())
    assert order_days.tolist() == [2, 3]
    assert recency.tolist() == [210, 28]
    assert tenure.tolist() == [700, 728]
    assert recent.tolist() == [1, 2]
    found = orders_to_come(states.select(["history"]), fitted=FITTED)[ORDERS_TO_COME]
    exact = discounted_orders(
        FITTED,
        order_days=np.array([2, 3]),
        tenure_days=np.array([700, 728]),
        recency_days=np.array([210, 28]),
        recent=np.array([1, 2]),
    )
    assert found[ORDERS_TO_COME].to_pylist() == pytest.approx(exact.tolist())


def test_two_orders_of_the_first_week_are_a_history_that_the_model_takes() -> None:
    states = states_of_months(bought([date(2026, 1, 29), date(2026, 1, 31)]), ends=ENDS)[STATES]
    found = orders_to_come(states.select(["history"]), fitted=FITTED)[ORDERS_TO_COME]
    assert found[ORDERS_TO_COME].to_pylist()[0] > 0


def test_tenths_are_cut_after_their_last_customer_and_few_customers_have_few_tenths() -> None:
    assert rank_cuts(np.arange(1, 101)) == (91, 81, 71, 61, 51, 41, 31, 21, 11)
    assert rank_cuts(np.array([5, 9, 7])) == (9, 7, *[None] * 7)
    assert rank_cuts(np.zeros(0, dtype=np.int64)) == (None,) * 9


def test_a_past_score_ranks_within_the_month_and_what_is_unknown_is_neutral() -> None:
    spend = np.array([100, 100, 100, 100, 100, 100, 200, 300, 400, 500])
    cuts = rank_cuts(spend)
    named = {f"monetary_rank_cut_{place + 1}": [cut] * len(spend) for place, cut in enumerate(cuts)}
    states = ibis.memtable(pa.table({"rfm_spend_amount": spend, **named}))
    scored = score_of(states, {"monetary": 0.5, "engagement": 0.5}).name("score")
    found = states.select(scored).to_pyarrow()["score"].to_pylist()
    # Six share the lowest ranks, 0 to 60: their middle is 30; halved, with 25 for what is unknown.
    assert found[:6] == pytest.approx([40.0] * 6, abs=3)
    assert found[6:] == sorted(found[6:]) and found[-1] == pytest.approx(72.5, abs=3)
