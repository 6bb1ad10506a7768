"""The value score."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.labels import SCORE_BAND_COLOURS, SCORE_BANDS
from zhike.value.schema.columns import AS_OF, CUSTOMER, CUSTOMER_GRAIN

VALUE_SCORES = Table(
    "value_scores",
    "published",
    CUSTOMER_GRAIN,
    ("customer_id",),
    (
        CUSTOMER,
        AS_OF,
        Column("value_score", "float64", Text("价值分（0–100）", "value score, 0 to 100"), "score"),
        Column(
            "score_band",
            "string",
            Text("价值分段", "band of the value score"),
            labels=SCORE_BANDS,
            colours=SCORE_BAND_COLOURS,
        ),
    ),
    cut_from="customer_overview",
    cut_where="value_score",
)
