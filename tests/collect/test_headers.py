"""Titles of columns as shops write them, in simplified and in traditional characters."""

from __future__ import annotations

import pytest

from tests.collect.conftest import Shop
from zhike.collect.imports.guesses import alias_mapping, guessed_mapping, known_names
from zhike.collect.imports.headers import header_form
from zhike.collect.imports.kinds import KINDS
from zhike.collect.imports.reading import open_records

TITLES = {
    "customers": {
        "客戶編號": "customer_id",
        "姓名": "name",
        "手機": "phone",
        "電子郵件": "email",
        "性別": "gender",
        "生日": "birthday",
        "縣市": "city",
        "鄉鎮市區": "district",
        "地址": "address",
        "會員卡號": "member_card",
        "暱稱": "nickname",
        "職業": "occupation",
        "學歷": "education",
        "興趣": "interests",
        "客戶標籤": "tags",
        "是否同意營銷": "marketing_consent",
        "同意時間": "consented_at",
    },
    "orders": {
        "訂單編號": "order_id",
        "會員編號": "customer_id",
        "日期": "ordered_at",
        "金額": "amount",
        "訂單狀態": "status",
        "退款金額": "refund_amount",
        "優惠券": "coupon_code",
        "門市": "store",
        "付款方式": "payment_method",
        "幣種": "currency",
    },
    "order_lines": {
        "訂單編號": "order_id",
        "商品編號": "product_id",
        "數量": "quantity",
        "金額": "amount",
        "優惠金額": "discount_amount",
    },
    "products": {
        "商品編號": "product_id",
        "商品名稱": "name",
        "商品分類": "category",
        "品牌": "brand",
        "條碼": "barcode",
        "成本價": "cost",
        "售價": None,
    },
    "events": {
        "事件編號": "event_id",
        "會員編號": "customer_id",
        "事件時間": "occurred_at",
        "事件名稱": "name",
    },
    "points": {"會員編號": "customer_id", "積分餘額": "points", "日期": "counted_at"},
    "answers": {
        "答卷編號": "response_id",
        "會員編號": "customer_id",
        "提交時間": "answered_at",
        "題目": "question",
    },
    "reviews": {
        "評價編號": "review_id",
        "會員編號": "customer_id",
        "評價時間": "reviewed_at",
        "星級": "stars",
    },
    "social": {
        "會員編號": "customer_id",
        "互動時間": "occurred_at",
        "平臺": "platform",
        "互動類型": "action",
    },
    "referrals": {"會員編號": "customer_id", "推薦人編號": "referrer_id", "推薦時間": "referred_at"},
}


@pytest.mark.parametrize("kind", TITLES)
def test_titles_in_traditional_characters_are_known_by_themselves(kind: str) -> None:
    titles = TITLES[kind]
    found = alias_mapping(tuple(titles), KINDS[kind]).columns
    assert found == {name: title for title, name in titles.items() if name}
    assert {header_form(title) for title, name in titles.items() if name} <= known_names(KINDS[kind])


def test_a_clearer_name_goes_before_a_loose_one() -> None:
    header = ("订单号", "客户编号", "日期", "下单时间", "金额", "实付金额", "总金额")
    found = alias_mapping(header, KINDS["orders"]).columns
    assert (found["ordered_at"], found["amount"]) == ("下单时间", "实付金额")
    # Of two loose ones neither is taken.
    assert "amount" not in alias_mapping(("金额", "总金额"), KINDS["orders"]).columns


def test_a_small_table_is_brought_in_without_a_mapping(shop: Shop) -> None:
    text = "訂單編號,客戶編號,日期,金額\nA1,c1,2024-10-31,12.50\n"
    report = shop.bring_kind("orders", text.encode("big5"))
    assert (report.inserted, report.read_as) == (1, "CSV big5 , (guessed)")
    assert shop.orders()["A1"]["amount"] == 1250


def test_the_price_of_a_product_is_said_to_be_of_no_use(shop: Shop) -> None:
    for title in ("售价", "價格", "Price"):
        file = shop.file(f"商品编号,名称,{title}\nP1,龙井,88.00\n", "products.csv")
        kind = KINDS["products"]
        *_, guess = guessed_mapping(open_records(file, known=known_names(kind)), kind)
        assert guess.field is None
        assert "取自订单" in guess.reason.zh and "comes from orders" in guess.reason.en
