"""One customer, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from zhike.customers.labels import Badge, badge
from zhike.lake.snapshots import Snapshot
from zhike.pages.charts import Columns, Series


@dataclass(frozen=True, slots=True)
class Step:
    """The first month end at which a customer was in a group and stage that they were not in before."""

    month_end: date
    segment: Badge | None
    stage: Badge | None


def trend(snapshot: Snapshot, customer_id: int) -> tuple[Columns | None, tuple[Step, ...]]:
    """Spend by closed month, and when the group or the stage changed, newest first; nothing before the first order."""
    history = snapshot.table("value_history")
    columns = ("month_end", "spend_amount", "rfm_segment", "lifecycle_stage")
    rows: list[dict[str, Any]] = snapshot.rows(
        history.filter(history.customer_id == customer_id).select(*columns).order_by("month_end")
    )
    if not rows:
        return None, ()
    return _spend_chart(rows), tuple(reversed(_steps(rows)))


def _spend_chart(rows: Sequence[dict[str, Any]]) -> Columns | None:
    # Of the oldest month only the sum up to its end is known, so it is the start and no column.
    by_month = [(now["month_end"], now["spend_amount"] - was["spend_amount"]) for was, now in pairwise(rows)]
    if not by_month:
        return None
    title = _("Spend by month")
    series = Series(title, tuple(amount for _, amount in by_month), "blue")
    return Columns(title, "money", tuple(f"{day:%Y-%m}" for day, _ in by_month), (series,))


def _steps(rows: Sequence[dict[str, Any]]) -> list[Step]:
    found, was = [], (None, None)
    for row in rows:
        now = (row["rfm_segment"], row["lifecycle_stage"])
        if now != was:
            found.append(
                Step(row["month_end"], badge("rfm_segment", now[0]), badge("lifecycle_stage", now[1]))
            )
        was = now
    return found
