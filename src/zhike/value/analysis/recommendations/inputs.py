"""What was sold, as expressions: by product, by customer and product, and in the same order."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.value.analysis.features import counted_lines

MOST_PRODUCTS = 5_000
RECENT_DAYS = 90
POPULAR_PRODUCTS = 100
TOGETHER_RANKS = 10
_BASKET_DAYS = 365
_LARGEST_BASKET = 100
_LEAST_ORDERS_TOGETHER = 3
_SHRINKAGE = 10.0


def same_products(products: ir.Table) -> ir.Table:
    """`source, product_id, same_source, same_product_id`: under which other number a product is counted, too.

    Products are the same that have one barcode; and those of different sources without a barcode that have one name,
    where no source has that name twice. The lowest source and number stand for all; they have no row here.
    """
    named = products.mutate(folded=products.name.strip().lower())
    alike = ibis.window(group_by=["source", "folded"])
    is_alone = named.count().over(alike) == 1
    has_name = is_alone & (named.folded.fill_null("") != "")
    key = ibis.cases(
        (named.barcode.fill_null("") != "", ibis.literal("barcode ") + named.barcode),
        (has_name, ibis.literal("name ") + named.folded),
    )
    keyed = named.select("source", "product_id", key=key)
    keyed = keyed.filter(keyed.key.notnull())
    order = ibis.window(group_by="key", order_by=["source", "product_id"])
    first = keyed.mutate(
        same_source=keyed.source.first().over(order), same_product_id=keyed.product_id.first().over(order)
    )
    is_other = (first.source != first.same_source) | (first.product_id != first.same_product_id)
    return first.filter(is_other).drop("key")


def sold_lines(
    order_lines: ir.Table, orders: ir.Table, same: ir.Table | None = None, *, as_of: date
) -> ir.Table:
    """`source, order_id, product_source, product_id, profile_id, ordered_on` of the lines that count and name a product.

    Lines with a quantity of 0 or less are returns.

    Parameters
    ----------
    same
        `same_products`, where there are some.
    """
    lines = counted_lines(order_lines, orders, as_of=as_of)
    is_sale = (lines.product_id.fill_null("") != "") & (lines.quantity.fill_null(1) > 0)
    sold = lines.filter(is_sale).select(
        "source", "order_id", "product_id", "profile_id", "ordered_on", product_source="source"
    )
    if same is None:
        return sold
    joined = sold.left_join(same, ["source", "product_id"])
    return joined.select(
        "source",
        "order_id",
        "profile_id",
        "ordered_on",
        product_source=ibis.coalesce(joined.same_source, joined.source),
        product_id=ibis.coalesce(joined.same_product_id, joined.product_id),
    )


def product_sales(sold: ir.Table, *, until: date) -> ir.Table:
    """`source, product_id, order_count` of the best sellers of the 90 days up to `until`, at most 5,000."""
    since = until - timedelta(days=RECENT_DAYS)
    recent = sold.filter((sold.ordered_on > since) & (sold.ordered_on <= until))
    orders = recent.select("source", "order_id", "product_source", "product_id").distinct()
    counts = orders.group_by(source="product_source", product_id="product_id").aggregate(
        order_count=orders.count()
    )
    return counts.order_by(ibis.desc("order_count"), "source", "product_id").limit(MOST_PRODUCTS)


def numbered_products(sales: pa.Table) -> pa.Table:
    """`item, source, product_id, order_count`: the products numbered from 0, the best seller first."""
    by_sales = [("order_count", "descending"), ("source", "ascending"), ("product_id", "ascending")]
    ordered = sales.sort_by(by_sales)
    return ordered.add_column(0, "item", pa.array(range(ordered.num_rows), pa.int64()))


def members(profiles: ir.Table, people: ir.Table) -> ir.Table:
    """`profile_id, customer_id` of those who did not refuse to be profiled.

    Parameters
    ----------
    people
        As `features.people`.
    """
    willing = people.filter(~people.no_profiling)
    return profiles.semi_join(willing, "customer_id").select("profile_id", "customer_id")


def customer_products(
    sold: ir.Table, items: ir.Table, known: ir.Table, *, until: date, since: date = date.min
) -> ir.Table:
    """`customer_id, item, day_count, last_on`: on how many days each customer bought each product, and when last.

    Parameters
    ----------
    items
        As `numbered_products`; other products are left out.
    known
        As `members`; other buyers are left out.
    """
    is_within = (sold.ordered_on >= ibis.literal(since)) & (sold.ordered_on <= ibis.literal(until))
    joined = sold.filter(is_within).join(known, "profile_id")
    named = joined.join(_by_number(items), ["product_source", "product_id"])
    return named.group_by("customer_id", "item").aggregate(
        day_count=named.ordered_on.nunique(), last_on=named.ordered_on.max()
    )


def popular_products(items: ir.Table) -> ir.Table:
    """The best sellers, for everybody."""
    return items.filter(items.item < POPULAR_PRODUCTS).mutate(rank=(items.item + 1).cast("int32"))


def bought_together(sold: ir.Table, items: ir.Table, refusing: ir.Table, *, until: date) -> ir.Table:
    """Up to ten products that go with each, by orders of the last year that had both.

    Orders with more than 100 products say little about what goes together and are left out, and so are pairs
    in fewer than three orders or no more often than chance has them.

    Parameters
    ----------
    refusing
        `profile_id` of those who refused to be profiled: their orders are not looked at.
    """
    since = until - timedelta(days=_BASKET_DAYS)
    year = sold.filter((sold.ordered_on > since) & (sold.ordered_on <= until)).anti_join(
        refusing, "profile_id"
    )
    named = year.join(_by_number(items), ["product_source", "product_id"])
    lines = named.select("source", "order_id", "item").distinct()
    sizes = lines.group_by("source", "order_id").aggregate(product_count=lines.count())
    baskets = lines.semi_join(sizes.filter(sizes.product_count <= _LARGEST_BASKET), ["source", "order_id"])
    return _best_pairs(_pairs(baskets), items)


def _by_number(items: ir.Table) -> ir.Table:
    return items.select("product_id", "item", product_source="source")


def _pairs(baskets: ir.Table) -> ir.Table:
    """`item, other_item, together_count, item_count, other_count, basket_count`, each pair both ways."""
    others = baskets.select("source", "order_id", other_item="item")
    both = baskets.join(others, ["source", "order_id"])
    counts = both.group_by("item", "other_item").aggregate(together_count=both.count())
    alone = counts.filter(counts.item == counts.other_item)
    firsts = alone.select("item", item_count="together_count")
    seconds = alone.select(other_item="item", other_count="together_count")
    total = baskets.select("source", "order_id").distinct().aggregate(basket_count=ibis._.count())
    pairs = counts.filter(
        (counts.item != counts.other_item) & (counts.together_count >= _LEAST_ORDERS_TOGETHER)
    )
    return pairs.join(firsts, "item").join(seconds, "other_item").cross_join(total)


def _best_pairs(pairs: ir.Table, items: ir.Table) -> ir.Table:
    """The shape of `bought_together`; ranked by the cosine, shrunk where few orders had both."""
    count, of_item, of_other, total = (
        pairs[name].cast("float64")
        for name in ("together_count", "item_count", "other_count", "basket_count")
    )
    rated = pairs.mutate(
        lift=count * total / (of_item * of_other),
        support=count / total,
        strength=count / (of_item * of_other).sqrt() * count / (count + _SHRINKAGE),
    )
    rated = rated.filter(rated.lift > 1)
    order = ibis.window(group_by="item", order_by=[ibis.desc("strength"), "other_item"])
    ranked = rated.mutate(rank=(ibis.row_number().over(order) + 1).cast("int32"))
    best = ranked.filter(ranked.rank <= TOGETHER_RANKS)
    return with_products(best, items, {"item": "", "other_item": "other_"})


def with_products(rows: ir.Table, items: ir.Table, prefixes: dict[str, str]) -> ir.Table:
    """Rows with `source` and `product_id` (behind a prefix) of the numbered product in each of some columns."""
    for column, prefix in prefixes.items():
        names = items.select(
            **{column: "item", f"{prefix}source": "source", f"{prefix}product_id": "product_id"}
        )
        joined = rows.left_join(names, column)
        rows = joined.drop(f"{column}_right")
    return rows
