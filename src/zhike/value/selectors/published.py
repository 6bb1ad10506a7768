"""The small published tables that pages read: each is fetched whole, once, and worked on in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """The members of one segment; amounts in minor units. What needs an order is None where nobody ordered."""

    code: str
    customers: int
    spend: int
    spend_365d: int
    orders: int
    median_recency_days: float | None
    clv_365d: float | None

    @property
    def average_order(self) -> int | None:
        return round(self.spend / self.orders) if self.orders else None


@dataclass(frozen=True, slots=True)
class RfmCell:
    r: int
    f: int
    m: int
    customers: int
    spend: int


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the buyers by expected value; `rank` 1 is the highest."""

    rank: int
    customers: int
    clv_365d: float
    lowest_clv_365d: float
    spend: int
    spend_365d: int
    orders: int
    expected_orders_365d: float
    mean_probability_alive: float | None


@dataclass(frozen=True, slots=True)
class AliveCell:
    """Buyers in one tenth of probability alive (10 is the likeliest) and one spend decile (1 is the highest)."""

    alive_tenth: int
    spend_decile: int
    customers: int
    spend_365d: int
    clv_365d: float


@dataclass(frozen=True)
class Parameters:
    """What the models rest on, by model and name."""

    values: Mapping[tuple[str, str], float]
    notes: Mapping[tuple[str, str], Text]

    def value(self, model: str, name: str) -> float | None:
        return self.values.get((model, name))

    def note(self, model: str, name: str) -> Text | None:
        return self.notes.get((model, name))

    def cuts(self, name: str) -> tuple[int, ...]:
        """The four cut points of a measure of RFM; nothing where there were no buyers."""
        found = (self.value("rfm", f"{name}_{place}") for place in (1, 2, 3, 4))
        return tuple(int(cut) for cut in found if cut is not None)


def group_summaries(snapshot: Snapshot) -> dict[str, dict[str, GroupSummary]]:
    """Family of segments (rfm, class, stage) → code → its members; a group of nobody is not there."""
    families: dict[str, dict[str, GroupSummary]] = {}
    for row in _rows(snapshot, "segment_summaries"):
        family, _, code = row["segment"].partition(":")
        families.setdefault(family, {})[code] = GroupSummary(
            code=code,
            customers=row["customer_count"],
            spend=row["spend_amount"] or 0,
            spend_365d=row["spend_amount_365d"] or 0,
            orders=row["order_count"] or 0,
            median_recency_days=row["median_recency_days"],
            clv_365d=row["clv_365d"],
        )
    return families


def rfm_cells(snapshot: Snapshot) -> list[RfmCell]:
    return [
        RfmCell(row["r_score"], row["f_score"], row["m_score"], row["customer_count"], row["spend_amount"])
        for row in _rows(snapshot, "rfm_cells")
    ]


def clv_deciles(snapshot: Snapshot) -> list[Decile]:
    """Best first."""
    rows = sorted(_rows(snapshot, "clv_deciles"), key=lambda row: row["clv_decile"])
    return [
        Decile(
            rank=row["clv_decile"],
            customers=row["customer_count"],
            clv_365d=row["clv_365d"],
            lowest_clv_365d=row["lowest_clv_365d"],
            spend=row["spend_amount"],
            spend_365d=row["spend_amount_365d"],
            orders=row["order_count"],
            expected_orders_365d=row["expected_orders_365d"],
            mean_probability_alive=row["mean_probability_alive"],
        )
        for row in rows
    ]


def alive_cells(snapshot: Snapshot) -> list[AliveCell]:
    """Nothing where the forecasts come from the simple rule: it knows no probability."""
    return [
        AliveCell(
            row["alive_tenth"],
            row["spend_decile"],
            row["customer_count"],
            row["spend_amount_365d"],
            row["clv_365d"],
        )
        for row in _rows(snapshot, "alive_value_cells")
    ]


def parameters(snapshot: Snapshot) -> Parameters:
    rows = [((row["model"], row["parameter"]), row) for row in _rows(snapshot, "model_parameters")]
    return Parameters(
        values={key: row["value"] for key, row in rows if row["value"] is not None},
        notes={key: Text(zh=row["note_zh"], en=row["note_en"]) for key, row in rows if row["note_zh"]},
    )


def first_order_day(snapshot: Snapshot) -> date | None:
    """The first day with an order."""
    days = snapshot.table("kpi_daily")
    found: list[dict[str, Any]] = snapshot.rows(days.aggregate(first=days.day.min()))
    first: date | None = found[0]["first"]
    return first


def _rows(snapshot: Snapshot, table: str) -> list[dict[str, Any]]:
    return snapshot.rows(snapshot.table(table))
