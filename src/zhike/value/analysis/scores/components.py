"""What the value score is made of, and where a customer stands in each of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake.arrays import numpy_column

COMPONENTS: Mapping[str, Text] = {
    "recency": Text("最近购买", "Recency"),
    "frequency": Text("购买次数", "Frequency"),
    "monetary": Text("消费金额", "Monetary"),
    "clv": Text("未来价值（CLV）", "Expected value (CLV)"),
    "engagement": Text("互动", "Engagement"),
    "referral": Text("带来的客户", "Referrals"),
    "feedback": Text("评价与反馈", "Feedback"),
}
NEUTRAL = 50.0
"""Where somebody stands of whom a component knows nothing: the mean of everybody else."""

NOBODY_KNOWN = -1
"""Active days of somebody without any event."""

_MOST_KNOTS = 1_000
# A rating of today weighs so much; the mean of the shop counts as one more of them.
FRESH = 1_000

Floats = npt.NDArray[np.float64]


def column_of(component: str) -> str:
    """The column of `value_scores`.

    >>> column_of("recency")
    'recency_component'
    """
    return f"{component}_component"


@dataclass(frozen=True, slots=True)
class Ranks:
    """The percent rank of values among those it was made of, shape (k,): 100 × (share below + half the share equal).

    Their mean is 50, whatever the distribution. Between two values it goes straight.
    """

    values: Floats
    ranks: Floats

    @classmethod
    def of(cls, values: Floats) -> Ranks:
        """At most a thousand values are kept, evenly by rank."""
        known, counts = np.unique(values, return_counts=True)
        below = np.cumsum(counts) - counts
        ranks = 100 * (below + counts / 2) / max(1, len(values))
        if len(known) > _MOST_KNOTS:
            kept = np.unique(np.searchsorted(ranks, np.linspace(ranks[0], ranks[-1], _MOST_KNOTS)))
            known, ranks = known[kept], ranks[kept]
        return cls(known, ranks)

    def at(self, values: Floats) -> Floats:
        """0 to 100, to a tenth; neutral where the ranks were made of nobody."""
        if not len(self.values):
            return np.full(len(values), NEUTRAL)
        if len(values) and np.ptp(values) < len(values):
            lowest = values.min()
            places = (values - lowest).astype(np.int64)
            # Days and counts: there are fewer numbers than customers, and each is ranked once.
            if (places == values - lowest).all():
                ranked: Floats = self._between(lowest + np.arange(places.max() + 1))[places]
                return ranked
        return self._between(values)

    def _between(self, values: Floats) -> Floats:
        # Places of rising values are next to each other; those of any are searched, which takes twice the time.
        order, ranked = np.argsort(values), np.empty(len(values))
        ranked[order] = np.interp(values[order], self.values, self.ranks)
        return np.round(ranked, 1)


@dataclass(frozen=True)
class Scoring:
    """How customers are scored: `weights` sum to 1 and are 0 for a component without data, which has no `ranks`.

    `rating` is the mean of all ratings, 0 to 100.
    """

    ranks: Mapping[str, Ranks]
    weights: Mapping[str, float]
    rating: float = NEUTRAL

    @property
    def known(self) -> tuple[str, ...]:
        """The components that have data."""
        return tuple(name for name in COMPONENTS if name in self.ranks)


def mean_rating(inputs: pa.Table) -> float:
    """Of all ratings of buyers, the recent ones weighing more; `NEUTRAL` without any."""
    weight = _given(inputs, "feedback_weight").sum()
    return float(_given(inputs, "feedback_sum").sum() / weight) if weight else NEUTRAL


def measured(inputs: pa.Table, clv: Floats, rating: float) -> dict[str, tuple[Floats, npt.NDArray[np.bool_]]]:
    """What every component measures, more is better, and of whom it is known; components without data are left out.

    Parameters
    ----------
    inputs
        `clv_inputs`, with whatever `signals` has added.
    clv
        Expected value of each, in minor units.
    """
    everyone = np.ones(inputs.num_rows, dtype=bool)
    counts = "rfm_order_count" if "rfm_order_count" in inputs.column_names else "order_count"
    spend = "rfm_spend_amount" if "rfm_spend_amount" in inputs.column_names else "spend_amount"
    found = {
        "recency": (-_given(inputs, "recency_days"), everyone),
        "frequency": (_given(inputs, counts), everyone),
        "monetary": (_given(inputs, spend), everyone),
        # To whole units, as the deciles: the last digits of a float may differ from one run to the next.
        "clv": (np.round(clv), everyone),
    }
    if "active_days" in inputs.column_names:
        days = _given(inputs, "active_days")
        found["engagement"] = (days, days > NOBODY_KNOWN)
    if "referral_amount" in inputs.column_names:
        found["referral"] = (_given(inputs, "referral_amount"), everyone)
    if "feedback_weight" in inputs.column_names:
        found["feedback"] = (ratings(inputs, rating), _given(inputs, "feedback_weight") > 0)
    return {name: each for name, each in found.items() if each[1].any() or not inputs.num_rows}


def ratings(inputs: pa.Table, rating: float) -> Floats:
    """The mean rating of each, 0 to 100, drawn towards the shop's by one rating, so that a single one decides little."""
    weight, total = _given(inputs, "feedback_weight"), _given(inputs, "feedback_sum")
    drawn: Floats = np.round((total + FRESH * rating) / (weight + FRESH), 4)
    return drawn


def fit_scoring(
    sample: pa.Table, clv: Floats, chosen: Mapping[str, float], default: Mapping[str, float]
) -> Scoring:
    """The ranks of a sample of buyers, and the weights of those components that have data.

    Where only components without data have a weight, the default weights are taken.
    """
    rating = mean_rating(sample)
    ranks = {name: Ranks.of(values[known]) for name, (values, known) in measured(sample, clv, rating).items()}
    weights = shared_out(chosen, tuple(ranks)) or shared_out(default, tuple(ranks))
    return Scoring(ranks, weights, rating)


def shared_out(weights: Mapping[str, float], known: tuple[str, ...]) -> dict[str, float]:
    """Weights that sum to 1 over the components with data, 0 for the others; nothing where none of those has one.

    >>> shared_out({"recency": 3, "frequency": 1, "clv": 4}, ("recency", "frequency"))["recency"]
    0.75
    """
    total = sum(weights.get(name, 0.0) for name in known)
    if total <= 0:
        return {}
    return {name: weights.get(name, 0.0) / total if name in known else 0.0 for name in COMPONENTS}


def component_columns(inputs: pa.Table, clv: Floats, scoring: Scoring) -> dict[str, Floats]:
    """Where each buyer stands, 0 to 100, in every component that has data."""
    placed = {}
    for name, (values, known) in measured(inputs, clv, scoring.rating).items():
        if name in scoring.ranks:
            placed[name] = np.where(known, scoring.ranks[name].at(values), NEUTRAL)
    return placed


def weighted(placed: Mapping[str, Floats], weights: Mapping[str, float], rows: int) -> Floats:
    """The score: the sum of weight × component, 0 to 100, to a tenth."""
    total: Floats = sum((weights[name] * values for name, values in placed.items()), np.zeros(rows))
    return np.round(total, 1)


def _given(inputs: pa.Table, name: str) -> npt.NDArray[Any]:
    if name not in inputs.column_names:
        return np.zeros(inputs.num_rows)
    return numpy_column(inputs, name).astype(np.float64)
