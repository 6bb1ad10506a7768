"""Orders that name no customer: revenue without a person."""

from __future__ import annotations

import pytest

from zhike.collect.models import ImportRun
from zhike.customers.models import Customer, Profile
from zhike.kernel.errors import UsageError

HEADER = "order_id,customer_id,ordered_at,amount"


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


REJECT = '[options]\nwithout_customer = "reject"\n'


@pytest.mark.parametrize("cell", ["", " ", "-", "NULL", "无", "散客", "Walk-in", "GUEST", " 散客 "])
def test_an_order_without_a_customer_is_kept_as_a_sale_of_nobody(shop, cell):
    report = shop.bring_text(lines("A1,c1,2024-10-31,12", f"A2,{cell},2024-10-31,30"))
    assert (report.inserted, report.rejected, report.walk_ins) == (2, 0, 1)
    orders = shop.orders()
    assert orders["A2"]["profile_id"] is None
    assert orders["A1"]["profile_id"] == Profile.objects.get().pk
    assert Customer.objects.count() == 1
    assert ImportRun.objects.get().walk_ins == 1


def test_walk_in_sales_again_change_nothing_and_may_find_their_customer(shop):
    text = lines(*(f"A{n},,2024-10-31,30" for n in range(50)))
    assert shop.bring_text(text).inserted == 50
    assert shop.bring_text(text).unchanged == 50
    assert not Profile.objects.exists()
    report = shop.bring_text(lines("A1,c9,2024-10-31,30"))
    assert (report.updated, report.walk_ins) == (1, 0)
    assert shop.orders()["A1"]["profile_id"] == Profile.objects.get().pk


def test_a_mapping_may_have_them_rejected(shop):
    mapping = shop.file(REJECT, "m.toml")
    report = shop.bring_text(lines("A1,c1,2024-10-31,12", "A2,,2024-10-31,30"), mapping=mapping)
    assert (report.inserted, report.rejected, report.walk_ins) == (1, 1, 0)
    assert report.reasons == {"id.missing": 1}
    assert ImportRun.objects.get().mapping["options"] == {"without_customer": "reject"}
    # It is remembered with the header: decided once, it holds for the next file, and for no other header.
    assert shop.bring_text(lines("A3,,2024-10-31,30")).rejected == 1
    assert shop.bring_text(lines("A4,,2024-10-31,30").replace("amount", "实付金额")).rejected == 0


def test_an_option_or_a_word_for_it_that_is_unknown_is_refused(shop):
    for told in ('[options]\nwithout = "keep"\n', '[options]\nwithout_customer = "drop"\n'):
        with pytest.raises(UsageError) as caught:
            shop.bring_text(lines("A1,c1,2024-10-31,12"), mapping=shop.file(told, "m.toml"))
        assert caught.value.code == "mapping.unknown"


def test_the_lines_of_a_walk_in_sale_are_nobodys_and_no_orphans(shop):
    shop.bring_text(lines("A1,,2024-10-31,12", "A2,c1,2024-10-31,12"))
    text = "order_id,product_id,amount\nA1,P1,12\nA2,P1,12\nA3,P1,12\n"
    report = shop.bring_kind("order_lines", text)
    assert (report.inserted, report.reasons) == (2, {"order.missing": 1})
    by_order = {row["order_id"]: row for row in shop.facts("order_lines")}
    assert by_order["A1"]["profile_id"] is None
    assert str(by_order["A1"]["ordered_on"]) == "2024-10-31"
    assert by_order["A2"]["profile_id"] == Profile.objects.get().pk
    again = shop.bring_kind("order_lines", text)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 2)


def test_the_shop_counts_their_revenue_and_no_customer(shop):
    from tests.shops import published, refresh

    shop.bring_text(
        lines("A1,c1,2024-10-31,12", "A2,,2024-10-31,30", "A3,,2024-11-01,5", "A4,c2,2024-11-02,1")
    )
    refresh(shop.home)
    days = {str(row["day"]): row for row in published(shop.home, "kpi_daily")}
    assert {day: (row["revenue"], row["order_count"], row["buyer_count"]) for day, row in days.items()} == {
        "2024-10-31": (4200, 2, 1),
        "2024-11-01": (500, 1, 0),
        "2024-11-02": (100, 1, 1),
    }
    overview = published(shop.home, "customer_overview")
    assert sorted(row["spend_amount"] for row in overview) == [100, 1200]


def test_a_shop_of_walk_in_sales_only_has_figures_and_no_customers(shop):
    from tests.shops import published, refresh

    shop.bring_text(lines("A1,,2024-10-31,12", "A2,,2024-10-31,30"))
    refresh(shop.home)
    assert [row["revenue"] for row in published(shop.home, "kpi_daily")] == [4200]
    assert published(shop.home, "customer_overview") == []
