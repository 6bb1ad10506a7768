"""RFM of any data frame of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import ibis.expr.types as ir
import pyarrow as pa

from zhike.analyst.bilingual import bilingual
from zhike.analyst.days import AsOf
from zhike.analyst.orders import Orders, Reading, read_orders
from zhike.analyst.pictures import grid_svg
from zhike.analyst.plots import grid_figure
from zhike.analyst.results import Result, finished, read_only
from zhike.analyst.rows import Selection
from zhike.analyst.settings import value_settings
from zhike.analyst.workbench import Workbench, workbench
from zhike.kernel.words import Text
from zhike.value.analysis import rfm as analysis
from zhike.value.labels import RFM_SEGMENTS
from zhike.value.schema import RFM_SCORES
from zhike.value.settings import ValueSettings

_SCORED = tuple(name for name in RFM_SCORES.column_names if name != "as_of")
_TITLE = Text("客户数", "Customers")


@dataclass(frozen=True, eq=False, repr=False)
class RfmResult(Result):
    """Columns: the customer, `as_of, recency_days, order_count, spend_amount, r_score, f_score, m_score` (5 is best), `rfm_segment, rfm_class`."""

    def summary(self) -> Selection:
        """One row a group, best first: `rfm_segment, zh, en, customers, share, spend_amount, mean_recency_days`."""
        by_group = self.table.group_by("rfm_segment").aggregate(
            [("as_of", "count"), ("spend_amount", "sum"), ("recency_days", "mean")]
        )
        found = {row["rfm_segment"]: row for row in by_group.to_pylist()}
        rows = [
            {
                "rfm_segment": code,
                "zh": said.zh,
                "en": said.en,
                "customers": found[code]["as_of_count"],
                "share": found[code]["as_of_count"] / self.table.num_rows,
                "spend_amount": found[code]["spend_amount_sum"],
                "mean_recency_days": found[code]["recency_days_mean"],
            }
            for code, said in RFM_SEGMENTS.items()
            if code in found
        ]
        return Selection(pa.Table.from_pylist(rows))

    def plot(self) -> Any:
        """A Matplotlib figure of the customers in each cell of R × F.

        Raises
        ------
        ZhikeError
            ``matplotlib.missing`` without the extra ``notebook``.
        """
        return grid_figure(self._grid(), title="Customers", across="frequency score", down="recency score")

    def _grid(self) -> list[list[int]]:
        counted = self.table.group_by(["r_score", "f_score"]).aggregate([("as_of", "count")]).to_pylist()
        cells = {(row["r_score"], row["f_score"]): row["as_of_count"] for row in counted}
        return [[cells.get((r, f), 0) for f in range(1, 6)] for r in range(5, 0, -1)]

    def _repr_html_(self) -> str:
        return self._html(grid_svg(self._grid(), title=str(_TITLE), across="F", down="R"))


@bilingual
def rfm(
    frame: Any,
    *,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    order: str | None = None,
    as_of: AsOf = None,
    method: Literal["quantile", "fixed"] = "quantile",
    look_back_days: int = 0,
    recency_thresholds_days: Sequence[int] | None = None,
    frequency_thresholds: Sequence[int] | None = None,
    monetary_thresholds: Sequence[float] | None = None,
    time_zone: str = "",
    decimals: int = 2,
) -> RfmResult:
    """Score every customer of a data frame of orders, exactly as the product does.

    Parameters
    ----------
    frame
        pandas, Polars, Arrow (table, batch, reader), DuckDB, Ibis, anything with ``__arrow_c_stream__``, or a dict of
        columns. One row an order; see `order` for order lines.
    customer, date, amount
        Names of columns; guessed from their names where not given. Customers are of any type. Dates are dates,
        moments with or without a zone, or ISO text. Amounts are in major units, integers, floats or decimals; an
        amount below 0 is a refund, taken from the customer's newest earlier order of that amount, or else from the
        newest earlier ones; 0 is an order.
    order
        Column of the order's number: its rows are added up to one order. ``""`` if each row is an order, whatever its
        columns are called.
    as_of
        Business date; rows after it are left out. Without it, the day after the last order.
    method
        ``quantile`` (cut points at 20/40/60/80 % of the buyers) or ``fixed`` (the thresholds).
    look_back_days
        Only orders of so many days count; 0 is the whole life.
    recency_thresholds_days, frequency_thresholds, monetary_thresholds
        Four rising thresholds each, for ``fixed``; monetary ones in major units.
    time_zone
        Where a day begins, for moments with a zone, such as ``Asia/Shanghai``; without it, the zone of each moment.
    decimals
        Decimals of an amount; more are refused, not rounded.

    Raises
    ------
    ZhikeError
        With a `code`, in both languages, for whatever is refused.
    """
    orders = read_orders(frame, Reading(customer, date, amount, order, as_of, time_zone, decimals))
    settings = value_settings(
        decimals,
        rfm_method=method,
        rfm_look_back_days=look_back_days,
        recency_thresholds_days=recency_thresholds_days,
        frequency_thresholds=frequency_thresholds,
        monetary_thresholds=monetary_thresholds,
    )
    with workbench(orders, settings) as bench:
        return _scored(bench, orders, settings)


def _scored(bench: Workbench, orders: Orders, settings: ValueSettings) -> RfmResult:
    inputs = _looked_back(bench, settings)
    seen = analysis.rfm_inputs(bench.features) if inputs is None else inputs
    fitted = analysis.fit_rfm(bench.engine.fetch(seen), settings)
    scored = analysis.rfm_scores(analysis.with_rfm(bench.features, inputs, fitted))
    rows = bench.engine.fetch(scored.select(*_SCORED))
    return RfmResult(
        finished(rows, orders, amounts=("spend_amount",)),
        orders.as_of,
        read_only(_parameters(fitted, settings, orders.decimals), orders),
        orders.notes,
    )


def _looked_back(bench: Workbench, settings: ValueSettings) -> ir.Table | None:
    if not settings.rfm_look_back_days:
        return None
    return analysis.rfm_inputs_of_look_back(bench.features, bench.bought, bench.everyone)


def _parameters(fitted: analysis.RfmParameters, settings: ValueSettings, decimals: int) -> dict[str, object]:
    unit = 10.0**decimals
    return {
        **asdict(fitted),
        "look_back_days": settings.rfm_look_back_days,
        "monetary_cuts": tuple(cut / unit for cut in fitted.monetary_cuts),
        "mean_spend_amount": fitted.mean_spend_amount / unit,
    }
