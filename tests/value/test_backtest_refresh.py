"""The back-test of a refresh: published, carried over within a month, shown, and on the command line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.counted_shop import AS_OF
from tests.shops import Order, add_orders, open_shop, published, refresh
from tests.value.test_backtest import regulars
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import speaking
from zhike.lake.snapshots import open_lake
from zhike.value.commands import backtest

pytestmark = pytest.mark.django_db

TODAY = date(2026, 1, 10)
TABLES = ("backtests", "backtest_deciles")


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Home:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "shop")
    add_orders(home, [Order(f"C{person}", day, amount) for person, day, amount in regulars()])
    refresh(home, as_of=TODAY)
    return home


def files(home: Home) -> list[Any]:
    snapshot = open_lake(home.lake).current()
    assert snapshot is not None
    return [snapshot.manifest.tables[name].files for name in TABLES]


def ordered(home: Home) -> list[dict[str, object]]:
    rows = [*published(home, "backtests"), *published(home, "backtest_deciles")]
    return sorted(rows, key=str)


def test_a_refresh_tests_the_last_three_closed_months(shop: Home) -> None:
    rows = published(shop, "backtests")
    assert {row["calibration_last_on"] for row in rows} == {date(2025, 9, 30)}
    assert {row["holdout_last_on"] for row in rows} == {date(2025, 12, 31)}
    assert {row["target"] for row in rows} == {"orders", "spend", "alive"}
    champions = {row["target"]: row["method"] for row in rows if row["is_champion"]}
    assert set(champions) == {"orders", "spend", "alive"}
    methods = {row["method"] for row in published(shop, "clv_forecasts")}
    assert methods == {champions["spend"]}


def test_within_a_month_the_back_test_is_carried_over_and_equals_a_full_one(shop: Home) -> None:
    before, rows = files(shop), ordered(shop)
    add_orders(shop, [Order("C1", TODAY, 990), Order("new", TODAY, 5)])
    refresh(shop, as_of=TODAY + timedelta(days=3))
    assert files(shop) == before
    refresh(shop, as_of=TODAY + timedelta(days=3), is_full=True)
    assert files(shop) != before
    assert ordered(shop) == rows


def test_a_new_month_or_a_changed_past_tests_again(shop: Home) -> None:
    before = files(shop)
    add_orders(shop, [Order("C1", date(2025, 11, 5), 990)])
    refresh(shop, as_of=TODAY)
    changed = files(shop)
    assert changed != before
    refresh(shop, as_of=date(2026, 2, 1))
    assert files(shop) != changed
    assert {row["holdout_last_on"] for row in published(shop, "backtests")} == {date(2026, 1, 31)}


def test_whoever_refused_profiling_is_left_out_and_counted(shop: Home) -> None:
    from zhike.customers.models import Profile
    from zhike.customers.services.consents import set_no_profiling

    known = {row["customers"] for row in published(shop, "backtests")}
    customer = Profile.objects.order_by("pk")[0].customer_id
    set_no_profiling(customer_id=customer, is_refused=True)
    refresh(shop, as_of=TODAY)
    assert {row["customers"] for row in published(shop, "backtests")} == {count - 1 for count in known}
    cards = {(row["model"], row["item"]): row for row in published(shop, "model_cards")}
    assert cards["clv", "no_profiling"]["value"] == 1
    assert cards["clv", "buyers"]["value"] == 149


def test_the_model_card_says_where_from_how_sure_and_when_not(shop: Home) -> None:
    cards = {(row["model"], row["item"]): row for row in published(shop, "model_cards")}
    assert cards["clv", "train_days"]["value"] > 300
    method = next(iter(published(shop, "clv_forecasts")))["method"]
    fitted = "pareto_nbd" if method == "blend" else method
    assert "standard error" in str(cards[fitted, "parameter_r"]["text_en"])
    assert "标准误" in str(cards[fitted, "parameter_r"]["text_zh"])
    assert ("clv", "not_for_1") in cards
    assert all(row["text_zh"] and row["text_en"] for key, row in cards.items() if "not_for" in key[1])


def test_a_refund_after_the_split_is_not_known_before_it(tmp_path: Path, settings: Any) -> None:
    rows = regulars()
    found = []
    for name, refunded_on in (("later", date(2025, 11, 1)), ("never", None)):
        settings.ZHIKE_HOME = home = open_shop(tmp_path / name)
        orders = [Order(f"{name}{person}", day, amount) for person, day, amount in rows]
        first = orders[0]
        refund = first.amount if refunded_on else 0
        orders[0] = Order(first.customer, first.day, first.amount, refund=refund, refunded_on=refunded_on)
        add_orders(home, orders)
        refresh(home, as_of=TODAY)
        found.append(ordered(home))
    assert found[0] == found[1]


def test_a_young_shop_has_no_back_test_and_says_so(tmp_path: Path, settings: Any, alice_client: Any) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "young")
    add_orders(home, [Order(f"C{n}", date(2026, 1, 1 + n % 9), 900 + n) for n in range(120)])
    refresh(home, as_of=TODAY)
    assert published(home, "backtests") == []
    page = alice_client.get("/value/clv/backtest/")
    assert page.context["page"].parts == ()
    assert "数据还不够回测" in page.content.decode()
    assert alice_client.get("/value/clv/").context["page"].verdict is None
    with pytest.raises(UsageError, match="--holdout-days"):
        said(home, "--holdout-days", "60")


# The page


def test_the_page_marks_one_champion_a_target_and_gives_a_verdict(shop: Home, alice_client: Any) -> None:
    answer = alice_client.get("/value/clv/backtest/")
    page = answer.context["page"]
    assert [part.code for part in page.parts] == ["orders", "spend", "alive"]
    for part in page.parts:
        assert sum(row.is_champion for row in part.rows) == 1
        assert part.rows[0].is_champion
        assert part.verdict.words in answer.content.decode().replace("&#x27;", "'")
    assert page.until == date(2025, 12, 31)
    assert page.parts[0].chart is not None
    assert page.parts[2].chart is None


def test_the_clv_page_shows_the_interval_and_the_verdict(shop: Home, alice_client: Any) -> None:
    page = alice_client.get("/value/clv/").context["page"]
    assert page.verdict is not None
    assert page.model.not_for
    intervals = {row["clv_decile"]: row for row in published(shop, "clv_intervals")}
    assert bool(intervals) == bool(page.total.interval)


# The command


def said(home: Home, *options: str) -> str:
    with speaking("en"):
        done = CliRunner().invoke(backtest, options, obj=home, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_command_prints_every_method_and_marks_the_champion(counted_shop: Home) -> None:
    words = said(counted_shop, "--holdout-days", "120")
    assert "until 2026-06-30" in words
    assert words.count(" *") >= 3
    assert "Pareto/NBD" in words


def test_the_command_gives_the_published_figures_as_json(shop: Home) -> None:
    report = json.loads(said(shop, "--json"))
    assert report["holdout_last_on"] == "2025-12-31"
    for row in published(shop, "backtests"):
        value = report["metrics"][row["target"]][row["method"]][row["metric"]]
        assert value == row["value"]


def test_the_command_names_what_it_cannot_do(counted_shop: Home, empty_shop: Home) -> None:
    with pytest.raises(UsageError, match=str(AS_OF)):
        said(counted_shop, "--until", "2027-01-01")
    with pytest.raises(ZhikeError, match="zhike refresh"):
        said(empty_shop)
