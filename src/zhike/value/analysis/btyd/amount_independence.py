"""Whether customers who order often spend more, or less, each time: what Gamma-Gamma takes for granted.

Ranks of plain mean amounts would cry wolf: where amounts are skewed, the mean of few orders lies mostly below
that of many, though nobody spends more. So each mean is first placed among those that the fitted model expects
of as many orders, x z̄ / (gamma + x z̄) ~ Beta(p x, q); under the model these places do not depend on x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, ndtri

from zhike.kernel.words import Text
from zhike.value.analysis.btyd.checks import Floats, checked_columns, checked_weights
from zhike.value.analysis.btyd.errors import FitError

if TYPE_CHECKING:
    from zhike.value.analysis.btyd.gamma_gamma import GammaGammaParameters

SLIGHT = 0.1
"""Correlations within ±0.1 do no harm. CDNOW, the model's own example, has 0.16."""

STRONG = 0.3

LEAST_CUSTOMERS = 10.0


@dataclass(frozen=True, slots=True)
class AmountIndependence:
    """How frequency and mean order amount go together.

    Attributes
    ----------
    rank_correlation : float
        Spearman's, of frequency and the place of the mean among those the model expects of that frequency.
        The verdict rests on it: one large order cannot make or hide it. NaN when either is the same for all.
    low, high : float
        Interval of the rank correlation (Fisher's z with the variance of Bonett & Wright 2000).
    correlation : float
        Pearson's, of frequency and plain mean amount, as Fader & Hardie (2013) report it. NaN as above.
    customers : float
        Customers with an order and an amount above 0.
    verdict : str
        ``independent``, ``slight``, ``dependent`` or ``unknown``.
    sentence : Text
        The verdict for a reader.
    """

    rank_correlation: float
    low: float
    high: float
    correlation: float
    customers: float
    verdict: str
    sentence: Text


def amount_independence(
    frequency: ArrayLike,
    mean_order_amount: ArrayLike,
    *,
    fitted: GammaGammaParameters,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
) -> AmountIndependence:
    """Measure the dependence that Gamma-Gamma assumes away.

    Parameters
    ----------
    frequency, mean_order_amount, weights
        As in ``fit_gamma_gamma``; rows with 0 orders or amount 0 are left out.
    fitted : GammaGammaParameters
        The model in doubt, fitted to these amounts.
    confidence : float
        Of the interval, between 0 and 1.

    Raises
    ------
    FitError
        For the input that ``fit_gamma_gamma`` refuses, and ``bad_confidence``.
    """
    if not 0.0 < confidence < 1.0:
        raise FitError(
            "bad_confidence",
            f"confidence is {confidence} but must lie between 0 and 1, for instance 0.95.",
            f"confidence 为 {confidence},必须在 0 和 1 之间,例如 0.95。",
        )
    x, mean = checked_columns({"frequency": frequency, "mean_order_amount": mean_order_amount})
    counts = checked_weights(weights, x.size)
    n = np.ones_like(x) if counts is None else counts
    used = (x > 0) & (mean > 0) & (n > 0)
    law = (fitted.p, fitted.q, fitted.gamma)
    return independence_of(x[used], mean[used], n[used], law, confidence)


def independence_of(
    x: Floats, mean: Floats, n: Floats, law: tuple[float, float, float], confidence: float = 0.95
) -> AmountIndependence:
    """Measure rows of shape (u,) that are all above 0; ``law`` is p, q and gamma."""
    p, q, gamma = law
    customers = float(n.sum())
    place: Floats = np.asarray(betainc(p * x, q, x * mean / (gamma + x * mean)), np.float64)
    rank = weighted_correlation(weighted_ranks(x, n), weighted_ranks(place, n), n)
    low, high = interval(rank, customers, confidence)
    verdict = verdict_of(rank, low, high, customers)
    sentence = _SENTENCES[
        f"{verdict}, {'more' if rank > 0 else 'less'}" if verdict == "dependent" else verdict
    ]
    return AmountIndependence(
        rank_correlation=rank,
        low=low,
        high=high,
        correlation=weighted_correlation(x, mean, n),
        customers=customers,
        verdict=verdict,
        sentence=sentence.format(rank=f"{rank:.2f}", low=f"{low:.2f}", high=f"{high:.2f}"),
    )


def weighted_ranks(values: Floats, n: Floats) -> Floats:
    """Return mid-ranks, shape (u,), as if each row stood there n times."""
    _, at = np.unique(values, return_inverse=True)
    weight = np.bincount(at, n)
    ranks: Floats = (np.cumsum(weight) - weight / 2.0)[at]
    return ranks


def weighted_correlation(first: Floats, second: Floats, n: Floats) -> float:
    """Return Pearson's correlation; NaN when one side does not vary."""
    if first.size < 2:
        return float("nan")
    a = first - np.average(first, weights=n)
    b = second - np.average(second, weights=n)
    spread = float(n @ a**2) * float(n @ b**2)
    flat = np.ptp(first) == 0.0 or np.ptp(second) == 0.0
    return float("nan") if flat or spread <= 0.0 else float(n @ (a * b)) / float(np.sqrt(spread))


def interval(rank: float, customers: float, confidence: float) -> tuple[float, float]:
    """Return the bounds of a rank correlation; (-1, 1) where nothing can be said."""
    if not np.isfinite(rank) or customers <= LEAST_CUSTOMERS:
        return -1.0, 1.0
    half = float(ndtri((1.0 + confidence) / 2.0)) * np.sqrt((1.0 + rank**2 / 2.0) / (customers - 3.0))
    middle = np.arctanh(np.clip(rank, -0.999999, 0.999999))
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))


def verdict_of(rank: float, low: float, high: float, customers: float) -> str:
    """Say dependent only where even the near end of the interval is not slight, or the value is strong."""
    if not np.isfinite(rank) or customers <= LEAST_CUSTOMERS:
        return "unknown"
    nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    if abs(rank) >= STRONG and nearest > SLIGHT:
        return "dependent"
    if abs(rank) <= SLIGHT or nearest == 0.0:
        return "independent"
    return "slight"


_SENTENCES = {
    "independent": Text(
        "购买频率与单次金额之间没有可见的关联（秩相关 {rank}，区间 {low} 至 {high}），符合 Gamma-Gamma 的前提",
        "how often customers order and how much they spend each time show no relation (rank correlation {rank}, "
        "interval {low} to {high}), as Gamma-Gamma assumes",
    ),
    "slight": Text(
        "购买频率与单次金额略有关联（秩相关 {rank}，区间 {low} 至 {high}），对 Gamma-Gamma 的影响不大",
        "how often customers order and how much they spend each time are slightly related (rank correlation "
        "{rank}, interval {low} to {high}), which does Gamma-Gamma little harm",
    ),
    "unknown": Text(
        "客户太少或数值没有差异，无法判断购买频率与单次金额是否有关联",
        "there are too few customers, or too little variation, to tell whether ordering often and spending more "
        "go together",
    ),
    "dependent, more": Text(
        "买得越勤的客户单次花得越多（秩相关 {rank}，区间 {low} 至 {high}）：Gamma-Gamma 会低估最好的客户，"
        "请按客群分别拟合，或改用客户自己的平均金额",
        "customers who order more often spend more each time (rank correlation {rank}, interval {low} to {high}): "
        "Gamma-Gamma undervalues the best; fit groups of customers on their own, or use own mean amounts",
    ),
    "dependent, less": Text(
        "买得越勤的客户单次花得越少（秩相关 {rank}，区间 {low} 至 {high}）：Gamma-Gamma 会高估买得勤的客户，"
        "请按客群分别拟合，或改用客户自己的平均金额",
        "customers who order more often spend less each time (rank correlation {rank}, interval {low} to {high}): "
        "Gamma-Gamma overvalues frequent buyers; fit groups of customers on their own, or use own mean amounts",
    ),
}
