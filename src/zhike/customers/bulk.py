"""Doing one thing to many customers: which they are, what it would change, and what was done lately."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from zhike.accounts.access import Right, Scope, may, scope_of
from zhike.accounts.selectors import User, user_with_id
from zhike.customers.choosing import chosen_ids
from zhike.customers.exports import current_snapshot
from zhike.customers.listing import selection_in_query, viewer_of
from zhike.customers.selectors import visible_among
from zhike.customers.selectors.assignments import assignment_operations, changing_hands
from zhike.customers.selectors.tags import customers_with_tag, tag_operations
from zhike.customers.services.assignment import assign_customers, undo_assignment
from zhike.customers.services.tags import tag_customers, tag_name, undo_tag_operation, untag_customers
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text
from zhike.pages.posted import needed_number_in, number_in

_MOST_PICKED = 1_000
_MOST_OPERATIONS = 40
_TITLES = {
    "tag": Text("打标签“{what}”", "Put the tag “{what}” on"),
    "untag": Text("去掉标签“{what}”", "Take the tag “{what}” off"),
    "assign": Text("分配给 {what}", "Assign to {what}"),
}
_NOBODY = Text("无人", "nobody")


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What is asked for; `what` is a tag, or whom the customers are given to."""

    action: str
    name: str
    owner_id: int | None
    ids: tuple[int, ...]
    what: Text | str

    @property
    def title(self) -> Text:
        return _TITLES[self.action].format(what=self.what)


@dataclass(frozen=True)
class PreviewPage:
    """`changing_count` of `count` would change; `posted` is the form once more, for the confirmation."""

    title: Text
    count: int
    changing_count: int
    posted: tuple[tuple[str, str], ...]
    back_href: str


@dataclass(frozen=True, slots=True)
class OperationRow:
    """`kind` and `id` name the operation; `may_undo` for whoever looks."""

    kind: str
    id: int
    title: Text
    count: int
    by: str
    made_at: datetime
    is_undone: bool
    may_undo: bool


@dataclass(frozen=True)
class OperationsPage:
    rows: tuple[OperationRow, ...]
    list_href: str


def change_in(request: HttpRequest) -> BulkChange:
    """What a form asks for, and of which customers.

    Raises
    ------
    UsageError
        ``bulk.action``, ``bulk.nobody``, ``bulk.filter``, and what the fields' own readers raise.
    """
    viewer, action = viewer_of(request), request.POST.get("action", "")
    needed = {"tag": Right.TAG, "untag": Right.TAG, "assign": Right.EDIT_CUSTOMERS}.get(action)
    if needed is None or not may(viewer, needed):
        raise UsageError(
            "bulk.action",
            zh="请选一种操作：打标签、去标签或分配",
            en="choose what to do: put a tag on or off, or assign",
        )
    ids = tuple(_ids(request.POST, viewer))
    if not ids:
        raise UsageError(
            "bulk.nobody",
            zh="没有选中客户：请在列表里勾选，或选“全部结果”",
            en="nobody is chosen: tick some, or choose all results",
        )
    if action != "assign":
        name = tag_name(request.POST.get("name", ""))
        return BulkChange(action, name, None, ids, name)
    owner_id = number_in(request.POST, "owner")
    return BulkChange(action, "", owner_id, ids, str(user_with_id(owner_id)) if owner_id else _NOBODY)


def preview(request: HttpRequest, change: BulkChange) -> PreviewPage:
    names = ("action", "name", "owner", "scope", "query")
    posted = [(name, request.POST.get(name, "")) for name in names]
    posted += [("pick", pick) for pick in request.POST.getlist("pick")] if not _is_all(request.POST) else []
    return PreviewPage(
        title=change.title,
        count=len(change.ids),
        changing_count=_changing(change),
        posted=tuple(posted),
        back_href=_list_href(request.POST.get("query", "")),
    )


def apply(change: BulkChange, *, actor: User) -> int:
    """Do it; how many changed."""
    if change.action == "assign":
        return assign_customers(customer_ids=change.ids, owner_id=change.owner_id, actor=actor)
    do = tag_customers if change.action == "tag" else untag_customers
    return len(do(customer_ids=change.ids, name=change.name, actor=actor).profile_ids)


def operations_page(viewer: User) -> OperationsPage:
    """What was done lately, newest first; whoever works with their own customers sees what they did themselves."""
    by = viewer if scope_of(viewer) is Scope.OWN else None
    rows = [
        *_tag_rows(by, may_undo=may(viewer, Right.TAG)),
        *_assignment_rows(by, may_undo=may(viewer, Right.EDIT_CUSTOMERS)),
    ]
    rows.sort(key=lambda row: row.made_at, reverse=True)
    return OperationsPage(tuple(rows[:_MOST_OPERATIONS]), reverse("customers:list"))


def undo(posted: QueryDict, *, actor: User) -> None:
    """Take back what a form names.

    Raises
    ------
    UsageError
        ``bulk.operation``, and what the services and the fields' own readers raise.
    """
    kind, operation_id = posted.get("kind", ""), needed_number_in(posted, "operation")
    needed = {"tag": Right.TAG, "assignment": Right.EDIT_CUSTOMERS}.get(kind)
    if needed is None or not may(actor, needed):
        raise UsageError(
            "bulk.operation", zh="你不能撤销这种操作，请找店主", en="you cannot take this back; ask the owner"
        )
    if kind == "tag":
        undo_tag_operation(operation_id=operation_id, actor=actor)
    else:
        undo_assignment(operation_id=operation_id, actor=actor)


def _tag_rows(by: User | None, *, may_undo: bool) -> Iterator[OperationRow]:
    for operation in tag_operations(by=by):
        yield OperationRow(
            kind="tag",
            id=operation.pk,
            title=_TITLES["tag" if operation.is_added else "untag"].format(what=operation.tag.name),
            count=len(operation.profile_ids),
            by=str(operation.actor or ""),
            made_at=operation.made_at,
            is_undone=operation.undone_at is not None,
            may_undo=may_undo,
        )


def _assignment_rows(by: User | None, *, may_undo: bool) -> Iterator[OperationRow]:
    for operation in assignment_operations(by=by):
        yield OperationRow(
            kind="assignment",
            id=operation.pk,
            title=_TITLES["assign"].format(what=str(operation.owner) if operation.owner else _NOBODY),
            count=len(operation.customer_ids),
            by=str(operation.actor or ""),
            made_at=operation.made_at,
            is_undone=operation.undone_at is not None,
            may_undo=may_undo,
        )


def _changing(change: BulkChange) -> int:
    if change.action == "assign":
        return changing_hands(change.owner_id, change.ids)
    having = len(customers_with_tag(change.name, among=change.ids))
    return len(change.ids) - having if change.action == "tag" else having


def _ids(posted: QueryDict, viewer: User) -> list[int]:
    if _is_all(posted):
        selection = selection_in_query(posted.get("query", ""))
        if selection.problems:
            problem = selection.problems[0].text
            raise UsageError("bulk.filter", zh=problem.zh, en=problem.en)
        return chosen_ids(current_snapshot(settings.ZHIKE_HOME), selection, viewer)
    picked = {
        int(pick) for pick in posted.getlist("pick")[:_MOST_PICKED] if pick.isascii() and pick.isdigit()
    }
    return sorted(visible_among(viewer, picked))


def _is_all(posted: QueryDict) -> bool:
    return posted.get("scope") == "all"


def _list_href(query: str) -> str:
    href = reverse("customers:list")
    return f"{href}?{QueryDict(query).urlencode()}" if query else href
