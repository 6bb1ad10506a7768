"""What to offer: to each customer, next to each product, and to everybody."""

from __future__ import annotations

from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake import catalog
from zhike.lake.arrays import numpy_column
from zhike.pipeline.stages.stage import Refresh, describe_models
from zhike.value.analysis import recommendations as offers
from zhike.value.analysis.churn import sampled
from zhike.value.analysis.features import refusing_buyers
from zhike.value.analysis.parameters import parameter_table

MOST_LEARNT_FROM = 40_000
_ROWS_A_PART = 250_000
_TABLES = ("recommendations", "bought_together", "popular_products")


def recommendations(refresh: Refresh) -> int:
    draft = refresh.draft
    same = draft.keep("same_products", offers.same_products(draft.table("products")))
    sold = offers.sold_lines(
        draft.table("order_lines"),
        draft.table("orders"),
        same if draft.count(same) else None,
        as_of=refresh.as_of,
    )
    last = _last_day(refresh, sold)
    if last is None:
        return sum(_empty(refresh, name) for name in _TABLES)
    sold = draft.keep("sold_lines", sold)
    numbered = offers.numbered_products(draft.fetch(offers.product_sales(sold, until=last)))
    items = draft.load("items", numbered)
    rows = _produce(refresh, "popular_products", offers.popular_products(items))
    profiles = draft.table("profiles")
    members = draft.keep("members", offers.members(profiles, refresh.people))
    together = offers.bought_together(sold, items, profiles.anti_join(members, "profile_id"), until=last)
    rows += _produce(refresh, "bought_together", together)
    rows += _lists(refresh, sold, items, members, numbered, last)
    draft.drop(sold, members)
    return rows


def _lists(
    refresh: Refresh, sold: ir.Table, items: ir.Table, members: ir.Table, numbered: pa.Table, last: date
) -> int:
    draft = refresh.draft
    bought = draft.keep("bought", offers.customer_products(sold, items, members, until=last))
    buyers = bought.select("customer_id").distinct()
    customers = draft.count(buyers)
    share = MOST_LEARNT_FROM / max(customers, 1)
    sample = draft.keep("learnt_from", sampled(buyers, refresh.people, share=share))
    choice = _choice(refresh, sold, members.semi_join(sample, "customer_id"), last)
    learnt = offers.bought_of(
        draft.fetch(bought.semi_join(sample, "customer_id")), until=last, item_count=numbered.num_rows
    )
    model = offers.learnt_items(learnt, numpy_column(numbered, "order_count"))
    listed = draft.fold(
        bought,
        "customer_id",
        partial(offers.recommendations, model=model, blend=choice.blend, until=last),
        rows_a_part=_ROWS_A_PART,
    )[offers.RECOMMENDATIONS]
    refusing = draft.count(refusing_buyers(refresh.features))
    described = offers.parameter_rows(
        choice, customers=customers, products=numbered.num_rows, no_profiling=refusing
    )
    describe_models(refresh, parameter_table(described))
    named = offers.with_products(listed, items, {"item": "", "goes_with_item": "with_"})
    rows = _produce(refresh, "recommendations", named)
    draft.drop(bought, listed)
    return rows


def _choice(refresh: Refresh, sold: ir.Table, members: ir.Table, last: date) -> offers.Choice:
    """Which blend did best in the last closed month, from what was known and on offer before."""
    draft = refresh.draft
    holdout = offers.last_closed_month(last, as_of=refresh.as_of)
    sales = draft.fetch(offers.product_sales(sold, until=holdout.known_until))
    numbered = offers.numbered_products(sales)
    items = draft.load("items_before", numbered)
    known = offers.customer_products(sold, items, members, until=holdout.known_until)
    came = offers.customer_products(sold, items, members, since=holdout.first_on, until=holdout.last_on)
    return offers.choose(
        draft.fetch(known),
        draft.fetch(came),
        numpy_column(numbered, "order_count"),
        holdout=holdout,
    )


def _last_day(refresh: Refresh, sold: ir.Table) -> date | None:
    """The last day with a sale; None without any."""
    found = refresh.draft.fetch(sold.aggregate(last=sold.ordered_on.max())).to_pylist()
    last: date | None = found[0]["last"] if found else None
    return last


def _produce(refresh: Refresh, name: str, rows: ir.Table) -> int:
    return refresh.draft.produce(name, rows.mutate(as_of=ibis.literal(refresh.as_of)))


def _empty(refresh: Refresh, name: str) -> int:
    nothing = refresh.draft.load(name, catalog.table(name).arrow_schema().empty_table())
    return refresh.draft.produce(name, nothing)
