"""The page of RFM groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.counted_shop import PROSPECTS, listed
from zhike.pages.heat_grids import HeatGrid
from zhike.value.advice import CLASS_WORDS, SEGMENT_WORDS
from zhike.value.labels import RFM_CLASSES, RFM_SEGMENTS
from zhike.value.selectors import RfmPage
from zhike.value.selectors.scales import frequency_scale, monetary_scale, recency_scale

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(counted_shop: Any, alice_client: Any) -> RfmPage:
    return alice_client.get("/value/rfm/").context["page"]  # type: ignore[no-any-return]


def in_grid(grid: HeatGrid) -> int:
    return sum(int(cell.value or 0) for row in grid.rows for cell in row.cells)


def test_all_parts_of_the_page_count_the_same_buyers(page: RfmPage, alice_client: Any) -> None:
    assert page.buyers == sum(row.customers for row in page.segments.rows) > 0
    assert page.buyers == page.segments.customers == page.classes.customers
    assert page.buyers == sum(row.customers for row in page.classes.rows)
    assert page.buyers == in_grid(page.recency_by_frequency) == in_grid(page.recency_by_spend)
    assert page.buyers == sum(int(item.value or 0) for item in page.sizes.items)
    assert page.buyers == listed(alice_client, "/customers/?buyers=1")


def test_all_parts_of_the_page_share_out_the_same_spend(page: RfmPage, alice_client: Any) -> None:
    by_spend = alice_client.get("/value/rfm/?size=spend").context["page"].sizes
    assert page.segments.spend == page.classes.spend == sum(row.spend for row in page.segments.rows)
    assert sum(item.value for item in by_spend.items) == page.segments.spend
    assert sum(row.spend_share or 0 for row in page.segments.rows) == pytest.approx(1)


def test_the_treemap_can_show_the_eight_classes(page: RfmPage, alice_client: Any) -> None:
    by_class = alice_client.get("/value/rfm/?groups=classes").context["page"].sizes
    assert [item.name for item in by_class.items] == [str(text) for text in RFM_CLASSES.values()]
    assert sum(item.value for item in by_class.items) == page.buyers


def test_every_number_of_people_leads_to_as_many_people(page: RfmPage, alice_client: Any) -> None:
    linked = [(row.customers, row.href) for row in (*page.segments.rows, *page.classes.rows)]
    linked += [
        (int(cell.value or 0), cell.href)
        for grid in (page.recency_by_frequency, page.recency_by_spend)
        for row in grid.rows
        for cell in row.cells
        if cell.href
    ]
    linked.append((page.prospects, page.prospects_href))
    slipping = page.kpis[3]
    linked.append((int(slipping.value), slipping.href))
    for count, href in linked:
        assert listed(alice_client, href) == count, href


def test_prospects_stand_outside_the_groups(page: RfmPage) -> None:
    assert page.prospects == PROSPECTS
    assert page.buyers == 120


def test_every_group_has_words() -> None:
    assert list(SEGMENT_WORDS) == list(RFM_SEGMENTS)
    assert set(CLASS_WORDS) == set(RFM_CLASSES)


def test_the_scales_say_the_values_that_get_each_score() -> None:
    assert str(recency_scale((2, 5, 11, 27)).bounds) == "≤2 / 3–5 / 6–11 / 12–27 / >27 天"
    assert str(frequency_scale((1, 2, 3, 8)).bounds) == ">8 / 4–8 / 3 / 2 / 1 单"
    assert [str(step.bounds) for step in monetary_scale((10_000, 30_000, 100_000, 500_000)).steps] == [
        ">¥5,000",
        ">¥1,000",
        ">¥300",
        ">¥100",
        "≤¥100",
    ]


def test_a_score_that_equal_cut_points_leave_empty_is_not_possible() -> None:
    steps = frequency_scale((1, 1, 2, 4)).steps
    assert [step.bare for step in steps] == [">4", "3–4", "2", "", "1"]
    assert [step.is_possible for step in steps] == [True, True, True, False, True]


def test_a_shop_of_more_than_a_hundred_buyers_is_not_warned(page: RfmPage) -> None:
    assert not page.is_small_sample


@pytest.mark.parametrize("path", ["/value/rfm/", "/value/clv/"])
def test_before_the_first_refresh_the_page_says_what_to_do(
    path: str,
    empty_shop: Any,
    alice_client: Any,
) -> None:
    answer = alice_client.get(path)
    assert answer.status_code == 200
    assert "还没有计算结果" in answer.content.decode()


@pytest.mark.parametrize("path", ["/value/rfm/", "/value/clv/"])
def test_charlie_sees_nothing(path: str, counted_shop: Any, charlie_client: Any) -> None:
    answer = charlie_client.get(path)
    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in/")
    assert not answer.content


@pytest.mark.parametrize("path", ["/value/rfm/", "/value/clv/"])
def test_the_pages_speak_english(path: str, counted_shop: Any, alice_client: Any) -> None:
    alice_client.cookies["zhike_language"] = "en"
    text = alice_client.get(path).content.decode()
    main = text[text.index("<main") : text.index("</main>")].replace("山茶小铺", "")
    assert not [letter for letter in main if "一" <= letter <= "鿿"]
