"""The page of cohorts: who came back after the first order, and what they brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.accounts.access import Right, may
from zhike.kernel.words import Text, current_language
from zhike.lake.snapshots import Snapshot
from zhike.measure.analysis.cohorts import months_later
from zhike.pages import formats
from zhike.pages.links import same_page, with_query

COHORTS_TITLE = gettext_lazy("Cohorts")
# A smaller cohort's shares jump with every customer.
SMALL_COHORT = 30
NEWEST = 13
_QUARTER = Text("{year} 年 {quarter} 季度", "{year} Q{quarter}")


@dataclass(frozen=True, slots=True)
class Choice:
    text: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TriangleCell:
    """One cohort in one period; without `text` it has not happened yet. `value` is None where no colour is due."""

    text: str = ""
    value: float | None = None
    title: str = ""
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class TriangleRow:
    """One cohort; `href` its people. Without `customers` it is the mean of all."""

    name: str
    cells: tuple[TriangleCell, ...]
    customers: int | None = None
    href: str = ""
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Triangle:
    """Cohorts by periods since; `highest` is where the colour is deepest."""

    title: str
    periods: tuple[int, ...]
    mean: TriangleRow
    rows: tuple[TriangleRow, ...]
    highest: float


@dataclass(frozen=True)
class CohortsPage:
    """Without `retention` nobody has bought yet; `is_too_young` while there is one cohort in its first period."""

    as_of: date
    is_quarterly: bool
    grain_choices: tuple[Choice, ...]
    length_choices: tuple[Choice, ...]
    retention: Triangle | None
    revenue: Triangle | None
    is_too_young: bool
    has_running: bool
    csv_href: str


@dataclass(frozen=True, slots=True)
class _Cell:
    period: int
    is_running: bool
    customers: int
    active: int
    cumulative_revenue: int


_Cohorts = dict[date, list[_Cell]]


def cohorts_page(request: HttpRequest, snapshot: Snapshot) -> CohortsPage:
    """`?by=quarter` for quarters; the newest cohorts, or with `?show=all` all of them."""
    months = 3 if request.GET.get("by") == "quarter" else 1
    is_all = request.GET.get("show") == "all"
    every = _cohorts(snapshot, months)
    shown = every if is_all else dict(list(every.items())[-NEWEST:])
    may_export = may(request.user, Right.EXPORT_TABLES)
    return CohortsPage(
        as_of=snapshot.as_of,
        is_quarterly=months == 3,
        grain_choices=(
            Choice(_("Months"), same_page(request, by=None), months == 1),
            Choice(_("Quarters"), same_page(request, by="quarter"), months == 3),
        ),
        length_choices=(
            Choice(_("Newest"), same_page(request, show=None), not is_all),
            Choice(_("All cohorts"), same_page(request, show="all"), is_all),
        )
        if len(every) > NEWEST
        else (),
        retention=_triangle(_("Back again"), shown, months, _retention, formats.percent) if every else None,
        revenue=_triangle(_("Spend per head so far"), shown, months, _per_head, _money) if every else None,
        is_too_young=bool(every) and all(len(cells) == 1 for cells in every.values()),
        has_running=any(cell.is_running for cells in shown.values() for cell in cells),
        csv_href=reverse("measure:cohorts_file") if may_export else "",
    )


def _cohorts(snapshot: Snapshot, months: int) -> _Cohorts:
    table = snapshot.table("cohorts")
    rows: list[dict[str, Any]] = snapshot.rows(
        table.filter(table.period_months == months).order_by("cohort_on", "period")
    )
    found: defaultdict[date, list[_Cell]] = defaultdict(list)
    for row in rows:
        found[row["cohort_on"]].append(
            _Cell(
                period=row["period"],
                is_running=row["is_running"],
                customers=row["customer_count"],
                active=row["active_count"],
                cumulative_revenue=row["cumulative_revenue"],
            )
        )
    return dict(found)


def _retention(cells: Sequence[_Cell]) -> float:
    return sum(cell.active for cell in cells) / sum(cell.customers for cell in cells)


def _per_head(cells: Sequence[_Cell]) -> float:
    return sum(cell.cumulative_revenue for cell in cells) / sum(cell.customers for cell in cells)


def _money(minor: float) -> str:
    return formats.money_short(round(minor), settings.ZHIKE_CURRENCY, current_language())


_Measure = Callable[[Sequence[_Cell]], float]


def _triangle(
    title: str, shown: _Cohorts, months: int, measure: _Measure, say: Callable[[float], str]
) -> Triangle:
    # One old cohort must not make the table wider than the others fill it.
    width = min(max(len(cells) for cells in shown.values()), max(len(shown), 2))
    by_period = [
        [cells[place] for cells in shown.values() if place < len(cells) and not cells[place].is_running]
        for place in range(width)
    ]
    is_share = measure is _retention
    rows = tuple(
        TriangleRow(
            name=_name(cohort_on, months),
            customers=cells[0].customers,
            href=_people(cohort_on, months),
            is_small=cells[0].customers < SMALL_COHORT,
            cells=tuple(
                _cell(cells[place], measure, say, is_coloured=bool(place) or not is_share)
                if place < len(cells)
                else TriangleCell()
                for place in range(width)
            ),
        )
        for cohort_on, cells in reversed(shown.items())
    )
    mean = tuple(TriangleCell(say(measure(cells))) if cells else TriangleCell() for cells in by_period)
    return Triangle(title, tuple(range(width)), TriangleRow(_("All together"), mean), rows, _highest(rows))


def _cell(cell: _Cell, measure: _Measure, say: Callable[[float], str], *, is_coloured: bool) -> TriangleCell:
    value = measure([cell])
    is_known = is_coloured and cell.customers >= SMALL_COHORT
    title = _("%(active)s of %(customers)s ordered") % {
        "active": formats.count(cell.active),
        "customers": formats.count(cell.customers),
    }
    return TriangleCell(say(value), value if is_known else None, title, cell.is_running)


def _highest(rows: Sequence[TriangleRow]) -> float:
    """The value that 95 % of the coloured ones are at or below: one outlier must not make the rest pale."""
    values = sorted(cell.value for row in rows for cell in row.cells if cell.value is not None)
    return values[max(0, -(-95 * len(values) // 100) - 1)] if values else 0.0


def _name(cohort_on: date, months: int) -> str:
    if months == 1:
        return f"{cohort_on:%Y-%m}"
    return str(_QUARTER.format(year=cohort_on.year, quarter=(cohort_on.month + 2) // 3))


def _people(cohort_on: date, months: int) -> str:
    last = months_later(cohort_on, months) - timedelta(days=1)
    return with_query(reverse("customers:list"), first_from=cohort_on, first_to=last)
