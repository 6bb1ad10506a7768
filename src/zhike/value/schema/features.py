"""What every customer did."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.schema.columns import AS_OF, CUSTOMER, CUSTOMER_GRAIN

WINDOW_DAYS = (7, 30, 90, 365)


def _windowed(days: int) -> tuple[Column, Column]:
    return (
        Column(
            f"order_count_{days}d",
            "int64",
            Text(f"近 {days} 天订单数", f"orders within {days} days"),
            "count",
        ),
        Column(
            f"spend_amount_{days}d",
            "int64",
            Text(f"近 {days} 天消费（扣除退款）", f"spend within {days} days, net of refunds"),
            "minor_units",
        ),
    )


def _compared(days: int, name: str) -> Column:
    zh, en = {"previous": ("再往前", "before those"), "last_year": ("去年同期的", "a year earlier")}[name]
    return Column(
        f"order_count_{name}_{days}d",
        "int64",
        Text(
            f"{zh} {days} 天订单数",
            f"orders within the {days} days {en}",
        ),
        "count",
    )


CUSTOMER_FEATURES = Table(
    "customer_features",
    "published",
    CUSTOMER_GRAIN,
    ("customer_id",),
    (
        CUSTOMER,
        AS_OF,
        Column("first_order_on", "date", Text("首单日", "day of the first order")),
        Column("last_order_on", "date", Text("最近下单日", "day of the last order")),
        Column(
            "recency_days",
            "int64",
            Text("距最近一单天数", "days since the last order"),
            "days",
            "last_order_days",
        ),
        Column(
            "tenure_days",
            "int64",
            Text("距首单天数", "days since the first order"),
            "days",
            "first_order_days",
        ),
        Column("order_days", "int64", Text("下单天数（去重）", "distinct days with an order"), "count"),
        Column("order_count", "int64", Text("订单数", "orders"), "count"),
        Column(
            "spend_amount",
            "int64",
            Text("累计消费（扣除退款）", "spend, net of refunds"),
            "minor_units",
            "total_spent",
        ),
        Column(
            "average_order_amount", "int64", Text("客单价", "average order"), "minor_units", "average_order"
        ),
        Column("first_day_amount", "int64", Text("首单日消费", "spend on the first day"), "minor_units"),
        Column("discount_amount", "int64", Text("累计优惠", "discounts given so far"), "minor_units"),
        Column("weekend_count", "int64", Text("周末订单数", "orders on Saturday or Sunday"), "count"),
        *(column for days in WINDOW_DAYS for column in _windowed(days)),
        *(_compared(days, "previous") for days in WINDOW_DAYS),
        *(_compared(days, "last_year") for days in WINDOW_DAYS[:-1]),
        Column(
            "mean_gap_days", "float64", Text("平均购买间隔", "mean days between days with an order"), "days"
        ),
        Column(
            "discount_share",
            "float64",
            Text("优惠占原价比例", "share of the list price given as discount"),
            "share",
        ),
        Column(
            "weekend_share", "float64", Text("周末订单占比", "share of orders on Saturday or Sunday"), "share"
        ),
        Column("favourite_category", "string", Text("最常买类目", "category with the highest spend")),
        Column("favourite_categories", "string", Text("最常买的三个类目", "up to three categories by spend")),
        Column(
            "no_profiling",
            "boolean",
            Text("拒绝自动画像：不参与拟合与打分", "refused to be profiled: left out of fits and scores"),
        ),
    ),
    cut_from="customer_overview",
)

SUMMED = tuple(
    name
    for name in CUSTOMER_FEATURES.column_names
    if name in ("order_days", "spend_amount", "first_day_amount", "discount_amount", "weekend_count")
    or name.startswith(("order_count", "spend_amount_"))
)
"""The columns of `customer_features` that are sums over a person's orders."""
