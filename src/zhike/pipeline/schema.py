"""The wide per-customer table: everything lists, filters and conditions ask about one customer."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register
from zhike.segments.labels import LIFECYCLE_STAGE_COLOURS, LIFECYCLE_STAGES
from zhike.tiers.schema import TIER_MEMBERS
from zhike.value.schema import CLV_FORECASTS, CUSTOMER_FEATURES, RFM_SCORES, VALUE_SCORES

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
