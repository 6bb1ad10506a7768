"""What to offer: to each customer, next to each product, and to everybody."""

from zhike.kernel.words import Text
from zhike.lake.catalog import Column, Table
from zhike.value.schema.columns import AS_OF, CUSTOMER

REASONS: dict[str, Text] = {
    "again": Text("再次购买", "to buy again"),
    "together": Text("常与已买商品搭配", "goes with what they bought"),
    "popular": Text("大家都在买", "popular"),
}

_SOURCE = Column("source", "string", Text("商品来源", "source of the product"))
_PRODUCT = Column("product_id", "string", Text("商品编号", "product id in its source"))

RECOMMENDATIONS = Table(
    "recommendations",
    "published",
    Text(
        "每位买过在售商品且未拒绝画像的客户最多十行",
        "up to ten rows a customer who bought a product on offer and did not refuse to be profiled",
    ),
    ("customer_id", "rank"),
    (
        CUSTOMER,
        AS_OF,
        Column("rank", "int32", Text("名次（1 最先）", "rank, 1 is the first"), "rank"),
        _SOURCE,
        _PRODUCT,
        Column("score", "float64", Text("得分，只用于排序", "score, for the order only")),
        Column("reason", "string", Text("推荐理由", "reason"), labels=REASONS),
        Column(
            "with_source",
            "string",
            Text(
                "搭配的已买商品的来源；仅 together",
                "source of the bought product that it goes with; together only",
            ),
        ),
        Column(
            "with_product_id",
            "string",
            Text("搭配的已买商品；仅 together", "bought product that it goes with; together only"),
        ),
    ),
)

BOUGHT_TOGETHER = Table(
    "bought_together",
    "published",
    Text(
        "每个在售商品最多十行：常在同一订单里的其他商品",
        "up to ten rows a product on offer: others that are often in the same order",
    ),
    ("source", "product_id", "rank"),
    (
        _SOURCE,
        _PRODUCT,
        AS_OF,
        RECOMMENDATIONS.column("rank"),
        Column("other_source", "string", Text("另一商品的来源", "source of the other product")),
        Column("other_product_id", "string", Text("另一商品", "other product")),
        Column(
            "together_count",
            "int64",
            Text("近 365 天两者都有的订单数", "orders of the last 365 days with both"),
            "count",
        ),
        Column(
            "support",
            "float64",
            Text("占有在售商品的订单的比例", "share of the orders with a product on offer"),
            "share",
        ),
        Column(
            "lift",
            "float64",
            Text("同单次数与互不相关时之比", "orders with both, against what chance would give"),
        ),
    ),
)

POPULAR_PRODUCTS = Table(
    "popular_products",
    "published",
    Text(
        "近 90 天卖得最好的 100 个商品各一行", "one row for each of the 100 best sellers of the last 90 days"
    ),
    ("rank",),
    (
        RECOMMENDATIONS.column("rank"),
        AS_OF,
        _SOURCE,
        _PRODUCT,
        Column("order_count", "int64", Text("近 90 天订单数", "orders of the last 90 days"), "count"),
    ),
)
