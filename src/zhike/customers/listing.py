"""The customer list: one count, one page of rows, and what the database knows of the people on that page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from zhike.accounts.access import Right, Scope, may, scope_of
from zhike.accounts.selectors import User, users
from zhike.customers.choosing import chosen_customers
from zhike.customers.filter_bar import FilterBar, Offered, filter_bar
from zhike.customers.filters import Selection, selection_of
from zhike.customers.labels import Badge, badge, days_ago
from zhike.customers.pieces import Piece, Search
from zhike.customers.selectors import Person, people_shown, source_keys_of
from zhike.customers.selectors.links import proposed_count
from zhike.customers.selectors.newcomers import newcomer_count, newcomers_searched
from zhike.customers.selectors.profiles import source_names
from zhike.customers.selectors.tags import tag_names, tags_by_customer
from zhike.customers.sorting import Sort, ordered
from zhike.customers.view_tabs import EVERYBODY, ViewTabs, plain_query, view_tabs
from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages.links import same_page, with_query
from zhike.pages.paging import SIZES, Paging, paging

FORMATS = {
    "xlsx": Text("Excel 表格（.xlsx）", "Excel workbook (.xlsx)"),
    "csv": Text("CSV（Excel 可打开）", "CSV (opens in Excel)"),
    "parquet": Text("Parquet（给程序用）", "Parquet (for programs)"),
}

# A wide table in columns: every one that is not read saves its share of the time.
_COLUMNS = (
    "customer_id", "rfm_segment", "tier", "lifecycle_stage", "recency_days", "last_order_on", "order_count",
    "spend_amount", "average_order_amount", "clv_365d", "probability_alive", "method",
    "risk_band", "next_order_on", "is_overdue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, or what is wrong with one, and the address without it."""

    text: Text
    remove_href: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; `direction` is ``ascending``, ``descending`` or empty where not sorted by it."""

    text: Text
    href: str = ""
    direction: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class CustomerRow:
    customer_id: int
    href: str
    name: str
    nickname: str
    contact: str
    keys: str
    tags: tuple[tuple[str, bool], ...]
    segment: Badge | None
    tier: Badge | None
    stage: Badge | None
    risk: Badge | None
    last_order: Text | None
    last_order_on: date | None
    next_order_on: date | None
    is_overdue: bool
    order_count: int
    spend_amount: int
    average_order_amount: int | None
    clv_365d: int | None
    probability_alive: float | None


@dataclass(frozen=True, slots=True)
class Link:
    text: Text | str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """Customers of a selection; without a snapshot only the first four matter.

    `newcomers` are customers who came in since the snapshot, so that the list does not have them yet;
    `found_newcomers` are those of them who fit what was searched.
    """

    has_snapshot: bool
    folder: str
    newcomers: int = 0
    found_newcomers: tuple[Link, ...] = ()
    may_refresh: bool = False
    has_own_only: bool = False
    bar: FilterBar | None = None
    chips: tuple[Chip, ...] = ()
    problems: tuple[Chip, ...] = ()
    clear_href: str = ""
    spend_amount: int = 0
    headings: tuple[Heading, ...] = ()
    rows: tuple[CustomerRow, ...] = ()
    paging: Paging | None = None
    sizes: tuple[Link, ...] = ()
    exports: tuple[Link, ...] = ()
    has_masked: bool = False
    people_export: PeopleExport | None = None
    tabs: ViewTabs | None = None
    bulk: BulkBar | None = None
    duplicates_href: str = ""
    duplicates_count: int = 0


@dataclass(frozen=True, slots=True)
class PeopleExport:
    """What the list shows, as a query, and the formats in which it is given with names and contacts in full."""

    query: str
    formats: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class BulkBar:
    """What may be done with the customers that are ticked; `query` is what the list shows."""

    query: str
    total: int
    tags: tuple[str, ...]
    owners: tuple[tuple[int, str], ...]
    may_tag: bool
    may_assign: bool


def selection_in(request: HttpRequest) -> Selection:
    """What the address of a request asks for."""
    return _selection(request.GET)


def selection_in_query(query: str) -> Selection:
    """What a query that a form of the list hands back asks for."""
    return _selection(QueryDict(query))


def _selection(asked: QueryDict) -> Selection:
    pairs = ((name, value) for name, values in asked.lists() for value in values)
    return selection_of(pairs, currency=settings.ZHIKE_CURRENCY)


def list_page(request: HttpRequest) -> ListPage:
    viewer = viewer_of(request)
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    folder = str(settings.ZHIKE_HOME.path)
    if snapshot is None:
        return ListPage(
            has_snapshot=False,
            folder=folder,
            newcomers=newcomer_count(None, viewer),
            may_refresh=may(viewer, Right.REFRESH),
        )
    selection = selection_in(request)
    # With a filter that is not understood any list would be the wrong one.
    chosen = chosen_customers(snapshot, selection, viewer) if not selection.problems else None
    total, spend = _totals(snapshot, chosen) if chosen is not None else (0, 0)
    pages = paging(request, total=total)
    offered = _offered(viewer)
    kept = tuple((name, request.GET.get(name, "")) for name in ("size", "view"))
    return ListPage(
        has_snapshot=True,
        folder=folder,
        newcomers=(newcomers := newcomer_count(snapshot, viewer)),
        found_newcomers=_found_newcomers(snapshot, selection, viewer) if newcomers else (),
        may_refresh=may(viewer, Right.REFRESH),
        has_own_only=scope_of(viewer) is Scope.OWN,
        bar=filter_bar(selection, currency=settings.ZHIKE_CURRENCY, offered=offered, kept=kept),
        chips=tuple(
            Chip(_chip_text(piece, offered), _without(request, piece.name, piece.value))
            for piece in selection.pieces
        ),
        problems=tuple(
            Chip(each.text, _without(request, each.name, each.value)) for each in selection.problems
        ),
        clear_href=with_query(reverse("customers:list"), view=EVERYBODY),
        spend_amount=spend,
        headings=_headings(request, selection.sort),
        rows=_rows(snapshot, chosen, selection.sort, pages, viewer) if chosen is not None and total else (),
        paging=pages,
        sizes=tuple(Link(f"{n}", same_page(request, size=n, page=None), n == pages.size) for n in SIZES),
        exports=_exports(request) if total and may(viewer, Right.EXPORT_TABLES) else (),
        has_masked=may(viewer, Right.SEE_CONTACTS),
        people_export=_people_export(request) if total and may(viewer, Right.EXPORT_PEOPLE) else None,
        tabs=view_tabs(request, viewer),
        bulk=_bulk_bar(request, viewer, offered, total) if total else None,
        duplicates_href=reverse("customers:duplicates") if may(viewer, Right.MERGE) else "",
        duplicates_count=proposed_count() if may(viewer, Right.MERGE) else 0,
    )


def _found_newcomers(snapshot: Snapshot, selection: Selection, viewer: User) -> tuple[Link, ...]:
    searched = [piece.value for piece in selection.pieces if isinstance(piece, Search)]
    ids = [pk for text in searched for pk in newcomers_searched(text, snapshot, viewer)]
    people = people_shown(ids) if ids and may(viewer, Right.SEE_CONTACTS) else {}
    return tuple(
        Link(
            f"{people[pk].name if pk in people else ''} #{pk}".strip(), reverse("customers:detail", args=[pk])
        )
        for pk in dict.fromkeys(ids)
    )


def viewer_of(request: HttpRequest) -> User:
    """Who asks; a view with a rule is never asked by anybody else."""
    assert isinstance(request.user, User)
    return request.user


def _offered(viewer: User) -> Offered:
    owners = tuple((user.pk, str(user)) for user in users() if user.is_active)
    return Offered(tuple(tag_names()), tuple(source_names()), owners, may(viewer, Right.SEE_CONTACTS))


def _chip_text(piece: Piece, offered: Offered) -> Text:
    names = {str(pk): name for pk, name in offered.owners}
    if piece.name == "owner" and piece.value in names:
        return Text("负责人：{name}", "looked after by {name}").format(name=names[piece.value])
    return piece.sentence


def _bulk_bar(request: HttpRequest, viewer: User, offered: Offered, total: int) -> BulkBar | None:
    may_tag, may_assign = may(viewer, Right.TAG), may(viewer, Right.EDIT_CUSTOMERS)
    if not (may_tag or may_assign):
        return None
    return BulkBar(plain_query(request.GET), total, offered.tags, offered.owners, may_tag, may_assign)


def _totals(snapshot: Snapshot, chosen: ir.Table) -> tuple[int, int]:
    row: dict[str, Any] = snapshot.rows(
        chosen.aggregate(people=chosen.count(), spend=chosen.spend_amount.sum())
    )[0]
    return int(row["people"]), int(row["spend"] or 0)


def _rows(
    snapshot: Snapshot, chosen: ir.Table, sort: Sort, pages: Paging, viewer: User
) -> tuple[CustomerRow, ...]:
    page = ordered(chosen, sort).limit(pages.size, offset=pages.offset).select(*_COLUMNS)
    rows: list[dict[str, Any]] = snapshot.rows(page)
    ids = [row["customer_id"] for row in rows]
    is_named = may(viewer, Right.SEE_CONTACTS)
    people = people_shown(ids) if is_named else {}
    keys = source_keys_of(ids) if is_named else {}
    tags = tags_by_customer(ids)
    return tuple(
        _row(row, people.get(pk) or Person(pk), keys.get(pk, ""), tags.get(pk, ()))
        for pk, row in zip(ids, rows, strict=True)
    )


def _row(row: dict[str, Any], person: Person, keys: str, tags: Iterable[tuple[str, bool]]) -> CustomerRow:
    clv = row["clv_365d"]
    return CustomerRow(
        customer_id=row["customer_id"],
        href=reverse("customers:detail", args=[row["customer_id"]]),
        name=person.name,
        nickname=person.nickname,
        contact=next((person.first[kind].value for kind in ("phone", "email") if kind in person.first), ""),
        keys=keys,
        tags=tuple(tags),
        segment=badge("rfm_segment", row["rfm_segment"]),
        tier=badge("tier", row["tier"]),
        stage=badge("lifecycle_stage", row["lifecycle_stage"]),
        risk=badge("risk_band", row["risk_band"]),
        last_order=days_ago(row["recency_days"]),
        last_order_on=row["last_order_on"],
        next_order_on=row["next_order_on"],
        is_overdue=bool(row["is_overdue"]),
        order_count=row["order_count"],
        spend_amount=row["spend_amount"],
        average_order_amount=row["average_order_amount"],
        clv_365d=round(clv) if clv is not None else None,
        probability_alive=row["probability_alive"],
    )


_HEADINGS = (
    (Text("客户", "Customer"), "customer", False),
    (Text("RFM 分层", "RFM group"), "", False),
    (Text("等级", "Tier"), "", False),
    (Text("阶段与流失风险", "Stage and risk"), "risk", False),
    (Text("最近下单", "Last order"), "last_order", False),
    (Text("订单", "Orders"), "orders", True),
    (Text("消费", "Spend"), "spend", True),
    (Text("客单价", "Average"), "average_order", True),
    (Text("CLV 365 天", "CLV 365 d"), "clv", True),
    (Text("活跃概率", "P(alive)"), "alive", True),
)


def _headings(request: HttpRequest, sort: Sort) -> tuple[Heading, ...]:
    return tuple(
        Heading(text, _sort_href(request, name, sort), _direction(name, sort), is_number)
        for text, name, is_number in _HEADINGS
    )


def _sort_href(request: HttpRequest, name: str, sort: Sort) -> str:
    """The other direction of the present order; else highest first, numbers of customers lowest first."""
    if not name:
        return ""
    is_descending = not sort.is_descending if sort.name == name else name != "customer"
    return same_page(request, sort=Sort(name, is_descending), page=None)


def _direction(name: str, sort: Sort) -> str:
    if not name or name != sort.name:
        return ""
    return "descending" if sort.is_descending else "ascending"


def _without(request: HttpRequest, name: str, value: str) -> str:
    query = request.GET.copy()
    query.setlist(name, [each for each in query.getlist(name) if each.strip() != value.strip()])
    query.pop("page", None)
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


def _exports(request: HttpRequest) -> tuple[Link, ...]:
    query = request.GET.copy()
    for name in ("page", "size", "view"):
        query.pop(name, None)
    links = []
    for ending, text in FORMATS.items():
        query["format"] = ending
        links.append(Link(text, f"{reverse('customers:export')}?{query.urlencode()}"))
    return tuple(links)


def _people_export(request: HttpRequest) -> PeopleExport:
    return PeopleExport(plain_query(request.GET), tuple(FORMATS.items()))
