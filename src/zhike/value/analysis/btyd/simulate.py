"""Customers who follow a model exactly, with known truth: for tests, and for trying a model out.

Nothing here draws by itself: the caller passes ``numpy.random.default_rng(seed)``, so that a seed gives a shop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zhike.value.analysis.btyd.checks import Floats, History
from zhike.value.analysis.btyd.summary import Indices

LEAST_CHANCE = 1e-12
"""Below, nobody leaves within any number of orders that fits into memory."""


@dataclass(frozen=True, slots=True)
class SimulatedOrders:
    """All orders of a simulated shop, sorted by customer and time.

    Attributes
    ----------
    first : ndarray, shape (n,)
        Time of each customer's first order since the shop opened, in the time unit of the parameters.
    customer, time : ndarray, shape (orders,)
        The repeat orders: whose (0 … n-1), and when since the shop opened.
    until : float
        Nothing is simulated after this time.
    """

    first: Floats
    customer: Indices
    time: Floats
    until: float

    def history(self, now: float) -> History:
        """Return x, t_x and T as seen at ``now``, shape (n,); all customers must have come by then."""
        seen = self.time <= now
        frequency = np.bincount(self.customer[seen], minlength=self.first.size).astype(np.float64)
        last = self.first.copy()
        np.maximum.at(last, self.customer[seen], self.time[seen])
        return History(frequency, last - self.first, now - self.first)

    def orders_between(self, after: float, until: float) -> Floats:
        """Return the repeat orders of each customer after one time and up to another, shape (n,)."""
        within = (self.time > after) & (self.time <= until)
        return np.bincount(self.customer[within], minlength=self.first.size).astype(np.float64)

    def order_days(self, days_per_unit: float) -> tuple[Indices, NDArray[np.int64]]:
        """Return customer and day of each order day, the first ones included, as a shop would record them.

        Days count from the opening; several orders of a customer on one day are one. ``days_per_unit`` is 7 for
        parameters in weeks.
        """
        customer = np.concatenate([np.arange(self.first.size), self.customer])
        day = np.floor(np.concatenate([self.first, self.time]) * days_per_unit).astype(np.int64)
        distinct = np.unique(np.stack([customer, day]), axis=1)
        return distinct[0].astype(np.intp), distinct[1]


def simulate_bg_nbd(
    random: Generator,
    *,
    r: float,
    alpha: float,
    a: float,
    b: float,
    customers: int,
    begins_within: float,
    until: float,
    first_chance: int = 0,
) -> SimulatedOrders:
    """Simulate BG/NBD, or MBG/NBD with ``first_chance`` 1.

    Parameters
    ----------
    random : numpy.random.Generator
    r, alpha, a, b : float
        As in ``BgNbdParameters``.
    customers : int
    begins_within, until : float
        First orders are spread evenly over [0, begins_within]; the simulation ends at ``until``.
    first_chance : int
        1 if customers may leave after the first order.
    """
    first = random.uniform(0.0, begins_within, customers)
    rate = random.gamma(r, 1.0 / alpha, customers)
    leaves = np.maximum(random.beta(a, b, customers), LEAST_CHANCE)
    at_most = random.geometric(leaves) - first_chance
    customer, time = random_orders(random, rate, first, np.full(customers, until))
    nth = np.arange(customer.size) - np.searchsorted(customer, np.arange(customers))[customer]
    made = nth < at_most[customer]
    return SimulatedOrders(first, customer[made], time[made], until)


def simulate_pareto_nbd(
    random: Generator,
    *,
    r: float,
    alpha: float,
    s: float,
    beta: float,
    customers: int,
    begins_within: float,
    until: float,
) -> SimulatedOrders:
    """Simulate Pareto/NBD; arguments as in ``simulate_bg_nbd`` and ``ParetoNbdParameters``."""
    first = random.uniform(0.0, begins_within, customers)
    rate = random.gamma(r, 1.0 / alpha, customers)
    # An exponential variable over its gamma rate, without dividing by rates that underflow.
    leaves = beta * np.expm1(np.minimum(random.exponential(1.0, customers) / s, 700.0))
    customer, time = random_orders(random, rate, first, np.minimum(first + leaves, until))
    return SimulatedOrders(first, customer, time, until)


def random_orders(random: Generator, rate: Floats, start: Floats, end: Floats) -> tuple[Indices, Floats]:
    """Return customer and time of Poisson orders between ``start`` and ``end``, sorted; arguments (n,)."""
    count = random.poisson(rate * (end - start))
    customer = np.repeat(np.arange(rate.size), count)
    time = start[customer] + random.random(customer.size) * (end - start)[customer]
    order = np.lexsort((time, customer))
    return customer[order], time[order]


def simulate_gamma_gamma(
    random: Generator, *, p: float, q: float, gamma: float, customers: int, customer: Indices
) -> Floats:
    """Return the amount of each order, shape (orders,); ``customer`` (orders,) says whose it is.

    Draw all orders of a customer in one call: a second call draws another rate.
    """
    rate = random.gamma(q, 1.0 / gamma, customers)
    amounts: Floats = random.gamma(p, 1.0, customer.size) / rate[customer]
    return amounts


def simulate_bg_bb(
    random: Generator,
    *,
    alpha: float,
    beta: float,
    gamma: float,
    delta: float,
    customers: int,
    opportunities: int,
) -> NDArray[np.bool_]:
    """Return who ordered at which opportunity under BG/BB, shape (customers, opportunities)."""
    orders = random.random((customers, opportunities)) < random.beta(alpha, beta, customers)[:, None]
    leaves = random.geometric(np.maximum(random.beta(gamma, delta, customers), LEAST_CHANCE))
    there: NDArray[np.bool_] = np.arange(1, opportunities + 1) < leaves[:, None]
    return orders & there


def simulate_sbg(
    random: Generator, *, alpha: float, beta: float, periods: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the renewals of each customer and whether the customer has left, under sBG.

    ``periods`` (n,) are the renewals that fell due so far.
    """
    leaves = random.geometric(np.maximum(random.beta(alpha, beta, periods.size), LEAST_CHANCE))
    left: NDArray[np.bool_] = leaves <= periods
    return np.where(left, leaves - 1.0, periods), left
