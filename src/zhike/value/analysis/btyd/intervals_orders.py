"""What a customer may do: probabilities and prediction intervals of the orders within a horizon.

A prediction interval holds the orders of one customer, chance included. It is not the interval of an expectation:
for that see ``intervals_mean``. Parameters are taken as known here; their uncertainty is small beside the chance in
one customer, unless the shop is tiny.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.checks import Floats, History, checked, checked_history, checked_number
from zhike.value.analysis.btyd.errors import PredictionError
from zhike.value.analysis.btyd.intervals_future import Future, OrderModel, future_of
from zhike.value.analysis.btyd.summary import Indices, unique_pairs

STEPS = 63
"""Orders looked at one by one, a power of two less one; beyond, intervals are halved."""


class Interval(NamedTuple):
    """Lower and upper bound, arrays of one shape."""

    lower: Floats
    upper: Floats


class Prospects(NamedTuple):
    """Unique histories, shape (u,): probability alive, and which row of the future is theirs.

    ``at`` (n,) is the history of each customer.
    """

    future: Future
    alive: Floats
    pair_at: Indices
    at: Indices


def unique_histories(history: History) -> tuple[History, Indices]:
    """Return the distinct rows (u,) of a history and the position of each of its rows (n,), taken flat."""
    x, last, tenure = (column.ravel() for column in history)
    orders, tenures, pair_at = unique_pairs(x, tenure)
    pairs, lasts, at = unique_pairs(pair_at.astype(np.float64), last)
    pair = pairs.astype(np.intp)
    return History(orders[pair], lasts, tenures[pair]), at


def prospects(model: OrderModel, history: History, horizon: float) -> Prospects:
    """Return what the distribution of each customer rests on; history of any shape is taken flat."""
    unique, at = unique_histories(history)
    orders, tenures, pair_at = unique_pairs(unique.frequency, unique.tenure)
    future = future_of(model, orders, tenures, horizon)
    return Prospects(future, model.probability_alive(*unique), pair_at, at)


def order_probabilities(
    model: OrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    most: int,
) -> Floats:
    """Return P(Y = y | x, t_x, T) for y = 0 … ``most``; what is missing to 1 is P(Y > most).

    Parameters
    ----------
    model
        BG/NBD, MBG/NBD or Pareto/NBD.
    frequency, tenure_at_last_order, tenure : array_like
        Repeat orders x, time t_x from first to last order, time T from first order to now, in the model's
        ``time_unit``; broadcast together.
    horizon : float
        In the model's ``time_unit``.
    most : int

    Returns
    -------
    ndarray
        Of the broadcast shape and one more axis of length ``most`` + 1.

    Raises
    ------
    PredictionError
        For input that no history can produce.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    asked = prospects(model, history, until)
    everyone = np.arange(asked.future.rows)
    reached = np.ones((asked.alive.size, most + 2))
    for orders in range(1, most + 2):
        likely = asked.future.at_least(np.full(everyone.size, float(orders)), everyone)
        reached[:, orders] = asked.alive * likely[asked.pair_at]
    probabilities: Floats = np.maximum(-np.diff(reached, axis=1), 0.0)
    return probabilities[asked.at].reshape(*history.frequency.shape, most + 1)


def probability_of_at_most(
    model: OrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    orders: ArrayLike,
) -> Floats:
    """Return P(Y ≤ orders | x, t_x, T); ``orders`` has the shape of the history, or broadcasts to it.

    Below 0 it is 0. Compared with the orders that came, it shows whether a model is calibrated.
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    asked = prospects(model, history, until)
    wanted = np.broadcast_to(np.asarray(orders, np.float64), history.frequency.shape).ravel()
    some = np.flatnonzero(wanted >= 0.0)
    result = np.zeros(wanted.size)
    customer = asked.at[some]
    likely = asked.future.at_least(np.floor(wanted[some]) + 1.0, asked.pair_at[customer])
    result[some] = 1.0 - asked.alive[customer] * likely
    return result.reshape(history.frequency.shape)


def order_interval(
    model: OrderModel,
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    horizon: float,
    confidence: float = 0.9,
) -> Interval:
    """Return the equal-tailed prediction interval of the orders within ``horizon``.

    The bounds are the smallest y with P(Y ≤ y) ≥ (1 - confidence)/2 and ≥ (1 + confidence)/2. Orders are whole
    numbers, so the interval holds at least ``confidence``, for rare buyers much more.

    Parameters
    ----------
    model, frequency, tenure_at_last_order, tenure, horizon
        As in ``order_probabilities``.
    confidence : float
        Above 0, below 1.

    Returns
    -------
    Interval
        Whole numbers as floats, of the broadcast shape.

    Raises
    ------
    PredictionError
    """
    history, until = checked_question(frequency, tenure_at_last_order, tenure, horizon)
    tail = checked_tail(confidence)
    orders, tenures, pair_at = unique_pairs(history.frequency.ravel(), history.tenure.ravel())
    alive = model.probability_alive(*history).ravel()
    bounds = central_interval(future_of(model, orders, tenures, until), alive, pair_at, tail)
    return Interval(*(bound.reshape(history.frequency.shape) for bound in bounds))


def central_interval(future: Future, alive: Floats, pair_at: Indices, tail: float) -> Interval:
    """Return the smallest y with P(Y > y) ≤ 1 - tail, and ≤ tail, each of shape (n,).

    Parameters
    ----------
    future, pair_at
        Of the unique pairs (x, T), and which of them is each customer's, shape (n,).
    alive : ndarray, shape (n,)
    """
    low, high = np.zeros(alive.size), np.zeros(alive.size)
    active, place = np.flatnonzero(alive > tail), np.zeros(future.rows, dtype=np.intp)
    count = 1
    while active.size and count <= STEPS:
        pairs = _named(pair_at[active], future.rows)
        place[pairs] = np.arange(pairs.size)
        pair, chance = place[pair_at[active]], alive[active]
        # The chances fall: whoever does not reach a number of orders is not asked about more.
        for orders, likely in enumerate(
            np.ascontiguousarray(future.at_least_each(count, count, pairs).T), start=count
        ):
            reached = chance * likely[pair]
            low[active[reached > 1.0 - tail]] = orders
            further = reached > tail
            active, pair, chance = active[further], pair[further], chance[further]
            high[active] = orders
        count *= 2
    for bound, more in ((low, 1.0 - tail), (high, tail)):
        frequent = active[bound[active] == STEPS]
        bound[frequent] = _many_orders(future, alive[frequent], pair_at[frequent], more)
    return Interval(low, high)


def _named(positions: Indices, size: int) -> Indices:
    """The distinct positions below ``size``, rising."""
    is_named = np.zeros(size, dtype=np.bool_)
    is_named[positions] = True
    return np.flatnonzero(is_named)


def _many_orders(future: Future, alive: Floats, pair_at: Indices, more: float) -> Floats:
    """The same for those who reach ``STEPS``: double the bound until it holds, then halve what is between."""

    def exceeds(orders: Floats) -> np.ndarray:
        pairs, at_orders, at = unique_pairs(pair_at.astype(np.float64), orders)
        above: np.ndarray = alive * future.at_least(at_orders, pairs.astype(np.intp))[at] > more
        return above

    low, high = np.full(alive.size, float(STEPS)), np.full(alive.size, 2.0 * STEPS)
    while (beyond := exceeds(high)).any():
        low, high = np.where(beyond, high, low), np.where(beyond, 2.0 * high, high)
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        beyond = exceeds(middle)
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return low


def checked_question(
    frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike, horizon: float
) -> tuple[History, float]:
    """Return the checked history and horizon of a prediction."""
    history = checked_history(frequency, tenure_at_last_order, tenure, PredictionError)
    return history, checked_number("horizon", horizon, PredictionError)


def checked_tail(confidence: float) -> float:
    """Return the probability left out on each side of a central interval."""
    share = float(checked("confidence", confidence, PredictionError))
    if not 0.0 < share < 1.0:
        raise PredictionError(
            "bad_confidence",
            f"confidence is {share:g} but must lie between 0 and 1, for instance 0.9.",
            f"confidence 为 {share:g},必须介于 0 与 1 之间,例如 0.9。",
        )
    return (1.0 - share) / 2.0
