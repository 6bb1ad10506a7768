"""Learning from closed months: what was known on one day, and who ordered in the days after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from zhike.kernel.words import Text
from zhike.value.analysis.churn.inputs import Columns, Sample, feature_matrix, usual_gap_of_shop
from zhike.value.analysis.churn.measures import Flags, Floats, Measures, ReliabilityBin, measures, reliability
from zhike.value.analysis.churn.models import (
    LEAST_CUSTOMERS,
    LEAST_OF_EACH,
    PropensityModel,
    fit_propensity,
    is_enough,
)

LEAST_HISTORY_DAYS, _LEAST_STEP_DAYS = 60, 30
_RECENCY_BINS = 10


@dataclass(frozen=True, slots=True)
class Slice:
    """What is known until `cut_off` tells who orders after it, until `until`; both days included."""

    cut_off: date
    until: date


@dataclass(frozen=True)
class Known:
    """The rows of one slice; `quiet` are those without an order in it."""

    slice: Slice
    customers: npt.NDArray[np.int64]
    inputs: dict[str, npt.NDArray[Any]]
    quiet: Flags


@dataclass(frozen=True)
class Quality:
    """How well a model does on days later than those that it learnt from.

    `rule` is the simple rule on the same customers: the share that stayed quiet among those who were as recent and
    as frequent. `is_of_other_customers` where the days of both slices overlap: then the customers do not.
    """

    learnt: Slice
    tested: Slice
    customers: int
    quiet: int
    is_of_other_customers: bool
    model: Measures
    rule: Measures
    reliability: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Propensity:
    """A model for one horizon and what it rests on; `quality` is None where the history is too short to test it."""

    horizon_days: int
    learnt: Slice
    customers: int
    quiet: int
    usual_gap_days: float
    model: PropensityModel
    quality: Quality | None

    def quiet_probabilities(self, inputs: Columns) -> Floats:
        """How likely each is to order nothing within the horizon."""
        return self.model.probabilities(feature_matrix(inputs, self.usual_gap_days))


@dataclass(frozen=True)
class Unlearnable:
    """Why there is no model."""

    reason: Text


def last_closed_day(as_of: date) -> date:
    """The last day of the month before that of `as_of`."""
    return as_of.replace(day=1) - timedelta(days=1)


def lost_horizon_days(wished_days: int, *, lost_days: int, dormant_days: int, history_days: int) -> int:
    """After how many days without an order a customer counts as lost, for a forecast.

    What the settings say, else the days of the lifecycle stage “lost”; or of “dormant”, half as long, where the
    history does not reach back twice as far as a model that is tested on later days needs.
    """
    if wished_days:
        return wished_days
    return lost_days if history_days >= 2 * lost_days + LEAST_HISTORY_DAYS else dormant_days


def learn(sample: Sample, *, until: date, horizon_days: int) -> Propensity | Unlearnable:
    """A model of who orders nothing for `horizon_days`, from orders until a day alone; or why there is none.

    It learns from the newest days that the horizon leaves, and is tested with a twin that learnt from earlier
    ones.
    """
    newest = Slice(until - timedelta(days=horizon_days), until)
    first = sample.first_order_on
    if first is None or newest.cut_off - timedelta(days=LEAST_HISTORY_DAYS) < first:
        return Unlearnable(_TOO_SHORT.format(days=horizon_days + LEAST_HISTORY_DAYS, first=first or "—"))
    known = _known(sample, newest)
    if not is_enough(known.quiet):
        quiet = int(known.quiet.sum())
        return Unlearnable(
            _TOO_FEW.format(
                all=len(known.quiet),
                quiet=quiet,
                rest=len(known.quiet) - quiet,
                least=LEAST_CUSTOMERS,
                each=LEAST_OF_EACH,
            )
        )
    gap = usual_gap_of_shop(known.inputs)
    return Propensity(
        horizon_days=horizon_days,
        learnt=newest,
        customers=len(known.quiet),
        quiet=int(known.quiet.sum()),
        usual_gap_days=gap,
        model=fit_propensity(feature_matrix(known.inputs, gap), known.quiet),
        quality=_tested(sample, known, first, horizon_days),
    )


_TOO_SHORT = Text(
    "历史太短：需要 {days} 天的完整月份订单，第一单在 {first}。",
    "The history is too short: it takes {days} days of orders in whole months, the first order was on {first}.",
)
_TOO_FEW = Text(
    "可学习的客户太少：共 {all} 位，其中 {quiet} 位没有再下单、{rest} 位再下单；至少要 {least} 位，两种各 {each} 位。",
    "Too few customers to learn from: {all}, of whom {quiet} did not order again and {rest} did; "
    "it takes {least}, and {each} of each kind.",
)


def _known(sample: Sample, of: Slice) -> Known:
    customers, inputs = sample.buyers_on(of.cut_off)
    came = sample.buyers_within(of.cut_off, of.until)
    return Known(of, customers, inputs, ~np.isin(customers, came))


def _tested(sample: Sample, later: Known, first: date, horizon_days: int) -> Quality | None:
    """A twin that learns from earlier days, as much earlier as the horizon is long if the history reaches back so far."""
    room = (later.slice.cut_off - first).days - LEAST_HISTORY_DAYS
    step = min(horizon_days, room)
    if step < min(_LEAST_STEP_DAYS, horizon_days):
        return None
    back = timedelta(days=step)
    earlier = _known(sample, Slice(later.slice.cut_off - back, later.slice.until - back))
    overlaps = step < horizon_days
    if overlaps:
        earlier, later = _part(earlier, of_odd=False), _part(later, of_odd=True)
    if not is_enough(earlier.quiet) or not len(later.quiet):
        return None
    gap = usual_gap_of_shop(earlier.inputs)
    twin = fit_propensity(feature_matrix(earlier.inputs, gap), earlier.quiet)
    said = twin.probabilities(feature_matrix(later.inputs, gap))
    return Quality(
        learnt=earlier.slice,
        tested=later.slice,
        customers=len(later.quiet),
        quiet=int(later.quiet.sum()),
        is_of_other_customers=overlaps,
        model=measures(said, later.quiet),
        rule=measures(_rule(earlier, later), later.quiet),
        reliability=reliability(said, later.quiet),
    )


def _part(known: Known, *, of_odd: bool) -> Known:
    # Not the lowest bit alone: whoever was added in turns by two sources would stand on one side.
    chosen = ((known.customers * 2_654_435_761 >> 16) & 1 == 1) == of_odd
    inputs = {name: values[chosen] for name, values in known.inputs.items()}
    return Known(known.slice, known.customers[chosen], inputs, known.quiet[chosen])


def _rule(earlier: Known, later: Known) -> Floats:
    """The rate of the same cell of recency (tenths) and frequency (1, 2–4, 5 and more orders) at the earlier time."""
    borders = np.quantile(earlier.inputs["recency_days"], np.linspace(0, 1, _RECENCY_BINS + 1)[1:-1])

    def cells(known: Known) -> npt.NDArray[np.intp]:
        recency = np.searchsorted(borders, known.inputs["recency_days"], side="right")
        return recency * 3 + np.searchsorted([2, 5], known.inputs["order_count"], side="right")

    size = 3 * _RECENCY_BINS
    at = cells(earlier)
    counts = np.bincount(at, minlength=size)
    hits = np.bincount(at, weights=earlier.quiet, minlength=size)
    # A cell of few leans on the rate of all.
    rates: Floats = (hits + 5 * earlier.quiet.mean()) / (counts + 5)
    return rates[cells(later)]
