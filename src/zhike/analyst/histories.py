"""What models of order times are fitted to: one history a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.analyst.bilingual import bilingual
from zhike.analyst.days import AsOf
from zhike.analyst.orders import Reading, read_orders
from zhike.analyst.results import Result, finished, read_only
from zhike.analyst.workbench import workbench
from zhike.kernel.errors import UsageError
from zhike.lake.arrays import numpy_column
from zhike.value.analysis import clv
from zhike.value.settings import ValueSettings

Array = npt.NDArray[np.float64]

_DAYS_A_UNIT = {"D": 1.0, "W": 7.0}


@dataclass(frozen=True, eq=False, repr=False)
class Histories(Result):
    """Columns: the customer, `as_of, frequency` (order days but the first), `tenure_at_last_order, tenure` (in `time_unit`), `order_days, mean_order_amount`.

    `arrays` gives what the fits of `zhike.models` take first.
    """

    @property
    def arrays(self) -> tuple[Array, Array, Array]:
        """Frequency, tenure at the last order and tenure, shape (n,)."""
        frequency, last, tenure = (
            numpy_column(self.table, name).astype(np.float64)
            for name in ("frequency", "tenure_at_last_order", "tenure")
        )
        return frequency, last, tenure


@bilingual
def histories(
    frame: Any,
    *,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    order: str | None = None,
    as_of: AsOf = None,
    time_unit: Literal["D", "W"] = "W",
    time_zone: str = "",
    decimals: int = 2,
) -> Histories:
    """One row a customer with what `zhike.models.fit_bg_nbd` and the others are fitted to.

    Parameters
    ----------
    frame, customer, date, amount, order, as_of, time_zone, decimals
        As in `zhike.rfm`.
    time_unit
        ``W`` (weeks of 7 days, fractions and all) or ``D``; say the same to the fit.

    Raises
    ------
    ZhikeError
        With a `code`, in both languages, for whatever is refused.
    """
    if time_unit not in _DAYS_A_UNIT:
        raise UsageError(
            "time_unit.unknown",
            zh=f"time_unit={time_unit!r}：可用 D（天）或 W（周）",
            en=f"time_unit={time_unit!r}: use D (days) or W (weeks)",
        )
    orders = read_orders(frame, Reading(customer, date, amount, order, as_of, time_zone, decimals))
    with workbench(orders, ValueSettings()) as bench:
        buyers = bench.engine.fetch(clv.clv_inputs(bench.features))
    rows = _rows(buyers, _DAYS_A_UNIT[time_unit])
    return Histories(
        finished(rows, orders, amounts=("mean_order_amount",)),
        orders.as_of,
        read_only({"time_unit": time_unit}, orders),
        orders.notes,
    )


def _rows(buyers: pa.Table, days_a_unit: float) -> pa.Table:
    order_days, tenure, recency, spend = (
        numpy_column(buyers, name) for name in ("order_days", "tenure_days", "recency_days", "spend_amount")
    )
    return pa.table(
        {
            "customer_id": buyers["customer_id"],
            "frequency": order_days - 1,
            "tenure_at_last_order": (tenure - recency) / days_a_unit,
            "tenure": tenure / days_a_unit,
            "order_days": order_days,
            "mean_order_amount": spend / order_days,
        }
    )
