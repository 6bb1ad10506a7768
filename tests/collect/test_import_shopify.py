"""The export of Shopify's orders: a row for each line, the order's own figures in the first of them only."""

from __future__ import annotations

from zhike.collect.imports.templates import template_rows
from zhike.collect.models import ImportRun

HEADER = (
    "Name,Email,Financial Status,Currency,Subtotal,Total,Discount Code,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Refunded Amount,Source"
)
ROWS = (
    "#1001,anna@shop.cn,paid,CNY,120.00,128.00,WELCOME10,10.00,2026-10-20 10:30:00 +0800,2,龙井 50g,40.00,TEA-50,0.00,0.00,web",
    "#1001,anna@shop.cn,,,,,,,2026-10-20 10:30:00 +0800,1,Cup,48.00,,8.00,,",
    "#1001,anna@shop.cn,,,,,,,2026-10-20 10:30:00 +0800,1,龙井 50g,40.00,TEA-50,0.00,,",
    "#1002,,paid,CNY,56.50,56.50,,0.00,2026-10-21 09:00:00 +0800,1,Cup,56.50,CUP-2,0.00,0.00,pos",
    "#1003,ben@shop.cn,refunded,CNY,30.00,30.00,,0.00,2026-10-22 09:00:00 +0800,3,Tea bag,10.00,BAG,0.00,30.00,web",
    "#1003,,,,,,,,,1,Card,0.00,CARD,0.00,,",
)


def export(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def test_an_order_of_several_rows_is_one_order(shop):
    report = shop.bring_kind("orders", export(*ROWS), preset="shopify_orders")
    assert (report.records, report.inserted, report.skipped, report.rejected) == (6, 3, 3, 0)
    assert report.walk_ins == 1
    orders = shop.orders()
    assert {key: row["amount"] for key, row in orders.items()} == {
        "#1001": 12800,
        "#1002": 5650,
        "#1003": 3000,
    }
    assert orders["#1001"]["coupon_code"] == "WELCOME10"
    assert orders["#1002"]["profile_id"] is None
    again = shop.bring_kind("orders", export(*ROWS), preset="shopify_orders")
    assert (again.unchanged, again.skipped) == (3, 3)


def test_the_same_file_again_brings_the_lines(shop):
    shop.bring_kind("orders", export(*ROWS), preset="shopify_orders")
    report = shop.bring_kind("order_lines", export(*ROWS), preset="shopify_order_lines")
    assert (report.inserted, report.rejected) == (6, 0)
    lines = sorted(
        (row["order_id"], row["product_id"], row["quantity"], row["amount"])
        for row in shop.facts("order_lines")
    )
    assert lines == [
        ("#1001", "Cup", 1, 4000),
        ("#1001", "TEA-50", 1, 4000),
        ("#1001", "TEA-50", 2, 8000),
        ("#1002", "CUP-2", 1, 5650),
        ("#1003", "BAG", 3, 3000),
        ("#1003", "CARD", 1, 0),
    ]
    again = shop.bring_kind("order_lines", export(*ROWS), preset="shopify_order_lines")
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 6)


def test_a_row_without_a_total_that_follows_another_order_is_still_rejected(shop):
    text = export(ROWS[0], "#1009,eve@shop.cn,,,,,,,2026-10-20 10:30:00 +0800,1,Cup,48.00,,0.00,,", ROWS[1])
    report = shop.bring_kind("orders", text, preset="shopify_orders")
    # The last row no longer stands below its order: nothing says that it is not an order that lost its total.
    assert (report.inserted, report.skipped) == (1, 0)
    assert report.reasons == {"money.missing": 2}


def test_without_the_preset_such_rows_are_rejected(shop):
    text = "order_id,customer_id,ordered_at,amount\nA1,c1,2024-10-31,12\nA1,c1,2024-10-31,\n"
    report = shop.bring_text(text)
    assert (report.inserted, report.reasons) == (1, {"money.missing": 1})


def test_the_template_shows_an_order_of_two_rows(shop):
    header, *rows = template_rows("shopify_orders")
    assert [row[header.index("Name")] for row in rows] == ["#1001", "#1001", "#1002"]
    assert rows[1][header.index("Total")] == ""


def test_the_page_keeps_what_the_preset_says_about_the_rows(shop):
    shop.bring_kind("orders", export(*ROWS), preset="shopify_orders")
    assert ImportRun.objects.get().mapping["options"] == {"rows": "further_lines", "without_customer": "keep"}
