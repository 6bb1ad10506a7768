"""Reads of saved views of the customer list."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from zhike.accounts.selectors import User
from zhike.customers.models import SavedView


@dataclass(frozen=True, slots=True)
class ViewShown:
    """A view as one person sees it."""

    id: int
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    is_starred: bool
    is_default: bool


def views_for(user: User) -> list[ViewShown]:
    """One's own and those that are shared; with a star first, then by name."""
    views = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
    views = views.prefetch_related("starred_by", "default_of")
    shown = [
        ViewShown(
            id=view.pk,
            name=view.name,
            query=view.query,
            is_shared=view.is_shared,
            is_mine=view.owner_id == user.pk,
            is_starred=user in view.starred_by.all(),
            is_default=user in view.default_of.all(),
        )
        for view in views
    ]
    return sorted(shown, key=lambda view: (not view.is_starred, view.name))
