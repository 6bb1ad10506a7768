"""What stays of the spend where no cost is known: as people chose it, and the page on which they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhike.accounts.access import Right, may
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages import formats
from zhike.value.models import MarginChoiceEntry
from zhike.value.settings import ValueSettings

MOST_CATEGORIES = 300


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """`margin` is what stands in the form, in percent."""

    name: str
    products: int
    with_cost: int
    margin: str


@dataclass(frozen=True, slots=True)
class MarginsBefore:
    made_at: datetime
    who: str
    words: str


@dataclass(frozen=True)
class MarginsPage:
    """`is_chosen` where the page goes before `zhike.toml`; `is_waiting` for the next refresh.

    `in_revenue` where margins do not count at all.
    """

    may_change: bool
    is_waiting: bool
    is_chosen: bool
    in_revenue: bool
    margin: str
    categories: tuple[CategoryRow, ...]
    history: tuple[MarginsBefore, ...]


def with_chosen_margins(of_file: ValueSettings) -> ValueSettings:
    """The settings of `zhike.toml` with the margins that somebody chose since; all of them, or none."""
    newest = MarginChoiceEntry.objects.first()
    if newest is None:
        return of_file
    return replace(of_file, margin=newest.margin, category_margins=dict(newest.category_margins))


def margins_page(request: HttpRequest) -> MarginsPage:
    """The margins that the next refresh counts with, for the categories of the snapshot in force."""
    home, entries = settings.ZHIKE_HOME, MarginChoiceEntry.objects.select_related("actor")[:10]
    found = with_chosen_margins(home.section("value", ValueSettings))
    snapshot = open_lake(home.lake).current()
    return MarginsPage(
        may_change=may(request.user, Right.MANAGE_SETTINGS),
        is_waiting=bool(entries and snapshot and entries[0].made_at > snapshot.manifest.created_at),
        is_chosen=bool(entries),
        in_revenue=found.clv_basis == "revenue",
        margin="" if found.margin == 1 else _percent(found.margin),
        categories=tuple(_categories(snapshot, found.category_margins)),
        history=tuple(
            MarginsBefore(each.made_at, each.actor.email if each.actor else "", _words(each))
            for each in entries
        ),
    )


def _categories(snapshot: Snapshot | None, shares: Mapping[str, float]) -> Iterator[CategoryRow]:
    """Those with a margin first, then those with most products without a cost."""
    goods = {row["category"]: row for row in _goods(snapshot)} if snapshot else {}
    for name in [*sorted(shares), *(each for each in goods if each not in shares)]:
        row, share = goods.get(name), shares.get(name)
        products, costed = (row["products"], row["costed"]) if row else (0, 0)
        yield CategoryRow(name, products, costed, "" if share is None else _percent(share))


def _goods(snapshot: Snapshot) -> list[dict[str, Any]]:
    products = snapshot.table("products")
    named = products.filter(products.category.notnull())
    counts = named.group_by("category").aggregate(products=named.count(), costed=named.cost.count())
    without = (counts.products - counts.costed).desc()
    return snapshot.rows(counts.order_by([without, counts.category]).limit(MOST_CATEGORIES))


def _percent(share: float) -> str:
    """As it is typed.

    >>> _percent(0.425), _percent(0.6)
    ('42.5', '60')
    """
    return f"{100 * share:.1f}".removesuffix(".0")


def _words(entry: MarginChoiceEntry) -> str:
    margin = _("not set") if entry.margin == 1 else formats.percent(entry.margin)
    words = [_("Shop: %(margin)s") % {"margin": margin}]
    return " · ".join([*words, *(f"{n} {formats.percent(s)}" for n, s in entry.category_margins.items())])
