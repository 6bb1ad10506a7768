"""The page of the CLV forecast."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.counted_shop import listed
from tests.shops import Order, add_orders, open_shop, refresh
from zhike.value.selectors import ClvPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(counted_shop: Any, alice_client: Any) -> ClvPage:
    return alice_client.get("/value/clv/").context["page"]  # type: ignore[no-any-return]


def test_deciles_are_equal_parts_that_sum_to_the_whole(page: ClvPage) -> None:
    sizes = [row.customers for row in page.deciles]
    assert len(sizes) == 10
    assert max(sizes) - min(sizes) <= 1
    assert page.total is not None
    assert sum(sizes) == page.total.customers == page.buyers == 120
    assert sum(row.clv_365d for row in page.deciles) == pytest.approx(page.total.clv_365d)
    assert sum(row.contribution or 0 for row in page.deciles) == pytest.approx(1)
    assert page.total.spend == sum(row.spend for row in page.deciles)


def test_deciles_fall_and_so_the_curve_lies_above_equality(page: ClvPage) -> None:
    cuts = [row.lowest_clv_365d or 0 for row in page.deciles]
    assert cuts == sorted(cuts, reverse=True)
    assert page.curve is not None
    held, equal = (series.values for series in page.curve.series)
    assert all(have >= even for have, even in zip(held, equal, strict=True))  # type: ignore[operator]
    assert page.gini is not None
    assert 0 < page.gini < 1


def test_the_grid_and_the_quadrants_count_every_buyer_once(page: ClvPage) -> None:
    assert page.grid is not None
    assert sum(int(cell.value or 0) for row in page.grid.rows for cell in row.cells) == page.buyers
    assert sum(quadrant.customers for quadrant in page.quadrants) == page.buyers


def test_every_number_of_people_leads_to_as_many_people(page: ClvPage, alice_client: Any) -> None:
    assert page.grid is not None
    linked = [(row.customers, row.href) for row in page.deciles]
    linked += [(quadrant.customers, quadrant.href) for quadrant in page.quadrants]
    linked += [(int(cell.value or 0), cell.href) for row in page.grid.rows for cell in row.cells if cell.href]
    for count, href in linked:
        assert listed(alice_client, href) == count, href


def test_where_the_model_cannot_be_fitted_the_page_says_why(
    tmp_path: Path, settings: Any, alice_client: Any
) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "few")
    add_orders(home, [Order(f"C{number}", date(2026, 5, number), 1_000 * number) for number in range(1, 8)])
    refresh(home, as_of=date(2026, 6, 1))
    answer = alice_client.get("/value/clv/")
    page = answer.context["page"]
    assert not page.model.is_model
    assert page.model.reason is not None
    assert str(page.model.reason) in answer.content.decode()
    assert page.model.is_short
    assert page.grid is None
    assert page.quadrants == ()
    assert "没有活跃概率" in answer.content.decode()


def test_a_small_shop_is_warned_about_its_cut_points(
    tmp_path: Path, settings: Any, alice_client: Any
) -> None:
    settings.ZHIKE_HOME = home = open_shop(tmp_path / "one")
    add_orders(home, [Order("C1", date(2026, 5, 1), 1_000)])
    refresh(home, as_of=date(2026, 6, 1))
    answer = alice_client.get("/value/rfm/")
    assert answer.context["page"].is_small_sample
    assert "只有 1 位买过的客户" in answer.content.decode()
    assert alice_client.get("/value/clv/").status_code == 200
    assert alice_client.get("/").status_code == 200
