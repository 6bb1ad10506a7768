"""All that is asked about the orders to come of many customers, with each factor computed once."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.checks import Floats, checked_number
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.intervals_future import OrderModel, future_of
from zhike.value.analysis.btyd.intervals_orders import (
    Interval,
    central_interval,
    checked_question,
    checked_tail,
)
from zhike.value.analysis.btyd.summary import unique_pairs


@dataclass(frozen=True)
class OrderForecasts:
    """Of each customer, shape (n,): as ``probability_alive``, ``expected_orders``, ``discounted_expected_orders`` and
    ``order_interval`` give them; ``interval`` is None where none was asked for."""

    probability_alive: Floats
    expected_orders: Floats
    discounted_orders: Floats
    interval: Interval | None


def order_forecasts(
    model: OrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    discount_rate: float,
    confidence: float | None = 0.9,
) -> OrderForecasts:
    """Return the forecasts of customers within ``horizon`` after T.

    Each is P(alive | x, t_x, T) times what the model says of somebody alive, and that depends on x and T alone:
    a million customers share some ten thousand pairs of them.

    Parameters
    ----------
    model
        BG/NBD, MBG/NBD or Pareto/NBD.
    frequency, tenure_at_last_order, tenure : array_like, shape (n,)
        Repeat orders x, time t_x from first to last order, time T from first order to now, in ``time_unit``.
    horizon : float
        In the model's ``time_unit``.
    discount_rate : float
        Continuous rate per ``time_unit``.
    confidence : float, optional
        Of the interval; above 0, below 1. None for none: it takes most of the time.

    Raises
    ------
    PredictionError
        For input that no history can produce.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    rate = checked_number("discount_rate", discount_rate, PredictionError)
    tail = None if confidence is None else checked_tail(confidence)
    alive = model.probability_alive(*history)
    orders, tenures, pair_at = unique_pairs(history.frequency, history.tenure)
    expected = alive * model.orders_if_alive(orders, tenures, horizon=until, discount_rate=0.0)[pair_at]
    discounted = expected
    if rate:
        discounted = (
            alive * model.orders_if_alive(orders, tenures, horizon=until, discount_rate=rate)[pair_at]
        )
    interval = None
    if tail is not None:
        interval = central_interval(future_of(model, orders, tenures, until), alive, pair_at, tail)
    return OrderForecasts(alive, expected, discounted, interval)
