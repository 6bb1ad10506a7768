"""What to offer one customer, by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.value.schema.recommendations import REASONS

_LONGEST = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """A product; `goes_with` is what they bought that it goes with, where that is why.

    `number`, with its source, tells products of one name apart; empty where the name does.
    """

    name: str
    category: str
    why: Text
    goes_with: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """The best first. Not personal for who has no list of their own: those are the best sellers."""

    offers: tuple[Offer, ...]
    is_personal: bool

    @property
    def is_all_popular(self) -> bool:
        """Whether nothing on the list follows from what they bought."""
        return all(offer.why == REASONS["popular"] for offer in self.offers)


def offers(snapshot: Snapshot, customer_id: int) -> Offers:
    """The list of a customer, else the ten best sellers; of a snapshot without either, nothing."""
    lists = snapshot.table("recommendations")
    own = _named(snapshot, lists.filter(lists.customer_id == customer_id))
    if own:
        return Offers(own, is_personal=True)
    popular = snapshot.table("popular_products")
    best = popular.filter(popular["rank"] <= _LONGEST).mutate(
        reason=ibis.literal("popular"), with_source=ibis.literal(""), with_product_id=ibis.literal("")
    )
    return Offers(_named(snapshot, best), is_personal=False)


def _named(snapshot: Snapshot, rows: ir.Table) -> tuple[Offer, ...]:
    products = snapshot.table("products").select("source", "product_id", "name", "category")
    others = products.select(with_source="source", with_product_id="product_id", with_name="name")
    joined = rows.left_join(products, ["source", "product_id"])
    joined = joined.select(*rows.columns, "name", "category")
    joined = joined.left_join(others, ["with_source", "with_product_id"])
    found = snapshot.rows(joined.order_by("rank"))
    names = Counter(row["name"] for row in found)
    return tuple(_offer(row, is_alone=names[row["name"]] == 1) for row in found)


def _offer(row: dict[str, Any], *, is_alone: bool) -> Offer:
    return Offer(
        name=row["name"] or row["product_id"],
        number="" if is_alone or not row["name"] else f"{row['source']} {row['product_id']}",
        category=row["category"] or "",
        why=REASONS[row["reason"]],
        goes_with=row["with_name"] or row["with_product_id"] or "",
    )
