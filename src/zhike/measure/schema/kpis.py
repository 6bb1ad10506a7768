"""How the business does, by day and by period."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table

KPI_DAILY = Table(
    "kpi_daily",
    "published",
    Text("每个有订单的日子一行", "one row a day with an order that counts"),
    ("day",),
    (
        Column("day", "date", Text("日期", "day")),
        Column("revenue", "int64", Text("销售额（扣除退款）", "revenue, net of refunds"), "minor_units"),
        Column("order_count", "int64", Text("订单数", "orders"), "count"),
        Column("buyer_count", "int64", Text("下单客户数", "customers with an order"), "count"),
        Column("new_buyer_count", "int64", Text("新客数", "customers with their first order"), "count"),
        Column(
            "new_revenue",
            "int64",
            Text("新客首日销售额", "revenue from customers on their first day"),
            "minor_units",
        ),
        Column(
            "walk_in_revenue",
            "int64",
            Text("散客销售额（没有客户的订单）", "revenue from walk-in sales, without a customer"),
            "minor_units",
        ),
    ),
)

PERIOD_DAYS = (7, 30, 90, 365)

KPI_PERIODS = Table(
    "kpi_periods",
    "published",
    Text("每个期长与比较期一行", "one row a length of period and comparison"),
    ("period_days", "period"),
    (
        Column("period_days", "int32", Text("期长", "length of the period"), "days"),
        Column("period", "string", Text("本期、上一期或去年同期", "current, previous or last_year")),
        Column("first_day", "date", Text("首日", "first day")),
        Column("last_day", "date", Text("末日", "last day")),
        Column(
            "has_data", "boolean", Text("数据是否覆盖整期", "whether the data reach back to its first day")
        ),
        Column("revenue", "int64", Text("销售额", "revenue"), "minor_units"),
        Column("order_count", "int64", Text("订单数", "orders"), "count"),
        Column("buyer_count", "int64", Text("下单客户数", "customers with an order"), "count"),
        Column(
            "repeat_buyer_count",
            "int64",
            Text("期内下单两次以上的客户数", "customers with two or more orders in it"),
            "count",
        ),
        Column("new_buyer_count", "int64", Text("新客数", "customers with their first order"), "count"),
        Column(
            "new_revenue",
            "int64",
            Text("新客首日销售额", "revenue from customers on their first day"),
            "minor_units",
        ),
        Column(
            "walk_in_revenue",
            "int64",
            Text("散客销售额（没有客户的订单）", "revenue from walk-in sales, without a customer"),
            "minor_units",
        ),
    ),
)
