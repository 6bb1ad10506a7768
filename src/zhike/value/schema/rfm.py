"""Recency, frequency and money."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.labels import RFM_CLASS_COLOURS, RFM_CLASSES, RFM_SEGMENT_COLOURS, RFM_SEGMENTS
from zhike.value.schema.columns import AS_OF, BUYER_GRAIN, CUSTOMER

RFM_SCORES = Table(
    "rfm_scores",
    "published",
    BUYER_GRAIN,
    ("customer_id",),
    (
        CUSTOMER,
        AS_OF,
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
    cut_from="customer_overview",
    cut_where="r_score",
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
