"""What a refresh publishes about every customer's worth."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table, register
from zhike.value.labels import RFM_CLASS_COLOURS, RFM_CLASSES, RFM_SEGMENT_COLOURS, RFM_SEGMENTS

_CUSTOMER = Column("customer_id", "int64", Text("客户编号", "customer id"))
_AS_OF = Column("as_of", "date", Text("业务日期", "business date"))
_CUSTOMER_GRAIN = Text("每位客户一行", "one row a customer")
_BUYER_GRAIN = Text("每位有有效订单的客户一行", "one row a customer with at least one order that counts")

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


CUSTOMER_FEATURES = Table(
    "customer_features",
    "published",
    _CUSTOMER_GRAIN,
    ("customer_id",),
    (
        _CUSTOMER,
        _AS_OF,
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
        *(column for days in WINDOW_DAYS for column in _windowed(days)),
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
    ),
)

RFM_SCORES = Table(
    "rfm_scores",
    "published",
    _BUYER_GRAIN,
    ("customer_id",),
    (
        _CUSTOMER,
        _AS_OF,
        Column("recency_days", "int64", Text("距最近一单天数", "days since the last order"), "days"),
        Column("order_count", "int64", Text("订单数", "orders"), "count"),
        Column("spend_amount", "int64", Text("消费（扣除退款）", "spend, net of refunds"), "minor_units"),
        Column("r_score", "int32", Text("R 分（5 最好）", "recency score, 5 is best"), "score"),
        Column("f_score", "int32", Text("F 分（5 最好）", "frequency score, 5 is best"), "score"),
        Column("m_score", "int32", Text("M 分（5 最好）", "monetary score, 5 is best"), "score"),
        Column(
            "rfm_segment",
            "string",
            Text("RFM 分层（11 群）", "RFM group, one of eleven"),
            labels=RFM_SEGMENTS,
            colours=RFM_SEGMENT_COLOURS,
        ),
        Column(
            "rfm_class",
            "string",
            Text("RFM 八类", "RFM class, one of eight"),
            labels=RFM_CLASSES,
            colours=RFM_CLASS_COLOURS,
        ),
    ),
)

CLV_FORECASTS = Table(
    "clv_forecasts",
    "published",
    _BUYER_GRAIN,
    ("customer_id",),
    (
        _CUSTOMER,
        _AS_OF,
        Column("method", "string", Text("方法：bg_nbd 或 rule", "method: bg_nbd or rule")),
        Column(
            "probability_alive",
            "float64",
            Text("活跃概率；按规则预测时为空", "probability alive; empty under the rule"),
            "share",
        ),
        Column(
            "expected_orders_365d",
            "float64",
            Text("未来 365 天预计购买天数", "expected days with an order in the next 365 days"),
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
)

VALUE_SCORES = Table(
    "value_scores",
    "published",
    _CUSTOMER_GRAIN,
    ("customer_id",),
    (
        _CUSTOMER,
        _AS_OF,
        Column("value_score", "float64", Text("价值分（0–100）", "value score, 0 to 100"), "score"),
    ),
)

MODEL_PARAMETERS = Table(
    "model_parameters",
    "published",
    Text("每个模型的每个参数一行", "one row a parameter of a model"),
    ("model", "parameter"),
    (
        Column("model", "string", Text("模型", "model")),
        Column("parameter", "string", Text("参数", "parameter")),
        Column("value", "float64", Text("数值", "value")),
        Column("note_zh", "string", Text("说明（中文）", "note in Chinese")),
        Column("note_en", "string", Text("说明（英文）", "note in English")),
    ),
)

RFM_CELLS = Table(
    "rfm_cells",
    "published",
    Text("每个 R×F×M 格一行", "one row a cell of R × F × M"),
    ("r_score", "f_score", "m_score"),
    (
        Column("r_score", "int32", Text("R 分", "recency score"), "score"),
        Column("f_score", "int32", Text("F 分", "frequency score"), "score"),
        Column("m_score", "int32", Text("M 分", "monetary score"), "score"),
        Column("customer_count", "int64", Text("客户数", "customers"), "count"),
        Column("spend_amount", "int64", Text("消费", "spend"), "minor_units"),
    ),
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

register(
    CUSTOMER_FEATURES,
    RFM_SCORES,
    CLV_FORECASTS,
    VALUE_SCORES,
    MODEL_PARAMETERS,
    RFM_CELLS,
    CLV_DECILES,
    ALIVE_VALUE_CELLS,
)
