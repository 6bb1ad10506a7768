"""Products: one record a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    money_reader,
    row_hash,
    staged_schema,
    unless_nothing,
)
from zhike.collect.imports.kinds.order_lines import PRODUCT_ID_ALIASES
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import PRODUCTS
from zhike.kernel.words import Text

PRODUCT_FIELDS = (
    Field(
        "product_id", Text("商品编号", "product id"), "id", True, PRODUCT_ID_ALIASES, samples=("P01", "P02")
    ),
    Field(
        "name",
        Text("名称", "name"),
        aliases=("商品名称", "名称", "商品名", "商品标题", "product name", "title"),
        samples=("龙井 50g", "茶具套装"),
    ),
    Field(
        "category",
        Text("类目", "category"),
        aliases=("类目", "商品类目", "分类", "商品分类", "product category", "type"),
        samples=("绿茶", "茶具"),
    ),
    Field("department", Text("部门", "department"), aliases=("部门", "一级类目"), samples=("茶叶", "器具")),
    Field("brand", Text("品牌", "brand"), aliases=("品牌", "vendor"), samples=("山茶", "山茶")),
    Field(
        "cost",
        Text("成本价（每件）", "cost of one piece"),
        "money",
        aliases=("成本", "成本价", "进价", "采购价", "cost price", "unit cost", "cost per item"),
        samples=("18.50", "36.00"),
    ),
)


class ProductRow(NamedTuple):
    number: int
    key_hash: int
    product_id: str
    name: str | None
    category: str | None
    department: str | None
    brand: str | None
    cost: int | None
    row_hash: int


class ProductReader:
    """Turns the cells of a record into a `ProductRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = dict.fromkeys(
            [each.name for each in PRODUCT_FIELDS], cells.optional_text
        )
        readers |= {"product_id": cells.id_text, "cost": unless_nothing(money_reader(rules))}
        self._fields = FieldReaders(PRODUCT_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> ProductRow:
        known = self._fields.known(values)
        content: tuple[Any, ...] = tuple(known[each.name] for each in PRODUCT_FIELDS)
        fingerprint = row_hash(content)
        return ProductRow._make((number, hash(known["product_id"]), *content, fingerprint))


PRODUCTS_KIND = Kind(
    "products",
    Text("商品", "products"),
    PRODUCT_FIELDS,
    ProductReader,
    staged_schema(PRODUCTS, person="nobody"),
    ("product_id",),
    "product_id",
    (
        "product.conflict",
        Text(
            "同一商品编号在第 {first} 行已有，内容不同；请只保留正确的一行",
            "row {first} has the same product id with other content; keep the right one of the two",
        ),
    ),
    table=PRODUCTS,
    person="nobody",
)
