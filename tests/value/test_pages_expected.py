"""What to expect of one customer, on their page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.shops import Order, add_orders, open_shop, published, refresh
from zhike.kernel.words import speaking
from zhike.value.analysis.backtest.methods import weeks
from zhike.value.analysis.btyd import (
    GammaGammaParameters,
    MbgNbdParameters,
    ParetoNbdParameters,
    spend_interval,
)
from zhike.value.analysis.clv import ClvParameters
from zhike.value.analysis.clv_intervals import customer_bounds
from zhike.value.analysis.parameters import clv_parameter_rows, restored_amounts, restored_orders
from zhike.value.selectors.expected import Expected

pytestmark = pytest.mark.django_db


def panel(client: Any, customer_id: object) -> tuple[Expected, str]:
    answer = client.get(f"/value/expected/{customer_id}/")
    assert answer.status_code == 200
    return answer.context["page"].found, answer.content.decode()


def test_every_buyer_has_a_sentence_about_spend_and_the_probability_to_stay_away(
    counted_shop: Any, alice_client: Any
) -> None:
    scores = {row["customer_id"]: row for row in published(counted_shop, "churn_scores")}
    for row in published(counted_shop, "customer_overview")[::17]:
        found, html = panel(alice_client, row["customer_id"])
        if not row["order_count"]:
            assert "还没有有效订单" in html and found.spend is None
            continue
        assert found.spend is not None and str(found.spend) in html
        assert found.churn is not None
        share = re.search(r"(\d+)%", str(found.churn.probability))
        lost = float(str(scores[row["customer_id"]]["lost_probability"]))
        assert share and int(share[1]) == pytest.approx(100 * lost, abs=0.51)
        assert str(found.churn.trust) in html
        assert len(found.churn.reasons) <= 3
        assert found.next_order is not None
        if row["next_order_on"] is None:
            why = "只在一天" if row["order_days"] == 1 else "流失"
            assert why in found.next_order.zh
        else:
            assert str(row["next_order_on"]) in found.next_order.zh


def test_the_days_of_a_reason_add_up(counted_shop: Any, alice_client: Any) -> None:
    late = re.compile(r"no order for ([\d,]+) days, ([\d,]+) later than their own rhythm of about ([\d,]+)")
    seen = 0
    for row in published(counted_shop, "churn_scores"):
        if seen > 3 or row["reason_1"] != "quiet":
            continue
        found, _ = panel(alice_client, row["customer_id"])
        assert found.churn is not None
        with speaking("en"):
            said = late.match(str(found.churn.reasons[0].text))
        if said:
            days, more, usual = (int(each.replace(",", "")) for each in said.groups())
            assert days == row["reason_1_value"] and days - usual == more > 0
            seen += 1
    assert seen


def test_where_no_model_was_learnt_the_share_is_called_rough(
    tmp_path: Path, settings: Any, alice_client: Any
) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "young")
    day = date(2026, 6, 1)
    ids = add_orders(home, [Order(f"C{n}", day + timedelta(days=n), 1_000) for n in range(5)])
    refresh(home, as_of=day + timedelta(days=6))
    found, html = panel(alice_client, ids["C0"])
    assert "不是算出来的概率" in html and "由简单规则得出，没有区间" in html
    assert found.churn is not None and found.churn.reasons[0].effect is None
    assert str(found.churn.reasons[0].text) == "6 天没有下单"


def test_the_customer_page_asks_for_the_panel(
    counted_shop: Any, alice_client: Any, charlie_client: Any
) -> None:
    assert charlie_client.get("/value/expected/1/").status_code == 302


def test_models_are_restored_as_they_were_written_and_give_the_interval_of_the_fit() -> None:
    orders = ParetoNbdParameters(0.7, 8.0, 0.6, 20.0, log_likelihood=-1.0, time_unit="W")
    amounts = GammaGammaParameters(6.0, 4.0, 1_500.0, log_likelihood=-1.0, customers=300.0)
    fitted = ClvParameters(600, 300, orders, amounts, None, 1.0, 0.1)
    values = {(model, name): value for model, name, value, _ in clv_parameter_rows(fitted)}
    again, money = restored_orders("pareto_nbd", values), restored_amounts(values)
    assert again is not None and money is not None
    assert (again.parameters, money.parameters) == (orders.parameters, amounts.parameters)
    assert restored_orders("blend", values) is None
    of_80, of_90 = customer_bounds(
        again, money, order_days=6, tenure_days=300, recency_days=20, spend_amount=60_000
    )
    history = weeks(*(np.array([days]) for days in (6, 20, 300)))
    low, high = spend_interval(
        orders,
        amounts,
        *history,
        order_count=np.array([6]),
        mean_order_amount=np.array([10_000.0]),
        horizon=365 / 7,
        confidence=0.9,
    )
    assert (of_90.low, of_90.high) == (float(low[0]), float(high[0]))
    assert of_90.low <= of_80.low < of_80.high < of_90.high


def test_another_model_is_restored_under_its_own_code() -> None:
    model = MbgNbdParameters(r=0.5, alpha=4.0, a=0.8, b=2.4, log_likelihood=-1.0, time_unit="W")
    fitted = ClvParameters(9, 9, model, None, None, 1.0, 0.1)
    values = {(code, name): value for code, name, value, _ in clv_parameter_rows(fitted)}
    assert restored_orders("mbg_nbd", values) == model
    assert restored_amounts(values) is None
