"""The saved views above the customer list, as tabs."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from zhike.accounts.selectors import User
from zhike.customers.selectors.saved_views import ViewShown, views_for
from zhike.kernel.words import Text

EVERYBODY = "all"
# Where one is in a list, and what one searched for: a name or number that is looked for is not kept.
NOT_KEPT = ("page", "size", "format", "view", "q")


@dataclass(frozen=True, slots=True)
class Tab:
    text: Text | str
    href: str
    is_current: bool
    is_starred: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class ViewTabs:
    """`current` is the view that the address names; `is_changed` if its filters are no longer the view's."""

    tabs: tuple[Tab, ...]
    query: str
    current: ViewShown | None
    is_changed: bool
    current_href: str


def view_tabs(request: HttpRequest, user: User) -> ViewTabs:
    views = views_for(user)
    query = plain_query(request.GET, without=NOT_KEPT)
    current = next((view for view in views if str(view.id) == request.GET.get("view")), None)
    everybody = Tab(
        Text("全部", "All"), f"{reverse('customers:list')}?view={EVERYBODY}", not current and not query
    )
    tabs = (Tab(v.name, view_href(v), v == current, v.is_starred, v.is_shared) for v in views)
    return ViewTabs(
        tabs=(everybody, *tabs),
        query=query,
        current=current,
        is_changed=current is not None and query != current.query,
        current_href=view_href(current) if current else "",
    )


def default_href(request: HttpRequest, user: User) -> str:
    """Where somebody's list begins, if they chose a view; empty for everybody."""
    default = next((view for view in views_for(user) if view.is_default), None)
    return view_href(default) if default else ""


def view_href(view: ViewShown) -> str:
    query = QueryDict(view.query, mutable=True)
    query["view"] = str(view.id)
    return f"{reverse('customers:list')}?{query.urlencode()}"


def plain_query(asked: QueryDict, without: tuple[str, ...] = ("page", "size", "format", "view")) -> str:
    """What an address asks for, without empty values and those that only say where one is."""
    query = QueryDict(mutable=True)
    for name, values in asked.lists():
        kept = [value.strip() for value in values if value.strip()]
        if kept and name not in without and not (name == "sort" and kept == ["-spend"]):
            query.setlist(name, kept)
    return query.urlencode()
