"""The page of migration: who went from which group to which between two dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.customers.moves import GROUPINGS, NOW, NOWHERE, Move, groups_at
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.snapshots import Snapshot
from zhike.measure.analysis.history import moves
from zhike.measure.selectors.cohorts import Choice
from zhike.pages import formats
from zhike.pages.charts import Colour, Flow, Node, Sankey
from zhike.pages.links import same_page, with_query
from zhike.value.analysis.history import base_month

MIGRATION_TITLE = gettext_lazy("Migration")
# Thinner flows are a tangle of hairs; the table has them all.
LEAST_SHARE_DRAWN = 0.01

_NOT_YET = Text("新来（之前没有）", "New (not there before)")
_NO_LONGER = Text("离开（之后没有）", "Gone (not there any more)")
_STAGES_BEST_FIRST = ("active", "new", "at_risk", "dormant", "lost")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """How many went from the row's group to the column's; `share` of the row. `kind` is stayed, better, worse or empty."""

    count: int
    share: float | None
    href: str
    kind: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    name: str
    colour: str
    total: int
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """From rows to columns, both best first. Whoever was not there before is a row, whoever no longer is a column."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[MatrixRow, ...]
    column_totals: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Movement:
    """How many people did what between two dates."""

    better: int
    worse: int
    stayed: int
    came: int
    went: int


@dataclass(frozen=True)
class MigrationPage:
    """Without `matrix` no month has closed since the first order."""

    as_of: date
    grouping: str
    grouping_choices: tuple[Choice, ...]
    since_options: tuple[Option, ...]
    until_options: tuple[Option, ...]
    since: date | None = None
    until: date | None = None
    movement: Movement | None = None
    flows: Sankey | None = None
    is_simplified: bool = False
    all_flows_href: str = ""
    matrix: Matrix | None = None


_Counts = Mapping[tuple[str, str], int]


def migration_page(request: HttpRequest, snapshot: Snapshot) -> MigrationPage:
    """`?by=` stage, tier or score instead of RFM groups; `?from=` and `?to=` month ends, or ``now``."""
    asked = request.GET.get("by", "")
    grouping = asked if asked in GROUPINGS else "rfm"
    known = known_months(snapshot)
    since, until = _span(request, known, snapshot.as_of)
    page = MigrationPage(
        as_of=snapshot.as_of,
        grouping=grouping,
        grouping_choices=_grouping_choices(request, grouping),
        since_options=tuple(Option(f"{day}", formats.day(day), day == since) for day in known),
        until_options=(
            Option(NOW, _("now (%(day)s)") % {"day": formats.day(snapshot.as_of)}, until is None),
            *(Option(f"{day}", formats.day(day), day == until) for day in known),
        ),
    )
    if since is None:
        return page
    counts = _counts(snapshot, grouping, since, until)
    span = Move(grouping, NOWHERE, NOWHERE, since, until)
    is_all = request.GET.get("flows") == "all"
    flows = _sankey(counts, span, is_all=is_all)
    return replace(
        page,
        since=since,
        until=until,
        movement=movement(counts, grouping),
        flows=flows,
        is_simplified=len(flows.flows) < len(counts),
        all_flows_href=same_page(request, flows="all"),
        matrix=_matrix(counts, span),
    )


def _grouping_choices(request: HttpRequest, chosen: str) -> tuple[Choice, ...]:
    names = {
        "rfm": _("RFM groups"),
        "stage": _("Lifecycle stages"),
        "tier": _("Tiers"),
        "score": _("Value score"),
    }
    return tuple(
        Choice(name, same_page(request, by=None if code == "rfm" else code), code == chosen)
        for code, name in names.items()
    )


def last_movement(snapshot: Snapshot, grouping: str) -> tuple[date, Movement] | None:
    """Since when (`base_month`), and what happened since; None if nobody was in a group then."""
    table = snapshot.table("movements")
    rows: list[dict[str, Any]] = snapshot.rows(table.filter(table.grouping == grouping))
    counts = _keyed(rows)
    if not any(before != NOWHERE for before, _ in counts):
        return None
    return rows[0]["month_end"], movement(counts, grouping)


def known_months(snapshot: Snapshot) -> tuple[date, ...]:
    """Month ends that the history has somebody at, newest first."""
    table = snapshot.table("value_history_cuts")
    rows: list[dict[str, Any]] = snapshot.rows(table.filter(table.buyers > 0).select("month_end"))
    return tuple(sorted((row["month_end"] for row in rows), reverse=True))


def movement(counts: _Counts, grouping: str) -> Movement:
    """Sums of a table of moves; better and worse by the order of the groups, best first."""
    sums = dict.fromkeys(("better", "worse", "stayed", "came", "went"), 0)
    for (before, after), count in counts.items():
        sums[_kind(grouping, before, after)] += count
    return Movement(**sums)


def group_codes(grouping: str) -> tuple[str, ...]:
    """The groups of a grouping, best first."""
    if grouping == "stage":
        return _STAGES_BEST_FIRST
    return tuple(catalog.table("value_history").column(GROUPINGS[grouping]).labels)


def _span(request: HttpRequest, known: Sequence[date], as_of: date) -> tuple[date | None, date | None]:
    """From when to when, None for now; by default since `base_month`.

    Raises
    ------
    UsageError
        ``migration.dates`` for a date without a history, or an end before the start.
    """
    if not known:
        return None, None
    asked = {name: request.GET.get(name, "") for name in ("from", "to")}
    days = {f"{day}": day for day in known}
    base = next((day for day in known if day <= base_month(as_of)), known[0])
    since = days.get(asked["from"]) if asked["from"] else base
    until = days.get(asked["to"]) if asked["to"] not in ("", NOW) else None
    if since is None or (until is None and asked["to"] not in ("", NOW)) or (until and until <= since):
        raise UsageError(
            "migration.dates",
            zh=f"不能从 {asked['from'] or base} 比到 {asked['to'] or NOW}：两端应是历史里的月末（{known[-1]} 至 {known[0]}），且先早后晚",
            en=f"cannot compare {asked['from'] or base} with {asked['to'] or NOW}: both must be month ends of the "
            f"history ({known[-1]} to {known[0]}), the earlier one first",
        )
    return since, until


def _counts(snapshot: Snapshot, grouping: str, since: date, until: date | None) -> _Counts:
    history, overview = snapshot.table("value_history"), snapshot.table("customer_overview")
    before, after = (groups_at(history, overview, grouping, day) for day in (since, until))
    return _keyed(snapshot.rows(moves(before, after)))


def _keyed(rows: Sequence[dict[str, Any]]) -> _Counts:
    return {
        (row["group_before"] or NOWHERE, row["group_now"] or NOWHERE): row["customer_count"] for row in rows
    }


def _kind(grouping: str, before: str, after: str) -> str:
    if before == after:
        return "stayed"
    if before == NOWHERE:
        return "came"
    if after == NOWHERE:
        return "went"
    codes = group_codes(grouping)
    return "better" if codes.index(after) < codes.index(before) else "worse"


def _label(grouping: str, code: str, nowhere: Text) -> str:
    return str(
        nowhere if code == NOWHERE else catalog.table("value_history").column(GROUPINGS[grouping]).label(code)
    )


def _colour(grouping: str, code: str) -> Colour:
    colours = catalog.table("value_history").column(GROUPINGS[grouping]).colours
    return cast(Colour, colours.get(code, "purple" if code == NOWHERE else "grey"))


def _href(span: Move, before: str, after: str) -> str:
    move = replace(span, before=before, after=after)
    return with_query(reverse("customers:list"), moved=str(move))


def _sankey(counts: _Counts, span: Move, *, is_all: bool) -> Sankey:
    grouping, total = span.grouping, sum(counts.values())
    drawn = {pair: n for pair, n in counts.items() if is_all or n >= LEAST_SHARE_DRAWN * total}
    nodes = tuple(
        Node(f"{side}:{code}", _label(grouping, code, nowhere), column, _colour(grouping, code))
        for column, (side, nowhere) in enumerate((("from", _NOT_YET), ("to", _NO_LONGER)))
        for code in (*group_codes(grouping), NOWHERE)
        if any(pair[column] == code for pair in drawn)
    )
    flows = tuple(
        Flow(f"from:{before}", f"to:{after}", count, _href(span, before, after))
        for (before, after), count in sorted(drawn.items())
    )
    return Sankey(_("Customers who went from one group to another"), "count", nodes, flows)


def _matrix(counts: _Counts, span: Move) -> Matrix:
    grouping, codes = span.grouping, group_codes(span.grouping)
    before = [code for code in (*codes, NOWHERE) if any(pair[0] == code for pair in counts)]
    after = [code for code in (*codes, NOWHERE) if any(pair[1] == code for pair in counts)]
    totals = {code: sum(n for pair, n in counts.items() if pair[0] == code) for code in before}
    rows = tuple(
        MatrixRow(
            _label(grouping, row, _NOT_YET),
            _colour(grouping, row),
            totals[row],
            tuple(
                _matrix_cell(counts.get((row, column), 0), totals[row], span, row, column) for column in after
            ),
        )
        for row in before
    )
    return Matrix(
        columns=tuple((_label(grouping, code, _NO_LONGER), _colour(grouping, code)) for code in after),
        rows=rows,
        column_totals=tuple(sum(n for pair, n in counts.items() if pair[1] == code) for code in after),
        total=sum(counts.values()),
    )


def _matrix_cell(count: int, total: int, span: Move, before: str, after: str) -> MatrixCell:
    if not count:
        return MatrixCell(0, None, "", "")
    kind = _kind(span.grouping, before, after)
    return MatrixCell(count, count / total, _href(span, before, after), kind)
