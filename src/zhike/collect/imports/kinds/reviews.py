"""Reviews of products: stars go to the lake; of the text only its length does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.happenings import (
    CUSTOMER_ID,
    EVENT_CONFLICT,
    STAGED_EVENTS,
    EventRow,
    event_id_of,
    event_row,
    optional_id,
    text_length,
    whole_number,
)
from zhike.collect.imports.kinds.kind import CellReader, Field, FieldReaders, ImportRules, Kind, moment_reader
from zhike.collect.imports.kinds.order_lines import PRODUCT_ID_ALIASES
from zhike.collect.imports.kinds.orders import ORDER_ID_ALIASES
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import EVENTS
from zhike.kernel.words import Text

REVIEW_FIELDS = (
    Field(
        "review_id",
        Text("评价编号", "review id"),
        "id",
        aliases=("评价编号", "评价id", "评论id", "review id"),
        samples=("R1", "R2"),
    ),
    CUSTOMER_ID,
    Field(
        "reviewed_at",
        Text("评价时间", "time of the review"),
        "date",
        True,
        ("评价时间", "评论时间", "评价日期", "review date", "review time"),
        samples=("2026-11-20", "2026-11-21"),
        loose_aliases=("日期", "时间", "date"),
    ),
    Field(
        "product_id", Text("商品编号", "product id"), "id", True, PRODUCT_ID_ALIASES, samples=("P01", "P02")
    ),
    Field(
        "stars",
        Text("星级（1–5）", "stars, 1 to 5"),
        "number",
        True,
        ("星级", "评分", "打分", "评价星级", "rating", "score"),
        samples=("5", "4"),
    ),
    Field("order_id", Text("订单号", "order id"), "id", aliases=ORDER_ID_ALIASES),
    Field(
        "text",
        Text("评价内容（只记字数）", "text of the review (only its length is kept)"),
        aliases=("评价内容", "评论内容", "评论", "review", "review text", "comment"),
        samples=("很香", "包装好"),
    ),
)


class ReviewReader:
    """Turns the cells of a record into an event `product_reviewed`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = {
            "review_id": optional_id,
            "customer_id": cells.id_text,
            "reviewed_at": moment_reader(rules),
            "product_id": cells.open_id,
            "stars": partial(whole_number, name="stars", least=1, most=5),
            "order_id": optional_id,
            "text": text_length,
        }
        self._rules = rules
        self._fields = FieldReaders(REVIEW_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> EventRow:
        known = self._fields.known(values)
        identity = [known[name] for name in ("customer_id", "product_id", "order_id")]
        return event_row(
            number,
            customer_id=known["customer_id"],
            event_id=event_id_of(
                known["review_id"], self._rules, "review", [*identity, known["reviewed_at"][0]]
            ),
            occurred=known["reviewed_at"],
            name="product_reviewed",
            properties={
                "product_id": known["product_id"],
                "order_id": known["order_id"],
                "stars": known["stars"],
                "length": known["text"],
            },
        )


REVIEWS_KIND = Kind(
    "reviews",
    Text("评价", "reviews"),
    REVIEW_FIELDS,
    ReviewReader,
    STAGED_EVENTS,
    ("event_id",),
    "product_id",
    EVENT_CONFLICT,
    table=EVENTS,
)
