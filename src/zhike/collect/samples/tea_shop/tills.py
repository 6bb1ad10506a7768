"""The exports of customers, orders and products: each system with its own columns and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from zhike.collect.samples.tea_shop.accounts import Account
from zhike.collect.samples.tea_shop.exports import Export, Form, export, yuan
from zhike.collect.samples.tea_shop.orders import Line, Order
from zhike.collect.samples.tea_shop.products import Product

_WEBSITE = (
    "会员编号",
    "姓名",
    "性别",
    "手机号",
    "邮箱",
    "生日",
    "省份",
    "城市",
    "区县",
    "详细地址",
    "注册时间",
    "微信UnionID",
)
_WECHAT = ("openid", "unionid", "nickname", "gender", "phone", "city", "created_at")
_COUNTER = ("卡号", "姓名", "手机", "生日", "地址", "办卡门店", "办卡日期", "标签")
_ORDER_FIELDS = (
    "number",
    "key",
    "at",
    "amount",
    "status",
    "refund",
    "refunded_on",
    "discount",
    "coupon",
    "payment",
)
_ORDER_TITLES = {
    "website": (
        "订单号",
        "会员编号",
        "下单时间",
        "实付金额",
        "订单状态",
        "退款金额",
        "退款日期",
        "优惠金额",
        "优惠券",
        "支付方式",
    ),
    "wechat": (
        "订单编号",
        "openid",
        "支付时间",
        "实付款",
        "状态",
        "退款",
        "退款时间",
        "优惠",
        "优惠码",
        "支付渠道",
    ),
    "counter": ("小票号", "卡号", "时间", "实收", "状态", "退款额", "退款日", "折扣额", "券号", "付款方式"),
}
_STATUSES = {
    "website": {"paid": "待发货", "completed": "已完成", "cancelled": "已取消", "refunded": "已退款"},
    "wechat": {"paid": "已支付", "completed": "交易成功", "cancelled": "交易关闭", "refunded": "全额退款"},
    "counter": {"paid": "已收款", "completed": "完成", "cancelled": "作废", "refunded": "退单"},
}
_LINE_TITLES = {
    "website": ("订单号", "行号", "商品编号", "商品名称", "数量", "金额", "优惠金额"),
    "wechat": ("订单编号", "序号", "商品编码", "商品", "件数", "实付", "优惠"),
    "counter": ("小票号", "序号", "货号", "品名", "数量", "实收", "折扣额"),
}
_FORMS: Mapping[str, Form] = {"website": "csv", "wechat": "xlsx", "counter": "csv_gbk"}
_PRODUCT_TITLES = ("商品编号", "商品名称", "类目", "部门", "品牌", "售价", "成本")


def profile_exports(accounts: Sequence[Account]) -> list[Export]:
    cells = {
        source: [account.cells for account in accounts if account.source == source]
        for source in _ORDER_TITLES
    }
    return [
        export(
            "website_customers", cells["website"], kind="profiles", source="website", form="csv", header=_WEBSITE,
            personal=("会员编号", "姓名", "手机号", "邮箱", "生日", "详细地址", "微信UnionID"),
        ),
        export(
            "wechat_customers", cells["wechat"], kind="profiles", source="wechat", form="ndjson", header=_WECHAT,
            personal=("openid", "unionid", "nickname", "phone"),
        ),
        export(
            "counter_members", cells["counter"], kind="profiles", source="counter", form="csv_gbk", header=_COUNTER,
            personal=("卡号", "姓名", "手机", "生日", "地址"),
        ),
    ]  # fmt: skip


def order_exports(orders: Sequence[Order]) -> Iterator[Export]:
    """Orders and their lines, two exports a source."""
    for source, titles in _ORDER_TITLES.items():
        own = [order for order in orders if order.source == source]
        names = dict(zip(_ORDER_FIELDS, titles, strict=True))
        header = (*titles, "门店") if source == "counter" else titles
        yield export(
            f"{source}_orders", (_order_cells(order, names) for order in own),
            kind="orders", source=source, form=_FORMS[source], header=header, personal=(names["key"],),
        )  # fmt: skip
        lines = tuple(
            _line_cells(order, number, line) for order in own for number, line in enumerate(order.lines, 1)
        )
        name = f"{source}_order_lines"
        yield Export(name, "order_lines", source, _FORMS[source], _LINE_TITLES[source], lines)


def product_export(products: Sequence[Product]) -> Export:
    rows = tuple(
        (
            each.product_id,
            each.name,
            each.category,
            each.department,
            each.brand,
            yuan(each.price),
            yuan(each.cost),
        )
        for each in products
    )
    return Export("products", "products", "", "xlsx", _PRODUCT_TITLES, rows)


def _order_cells(order: Order, names: Mapping[str, str]) -> dict[str, object]:
    cells: dict[str, object] = {
        "number": order.number,
        "key": order.account.key if order.account else "",
        "at": _moment(order.ordered_at, order.source),
        "amount": yuan(order.amount),
        "status": _STATUSES[order.source][order.status],
        "refund": yuan(order.refund) if order.refund else "",
        "refunded_on": _day(order.refunded_on, order.source) if order.refunded_on else "",
        "discount": yuan(order.discount),
        "coupon": order.coupon,
        "payment": order.payment,
    }
    return {names[field]: cell for field, cell in cells.items()} | {"门店": order.store}


def _line_cells(order: Order, number: int, line: Line) -> tuple[object, ...]:
    product = line.product
    return (
        order.number, number, product.product_id, product.name, line.quantity, yuan(line.amount), yuan(line.discount),
    )  # fmt: skip


def _moment(at: datetime, source: str) -> str:
    """The tills write slashes, and no seconds."""
    if source == "counter":
        return f"{_day(at.date(), source)} {at:%H:%M}"
    return str(at)


def _day(on: date, source: str) -> str:
    return f"{on.year}/{on.month}/{on.day}" if source == "counter" else str(on)
