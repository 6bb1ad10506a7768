"""Who came back after the first order."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table

COHORTS = Table(
    "cohorts",
    "published",
    Text(
        "每个同期群（首单月或首单季）的每一期一行，到当期为止",
        "one row a cohort (month or quarter of the first order) and period since, up to the running one",
    ),
    ("period_months", "cohort_on", "period"),
    (
        Column("period_months", "int32", Text("一期几个月（1 或 3）", "months of a period, 1 or 3"), "count"),
        Column("cohort_on", "date", Text("首单所在期的首日", "first day of the period of the first order")),
        Column(
            "period", "int32", Text("第几期（0 为首单当期）", "periods since; 0 is that of the first order")
        ),
        Column("period_on", "date", Text("该期首日", "first day of the period")),
        Column("is_running", "boolean", Text("该期尚未结束", "whether the period has not ended yet")),
        Column("customer_count", "int64", Text("同期群客户数", "customers of the cohort"), "count"),
        Column(
            "active_count", "int64", Text("当期下单客户数", "of these, with an order in the period"), "count"
        ),
        Column(
            "revenue",
            "int64",
            Text("当期消费（扣除退款）", "their spend in it, net of refunds"),
            "minor_units",
        ),
        Column(
            "cumulative_revenue",
            "int64",
            Text("自首单起累计消费", "their spend from the first order to its end"),
            "minor_units",
        ),
    ),
)
