"""Whoever refused to be profiled is in no frame that the models are given."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import zhike
from tests.shops import Order, add_orders, open_shop, refresh
from zhike.customers.services.consents import set_no_profiling


@pytest.mark.django_db
def test_orders_for_the_models_leave_out_who_refused_and_what_does_not_count(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    day = date(2026, 1, 5)
    ids = add_orders(
        home,
        [
            Order("C1", day, 1_050),
            Order("C1", day, 900, refund=300, refunded_on=date(2026, 1, 7)),
            Order("C1", day, 700, status="cancelled"),
            Order("C1", day, 600, status="refunded"),
            Order("C2", day, 500),
        ],
    )
    set_no_profiling(customer_id=ids["C2"], is_refused=True)
    refresh(home, as_of=date(2026, 2, 1))
    rows = zhike.open(home.path).orders().table.sort_by("amount").to_pylist()
    assert rows == [
        {"customer_id": ids["C1"], "ordered_on": day, "amount": 6.0},
        {"customer_id": ids["C1"], "ordered_on": day, "amount": 10.5},
    ]
