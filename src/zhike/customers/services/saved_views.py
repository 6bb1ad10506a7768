"""Saving selections of the customer list under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from zhike.customers.models import SavedView
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

_LONGEST_NAME = 60
_LONGEST_QUERY = 2_000


@transaction.atomic
def save_view(*, user: User, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep a query under a name; a view of one's own with this name becomes it.

    Raises
    ------
    UsageError
        ``view.name``, ``view.query``.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise UsageError(
            "view.name",
            zh=f"视图名称要有 1 到 {_LONGEST_NAME} 个字",
            en=f"a view's name has 1 to {_LONGEST_NAME} characters",
        )
    if len(query) > _LONGEST_QUERY:
        raise UsageError(
            "view.query",
            zh="筛选条件太多，存不下；请减少一些",
            en="there are too many filters to be kept; take some away",
        )
    kept = {"query": query, "is_shared": is_shared}
    view, _ = SavedView.objects.update_or_create(owner=user, name=name, defaults=kept)
    return view


@transaction.atomic
def star_view(*, user: User, view_id: int, is_starred: bool) -> None:
    """Put a view among one's first tabs, or no longer.

    Raises
    ------
    UsageError
        ``view.unknown``.
    """
    stars = _seen(user, view_id).starred_by
    stars.add(user) if is_starred else stars.remove(user)


@transaction.atomic
def begin_with_view(*, user: User, view_id: int, is_default: bool) -> None:
    """Let the customer list open with a view, or with everybody again.

    Raises
    ------
    UsageError
        ``view.unknown``.
    """
    view = _seen(user, view_id)
    for other in SavedView.objects.filter(default_of=user):
        other.default_of.remove(user)
    if is_default:
        view.default_of.add(user)


@transaction.atomic
def delete_view(*, user: User, view_id: int) -> None:
    """Forget a view of one's own.

    Raises
    ------
    UsageError
        ``view.unknown``; ``view.of_others`` for somebody else's.
    """
    view = _seen(user, view_id)
    if view.owner_id != user.pk:
        raise UsageError(
            "view.of_others",
            zh=f"“{view.name}”是别人的视图，只有本人能删除",
            en=f"“{view.name}” is somebody else's; only they can delete it",
        )
    view.delete()


def _seen(user: User, view_id: int) -> SavedView:
    view = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), pk=view_id).first()
    if view is None:
        raise UsageError(
            "view.unknown", zh="没有这个视图，可能已被删除", en="there is no such view, perhaps no longer"
        )
    return view
