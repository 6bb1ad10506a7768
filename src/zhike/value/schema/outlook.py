"""What is to come: who stays away, who orders next and when, what will be sold."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.labels import CHURN_METHODS, RISK_BAND_COLOURS, RISK_BANDS
from zhike.value.schema.columns import AS_OF, CUSTOMER

REASONS: dict[str, Text] = {
    "quiet": Text("多久没买", "days since the last order"),
    "tenure": Text("认识多久", "time since the first order"),
    "frequency": Text("购买次数", "number of orders"),
    "trend": Text("近来的变化", "recent change"),
    "rhythm": Text("平时间隔", "usual gap"),
    "spend": Text("消费金额", "spend"),
    "discount": Text("优惠占比", "share of discounts"),
    "weekend": Text("周末占比", "share of weekends"),
    "categories": Text("买过的类目数", "categories bought"),
}


def _reason(place: int) -> tuple[Column, ...]:
    name, zh, en = f"reason_{place}", f"第 {place} 个原因", f"reason {place}"
    return (
        Column(name, "string", Text(zh, en), labels=REASONS),
        Column(
            f"{name}_effect",
            "float64",
            Text(
                f"{zh}使流失概率变化多少（与留下的客户的中位数相比）；规则下为空",
                f"{en}: change of the probability against the median of those who stayed; none under a rule",
            ),
            "share",
        ),
        Column(f"{name}_value", "float64", Text(f"{zh}的数值", f"{en}: the customer's number")),
        Column(f"{name}_usual", "float64", Text(f"{zh}的对照值", f"{en}: what it is held against")),
    )


CHURN_SCORES = Table(
    "churn_scores",
    "published",
    Text(
        "每位有有效订单且未拒绝画像的客户一行",
        "one row a customer with an order that counts who did not refuse to be profiled",
    ),
    ("customer_id",),
    (
        CUSTOMER,
        AS_OF,
        Column("method", "string", Text("方法", "method"), labels=CHURN_METHODS),
        Column(
            "lost_probability",
            "float64",
            Text("在视为流失的天数内不再下单的概率", "probability of no order within the days of being lost"),
            "share",
            "churn_probability",
        ),
        Column(
            "purchase_probability_30d",
            "float64",
            Text(
                "未来 30 天下单的概率；按规则时为空",
                "probability of an order within 30 days; none under the rule",
            ),
            "share",
        ),
        Column(
            "risk_band",
            "string",
            Text("流失风险", "churn risk"),
            alias="churn_band",
            labels=RISK_BANDS,
            colours=RISK_BAND_COLOURS,
        ),
        *(column for place in (1, 2, 3) for column in _reason(place)),
    ),
)

CHURN_RELIABILITY = Table(
    "churn_reliability",
    "published",
    Text("每个模型的每个概率档一行", "one row a model and tenth of its probability"),
    ("model", "probability_tenth"),
    (
        Column("model", "string", Text("模型：churn 或 purchase_30d", "model: churn or purchase_30d")),
        Column("probability_tenth", "int32", Text("概率档（1 为 0–10%）", "tenth, 1 is 0–10 %"), "rank"),
        Column("customer_count", "int64", Text("检验中的客户数", "customers of the test"), "count"),
        Column("predicted_share", "float64", Text("平均预测概率", "mean of what was predicted"), "share"),
        Column("actual_share", "float64", Text("实际比例", "share to whom it happened"), "share"),
    ),
)

NEXT_ORDERS = Table(
    "next_orders",
    "published",
    Text(
        "每位很可能再来、至少在两天下过单的客户一行（类目为空），另加其买过两天以上的每个类目一行",
        "one row a customer likely to come again with two days or more with an order (empty category), "
        "and one for each category that they bought on two days or more",
    ),
    ("customer_id", "category"),
    (
        CUSTOMER,
        AS_OF,
        Column("category", "string", Text("类目；空为整体", "category; empty for any order")),
        Column(
            "expected_on",
            "date",
            Text(
                "预计下单日（中位数）；若在视为流失的天数之后则空",
                "expected day, the median; none where it is later than the days of being lost",
            ),
        ),
        Column("earliest_on", "date", Text("最早（80% 区间）", "earliest day of the 80 % window")),
        Column("latest_on", "date", Text("最晚（80% 区间）", "latest day of the 80 % window")),
        Column("gap_count", "int64", Text("依据的间隔数", "gaps that it rests on"), "count"),
        Column("usual_gap_days", "float64", Text("平时间隔", "usual gap"), "days"),
        Column(
            "is_overdue",
            "boolean",
            Text(
                "是否已逾期：按平时节奏，90% 的情况下早该下单",
                "overdue: nine times out of ten they would have ordered by now",
            ),
        ),
    ),
)

DEMAND_FORECASTS = Table(
    "demand_forecasts",
    "published",
    Text("每个类目的每个未来周一行", "one row a category and week to come"),
    ("category", "week_start"),
    (
        Column(
            "category",
            "string",
            Text(
                "类目（件数）；空为全店（订单数）", "category, in pieces; empty for the whole shop, in orders"
            ),
        ),
        Column("week_start", "date", Text("周一", "the Monday")),
        Column("expected_quantity", "float64", Text("预计数量", "expected quantity"), "count"),
        Column("low", "float64", Text("80% 区间下限", "lower bound, 80 %"), "count"),
        Column("high", "float64", Text("80% 区间上限", "upper bound, 80 %"), "count"),
        Column(
            "method",
            "string",
            Text(
                "方法：seasonal_naive、naive、mean、level 或 seasonal_level",
                "method: seasonal_naive, naive, mean, level or seasonal_level",
            ),
        ),
        Column("weeks", "int64", Text("依据的完整周数", "whole weeks that it rests on"), "count"),
        Column(
            "mean_error",
            "float64",
            Text("回测的平均绝对误差", "mean absolute error of the back-test"),
            "count",
        ),
        Column(
            "naive_error",
            "float64",
            Text(
                "同一回测中“与去年同周（或上周）相同”的误差",
                "the same of “as a year ago”, or as the last week",
            ),
            "count",
        ),
    ),
)

DEMAND_WEEKS = Table(
    "demand_weeks",
    "published",
    Text("每个类目的每个完整的周一行", "one row a category and whole week"),
    ("category", "week_start"),
    (
        DEMAND_FORECASTS.column("category"),
        DEMAND_FORECASTS.column("week_start"),
        Column("quantity", "int64", Text("售出数量", "quantity sold"), "count"),
    ),
)
