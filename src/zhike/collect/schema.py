"""Facts as they happened."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register

_SOURCE = Column("source", "string", Text("来源", "source"))
_PROFILE = Column("profile_id", "int64", Text("来源记录编号", "profile id"))
_BUYER = Column(
    "profile_id",
    "int64",
    Text("来源记录编号；散客销售没有", "profile id; none for a walk-in sale, which is nobody's"),
)

ORDERS = Table(
    "orders",
    "fact",
    Text("每个订单一行", "one row an order"),
    ("source", "order_id"),
    (
        _SOURCE,
        Column("order_id", "string", Text("来源中的订单号", "order number in its source")),
        _BUYER,
        Column("ordered_at", "timestamp", Text("下单时间", "time of the order")),
        Column("ordered_on", "date", Text("下单日（店铺时区）", "day of the order in the shop's time zone")),
        Column("amount", "int64", Text("实付金额", "amount paid"), "minor_units"),
        Column("status", "string", Text("状态", "status: paid, completed, cancelled or refunded")),
        Column(
            "refund_amount", "int64", Text("退款金额，无则 0", "amount refunded, 0 if none"), "minor_units"
        ),
        Column(
            "refunded_on",
            "date",
            Text("退款日；缺省为下单日", "day of the refund; the order day if not given"),
        ),
        Column("discount_amount", "int64", Text("优惠金额", "discount given"), "minor_units"),
        Column("coupon_code", "string", Text("优惠券码", "coupon code")),
        Column("channel", "string", Text("渠道", "channel")),
        Column("store", "string", Text("门店", "store")),
        Column("payment_method", "string", Text("支付方式", "payment method")),
        Column(
            "row_hash",
            "int64",
            Text("内容指纹", "fingerprint of the content, to tell an update from a repeat"),
        ),
    ),
)

ORDER_LINES = Table(
    "order_lines",
    "fact",
    Text("每个订单明细一行", "one row an order line"),
    ("source", "order_id", "line_number"),
    (
        _SOURCE,
        Column("order_id", "string", Text("来源中的订单号", "order number in its source")),
        Column("line_number", "int64", Text("行号", "line number within the order")),
        _BUYER,
        Column("ordered_on", "date", Text("下单日", "day of the order")),
        Column("product_id", "string", Text("商品编号", "product id in its source")),
        Column("quantity", "int64", Text("数量", "quantity"), "count"),
        Column("amount", "int64", Text("金额", "amount"), "minor_units"),
        Column("discount_amount", "int64", Text("优惠金额", "discount given"), "minor_units"),
    ),
)

PRODUCTS = Table(
    "products",
    "fact",
    Text("每个商品一行", "one row a product"),
    ("source", "product_id"),
    (
        _SOURCE,
        Column("product_id", "string", Text("商品编号", "product id in its source")),
        Column("name", "string", Text("名称", "name")),
        Column("category", "string", Text("类目", "category")),
        Column("department", "string", Text("部门", "department")),
        Column("brand", "string", Text("品牌", "brand")),
        Column("barcode", "string", Text("条码，各来源通用", "barcode, the same in every source")),
        Column("cost", "int64", Text("最新的成本价（每件）", "cost of one piece, the newest"), "minor_units"),
        Column(
            "dated_costs",
            "string",
            Text(
                "成本价的历史（JSON：生效日 → 成本；最早的一项也用于更早的日子），从未变过则空",
                "all its costs as JSON, day from which it holds → cost, the earliest also for the time before; "
                "none while it was always the same",
            ),
        ),
    ),
)

EVENTS = Table(
    "events",
    "fact",
    Text("每个行为事件一行", "one row an event"),
    ("source", "event_id"),
    (
        _SOURCE,
        Column("event_id", "string", Text("来源中的事件号", "event id in its source")),
        _PROFILE,
        Column("occurred_at", "timestamp", Text("发生时间", "time it happened")),
        Column("occurred_on", "date", Text("发生日（店铺时区）", "day it happened in the shop's time zone")),
        Column("name", "string", Text("事件名", "event name")),
        Column("properties", "string", Text("属性（JSON）", "properties as JSON")),
    ),
)

register(ORDERS, ORDER_LINES, PRODUCTS, EVENTS)
