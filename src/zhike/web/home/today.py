"""“Today”: the few things worth doing now, those with the most money at stake first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.lake.snapshots import Snapshot
from zhike.measure.selectors import DayFigures
from zhike.pages import formats
from zhike.pipeline.selectors import RunSummary
from zhike.value.selectors import published
from zhike.value.selectors.clv_quadrants import high_spend_likely_gone
from zhike.value.selectors.people import people_href
from zhike.value.selectors.published import GroupSummary

MOST_TODOS = 5
STALE_AFTER = timedelta(days=2)
NO_ORDERS_AFTER_DAYS = 7

Families = Mapping[str, Mapping[str, GroupSummary]]


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: about people (`people`, `money`), or about the data (neither).

    `money` is what is at stake, in minor units, and `money_label` says which money it is. `width` is the
    card's part of the row.
    """

    icon: str
    title: str
    advice: str
    href: str
    action: str
    people: int | None = None
    money: int = 0
    money_label: str = ""
    width: int = 4


def todos(
    snapshot: Snapshot, summaries: Families, daily: Sequence[DayFigures], newest: RunSummary | None
) -> tuple[Todo, ...]:
    """At most five; trouble with the data first, because everything else rests on them."""
    about_people = [
        _high_spenders_going(snapshot),
        _regulars_going(summaries.get("rfm", {})),
        _need_attention(summaries.get("rfm", {})),
        _second_orders(summaries.get("stage", {})),
    ]
    by_money = sorted((todo for todo in about_people if todo), key=lambda todo: -todo.money)
    about_data = [todo for todo in (_failed_refresh(newest), _stale(snapshot), _no_orders(daily)) if todo]
    return _laid_out([*about_data, *by_money][:MOST_TODOS])


def _high_spenders_going(snapshot: Snapshot) -> Todo | None:
    quadrant = high_spend_likely_gone(published.alive_cells(snapshot))
    if quadrant is None or not quadrant.customers:
        return None
    return Todo(
        icon="alert-triangle",
        title=_("Big spenders who may be gone"),
        advice=_("In the top 30% by spend, but probably no longer active. Call them first."),
        href=quadrant.href,
        action=_("See the list"),
        people=quadrant.customers,
        money=quadrant.spend_365d,
        money_label=_("spent in the last 365 days"),
    )


def _regulars_going(segments: Mapping[str, GroupSummary]) -> Todo | None:
    codes = ("cannot_lose", "at_risk")
    groups = [segments[code] for code in codes if code in segments]
    if not groups:
        return None
    return Todo(
        icon="trending-down",
        title=_("Regulars who have gone quiet"),
        advice=_("They used to buy often and have not come for a while. A personal offer brings some back."),
        href=people_href(segment=[f"rfm:{code}" for code in codes]),
        action=_("See the list"),
        people=sum(group.customers for group in groups),
        money=sum(group.spend_365d for group in groups),
        money_label=_("spent in the last 365 days"),
    )


def _need_attention(segments: Mapping[str, GroupSummary]) -> Todo | None:
    group = segments.get("need_attention")
    if group is None:
        return None
    return Todo(
        icon="clock",
        title=_("Customers whose gaps grow"),
        advice=_("Remind them now, before they get used to being away."),
        href=people_href(segment="rfm:need_attention"),
        action=_("See the list"),
        people=group.customers,
        money=group.spend_365d,
        money_label=_("spent in the last 365 days"),
    )


def _second_orders(stages: Mapping[str, GroupSummary]) -> Todo | None:
    group = stages.get("new")
    if group is None:
        return None
    return Todo(
        icon="user-plus",
        title=_("New customers to bring back"),
        advice=_("Their first order was not long ago. A second one makes them regulars."),
        href=people_href(segment="stage:new"),
        action=_("See the list"),
        people=group.customers,
        money=round(group.clv_365d or 0),
        money_label=_("expected in the next 365 days"),
    )


def _failed_refresh(newest: RunSummary | None) -> Todo | None:
    if newest is None or newest.state not in (JobState.FAILED, JobState.INTERRUPTED):
        return None
    return Todo(
        icon="circle-x",
        title=_("The last refresh did not finish"),
        advice=str(newest.error) if newest.error else _("Pages still show the figures before it."),
        href=reverse("pipeline:run", args=(newest.id,)),
        action=_("See what happened"),
    )


def _stale(snapshot: Snapshot) -> Todo | None:
    age = clock.now() - snapshot.created_at
    # A sample has no today: computing it again would change nothing.
    if age <= STALE_AFTER or settings.ZHIKE_BUSINESS.is_sample:
        return None
    return Todo(
        icon="refresh",
        title=_("The figures are old"),
        advice=_("They were computed %(days)s days ago. Refresh to see where customers stand today.")
        % {"days": age.days},
        href=reverse("pipeline:runs"),
        action=_("Refresh"),
    )


def _no_orders(daily: Sequence[DayFigures]) -> Todo | None:
    if not daily or settings.ZHIKE_BUSINESS.is_sample:
        return None
    last = daily[-1].day
    if (clock.today(settings.ZHIKE_BUSINESS.zone) - last).days <= NO_ORDERS_AFTER_DAYS:
        return None
    return Todo(
        icon="file-import",
        title=_("No new orders"),
        advice=_("The newest order is of %(day)s. Import what came since, then refresh.")
        % {"day": formats.day(last)},
        href=reverse("pipeline:runs"),
        action=_("To the refreshes"),
    )


def _laid_out(items: Sequence[Todo]) -> tuple[Todo, ...]:
    """Widths that fill whole rows of twelve columns."""
    widths = {1: (9,), 2: (6, 6), 3: (4, 4, 4), 4: (3, 3, 3, 3), 5: (4, 4, 4, 6, 6)}.get(len(items), ())
    return tuple(replace(todo, width=width) for todo, width in zip(items, widths, strict=True))
