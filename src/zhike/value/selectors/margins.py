"""What stays of the spend where no cost is known: as people chose it, and the page on which they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, pairwise, takewhile
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhike.accounts.access import Right, may
from zhike.kernel.home import Home
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages import formats
from zhike.pages.paging import Paging, paging
from zhike.value.models import MarginChoiceEntry
from zhike.value.settings import ValueSettings

# Of the categories of one choice, in the list of choices.
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """`share` is None where no margin is set; `with_cost` of the products need none."""

    name: str
    products: int
    with_cost: int
    share: float | None

    @property
    def margin(self) -> str:
        """What stands in the form, in percent."""
        return "" if self.share is None else _percent(self.share)


@dataclass(frozen=True, slots=True)
class MarginsBefore:
    made_at: datetime
    who: str
    words: str


@dataclass(frozen=True)
class MarginsPage:
    """`is_chosen` where the page goes before `zhike.toml`; `is_waiting` for the next refresh.

    `in_revenue` where margins do not count at all; `categories` are those of this page of the list, of which
    the name holds what is `searched`.
    """

    may_change: bool
    searched: str
    paging: Paging
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


def margins_in_force(home: Home) -> ValueSettings:
    """What the next refresh counts with."""
    return with_chosen_margins(home.section("value", ValueSettings))


def margins_page(request: HttpRequest) -> MarginsPage:
    """The margins that the next refresh counts with, for the categories of the snapshot in force."""
    home, entries = settings.ZHIKE_HOME, list(MarginChoiceEntry.objects.select_related("actor")[:11])
    found, searched = margins_in_force(home), request.GET.get("q", "").strip()
    snapshot = open_lake(home.lake).current()
    named = [row for row in _categories(snapshot, found.category_margins) if _holds(row.name, searched)]
    part = paging(request, total=len(named))
    return MarginsPage(
        may_change=may(request.user, Right.MANAGE_SETTINGS),
        searched=searched,
        paging=part,
        is_waiting=bool(entries and snapshot and entries[0].made_at > snapshot.manifest.created_at),
        is_chosen=bool(entries),
        in_revenue=found.clv_basis == "revenue",
        margin="" if found.margin == 1 else _percent(found.margin),
        categories=tuple(named[part.offset : part.last]),
        history=tuple(
            MarginsBefore(each.made_at, each.actor.email if each.actor else "", _words(each, before))
            for each, before in islice(pairwise([*entries, MarginChoiceEntry()]), 10)
        ),
    )


def known_margins(home: Home) -> dict[str, Any]:
    """Margins and since which day they hold, for the command line; shares, None where nothing is set.

    A day is None where the margin stands in `zhike.toml`.
    """
    entries, found = list(MarginChoiceEntry.objects.all()), margins_in_force(home)
    snapshot = open_lake(home.lake).current()
    return {
        "margin": None if found.margin == 1 else found.margin,
        "set_on": _set_on(home, entries, lambda entry: entry.margin) if found.margin != 1 else None,
        "is_chosen": bool(entries),
        "is_waiting": bool(entries and snapshot and entries[0].made_at > snapshot.manifest.created_at),
        "categories": [
            {
                "category": row.name,
                "margin": row.share,
                "set_on": None if row.share is None else _set_on(home, entries, _share_of(row.name)),
                "products": row.products,
                "with_cost": row.with_cost,
            }
            for row in _categories(snapshot, found.category_margins)
        ],
    }


def _share_of(category: str) -> Callable[[MarginChoiceEntry], float | None]:
    return lambda entry: entry.category_margins.get(category)


def _set_on(
    home: Home, entries: Sequence[MarginChoiceEntry], share: Callable[[MarginChoiceEntry], float | None]
) -> str | None:
    """The day of the oldest choice since which the share is what it is now; entries come newest first."""
    same = list(takewhile(lambda entry: share(entry) == share(entries[0]), entries))
    return str(same[-1].made_at.astimezone(home.business().zone).date()) if same else None


def _holds(name: str, searched: str) -> bool:
    return searched.casefold() in name.casefold()


def _categories(snapshot: Snapshot | None, shares: Mapping[str, float]) -> Iterator[CategoryRow]:
    """Those with a margin first, then those with most products without a cost."""
    goods = {row["category"]: row for row in _goods(snapshot)} if snapshot else {}
    for name in [*sorted(shares), *(each for each in goods if each not in shares)]:
        row = goods.get(name)
        products, costed = (row["products"], row["costed"]) if row else (0, 0)
        yield CategoryRow(name, products, costed, shares.get(name))


def _goods(snapshot: Snapshot) -> list[dict[str, Any]]:
    products = snapshot.table("products")
    named = products.filter(products.category.notnull())
    counts = named.group_by("category").aggregate(products=named.count(), costed=named.cost.count())
    without = (counts.products - counts.costed).desc()
    return snapshot.rows(counts.order_by([without, counts.category]))


def _percent(share: float) -> str:
    """As it is typed.

    >>> _percent(0.425), _percent(0.6)
    ('42.5', '60')
    """
    return f"{100 * share:.1f}".removesuffix(".0")


def _words(entry: MarginChoiceEntry, before: MarginChoiceEntry) -> str:
    """What the choice changed, the first few categories of it."""
    now, then = entry.category_margins, before.category_margins
    changed = [name for name in sorted({*now, *then}) if now.get(name) != then.get(name)]
    words = [f"{name} {_shown(now.get(name))}" for name in changed[:_MOST_NAMED]]
    if entry.margin != before.margin or not changed:
        margin = None if entry.margin == 1 else entry.margin
        words.insert(0, _("Shop: %(margin)s") % {"margin": _shown(margin)})
    if len(changed) > _MOST_NAMED:
        words.append(_("and %(count)s more categories") % {"count": len(changed) - _MOST_NAMED})
    return " · ".join(words)


def _shown(share: float | None) -> str:
    return _("not set") if share is None else formats.percent(share)
