"""One measure for every answer: how likely its parameters are, and what our formulas make of the same parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from scipy.special import betaln, gammaln

from zhike.value.analysis.btyd import BgNbdParameters, GammaGammaParameters


@dataclass(frozen=True)
class Verdict:
    """Log-likelihoods of all customers; `total` is the CLV by our formulas, in the periods that the peer counts in."""

    orders: float
    amounts: float
    total: float


class Referee:
    """Judges answers about the customers of one file."""

    def __init__(self, file: Path) -> None:
        table = pq.read_table(file)
        self._history = [table[name].to_numpy().astype(np.float64) for name in ("frequency", "recency", "T")]
        self._mean = table["monetary_value"].to_numpy()

    def of(self, answer: Mapping[str, Any]) -> Verdict:
        """Of what a `with_*.py` printed."""
        orders, amounts = answer["orders"], answer["amounts"]
        return Verdict(
            orders=self._likelihood_of_orders(**orders),
            amounts=self._likelihood_of_amounts(**amounts),
            total=self._total(orders, amounts, answer["steps"], answer["discount"]),
        )

    def _likelihood_of_orders(self, r: float, alpha: float, a: float, b: float) -> float:
        """Fader, Hardie & Lee (2005), eq. 6."""
        x, last, tenure = self._history
        repeat = np.maximum(x, 1)
        stayed = betaln(a, b + x) - (r + x) * np.log(alpha + tenure)
        left = betaln(a + 1, b + repeat - 1) - (r + x) * np.log(alpha + last)
        either = np.where(x > 0, np.logaddexp(stayed, left), stayed)
        return float(
            np.sum(either + gammaln(r + x)) + x.size * (r * np.log(alpha) - gammaln(r) - betaln(a, b))
        )

    def _likelihood_of_amounts(self, p: float, q: float, v: float) -> float:
        """Fader & Hardie (2013), eq. 1a, of the repeat buyers."""
        is_repeat = self._mean > 0
        x, mean = self._history[0][is_repeat], self._mean[is_repeat]
        terms = gammaln(p * x + q) - gammaln(p * x) + p * x * np.log(x * mean) - np.log(mean)
        terms -= (p * x + q) * np.log(v + x * mean)
        return float(np.sum(terms) + x.size * (q * np.log(v) - gammaln(q)))

    def _total(
        self,
        orders: Mapping[str, float],
        amounts: Mapping[str, float],
        steps: Sequence[float],
        discount: float,
    ) -> float:
        model = BgNbdParameters(**orders, log_likelihood=0.0, time_unit="W")
        spend = GammaGammaParameters(amounts["p"], amounts["q"], amounts["v"], 0.0, 0.0)
        each = spend.expected_order_amount(self._history[0], self._mean)
        if not steps:
            value = model.discounted_expected_orders(*self._history, horizon=52, discount_rate=discount)
            return float(value @ each)
        cumulative = [0.0]
        cumulative += [float(model.expected_orders(*self._history, horizon=end) @ each) for end in steps]
        return float(np.diff(cumulative) @ (1 + discount) ** -np.arange(1.0, len(steps) + 1))
