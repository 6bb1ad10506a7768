"""What customers are expected to bring."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.schema.columns import AS_OF, BUYER_GRAIN, CUSTOMER

CLV_FORECASTS = Table(
    "clv_forecasts",
    "published",
    BUYER_GRAIN,
    ("customer_id",),
    (
        CUSTOMER,
        AS_OF,
        Column(
            "method",
            "string",
            Text(
                "方法：bg_nbd、mbg_nbd、pareto_nbd、blend、rule 或 rule_mean_rate",
                "method: bg_nbd, mbg_nbd, pareto_nbd, blend, rule or rule_mean_rate",
            ),
        ),
        Column(
            "probability_alive",
            "float64",
            Text("活跃概率；没有模型时为空", "probability alive; empty without a model"),
            "share",
        ),
        Column(
            "expected_orders_365d",
            "float64",
            Text("未来 365 天预计购买天数", "expected days with an order in the next 365 days"),
            "count",
        ),
        Column(
            "expected_orders_365d_low",
            "float64",
            Text("未来 365 天购买天数 90% 区间下限", "order days of the next 365 days, lower bound of 90 %"),
            "count",
        ),
        Column(
            "expected_orders_365d_high",
            "float64",
            Text("未来 365 天购买天数 90% 区间上限", "order days of the next 365 days, upper bound of 90 %"),
            "count",
        ),
        Column(
            "expected_order_amount",
            "float64",
            Text("预计每个购买日金额", "expected spend on a day with an order"),
            "minor_units",
        ),
        Column(
            "clv_365d",
            "float64",
            Text(
                "未来 365 天客户价值（按毛利率与折现）",
                "value of the next 365 days after margin and discounting",
            ),
            "minor_units",
        ),
        Column("clv_decile", "int32", Text("CLV 十分位（1 最高）", "CLV decile, 1 is the highest"), "rank"),
        Column(
            "spend_decile",
            "int32",
            Text("历史消费十分位（1 最高）", "decile of spend so far, 1 is the highest"),
            "rank",
        ),
        Column(
            "alive_tenth",
            "int32",
            Text("活跃概率档（1 为 0–10%）", "tenth of probability alive, 1 is 0–10 %"),
            "rank",
        ),
    ),
    cut_from="customer_overview",
    cut_where="clv_decile",
)

CLV_DECILES = Table(
    "clv_deciles",
    "published",
    Text("每个 CLV 十分位一行", "one row a CLV decile"),
    ("clv_decile",),
    (
        Column("clv_decile", "int32", Text("十分位（1 最高）", "decile, 1 is the highest"), "rank"),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
        Column(
            "clv_365d",
            "float64",
            Text("未来 365 天价值合计", "value of the next 365 days, total"),
            "minor_units",
        ),
        Column("lowest_clv_365d", "float64", Text("本档最低 CLV", "lowest CLV of the decile"), "minor_units"),
        Column("spend_amount", "int64", Text("历史消费合计", "spend so far, total"), "minor_units"),
        Column(
            "spend_amount_365d",
            "int64",
            Text("近 365 天消费合计", "spend within 365 days, total"),
            "minor_units",
        ),
        Column("order_count", "int64", Text("订单数合计", "orders, total"), "count"),
        Column(
            "expected_orders_365d", "float64", Text("预计购买天数合计", "expected order days, total"), "count"
        ),
        Column("mean_probability_alive", "float64", Text("平均活跃概率", "mean probability alive"), "share"),
    ),
)

ALIVE_VALUE_CELLS = Table(
    "alive_value_cells",
    "published",
    Text("每个活跃概率档×消费十分位一格", "one row a cell of probability alive (tenths) × spend decile"),
    ("alive_tenth", "spend_decile"),
    (
        Column(
            "alive_tenth",
            "int32",
            Text("活跃概率档（1 为 0–10%）", "tenth of probability alive, 1 is 0–10 %"),
            "rank",
        ),
        Column(
            "spend_decile",
            "int32",
            Text("历史消费十分位（1 最高）", "decile of spend so far, 1 is the highest"),
            "rank",
        ),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
        Column("spend_amount_365d", "int64", Text("近 365 天消费", "spend within 365 days"), "minor_units"),
        Column("clv_365d", "float64", Text("未来 365 天价值", "value of the next 365 days"), "minor_units"),
    ),
)
