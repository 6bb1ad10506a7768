"""The customer list: one count, one page of rows, and the source keys of that page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhike.customers.filter_bar import FilterBar, filter_bar
from zhike.customers.filters import OVERVIEW, Selection, narrowed, selection_of
from zhike.customers.labels import Badge, badge, days_ago
from zhike.customers.selectors import customer_ids_found, source_keys_of
from zhike.customers.sorting import Sort, ordered
from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages.links import same_page
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
    keys: str
    segment: Badge | None
    tier: Badge | None
    stage: Badge | None
    last_order: Text | None
    last_order_on: date | None
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
    """Customers of a selection; without a snapshot only `has_snapshot` and `folder` matter."""

    has_snapshot: bool
    folder: str
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


def selection_in(request: HttpRequest) -> Selection:
    """What the address of a request asks for."""
    pairs = ((name, value) for name, values in request.GET.lists() for value in values)
    return selection_of(pairs, currency=settings.ZHIKE_CURRENCY)


def list_page(request: HttpRequest) -> ListPage:
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    folder = str(settings.ZHIKE_HOME.path)
    if snapshot is None:
        return ListPage(has_snapshot=False, folder=folder)
    selection = selection_in(request)
    # With a filter that is not understood any list would be the wrong one.
    chosen = _chosen(snapshot, selection) if not selection.problems else None
    total, spend = _totals(snapshot, chosen) if chosen is not None else (0, 0)
    pages = paging(request, total=total)
    return ListPage(
        has_snapshot=True,
        folder=folder,
        bar=filter_bar(selection, currency=settings.ZHIKE_CURRENCY, size=request.GET.get("size", "")),
        chips=tuple(
            Chip(piece.sentence, _without(request, piece.name, piece.value)) for piece in selection.pieces
        ),
        problems=tuple(
            Chip(each.text, _without(request, each.name, each.value)) for each in selection.problems
        ),
        clear_href=reverse("customers:list"),
        spend_amount=spend,
        headings=_headings(request, selection.sort),
        rows=_rows(snapshot, chosen, selection.sort, pages) if chosen is not None and total else (),
        paging=pages,
        sizes=tuple(Link(f"{n}", same_page(request, size=n, page=None), n == pages.size) for n in SIZES),
        exports=_exports(request) if total else (),
    )


def _chosen(snapshot: Snapshot, selection: Selection) -> ir.Table:
    found = {text: customer_ids_found(text, snapshot) for text in selection.searches}
    return narrowed(snapshot.table(OVERVIEW), selection, found)


def _totals(snapshot: Snapshot, chosen: ir.Table) -> tuple[int, int]:
    row: dict[str, Any] = snapshot.rows(
        chosen.aggregate(people=chosen.count(), spend=chosen.spend_amount.sum())
    )[0]
    return int(row["people"]), int(row["spend"] or 0)


def _rows(snapshot: Snapshot, chosen: ir.Table, sort: Sort, pages: Paging) -> tuple[CustomerRow, ...]:
    page = ordered(chosen, sort).limit(pages.size, offset=pages.offset).select(*_COLUMNS)
    rows: list[dict[str, Any]] = snapshot.rows(page)
    keys = source_keys_of([row["customer_id"] for row in rows])
    return tuple(_row(row, keys.get(row["customer_id"], "")) for row in rows)


def _row(row: dict[str, Any], keys: str) -> CustomerRow:
    clv = row["clv_365d"]
    return CustomerRow(
        customer_id=row["customer_id"],
        href=reverse("customers:detail", args=[row["customer_id"]]),
        keys=keys,
        segment=badge("rfm_segment", row["rfm_segment"]),
        tier=badge("tier", row["tier"]),
        stage=badge("lifecycle_stage", row["lifecycle_stage"]),
        last_order=days_ago(row["recency_days"]),
        last_order_on=row["last_order_on"],
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
    (Text("阶段", "Stage"), "", False),
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
    for name in ("page", "size"):
        query.pop(name, None)
    links = []
    for ending, text in FORMATS.items():
        query["format"] = ending
        links.append(Link(text, f"{reverse('customers:export')}?{query.urlencode()}"))
    return tuple(links)
