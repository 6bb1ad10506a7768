"""The value score and what it is made of."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.labels import SCORE_BAND_COLOURS, SCORE_BANDS
from zhike.value.schema.columns import AS_OF, CUSTOMER, CUSTOMER_GRAIN


def _component(name: str, zh: str, en: str) -> Column:
    return Column(f"{name}_component", "float64", Text(zh, en), "score")


_SCORE = Column("value_score", "float64", Text("价值分（0–100）", "value score, 0 to 100"), "score")
_BAND = Column(
    "score_band",
    "string",
    Text("价值分段", "band of the value score"),
    labels=SCORE_BANDS,
    colours=SCORE_BAND_COLOURS,
)
_PARTS = (
    _component("recency", "价值分：最近购买（0–100）", "value score: recency, 0 to 100"),
    _component("frequency", "价值分：购买次数", "value score: frequency"),
    _component("monetary", "价值分：消费金额", "value score: monetary"),
    _component("clv", "价值分：未来价值", "value score: expected value"),
    _component(
        "engagement", "价值分：互动；本店没有数据则为空", "value score: engagement; none without data"
    ),
    _component(
        "referral", "价值分：带来的客户；本店没有数据则为空", "value score: referrals; none without data"
    ),
    _component(
        "feedback", "价值分：评价与反馈；本店没有数据则为空", "value score: feedback; none without data"
    ),
    Column(
        "active_days_90d",
        "int64",
        Text(
            "近 90 天有互动的天数；从未有过互动则为空",
            "days with an event within 90 days; none without any event ever",
        ),
        "count",
    ),
    Column("referred_count", "int64", Text("直接带来的客户数", "customers brought directly"), "count"),
    Column(
        "referral_amount",
        "int64",
        Text(
            "带来的客户的累计消费（再往下每层减半，共三层）",
            "spend of the customers brought; each of two further levels counts half of the one before",
        ),
        "minor_units",
    ),
    Column(
        "feedback_rating",
        "float64",
        Text(
            "平均评价（0–100，越近越重）；没有评价则为空",
            "mean rating, 0 to 100, recent ones weigh more; none without any",
        ),
        "score",
    ),
    Column(
        "clv_basis",
        "string",
        Text("未来价值的口径", "what the expected value is counted in"),
        labels={"revenue": Text("销售额", "revenue"), "margin": Text("毛利", "margin")},
    ),
)

VALUE_SCORES = Table(
    "value_scores",
    "published",
    CUSTOMER_GRAIN,
    ("customer_id",),
    (CUSTOMER, AS_OF, _SCORE, _BAND, *_PARTS),
    cut_from="customer_overview",
    cut_where="value_score",
)
