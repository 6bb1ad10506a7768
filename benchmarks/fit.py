"""The BG/NBD fit of a million customers against `lifetimes` on the same summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measuring import Measured, in_a_process, medians
from benchmarks.shop import DAYS

SPREAD = {"r": 0.8, "alpha": 12.0, "a": 0.9, "b": 2.5}


def summary(customers: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat orders, time of the last and tenure in weeks, drawn from BG/NBD, to the day."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(SPREAD["r"], 1 / SPREAD["alpha"], customers)
    leaving = draw.beta(SPREAD["a"], SPREAD["b"], customers)
    tenure = draw.integers(30, DAYS, customers) / 7
    frequency, last = np.zeros(customers), np.zeros(customers)
    clock, alive = np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        clock[alive] += draw.exponential(1 / rate[alive])
        alive &= clock < tenure
        frequency[alive] += 1
        last[alive] = clock[alive]
        alive[alive] = draw.random(alive.sum()) > leaving[alive]
    last = np.where(frequency > 0, np.clip(np.ceil(last * 7), 1, None) / 7, 0)
    return frequency, np.minimum(last, tenure), tenure


def prepare_ours(customers: int) -> Callable[[], dict[str, Any]]:
    from zhike.value.analysis.btyd import fit_bg_nbd

    data = summary(customers)

    def fit() -> dict[str, Any]:
        fitted = fit_bg_nbd(*data)
        return {name: float(getattr(fitted, name)) for name in SPREAD} | {
            "log_likelihood": fitted.log_likelihood
        }

    return fit


def prepare_lifetimes(customers: int) -> Callable[[], dict[str, Any]]:
    from lifetimes import BetaGeoFitter

    data = summary(customers)

    def fit() -> dict[str, Any]:
        return {name: float(value) for name, value in BetaGeoFitter().fit(*data).params_.items()}

    return fit


def measure(customers: int, rounds: int = 3) -> tuple[Measured, Measured]:
    """lifetimes and ours in turn; medians."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(in_a_process(prepare_lifetimes, customers))
        ours.append(in_a_process(prepare_ours, customers))
    return medians(theirs), medians(ours)
