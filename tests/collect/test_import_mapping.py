"""Whose column is whose, and every way in which a mapping can be wrong."""

from __future__ import annotations

import pytest

from zhike.collect.imports.kinds.orders import ORDERS_KIND
from zhike.collect.imports.mapping import matched_layout, read_mapping
from zhike.kernel.errors import UsageError

HEADER = ["order_id", "customer_id", "ordered_at", "amount"]


@pytest.fixture
def layout(tmp_path):
    def matched(header, mapping: str | bytes | None = None):
        file = None
        if mapping is not None:
            file = tmp_path / "map.toml"
            file.write_bytes(mapping if isinstance(mapping, bytes) else mapping.encode())
        return matched_layout(
            header, read_mapping(file, ORDERS_KIND.names), ORDERS_KIND.names, file=tmp_path / "orders.csv"
        )

    return matched


def refused(layout, header, mapping=None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        layout(header, mapping)
    return caught.value


def test_header_names_match_whatever_their_case_and_white_space(layout):
    matched = layout(["\ufeffOrder_ID ", "\u3000CUSTOMER_ID", "Ordered_At", "Amount\t", "备注", ""])
    assert matched.positions == {"order_id": 0, "customer_id": 1, "ordered_at": 2, "amount": 3}
    assert matched.ignored == ("备注", "#6")


def test_a_mapping_names_the_files_own_headers(layout):
    header = ["交易号", "买家", "付款时间", "实付", "order_id"]
    mapping = (
        '[columns]\norder_id = "交易号"\ncustomer_id = " 买家"\nordered_at = "付款时间"\namount = "实付"\n'
    )
    matched = layout(header, mapping)
    assert matched.positions == {"order_id": 0, "customer_id": 1, "ordered_at": 2, "amount": 3}
    assert matched.ignored == ("order_id",)


def test_what_a_mapping_does_not_name_is_called_as_we_call_it(layout):
    assert layout(["交易号", *HEADER[1:]], '[columns]\norder_id = "交易号"').positions["amount"] == 3


@pytest.mark.parametrize(
    ("mapping", "code", "said"),
    [
        ('[columns]\norderid = "x"', "mapping.unknown", "order_id"),
        ('[colums]\norder_id = "x"', "mapping.unknown", "columns"),
        ('[values.channel]\na = "b"', "mapping.unknown", "status"),
        ("[columns]\norder_id = 3", "mapping.wrong_type", "order_id"),
        ('columns = "x"', "mapping.wrong_type", "columns"),
        ("[values]\nstatus = 1", "mapping.wrong_type", "status"),
        ("[columns", "mapping.unreadable", "map.toml"),
        ("[columns]\norder_id = '交易号'".encode("gbk"), "mapping.unreadable", "map.toml"),
        ('[columns]\norder_id = "订单编码"', "columns.mapped_missing", "订单编号"),
    ],
)
def test_a_wrong_mapping_names_the_thing_and_what_is_near(layout, mapping, code, said):
    error = refused(layout, [*HEADER, "订单编号"], mapping)
    assert error.code == code
    assert said in error.text.zh
    assert said in error.text.en


def test_a_missing_mapping_file_is_named(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_mapping(tmp_path / "none.toml", ORDERS_KIND.names)
    assert caught.value.code == "mapping.missing"


def test_a_missing_column_is_named_with_what_is_near_and_the_way_out(layout):
    error = refused(layout, ["order_id", "customerid", "when", "amount"])
    assert error.code == "columns.missing"
    for said in ("customer_id", "ordered_at", "customerid", "--mapping", "[columns]"):
        assert said in error.text.zh
        assert said in error.text.en


def test_a_header_that_names_one_of_our_columns_twice_is_refused(layout):
    error = refused(layout, [*HEADER, "Amount "])
    assert error.code == "columns.duplicate"
    assert "4, 5" in error.text.en


def test_columns_that_nobody_reads_may_be_called_the_same(layout):
    assert layout([*HEADER, "x", "x", "", ""]).ignored == ("x", "x", "#7", "#8")


def test_values_of_a_column_can_be_translated(shop):
    mapping = shop.file(
        '[columns]\nstatus = "状态"\n[values.status]\n"交易成功" = "completed"\n"已退款" = "Refunded"\n',
        "m.toml",
    )
    header = "order_id,customer_id,ordered_at,amount,状态"
    rows = "A1,c1,2024-10-31,12, 交易成功 \nA2,c1,2024-10-31,12,已退款\nA3,c1,2024-10-31,12,关闭\nA4,c1,2024-10-31,12,paid\n"
    report = shop.bring_text(f"{header}\n{rows}", mapping=mapping)
    assert {key: order["status"] for key, order in shop.orders().items()} == {
        "A1": "completed",
        "A2": "refunded",
        "A4": "paid",
    }
    assert report.reasons == {"status.unknown": 1}


def test_a_translated_currency_is_the_currency(shop):
    mapping = shop.file('[values.currency]\n"人民币" = "CNY"\n', "m.toml")
    header = "order_id,customer_id,ordered_at,amount,currency"
    report = shop.bring_text(
        f"{header}\nA1,c1,2024-10-31,12,人民币\nA2,c1,2024-10-31,12,RMB\n", mapping=mapping
    )
    assert (report.inserted, report.reasons) == (1, {"currency.other": 1})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("order_id,customer_id,amount\nA1,c1,12\n", "columns.missing"),
        ("order_id,customer_id,ordered_at,amount,amount\nA1,c1,2024-10-31,12,13\n", "columns.duplicate"),
        ("订单报表\norder_id,customer_id,amount\nA1,c1,12\n", "columns.missing"),
        ("order_id,customer_id,ordered_at,amount\n", "file.empty"),
        ("order_id,customer_id,ordered_at,amount\n\n,,,\n", "file.empty"),
    ],
)
def test_a_file_with_a_wrong_header_leaves_nothing_behind(shop, content, code):
    from zhike.kernel.errors import ZhikeError

    with pytest.raises(ZhikeError) as caught:
        shop.bring_text(content)
    assert caught.value.code == code
    assert shop.version() == -1
    assert not (shop.home.rejects).exists()
