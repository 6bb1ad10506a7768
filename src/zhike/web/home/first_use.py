"""The steps from an empty folder to the first figures."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.pipeline.selectors import RunSummary, newest_run


@dataclass(frozen=True)
class FirstUsePage:
    """`orders` are those imported so far; `run` is the newest refresh, which has not published anything."""

    business_name: str
    folder: str
    orders: int
    run: RunSummary | None


def first_use_page(home: Home) -> FirstUsePage:
    pinned = open_lake(home.lake).deltas.pinned("orders")
    return FirstUsePage(
        business_name=settings.ZHIKE_BUSINESS.name,
        folder=str(home.path),
        orders=pinned.rows if pinned else 0,
        run=newest_run(),
    )
