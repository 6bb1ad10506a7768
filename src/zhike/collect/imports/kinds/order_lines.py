"""Lines of orders: one record a line; whose line it is, and of which day, its order says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.happenings import optional_id, whole_number
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    Option,
    Together,
    money_reader,
    row_hash,
    staged_schema,
    unless_nothing,
)
from zhike.collect.imports.kinds.orders import ORDER_ID_ALIASES
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import ORDER_LINES
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

PRODUCT_ID_ALIASES = (
    "商品编号",
    "商品编码",
    "商品id",
    "货号",
    "sku",
    "sku编码",
    "product id",
    "item id",
    "lineitem sku",
)
ORDER_LINE_FIELDS = (
    Field("order_id", Text("订单号", "order id"), "id", True, ORDER_ID_ALIASES, samples=("A1001", "A1001")),
    Field(
        "line_number",
        Text("行号或子订单号", "line number or id of the line"),
        "id",
        aliases=("行号", "子订单号", "子订单编号", "line number", "line id"),
        samples=("1", "2"),
    ),
    Field(
        "product_id", Text("商品编号", "product id"), "id", True, PRODUCT_ID_ALIASES, samples=("P01", "P02")
    ),
    Field(
        "product_name",
        Text("商品名称（没有编号时代替编号）", "product name, which stands in for an id that is empty"),
        aliases=("lineitem name",),
    ),
    Field(
        "quantity",
        Text("数量", "quantity"),
        "number",
        aliases=("数量", "购买数量", "商品数量", "qty", "lineitem quantity"),
        samples=("2", "1"),
    ),
    Field(
        "amount",
        Text("金额", "amount"),
        "money",
        True,
        ("金额", "实付金额", "小计", "商品金额", "line total", "subtotal"),
        samples=("80.00", "48.00"),
    ),
    Field(
        "discount_amount",
        Text("优惠金额", "discount"),
        "money",
        aliases=("优惠金额", "折扣金额", "discount", "lineitem discount"),
        samples=("10.00", ""),
    ),
)


LINE, PIECE, REFUSE, COUNT = "line", "piece", "refuse", "count"
ORDER_LINE_OPTIONS = (
    Option(
        "amount",
        Text("金额是", "the amount is"),
        {
            LINE: Text("整行的金额", "that of the whole line"),
            PIECE: Text(
                "一件的价格：乘以数量，再减去优惠", "the price of one piece: times quantity, less discount"
            ),
        },
    ),
    Option(
        "same_product",
        Text("没有行号时，同一订单里的同一商品", "the same product again in an order, without line numbers"),
        {
            REFUSE: Text("拒绝", "is rejected"),
            COUNT: Text("是另一行，按先后编号", "is another line, numbered as it comes"),
        },
    ),
)


class OrderLineRow(NamedTuple):
    number: int
    key_hash: int
    order_id: str
    line_number: int
    product_id: str
    quantity: int
    amount: int
    discount_amount: int
    row_hash: int


class OrderLineReader:
    """Turns the cells of a record into an `OrderLineRow`.

    Without a number of its own a line is known by its product: numbers by place in the file would change when
    a corrected file brings fewer lines. Only an export that always has an order whole, its rows together, may
    count a product's lines.
    """

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        amount = money_reader(rules)
        self._is_of_piece = mapping.options.get("amount", LINE) == PIECE
        self._counts_products = mapping.options.get("same_product", REFUSE) == COUNT
        self._order, self._products = "", Counter[str]()
        readers: dict[str, CellReader] = {
            "order_id": cells.open_id,
            "line_number": optional_id,
            "product_id": optional_id,
            "product_name": cells.open_text,
            "quantity": unless_nothing(partial(whole_number, name="quantity", least=0, most=10**9)),
            "amount": amount,
            "discount_amount": unless_nothing(amount),
        }
        together = (Together("product", ("product_id", "product_name"), _product),)
        self._fields = FieldReaders(ORDER_LINE_FIELDS, layout, readers, rules, together)

    def read(self, number: int, values: Sequence[object]) -> OrderLineRow:
        known = self._fields.known(values)
        order_id, line_id = known["order_id"], known["line_number"]
        product_id = known["product"]
        line = _line_number(line_id or "product\0" + self._told_apart(order_id, product_id))
        quantity = 1 if known["quantity"] is None else known["quantity"]
        discount = known["discount_amount"] or 0
        # More taken off than it costs is an error of the export: the line is then for nothing.
        amount = max(known["amount"] * quantity - discount, 0) if self._is_of_piece else known["amount"]
        content = (
            order_id,
            line,
            product_id,
            quantity,
            amount,
            discount,
        )
        # Two lines of one product without numbers may both be meant: never taken for a repeat.
        told_apart = () if line_id is not None or self._counts_products else (number,)
        return OrderLineRow(number, hash((order_id, line)), *content, row_hash((*content, *told_apart)))

    def _told_apart(self, order_id: str, product_id: str) -> str:
        """The product, with a number from its second line in the order on where lines of a product are counted."""
        if not self._counts_products:
            return product_id
        if order_id != self._order:
            self._order, self._products = order_id, Counter()
        self._products[product_id] += 1
        count = self._products[product_id]
        return product_id if count == 1 else f"{product_id}\0{count}"


def _product(known: Mapping[str, Any]) -> str:
    product_id, name = known["product_id"], known["product_name"]
    if product_id is None and name is None:
        raise RowFault("product_id", ZhikeError("id.missing", zh="编号为空", en="the id is empty"))
    return str(product_id or name)


def _line_number(line: str) -> int:
    """The number itself if it is one that fits, else one that stands for the text."""
    if line.isascii() and line.isdigit() and len(line) <= 18 and str(int(line)) == line:
        return int(line)
    # Above all numbers of 18 digits, so that the two cannot meet.
    return 10**18 + int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "big") % (8 * 10**18)


ORDER_LINES_KIND = Kind(
    "order_lines",
    Text("订单明细", "order lines"),
    ORDER_LINE_FIELDS,
    OrderLineReader,
    staged_schema(ORDER_LINES, person="order"),
    ("order_id", "line_number"),
    "product_id",
    (
        "line.conflict",
        Text(
            "同一订单的同一行在第 {first} 行已有。没有行号时，一个订单里同一商品只能出现一次；请加上行号列，或合并成一行",
            "row {first} has the same line of the same order. Without line numbers a product may stand once in an "
            "order; add a column of line numbers, or make one line of them",
        ),
    ),
    table=ORDER_LINES,
    person="order",
    options=ORDER_LINE_OPTIONS,
)
