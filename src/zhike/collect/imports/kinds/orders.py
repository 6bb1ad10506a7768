"""Orders: one record an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.hashing import RowHashes, key_hash
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    Option,
    Together,
    coded_reader,
    microseconds,
    moment_reader,
    money_reader,
    staged_schema,
    unless_nothing,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.imports.records import folded, shown
from zhike.collect.schema import ORDERS
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

STATUSES = ("paid", "completed", "cancelled", "refunded")
# What shops write; words that can mean two things, such as 交易关闭, are left to a mapping.
_STATUS_WORDS = {
    "交易成功": "completed",
    "交易完成": "completed",
    "已完成": "completed",
    "已付款": "paid",
    "已支付": "paid",
    "已取消": "cancelled",
    "canceled": "cancelled",
    "已退款": "refunded",
    "退款成功": "refunded",
}
ORDER_ID_ALIASES = (
    "订单号",
    "订单编号",
    "订单id",
    "order number",
    "order no",
    "order no.",
    "order id",
)
CUSTOMER_ID_ALIASES = (
    "客户编号",
    "客户号",
    "客户id",
    "会员编号",
    "会员号",
    "会员id",
    "用户id",
    "用户编号",
    "customer id",
    "customer number",
    "user id",
    "user_id",
    "member id",
    "member_id",
)
ORDER_FIELDS = (
    Field("order_id", Text("订单号", "order id"), "id", True, ORDER_ID_ALIASES, samples=("A1001", "A1002")),
    Field(
        "customer_id",
        Text("客户编号", "customer id"),
        "id",
        True,
        CUSTOMER_ID_ALIASES,
        samples=("C01", "C02"),
    ),
    Field(
        "ordered_at",
        Text("下单时间", "time of the order"),
        "date",
        True,
        (
            "下单时间",
            "订购日期",
            "订购时间",
            "订单时间",
            "下单日期",
            "订单日期",
            "订单创建时间",
            "order date",
            "order time",
            "ordered at",
            "created at",
        ),
        samples=("2026-11-20 10:30", "2026-11-21"),
        loose_aliases=("日期", "时间", "消费日期", "消费时间", "交易日期", "交易时间", "date"),
    ),
    Field(
        "amount",
        Text("实付金额", "amount paid"),
        "money",
        True,
        ("实付金额", "实付款", "实付", "订单实付金额", "买家实付金额", "amount paid", "order total", "total"),
        samples=("128.00", "56.50"),
        loose_aliases=("金额", "订单金额", "消费金额", "总金额", "总计"),
    ),
    Field(
        "status",
        Text("状态", "status"),
        "",
        False,
        ("状态", "订单状态", "交易状态", "order status"),
        _STATUS_WORDS,
        is_coded=True,
        samples=("completed", "refunded"),
    ),
    Field(
        "refund_amount",
        Text("退款金额", "amount refunded"),
        "money",
        aliases=("退款金额", "已退金额", "refund amount", "refunded amount"),
        samples=("", "56.50"),
    ),
    Field(
        "refunded_at",
        Text("退款时间", "time of the refund"),
        "date",
        aliases=("退款时间", "退款日期", "refunded at", "refund date"),
        samples=("", "2026-11-21"),
    ),
    Field(
        "discount_amount",
        Text("优惠金额", "discount"),
        "money",
        aliases=("优惠金额", "折扣金额", "discount amount", "discount"),
        samples=("10.00", ""),
    ),
    Field(
        "coupon_code",
        Text("优惠券码", "coupon code"),
        aliases=("优惠券码", "优惠券", "coupon", "coupon code", "discount code"),
    ),
    Field(
        "channel",
        Text("渠道", "channel"),
        aliases=("渠道", "订单来源", "销售渠道"),
        samples=("wechat", "store"),
    ),
    Field("store", Text("门店", "store"), aliases=("门店", "门店名称", "门市", "店铺", "店铺名称")),
    Field(
        "payment_method",
        Text("支付方式", "payment method"),
        aliases=("支付方式", "付款方式", "payment method"),
        samples=("alipay", "wechat"),
    ),
    Field("currency", Text("币种", "currency"), aliases=("币种", "货币"), is_coded=True),
)


# How tills and exports write that nobody was asked who they are.
NOBODY = ("散客", "非会员", "游客", "匿名", "walk-in", "walk in", "walkin", "guest", "anonymous")
KEEP, REJECT, ALONE, FURTHER = "keep", "reject", "alone", "further_lines"
ORDER_OPTIONS = (
    Option(
        "without_customer",
        Text("没有客户编号的订单", "orders without a customer"),
        {
            KEEP: Text("作为散客销售保留，不属于任何客户", "keep them as walk-in sales of nobody"),
            REJECT: Text("拒绝", "reject them"),
        },
    ),
    Option(
        "rows",
        Text("订单号与上一行相同、没有金额的行", "rows with the order id of the row above and no amount"),
        {
            ALONE: Text("拒绝：每个订单只有一行", "reject them: an order has one row"),
            FURTHER: Text("是上面订单的其他明细，跳过", "skip them: they are further lines of that order"),
        },
    ),
)


class OrderRow(NamedTuple):
    """One order as it is staged; `ordered_at` in microseconds since 1970, UTC. Of nobody known: no `customer_id`."""

    number: int
    key_hash: int
    customer_id: str | None
    order_id: str
    ordered_at: int
    ordered_on: date
    amount: int
    status: str
    refund_amount: int
    refunded_on: date | None
    discount_amount: int
    coupon_code: str | None
    channel: str | None
    store: str | None
    payment_method: str | None
    row_hash: int


class OrderReader:
    """Turns the cells of a record into an `OrderRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        self.layout, self.rules = layout, rules
        self.keeps_walk_ins = mapping.options.get("without_customer", KEEP) == KEEP
        self.skips_further_lines = mapping.options.get("rows", ALONE) == FURTHER
        self.row_hashes = RowHashes(rules.secret)
        self.cell_readers = _field_readers(mapping, rules, keeps_walk_ins=self.keeps_walk_ins)
        self._order_above: object = None
        self._fields = FieldReaders(ORDER_FIELDS, layout, self.cell_readers, rules, _REFUNDS)

    def read(self, number: int, values: Sequence[object]) -> OrderRow | None:
        """The order in a record; None for a further line of the order above.

        Raises
        ------
        RowFault
            With the fields that cannot be taken.
        """
        if self.skips_further_lines and self._is_further_line(values):
            return None
        return _order(number, self._fields.known(values), self.row_hashes)

    def _is_further_line(self, values: Sequence[object]) -> bool:
        places = self.layout.positions
        above, self._order_above = self._order_above, values[places["order_id"]]
        is_same = self._order_above == above and not cells.is_nothing(above)
        return is_same and cells.is_nothing(values[places["amount"]])


def _field_readers(
    mapping: ColumnMapping, rules: ImportRules, *, keeps_walk_ins: bool
) -> dict[str, CellReader]:
    amount, moment = money_reader(rules), moment_reader(rules)
    status = next(each for each in ORDER_FIELDS if each.name == "status")
    return {
        "order_id": cells.open_id,
        "customer_id": _known_customer if keeps_walk_ins else cells.id_text,
        "ordered_at": moment,
        "amount": amount,
        "status": unless_nothing(coded_reader(status, mapping, words=STATUSES)),
        "refund_amount": unless_nothing(amount),
        "refunded_at": unless_nothing(moment),
        "discount_amount": unless_nothing(amount),
        "coupon_code": cells.open_text,
        "channel": cells.open_text,
        "store": cells.open_text,
        "payment_method": cells.open_text,
        "currency": _currency_reader(rules.currency, mapping),
    }


def _known_customer(value: object) -> str | None:
    if cells.is_nothing(value) or (isinstance(value, str) and folded(value) in NOBODY):
        return None
    return cells.id_text(value)


def _currency_reader(currency: str, mapping: ColumnMapping) -> CellReader:
    translated = mapping.values.get("currency", {})

    def read(value: object) -> None:
        if not cells.is_nothing(value):
            text = folded(str(value))
            if folded(translated.get(text, text)) != currency.lower():
                raise ZhikeError(
                    "currency.other",
                    zh=f"币种是“{shown(value)}”，本店只记 {currency}；请换算后再导入",
                    en=f"the currency is “{shown(value)}”; this business keeps {currency} only. Convert it first",
                )

    return read


def _order(number: int, known: dict[str, Any], row_hashes: RowHashes) -> OrderRow:
    ordered_at, ordered_on = known["ordered_at"]
    amount, status = known["amount"], known["status"] or "completed"
    refund_amount, refunded_on = known["refund"], known["refunded_on"]
    if refunded_on is None and (refund_amount or status == "refunded"):
        refunded_on = ordered_on
    content = (
        known["customer_id"],
        known["order_id"],
        microseconds(ordered_at),
        ordered_on,
        amount,
        status,
        refund_amount,
        refunded_on,
        known["discount_amount"] or 0,
        known["coupon_code"],
        known["channel"],
        known["store"],
        known["payment_method"],
    )
    return OrderRow(number, key_hash(known["order_id"]), *content, row_hashes.of_row(content))


def _refund_amount(known: Mapping[str, Any]) -> int:
    refund: int | None = known["refund_amount"]
    amount: int = known["amount"]
    status: str | None = known["status"]
    if refund is None:
        return amount if status == "refunded" else 0
    if refund > amount:
        raise RowFault(
            "refund_amount",
            ZhikeError(
                "refund.over_amount",
                zh="退款金额大于实付金额",
                en="the refund is larger than the amount of the order",
            ),
        )
    if status == "refunded" and refund == 0 < amount:
        raise RowFault(
            "refund_amount",
            ZhikeError(
                "refund.contradiction",
                zh="状态是 refunded，退款金额却是 0；全额退款请留空，否则写明金额",
                en="the status is refunded but the refund is 0; leave it empty for all of it, or say how much",
            ),
        )
    return refund


def _refunded_on(known: Mapping[str, Any]) -> date | None:
    refunded: tuple[datetime, date] | None = known["refunded_at"]
    ordered_on: date = known["ordered_at"][1]
    if refunded is None:
        return None
    if refunded[1] < ordered_on:
        raise RowFault(
            "refunded_at",
            ZhikeError(
                "refund.before_order",
                zh=f"退款日 {refunded[1]} 早于下单日 {ordered_on}",
                en=f"the refund on {refunded[1]} is before the order on {ordered_on}",
            ),
        )
    return refunded[1]


_REFUNDS = (
    Together("refund", ("refund_amount", "amount", "status"), _refund_amount),
    Together("refunded_on", ("refunded_at", "ordered_at"), _refunded_on),
)
ORDERS_KIND = Kind(
    "orders",
    Text("订单", "orders"),
    ORDER_FIELDS,
    OrderReader,
    staged_schema(ORDERS),
    ("order_id",),
    "order_id",
    (
        "order.conflict",
        Text(
            "同一订单号在第 {first} 行已有，内容不同；请只保留正确的一行",
            "row {first} has the same order id with other content; keep the right one of the two",
        ),
    ),
    table=ORDERS,
    options=ORDER_OPTIONS,
)
