"""Shifted beta-geometric (sBG): how long subscribers stay when leaving is seen.

Sources
-------
Fader & Hardie (2007), How to Project Customer Retention, Journal of Interactive Marketing 21(1), 76-90.
Fader & Hardie (2010), Customer-Base Valuation in a Contractual Setting: The Perils of Ignoring Heterogeneity,
Marketing Science 29(1), 85-93.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.checks import (
    Floats,
    checked,
    checked_columns,
    checked_number,
    checked_weights,
    refuse_parameters,
    refuse_rows,
)
from zhike.value.analysis.btyd.errors import BtydError, FitError, PredictionError
from zhike.value.analysis.btyd.fitting import climbed, refuse_blank_unit
from zhike.value.analysis.btyd.newton import LOG_LIMIT, Evaluation, in_logs
from zhike.value.analysis.btyd.sbg_lifetime import discounted_periods, expected_periods, log_survival
from zhike.value.analysis.btyd.summary import weight_at
from zhike.value.analysis.btyd.uncertainty import Uncertainty, uncertainty_at

NAMES = ("alpha", "beta")
STARTS = ((1.0, 1.0), (0.3, 3.0), (10.0, 100.0), (1.0, 0.1))
"""alpha, beta; those after the first are tried only when it fails."""


@dataclass(frozen=True, slots=True)
class SbgParameters:
    """A fitted sBG model.

    Attributes
    ----------
    alpha, beta : float
        Beta distribution over customers of the probability not to renew.
    log_likelihood : float
        Weighted total at the maximum.
    time_unit : str
        The contract period: one renewal each.
    customers : float
        Sum of weights.
    iterations : int
    at_limit : tuple of str
        Parameters that ran away because the data do not need them (both, when all customers are alike).
    uncertainty : Uncertainty or None
        Covariance of log(alpha, beta).
    """

    alpha: float
    beta: float
    log_likelihood: float
    time_unit: str
    customers: float = float("nan")
    iterations: int = 0
    at_limit: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None

    def __post_init__(self) -> None:
        refuse_parameters(dict(self.parameters))

    @property
    def parameters(self) -> Mapping[str, float]:
        """Both parameters by name."""
        return {"alpha": self.alpha, "beta": self.beta}

    def retention_rate(self, renewals: ArrayLike) -> Floats:
        """Return the share of customers with this many renewals who renew once more.

        r_t = (beta + t - 1)/(alpha + beta + t - 1) with t - 1 renewals so far; it grows with t because those
        inclined to leave are gone.
        """
        done = self.beta + whole("renewals", renewals, PredictionError)
        rate: Floats = done / (self.alpha + done)
        return rate

    def survival(self, periods: ArrayLike, *, renewals: ArrayLike = 0) -> Floats:
        """Return the chance of ``periods`` further renewals after ``renewals``: S(t), or S(n+t)/S(n).

        Parameters
        ----------
        periods, renewals : array_like
            Whole numbers; broadcast together.

        Returns
        -------
        ndarray
            In [0, 1], of the broadcast shape.
        """
        ahead = whole("periods", periods, PredictionError)
        done = self.beta + whole("renewals", renewals, PredictionError)
        staying: Floats = np.exp(np.minimum(log_survival(self.alpha, done, ahead), 0.0))
        return staying

    def expected_renewals(self, renewals: ArrayLike, *, horizon: int) -> Floats:
        """Return the renewals expected in the next ``horizon`` periods of a customer still there."""
        until = whole_number("horizon", horizon)
        done = self.beta + whole("renewals", renewals, PredictionError)
        return expected_periods(self.alpha, done, until)

    def discounted_residual_lifetime(self, renewals: ArrayLike, *, discount_rate: float) -> Floats:
        """Return DERL(d) of the 2010 paper: discounted renewals to come, the next one due now and in full.

        A customer with n - 1 renewals stands right before the next renewal is decided:
        (beta+n-1)/(alpha+beta+n-1) · 2F1(1, beta+n; alpha+beta+n; 1/(1+d)). Where the last payment has only just
        come in and the next is a whole period away, divide by 1 + d.

        Parameters
        ----------
        renewals : array_like
            Renewals so far, n - 1; 0 in the first period.
        discount_rate : float
            d for each period: (1 + yearly rate)^(1/12) - 1 for months.

        Returns
        -------
        ndarray
            Of the shape of ``renewals``, to about 1e-12.

        Raises
        ------
        PredictionError
            ``infinite_lifetime`` for d = 0 and alpha ≤ 1: some customers hardly ever leave.
        """
        rate = checked_number("discount_rate", discount_rate, PredictionError)
        done = self.beta + whole("renewals", renewals, PredictionError)
        periods = discounted_periods(self.alpha, done, rate)
        if not np.all(np.isfinite(periods)):
            raise infinite_lifetime(self.alpha)
        lifetime: Floats = periods * (1.0 + rate)
        return lifetime

    def discounted_lifetime(self, *, discount_rate: float) -> float:
        """Return DEL(d) of a new customer, whose first payment is certain: 1 + DERL / (1 + d)."""
        residual = self.discounted_residual_lifetime(0, discount_rate=discount_rate)
        return 1.0 + float(residual) / (1.0 + discount_rate)


def infinite_lifetime(alpha: float) -> PredictionError:
    """Return the refusal to add up a lifetime without end."""
    return PredictionError(
        "infinite_lifetime",
        f"Without a discount the expected lifetime is infinite (alpha = {alpha:.4g}, above 1 is needed); "
        "pass a discount_rate above 0.",
        f"不折现时预期存续期为无穷大(alpha = {alpha:.4g},需大于 1);请传入大于 0 的 discount_rate。",
    )


def whole(name: str, values: ArrayLike, error: type[BtydError]) -> Floats:
    """Return whole numbers from 0 as floats, or refuse them."""
    array = checked(name, values, error)
    refuse_rows(
        array != np.rint(array),
        error,
        "not_whole",
        f"{name} is not a whole number; it is a count.",
        f"{name} 不是整数;它是计数。",
    )
    return array


def whole_number(name: str, value: float) -> int:
    """Return one whole number from 0, or refuse it."""
    return int(whole(name, checked_number(name, value, PredictionError), PredictionError))


class RenewalSummary(NamedTuple):
    """Decisions at the t-th renewal, shape (t,): customers who renewed and who left."""

    renewed: Floats
    left: Floats
    customers: float


def fit_sbg(
    renewals: ArrayLike, left: ArrayLike, *, time_unit: str = "M", weights: ArrayLike | None = None
) -> SbgParameters:
    """Fit sBG by maximum likelihood, 2007 appendix B, with customers who are still there censored.

    Parameters
    ----------
    renewals : array_like, shape (n,)
        Times each customer renewed. Cohorts of any age go together.
    left : array_like of bool, shape (n,)
        Whether the customer did not renew the next time. False: no decision since; the contract runs.
    time_unit : str
        Contract period, kept with the parameters.
    weights : array_like, shape (n,), optional
        Customers each row stands for.

    Raises
    ------
    FitError
        Empty input, columns of different length, missing, negative or fractional numbers, nobody who renewed
        or left, or no convergence.
    """
    refuse_blank_unit(time_unit)
    done, gone = checked_columns({"renewals": renewals, "left": left})
    whole("renewals", done, FitError)
    refuse_rows(
        (gone != 0) & (gone != 1),
        FitError,
        "not_yes_or_no",
        "left is neither true nor false.",
        "left 既不是真也不是假。",
    )
    counts = checked_weights(weights, done.size)
    counts = np.ones_like(done) if counts is None else counts
    size = int(done.max()) + 1
    lost = weight_at(done.astype(np.intp), counts * gone, size)
    reached = weight_at(done.astype(np.intp), counts, size)
    # Whoever renewed k times decided for it at the first k occasions.
    renewed = reached[::-1].cumsum()[::-1] - reached
    return fit_renewals(RenewalSummary(renewed, lost, float(counts.sum())), time_unit)


def fit_sbg_from_survivors(
    cohorts: Sequence[ArrayLike], *, time_unit: str = "Y", weights: ArrayLike | None = None
) -> SbgParameters:
    """Fit sBG from the customers left in each period, one list a cohort: [1000, 869, 743, …].

    Parameters
    ----------
    cohorts : sequence of array_like
        Customers acquired, then those still there after each renewal; cohorts may differ in length. A cohort
        seen from a later period only, [600, 550, …] after its second renewal, does not belong here.
    time_unit, weights
        As in ``fit_sbg``; one weight a cohort.

    Raises
    ------
    FitError
        As ``fit_sbg``; ``survivors_grow`` where customers come back.
    """
    refuse_blank_unit(time_unit)
    columns = [checked_columns({"cohort": cohort})[0] for cohort in cohorts]
    counts = checked_weights(weights, len(columns))
    counts = np.ones(len(columns)) if counts is None else counts
    size = max((column.size for column in columns), default=0)
    renewed, lost = np.zeros(size), np.zeros(size)
    for row, (column, weight) in enumerate(zip(columns, counts, strict=True)):
        refuse_growth(row, column)
        renewed[: column.size - 1] += weight * column[1:]
        lost[: column.size - 1] -= weight * np.diff(column)
    acquired = sum(weight * column[0] for column, weight in zip(columns, counts, strict=True))
    return fit_renewals(RenewalSummary(renewed, lost, float(acquired)), time_unit)


def refuse_growth(row: int, survivors: Floats) -> None:
    """Refuse a cohort that gains customers."""
    if np.any(np.diff(survivors) > 0):
        raise FitError(
            "survivors_grow",
            f"Cohort {row} has more customers in a later period; count those acquired together only.",
            f"第 {row} 个批次的后期客户数多于前期;请只统计同一批获得的客户。",
        )


def fit_renewals(summary: RenewalSummary, time_unit: str) -> SbgParameters:
    """Fit from decisions; refuse data without any."""
    if summary.renewed.sum() <= 0 or summary.left.sum() <= 0:
        raise FitError(
            "no_decisions",
            "Some customers must have renewed and some must have left, or nothing tells how long they stay; "
            "use a longer period.",
            "需要既有续订的客户、也有流失的客户,否则无法估计存续期;请选用更长的时间段。",
        )
    objective = partial(log_likelihood, summary)
    best = climbed(objective, [np.log(start) for start in STARTS], "sBG", int(summary.customers))
    alpha, beta = (float(value) for value in np.exp(best.log_parameters))
    limits = np.abs(best.log_parameters) >= LOG_LIMIT
    return SbgParameters(
        alpha=alpha,
        beta=beta,
        log_likelihood=float(best.value * summary.customers),
        time_unit=time_unit,
        customers=summary.customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, edge in zip(NAMES, limits, strict=True) if edge),
        uncertainty=uncertainty_at(best, NAMES, summary.customers),
    )


def log_likelihood(summary: RenewalSummary, log_parameters: Floats) -> Evaluation:
    """Return the mean log-likelihood a customer with derivatives in log(alpha, beta).

    P(T=t) and S(t) are products of retention rates, so ln L = Σ_t renewed_t ln r_t + left_t ln(1 - r_t).
    """
    parameters = np.exp(log_parameters)
    alpha, beta = parameters
    stays = beta + np.arange(summary.renewed.size)
    both = alpha + stays
    asked = summary.renewed + summary.left
    value = summary.renewed @ np.log(stays) + summary.left.sum() * np.log(alpha) - asked @ np.log(both)
    shared = asked @ (1.0 / both)
    gradient = np.array([summary.left.sum() / alpha - shared, summary.renewed @ (1.0 / stays) - shared])
    hessian = np.full((2, 2), asked @ both**-2.0)
    hessian[0, 0] -= summary.left.sum() / alpha**2
    hessian[1, 1] -= summary.renewed @ stays**-2.0
    n = summary.customers
    return in_logs(parameters, Evaluation(float(value / n), gradient / n, hessian / n))
