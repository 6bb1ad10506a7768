"""Reads of balances of points."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.collect.models import PointsBalance
from zhike.collect.selectors.visible import runs_for
from zhike.customers.balances import Balance


def standing_balances(profile_ids: Collection[int]) -> QuerySet[PointsBalance]:
    """Those that count: without the ones of imports that were taken back; the last that was brought in comes last."""
    return PointsBalance.objects.filter(profile__in=profile_ids, run__undone_at=None).order_by("pk")


def balances_by_day(profile_ids: Collection[int]) -> dict[int, dict[date, int]]:
    """Profile → day → the balance in force: the last that was brought in for that day."""
    known: dict[int, dict[date, int]] = {}
    for row in standing_balances(profile_ids):
        known.setdefault(row.profile_id, {})[row.counted_on] = row.points
    return known


def newest_balances(profile_ids: Collection[int], viewer: User) -> tuple[Balance, ...]:
    """The balance in force of each profile that has one: of the newest day the last that was brought in."""
    newest: dict[int, PointsBalance] = {}
    for row in standing_balances(profile_ids):
        known = newest.get(row.profile_id)
        if known is None or row.counted_on >= known.counted_on:
            newest[row.profile_id] = row
    if not newest:
        return ()
    seen = _seen_runs({row.run_id for row in newest.values()}, viewer)
    return tuple(
        Balance(
            profile_id=row.profile_id,
            points=row.points,
            counted_on=row.counted_on,
            import_id=row.run_id,
            import_href=reverse("collect:run", args=[row.run_id]) if row.run_id in seen else "",
        )
        for row in newest.values()
    )


def _seen_runs(run_ids: Collection[int], viewer: User) -> set[int]:
    if not may(viewer, Right.IMPORT):
        return set()
    return set(runs_for(viewer).filter(pk__in=run_ids).values_list("pk", flat=True))
