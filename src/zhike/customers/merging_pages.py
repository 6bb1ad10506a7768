"""Two customers side by side, the search for the other one, and what was decided about a customer's records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhike.customers.filters import OVERVIEW
from zhike.customers.lineage import FieldShown, attributes_shown, fields_shown
from zhike.customers.listing import viewer_of
from zhike.customers.person_panels import SourcePanel, person_panels
from zhike.customers.selectors import current_customer_id, is_visible, people_shown, person_of
from zhike.customers.selectors.finding import people_called
from zhike.customers.selectors.links import LinkEvent, link_history, never_between
from zhike.customers.selectors.profiles import customer_ids_found
from zhike.customers.selectors.sensitive import definitions_by_code
from zhike.customers.selectors.sources import records_of
from zhike.customers.words import rule_text
from zhike.kernel.words import Text
from zhike.lake.snapshots import open_lake
from zhike.pages import formats

_MOST_CANDIDATES = 20
_STATES = {
    "linked": (Text("合并", "joined"), "green"),
    "unlinked": (Text("分开", "parted"), "slate"),
    "never": (Text("确认不是同一人", "never one person"), "red"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    customer_id: int
    name: str
    contacts: str
    href: str


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A field of two customers, masked; `is_equal` where both say the same."""

    text: Text
    left: Text | str
    right: Text | str
    is_equal: bool


@dataclass(frozen=True)
class MergePage:
    """The search for the other customer; with `other_id`, the comparison with it."""

    customer_id: int
    name: str
    back_href: str
    searched: str
    candidates: tuple[Candidate, ...]
    other_id: int | None
    rows: tuple[ComparedRow, ...]
    kept_id: int | None
    was_refused: bool


@dataclass(frozen=True, slots=True)
class HistoryRow:
    event: LinkEvent
    state: Text
    colour: str
    rule: Text


@dataclass(frozen=True)
class LinksPage:
    customer_id: int
    name: str
    back_href: str
    merge_href: str
    sources: tuple[SourcePanel, ...]
    may_split: bool
    history: tuple[HistoryRow, ...]


def merge_page(request: HttpRequest, customer_id: int) -> MergePage:
    """`?q=` searches, `?with=` compares."""
    searched = request.GET.get("q", "").strip()[:200]
    other_id = _other(request, customer_id)
    return MergePage(
        customer_id=customer_id,
        name=person_of(customer_id).name,
        back_href=reverse("customers:detail", args=[customer_id]),
        searched=searched,
        candidates=_candidates(request, customer_id, searched) if searched else (),
        other_id=other_id,
        rows=_compared(customer_id, other_id) if other_id else (),
        # As linking does: whoever is known longer gives the number.
        kept_id=min(customer_id, other_id) if other_id else None,
        was_refused=never_between(customer_id, other_id) if other_id else False,
    )


def links_page(request: HttpRequest, customer_id: int) -> LinksPage:
    panels = person_panels(customer_id, viewer_of(request))
    return LinksPage(
        customer_id=customer_id,
        name=panels.name,
        back_href=reverse("customers:detail", args=[customer_id]),
        merge_href=reverse("customers:merge", args=[customer_id]),
        sources=tuple(source for source in panels.sources if not source.is_typed),
        may_split=sum(not source.is_typed for source in panels.sources) > 1,
        history=tuple(
            HistoryRow(event, *_STATES[event.state], rule_text(event.rule))
            for event in link_history(customer_id)
        ),
    )


def compared_fields(left: Sequence[FieldShown], right: Sequence[FieldShown]) -> tuple[ComparedRow, ...]:
    """Fields of both sides in one table, those that only one side has with a dash on the other."""
    of_left = {str(field.text): field for field in left}
    of_right = {str(field.text): field for field in right}
    return tuple(_row(of_left.get(name), of_right.get(name)) for name in dict.fromkeys((*of_left, *of_right)))


def _row(left: FieldShown | None, right: FieldShown | None) -> ComparedRow:
    named = left or right
    assert named is not None
    values = (left.value if left else formats.MISSING, right.value if right else formats.MISSING)
    is_equal = left is not None and right is not None and left.said == right.said
    return ComparedRow(named.text, *values, is_equal=is_equal)


def _other(request: HttpRequest, customer_id: int) -> int | None:
    text = request.GET.get("with", "")
    other = current_customer_id(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    is_open = other is not None and other != customer_id and is_visible(viewer_of(request), other)
    return other if is_open else None


def _candidates(request: HttpRequest, customer_id: int, searched: str) -> tuple[Candidate, ...]:
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    found = people_called(searched) | (
        set(customer_ids_found(searched, snapshot, by_key=True)) if snapshot else set()
    )
    ids = [pk for pk in sorted(found - {customer_id}) if is_visible(viewer_of(request), pk)][
        :_MOST_CANDIDATES
    ]
    people = people_shown(ids)
    here = reverse("customers:merge", args=[customer_id])
    return tuple(
        Candidate(
            pk,
            people[pk].name,
            " · ".join(
                people[pk].first[kind].value for kind in ("phone", "email") if kind in people[pk].first
            ),
            f"{here}?with={pk}",
        )
        for pk in ids
    )


def _compared(customer_id: int, other_id: int) -> tuple[ComparedRow, ...]:
    both = (customer_id, other_id)
    definitions = definitions_by_code()
    records = [records_of(pk, with_keys=True) for pk in both]
    keys = [", ".join(f"{r.source} {r.source_key}" for r in some if r.source_key) for some in records]
    fields = [
        (*fields_shown(person_of(pk, is_masked=False), is_masked=True), *attributes_shown(some, definitions))
        for pk, some in zip(both, records, strict=True)
    ]
    sources = ComparedRow(Text("来源记录", "Records"), keys[0], keys[1], is_equal=False)
    return (*compared_fields(*fields), sources, *_figures(both))


def _figures(both: tuple[int, int]) -> tuple[ComparedRow, ...]:
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    if snapshot is None:
        return ()
    overview = snapshot.table(OVERVIEW)
    chosen = overview.filter(overview.customer_id.isin(both))
    found = {r["customer_id"]: r for r in snapshot.rows(chosen.select("customer_id", *_FIGURES))}
    left, right = (found.get(pk) for pk in both)
    return tuple(
        ComparedRow(text, _figure(left, name), _figure(right, name), is_equal=False)
        for name, text in _FIGURES.items()
    )


_FIGURES = {
    "order_count": Text("订单", "Orders"),
    "spend_amount": Text("累计消费", "Spend so far"),
    "first_order_on": Text("首单", "First order"),
    "last_order_on": Text("最近下单", "Last order"),
}


def _figure(row: dict[str, Any] | None, name: str) -> str:
    value = row[name] if row else None
    if value is None:
        return formats.MISSING
    if name == "spend_amount":
        return formats.money(value, settings.ZHIKE_CURRENCY)
    return formats.count(value) if name == "order_count" else formats.day(value)
