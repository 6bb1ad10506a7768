"""Simulated shops whose truth is known: how often intervals hold what came, and parameters their truth.

python -m benchmarks coverage [--shops N]. Each shop is fitted on its first year as the CLV stage fits it, with the default
priors, and judged by the year after: its orders, its spend. Two kinds of shops: truths drawn from the priors, another one
for each shop (what the intervals promise holds on average over these), and the truths of published data sets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq

from zhike.value.analysis.backtest.methods import LEAST_REPEAT_BUYERS, MODELS, fit_amounts
from zhike.value.analysis.btyd import (
    BG_NBD_PRIOR,
    GAMMA_GAMMA_PRIOR,
    PARETO_NBD_PRIOR,
    BgNbdParameters,
    FitError,
    LogNormalPrior,
    ParetoNbdParameters,
    PredictionError,
    total_orders,
    total_spend,
)
from zhike.value.analysis.btyd.intervals_mean import FittedModel
from zhike.value.analysis.btyd.simulate import (
    SimulatedOrders,
    simulate_bg_nbd,
    simulate_gamma_gamma,
    simulate_pareto_nbd,
)

CUSTOMERS = (60, 150, 400, 1500)
"""Of a shop; first orders spread over nine months."""

BEGINS_WITHIN, NOW, AHEAD = 39.0, 52.0, 52.0
"""Weeks."""

CONFIDENCES = (0.8, 0.9)
MEAN_AMOUNT = 10_000.0

SIMULATORS: Mapping[str, Callable[..., SimulatedOrders]] = {
    "bg_nbd": simulate_bg_nbd,
    "pareto_nbd": simulate_pareto_nbd,
}
PRIORS: Mapping[str, LogNormalPrior] = {"bg_nbd": BG_NBD_PRIOR, "pareto_nbd": PARETO_NBD_PRIOR}
TIMES = ("alpha", "beta")
ORDER_GAPS = (1.0, 150.0)
"""Shops have that many weeks of tenure to a repeat order."""

KINDS: Mapping[str, type[BgNbdParameters | ParetoNbdParameters]] = {
    "bg_nbd": BgNbdParameters,
    "pareto_nbd": ParetoNbdParameters,
}

PUBLISHED: Mapping[str, tuple[dict[str, float], ...]] = {
    # CDNOW (Fader, Hardie & Lee 2005), and between the others of docs/algorithms/clv.md.
    "bg_nbd": (
        {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
        {"r": 0.45, "alpha": 5.0, "a": 0.67, "b": 3.3},
        {"r": 1.4, "alpha": 6.0, "a": 0.53, "b": 3.5},
    ),
    "pareto_nbd": (
        {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
        {"r": 0.77, "alpha": 8.0, "s": 0.48, "beta": 12.0},
        {"r": 1.4, "alpha": 15.0, "s": 0.68, "beta": 20.0},
    ),
}
PUBLISHED_AMOUNTS = (
    {"p": 6.25, "q": 3.74, "gamma": 0.44 * MEAN_AMOUNT},
    {"p": 2.8, "q": 7.1, "gamma": 2.1 * MEAN_AMOUNT},
)


@dataclass(frozen=True)
class Case:
    """Shops of one kind: `model` a code of the back-test, `truths` "drawn" or "published"."""

    model: str
    truths: str
    customers: int


@dataclass(frozen=True)
class Coverage:
    """Of the `shops` that could be fitted.

    Attributes
    ----------
    held : mapping
        Target (`orders`, `spend`) to confidence to the share of shops whose interval held what came.
    above, half_width : mapping
        Target to the share of shops of which more came than the 90 % interval says, and to the median of
        (high - low) / (high + low).
    parameters : mapping
        Parameter to the share of shops in whose 90 % interval its truth lies, and to the median of estimate / truth.
    without_spend : int
        Shops whose amounts have no interval (their variance is infinite).
    """

    shops: int
    held: dict[str, dict[float, float]]
    above: dict[str, float]
    half_width: dict[str, float]
    parameters: dict[str, tuple[float, float]]
    without_spend: int


@dataclass(frozen=True)
class Shop:
    """Low, high and what came by target and confidence; low, high, estimate and truth by parameter."""

    totals: dict[str, dict[float, tuple[float, float, float]]]
    parameters: dict[str, tuple[float, float, float, float]]


def measure(shops: int) -> Iterator[tuple[Case, Coverage]]:
    """Each case as it is done; the same seeds give the same shops."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for model in SIMULATORS:
            for truths in ("drawn", "published"):
                for customers in CUSTOMERS:
                    case = Case(model, truths, customers)
                    yield case, covered(list(pool.map(partial(shop_of, case), range(shops), chunksize=4)))


def covered(shops: list[Shop]) -> Coverage:
    """Shares over the shops."""
    held, above, half_width = {}, {}, {}
    for target in ("orders", "spend"):
        found = [shop.totals[target] for shop in shops if target in shop.totals]
        held[target] = {
            confidence: float(np.mean([low <= came <= high for low, high, came in _at(found, confidence)]))
            for confidence in CONFIDENCES
        }
        widest = list(_at(found, CONFIDENCES[-1]))
        above[target] = float(np.mean([came > high for _, high, came in widest]))
        half_width[target] = float(
            np.median([(high - low) / (high + low) for low, high, _ in widest if high > 0])
        )
    parameters = {}
    for name in {name: None for shop in shops for name in shop.parameters}:
        rows = np.array([shop.parameters[name] for shop in shops if name in shop.parameters])
        low, high, estimate, truth = rows.T
        parameters[name] = (
            float(np.mean((low <= truth) & (truth <= high))),
            float(np.median(estimate / truth)),
        )
    without = sum("spend" not in shop.totals for shop in shops)
    return Coverage(len(shops), held, above, half_width, parameters, without)


def _at(
    found: list[dict[float, tuple[float, float, float]]], confidence: float
) -> Iterator[tuple[float, float, float]]:
    return (each[confidence] for each in found)


def shop_of(case: Case, seed: int) -> Shop:
    """The shop of this seed, fitted and judged; drawn again until it has repeat buyers enough for a model."""
    random = np.random.default_rng([seed, case.customers, len(case.model), len(case.truths)])
    while True:
        truth, amounts = _truth(random, case, seed)
        shop = SIMULATORS[case.model](
            random, **truth, customers=case.customers, begins_within=BEGINS_WITHIN, until=NOW + AHEAD
        )
        known = shop.history(NOW)
        if np.count_nonzero(known.frequency) < LEAST_REPEAT_BUYERS or shop.customer.size > 1_000_000:
            continue
        fitted = MODELS[case.model](*known)
        break
    customer = np.concatenate([np.arange(case.customers), shop.customer])
    time = np.concatenate([shop.first, shop.time])
    paid = simulate_gamma_gamma(random, **amounts, customers=case.customers, customer=customer)
    before = time <= NOW
    spend = np.bincount(customer[before], paid[before], case.customers)
    came = {"orders": float(np.count_nonzero(~before)), "spend": float(paid[~before].sum())}
    count = known.frequency + 1
    forecasts = {"orders": total_orders(fitted, *known, horizon=AHEAD)}
    parameters = dict(_parameters(fitted, truth))
    try:
        paying = fit_amounts(count, spend)
        forecasts["spend"] = total_spend(
            fitted, paying, *known, order_count=count, mean_order_amount=spend / count, horizon=AHEAD
        )
        parameters |= dict(_parameters(paying, amounts))
    except (FitError, PredictionError):
        pass
    return Shop(
        {
            target: {
                confidence: (*replace(each, confidence=confidence).interval, came[target])
                for confidence in CONFIDENCES
            }
            for target, each in forecasts.items()
        },
        parameters,
    )


def _truth(random: Generator, case: Case, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    if case.truths == "published":
        every = PUBLISHED[case.model]
        return every[seed % len(every)], PUBLISHED_AMOUNTS[seed % len(PUBLISHED_AMOUNTS)]
    truth = _drawn(random, PRIORS[case.model])
    while (gap := order_gap(case.model, truth)) is None:
        truth = _drawn(random, PRIORS[case.model])
    truth = _times_in(gap, truth)
    amounts = _drawn(random, GAMMA_GAMMA_PRIOR)
    # Nobody's amounts have a mean at or below 1, nor a variance at or below 2.
    while amounts["q"] <= 2.0:
        amounts = _drawn(random, GAMMA_GAMMA_PRIOR)
    return truth, amounts | {"gamma": amounts["gamma"] * MEAN_AMOUNT}


def order_gap(model: str, truth: Mapping[str, float]) -> float | None:
    """Weeks between orders of a shop with this truth, in which its prior counts times; None where no gap fits.

    The shop's own: its tenures over its repeat orders, as the fit takes them.
    """
    tenures = np.linspace(NOW - BEGINS_WITHIN, NOW, 21)

    def too_long(log_gap: float) -> float:
        gap = np.exp(log_gap)
        orders = KINDS[model](
            **_times_in(gap, truth), log_likelihood=0.0, time_unit="W"
        ).expected_orders_new_customer(tenures)
        return float(np.log(tenures.mean() / orders.mean()) - log_gap)

    shortest, longest = np.log(ORDER_GAPS)
    if too_long(shortest) < 0 or too_long(longest) > 0:
        return None
    return float(np.exp(brentq(too_long, shortest, longest, xtol=1e-3)))


def _times_in(gap: float, truth: Mapping[str, float]) -> dict[str, float]:
    return {name: value * (gap if name in TIMES else 1.0) for name, value in truth.items()}


def _drawn(random: Generator, prior: LogNormalPrior) -> dict[str, float]:
    drawn = np.exp(random.multivariate_normal(np.log(prior.medians), np.array(prior.log_covariance)))
    return dict(zip(prior.names, map(float, drawn), strict=True))


def _parameters(
    fitted: FittedModel, truth: Mapping[str, float]
) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    assert fitted.uncertainty is not None
    for name, value in fitted.parameters.items():
        low, high = fitted.uncertainty.interval(name, value, confidence=CONFIDENCES[-1])
        if np.isfinite(low):
            yield name, (low, high, value, truth[name])
