"""How everybody stood at the end of each month, what that rested on, and who moved since."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.segments.labels import LIFECYCLE_STAGE_COLOURS, LIFECYCLE_STAGES
from zhike.tiers.schema import TIER_MEMBERS
from zhike.value.schema import RFM_SCORES, VALUE_SCORES

_MONTH_END = Column("month_end", "date", Text("月末日期", "last day of the month"))
_CUTS = {
    "recency": (Text("R 切分点（天）", "cut point of recency"), "days"),
    "frequency": (Text("F 切分点（订单数）", "cut point of frequency"), "count"),
    "monetary": (Text("M 切分点（金额）", "cut point of spend"), "minor_units"),
}
RANKED = {
    "recency": Text("最近购买（天数取负）", "recency, its days negative"),
    "frequency": Text("购买次数", "frequency"),
    "monetary": Text("消费金额", "spend"),
    "clv": Text("未来价值", "expected value"),
}
"""The components of the value score that are known of the past."""
RANK_CUTS = 9
_THRESHOLDS = {
    "new_days": Text("首单后多少天内算新客", "days after the first order that one is new"),
    "at_risk_days": Text("多少天没买算预流失", "quiet days after which one is at risk"),
    "dormant_days": Text("多少天没买算沉睡", "quiet days after which one is dormant"),
    "lost_days": Text("多少天没买算流失", "quiet days after which one is lost"),
}

VALUE_HISTORY = Table(
    "value_history",
    "published",
    Text(
        "每位客户自首单起每个已结束的月份一行（最近 24 个月；不含拒绝画像的客户）",
        "one row a customer and closed month since the first order, of the last 24; without those who refuse profiling",
    ),
    ("customer_id", "month_end"),
    (
        Column("customer_id", "int64", Text("客户编号", "customer id")),
        _MONTH_END,
        Column("order_count", "int32", Text("截至月末订单数", "orders so far"), "count"),
        Column(
            "spend_amount",
            "int64",
            Text("截至月末消费（扣除退款）", "spend so far, net of refunds"),
            "minor_units",
        ),
        Column("recency_days", "int32", Text("月末距最近一单天数", "days since the last order"), "days"),
        *(RFM_SCORES.column(name) for name in ("r_score", "f_score", "m_score", "rfm_segment")),
        Column(
            "lifecycle_stage",
            "string",
            Text("月末生命周期阶段", "lifecycle stage then"),
            labels=LIFECYCLE_STAGES,
            colours=LIFECYCLE_STAGE_COLOURS,
        ),
        TIER_MEMBERS.column("tier"),
        VALUE_SCORES.column("score_band"),
    ),
)

VALUE_HISTORY_CUTS = Table(
    "value_history_cuts",
    "published",
    Text("每个已结束的月份一行", "one row a closed month"),
    ("month_end",),
    (
        _MONTH_END,
        Column("buyers", "int64", Text("参与 RFM 拟合的客户数", "customers that RFM was fitted on"), "count"),
        *(
            Column(f"{measure}_cut_{place}", "int64", Text(f"{text.zh} {place}", f"{text.en} {place}"), unit)  # type: ignore[arg-type]
            for measure, (text, unit) in _CUTS.items()
            for place in range(1, 5)
        ),
        *(Column(name, "int64", text, "days") for name, text in _THRESHOLDS.items()),
        *(
            Column(
                f"{name}_rank_cut_{place}",
                "int64",
                Text(
                    f"价值分“{text.zh}”前 {place} 个十分位的下限",
                    f"value score, {text.en}: the lowest of the first {place} tenths",
                ),
            )
            for name, text in RANKED.items()
            for place in range(1, RANK_CUTS + 1)
        ),
        Column("settings", "string", Text("所用设置", "the settings it was computed with")),
    ),
)

MOVEMENTS = Table(
    "movements",
    "published",
    Text(
        "自最近一个（月初一周内为再上一个）月末以来，每种分组的每个去向一行",
        "one row a grouping, group at the last month end (in the first week of a month, at the one before) and group now",
    ),
    ("grouping", "group_before", "group_now"),
    (
        Column("grouping", "string", Text("分组：rfm 或 stage", "the grouping: rfm or stage")),
        Column("month_end", "date", Text("起点（月末）", "from when: a month end")),
        Column(
            "group_before",
            "string",
            Text("当时的组；空为当时还没有", "group then; empty for the not yet there"),
        ),
        Column(
            "group_now", "string", Text("现在的组；空为已不在", "group now; empty for the no longer there")
        ),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
    ),
)
