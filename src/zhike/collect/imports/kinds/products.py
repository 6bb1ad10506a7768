"""Products: one record a product, or one a product and day of a cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    Option,
    moment_reader,
    money_reader,
    row_hash,
    staged_schema,
    unless_nothing,
)
from zhike.collect.imports.kinds.order_lines import PRODUCT_ID_ALIASES
from zhike.collect.imports.kinds.product_costs import EARLIEST, CostsOfProducts, with_known_costs
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
        aliases=("商品名称", "名称", "商品名", "商品标题", "品名", "产品名称", "product name", "title"),
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
        "barcode",
        Text("条码", "barcode"),
        "id",
        aliases=("条码", "条形码", "商品条码", "国际条码", "69码", "ean", "upc", "gtin", "product barcode"),
        samples=("6901234567892", ""),
    ),
    Field(
        "cost",
        Text("成本价（每件）", "cost of one piece"),
        "money",
        aliases=("成本", "成本价", "进价", "采购价", "cost price", "unit cost", "cost per item"),
        samples=("18.50", "36.00"),
    ),
    Field(
        "cost_from",
        Text("成本价生效日", "day from which the cost holds"),
        "date",
        aliases=("成本生效日", "成本生效日期", "成本价生效日", "进价生效日", "cost from", "cost valid from"),
        samples=("2026-01-01", ""),
    ),
)
FROM_TODAY, ALWAYS = "from_today", "always"
PRODUCT_OPTIONS = (
    Option(
        "costs",
        Text("没有生效日的新成本价", "new costs without a day"),
        {
            FROM_TODAY: Text("自导入当天起，之前的订单不变", "hold from today on; orders before keep theirs"),
            ALWAYS: Text("一直如此，之前的订单也重新计算", "always held; orders before are counted again"),
        },
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
    barcode: str | None
    cost: int | None
    dated_costs: str | None
    row_hash: int


class ProductReader:
    """Turns the cells of a record into a `ProductRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = dict.fromkeys(
            [each.name for each in PRODUCT_FIELDS], cells.open_text
        )
        readers |= {
            "product_id": cells.open_id,
            "barcode": unless_nothing(cells.open_id),
            "cost": unless_nothing(money_reader(rules)),
            "cost_from": unless_nothing(moment_reader(rules)),
        }
        self._is_always = mapping.options.get("costs") == ALWAYS
        self._fields = FieldReaders(PRODUCT_FIELDS, layout, readers, rules)

    def read(self, number: int, values: Sequence[object]) -> ProductRow:
        known = self._fields.known(values)
        cost, since = known["cost"], known.pop("cost_from")
        day = since[1].isoformat() if since else EARLIEST if self._is_always else None
        dated = None if cost is None or day is None else json.dumps({day: cost})
        content: tuple[Any, ...] = (*known.values(), dated)
        return ProductRow._make((number, hash(known["product_id"]), *content, row_hash(content)))


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
            "同一商品编号在第 {first} 行已有，内容不同，或同一天的成本价不同；请只保留正确的一行。不同日子的成本价请各写一行，并写上成本生效日",
            "row {first} has the same product id with other content, or another cost of the same day; keep the right one "
            "of the two. Costs of several days are a row each, with the day in cost_from",
        ),
    ),
    table=PRODUCTS,
    person="nobody",
    options=PRODUCT_OPTIONS,
    repeating=CostsOfProducts,
    completed=with_known_costs,
    left_out={
        (
            "价格",
            "售价",
            "单价",
            "零售价",
            "销售价",
            "标价",
            "吊牌价",
            "市场价",
            "原价",
            "price",
            "unit price",
            "list price",
            "selling price",
            "retail price",
            "variant price",
            "compare at price",
        ): Text(
            "商品没有售价这一项：卖了多少钱取自订单和订单明细，同一商品每次成交价可以不同。如果是进价，请选“成本价”",
            "products have no price here: what they were sold for comes from orders and their lines, and may differ each "
            "time. If it is what they cost you, choose the cost",
        )
    },
)
