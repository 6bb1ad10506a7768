"""Purchase histories: a published data set, customers who follow a model, and whatever can happen."""

import importlib.util
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from zhike.value.analysis.btyd.checks import History

SHARES = st.tuples(st.integers(0, 60), st.floats(0.01, 1), st.floats(0.1, 300), st.integers(0, 3))
"""x, t_x / T, T, weight."""


def cdnow() -> History:
    """CDNOW 1/10 sample: 2 357 customers, weeks."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "datasets/cdnow_customers_summary.csv"
    rows = np.genfromtxt(path, delimiter=",", names=True)
    return History(rows["frequency"], rows["recency"], rows["T"])


def simulated(
    customers: int, r: float, alpha: float, a: float, b: float, seed: int = 4, *, first_chance: bool = False
) -> History:
    """Customers who follow BG/NBD, or MBG/NBD, exactly, observed for up to 100 weeks."""
    random = np.random.default_rng(seed)
    tenure = random.uniform(20, 100, customers)
    rate, dropout = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    orders, last = np.zeros(customers), np.zeros(customers)
    alive = np.arange(customers)
    if first_chance:
        alive = alive[random.random(customers) > dropout]
    while alive.size:
        following = last[alive] + random.exponential(1 / rate[alive])
        seen = following < tenure[alive]
        alive, following = alive[seen], following[seen]
        orders[alive] += 1
        last[alive] = following
        alive = alive[random.random(alive.size) > dropout[alive]]
    return History(orders, last, tenure)


def history(shares) -> History:
    """Valid histories from (x, t_x / T, T, weight)."""
    x, share, tenure, _ = np.array(shares, dtype=float).T
    return History(x, np.where(x > 0, share * tenure, 0.0), tenure)


def simulated_pareto(customers: int, r: float, alpha: float, s: float, beta: float, seed: int = 4) -> History:
    """Customers who follow Pareto/NBD exactly, observed for up to 100 weeks."""
    random = np.random.default_rng(seed)
    tenure = random.uniform(20, 100, customers)
    rate = random.gamma(r, 1 / alpha, customers)
    seen = np.minimum(tenure, random.exponential(1 / random.gamma(s, 1 / beta, customers)))
    orders = random.poisson(rate * seen).astype(float)
    # The last of x moments at random in (0, seen).
    last = np.where(orders > 0, seen * random.random(customers) ** (1 / np.maximum(orders, 1)), 0.0)
    return History(orders, last, tenure)
