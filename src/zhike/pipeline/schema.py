"""The wide per-customer table: everything lists, filters and conditions ask about one customer."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register
from zhike.segments.labels import LIFECYCLE_STAGE_COLOURS, LIFECYCLE_STAGES
from zhike.tiers.schema import TIER_MEMBERS
from zhike.value.schema import (
    CHURN_SCORES,
    CLV_FORECASTS,
    CUSTOMER_FEATURES,
    NEXT_ORDERS,
    RFM_SCORES,
    VALUE_SCORES,
)

FROM_CHURN = ("lost_probability", "purchase_probability_30d", "risk_band")
"""What of `churn_scores` stands in the overview too."""

_FROM_RFM = ("r_score", "f_score", "m_score", "rfm_segment", "rfm_class")
_FROM_CLV = (
    "method",
    "probability_alive",
    "expected_orders_365d",
    "expected_orders_365d_low",
    "expected_orders_365d_high",
    "expected_order_amount",
    "clv_365d",
    "clv_decile",
    "spend_decile",
    "alive_tenth",
)

CUSTOMER_OVERVIEW = Table(
    "customer_overview",
    "published",
    Text("每位客户一行", "one row a customer"),
    ("customer_id",),
    (
        *CUSTOMER_FEATURES.columns,
        *(RFM_SCORES.column(name) for name in _FROM_RFM),
        *(CLV_FORECASTS.column(name) for name in _FROM_CLV),
        *(CHURN_SCORES.column(name) for name in FROM_CHURN),
        Column(
            "next_order_on",
            "date",
            Text(
                "预计再次下单日；大概率已流失或太远则空",
                "day that the next order is expected on; none of who is probably lost, or where it is too far",
            ),
        ),
        Column("next_order_from_on", "date", Text("最早（80% 区间）", "earliest day of the 80 % window")),
        Column("next_order_until_on", "date", Text("最晚（80% 区间）", "latest day of the 80 % window")),
        Column(
            "next_order_days",
            "int64",
            Text("距预计再次下单的天数", "days until the next order is expected"),
            "days",
        ),
        NEXT_ORDERS.column("is_overdue"),
        Column(
            "restock_categories",
            "string",
            Text(
                "预计 30 天内再买的类目，最早的在前，以“; ”分隔",
                "categories expected to be bought again within 30 days, the first due first, by “; ”",
            ),
        ),
        *(each for each in VALUE_SCORES.columns if each.name not in ("customer_id", "as_of")),
        TIER_MEMBERS.column("tier"),
        Column(
            "lifecycle_stage",
            "string",
            Text("生命周期阶段", "lifecycle stage"),
            labels=LIFECYCLE_STAGES,
            colours=LIFECYCLE_STAGE_COLOURS,
        ),
    ),
)

register(CUSTOMER_OVERVIEW)
