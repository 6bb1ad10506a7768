"""Gamma-Gamma: what a customer's orders are worth on average.

Source: Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, polygamma

from zhike.kernel.words import Text
from zhike.value.analysis.btyd.amount_warnings import amount_warnings
from zhike.value.analysis.btyd.checks import (
    Floats,
    checked,
    checked_columns,
    checked_weights,
    refuse_parameters,
    refuse_rows,
)
from zhike.value.analysis.btyd.errors import FitError, PredictionError
from zhike.value.analysis.btyd.newton import LOG_LIMIT, Evaluation, Optimum, in_logs, maximum
from zhike.value.analysis.btyd.priors import LogNormalPrior, check_prior, with_prior
from zhike.value.analysis.btyd.summary import unique_codes, weight_at
from zhike.value.analysis.btyd.uncertainty import Uncertainty, uncertainty_at

NAMES = ("p", "q", "gamma")

STARTS = ((1.0, 2.0, 2.0), (5.0, 5.0, 1.0), (0.3, 10.0, 30.0), (50.0, 3.0, 0.1))
"""p, q, gamma (over the mean amount); those after the first are tried only when it fails."""


@dataclass(frozen=True, slots=True)
class GammaGammaParameters:
    """A fitted Gamma-Gamma model.

    Attributes
    ----------
    p : float
        Shape of a customer's order amounts.
    q, gamma : float
        Gamma distribution of the amounts' rate across customers; ``gamma`` is in the unit of the amounts.
    log_likelihood : float
        Weighted total at the estimate, for amounts in their unit; without the prior.
    customers : float
        Sum of the weights of the rows used.
    iterations : int
    at_limit : tuple of str
        Parameters that ran away to the edge of the search because the data do not need them (for
        instance ``p`` when all amounts are equal).
    uncertainty : Uncertainty or None
        Covariance of log(p, q, gamma); None for a model that was restored, not fitted.
    prior : LogNormalPrior or None
        What the fit leaned on; None for plain maximum likelihood.
    warnings : tuple of Text
        What in the amounts the model cannot carry: see ``amount_warnings``.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: float
    iterations: int = 0
    at_limit: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None
    prior: LogNormalPrior | None = None
    warnings: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        refuse_parameters(dict(self.parameters))

    @property
    def parameters(self) -> Mapping[str, float]:
        """The three parameters by name."""
        return {"p": self.p, "q": self.q, "gamma": self.gamma}

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Standard error of each parameter, NaN where there is none; ``uncertainty`` says why."""
        return (self.uncertainty or Uncertainty((), ())).standard_errors(self.parameters)

    @property
    def population_mean(self) -> float:
        """Mean order amount over customers, p·gamma / (q-1).

        Raises
        ------
        PredictionError
            ``infinite_mean`` when q ≤ 1: amounts differ so much that no mean exists.
        """
        if self.q <= 1.0:
            raise infinite_mean(self.q)
        return self.p * self.gamma / (self.q - 1.0)

    def expected_order_amount(self, frequency: ArrayLike, mean_order_amount: ArrayLike) -> Floats:
        """Return E[M | x orders of mean z̄], eq. 5: p (gamma + x z̄) / (p x + q - 1).

        A mean of the customer's own amounts and the population's, weighted p x to q - 1.

        Parameters
        ----------
        frequency : array_like
            Orders averaged over; 0 gives the population mean.
        mean_order_amount : array_like
            Amounts as in the fit; broadcast with ``frequency``. Pass 0 where frequency is 0.

        Returns
        -------
        ndarray
            Of the broadcast shape.

        Raises
        ------
        PredictionError
            Missing, infinite or negative values; ``infinite_mean`` when p x + q ≤ 1 for some row.
        """
        x = checked("frequency", frequency, PredictionError)
        mean = checked("mean_order_amount", mean_order_amount, PredictionError)
        weight = self.p * x + self.q - 1.0
        if np.any(weight <= 0.0):
            raise infinite_mean(self.q)
        amount: Floats = self.p * (self.gamma + x * mean) / weight
        return amount


def infinite_mean(q: float) -> PredictionError:
    """Return the refusal to name a mean that does not exist."""
    return PredictionError(
        "infinite_mean",
        f"The mean order amount of the population is infinite (q = {q:.4g}, above 1 is needed): a few "
        "amounts outweigh all others; remove outliers, or use the observed mean amount instead.",
        f"总体平均订单金额为无穷大(q = {q:.4g},需大于 1):少数订单金额远超其余;"
        "请剔除异常值,或改用实际平均金额。",
    )


class SpendSummary(NamedTuple):
    """What the likelihood needs: unique order counts (u,), rows (n,), and constant sums.

    ``spend`` is x·z̄; ``weights`` has shape (2, n): customers, and customers times orders.
    """

    orders: Floats
    order_weight: Floats
    spend: Floats
    weights: Floats
    log_spend_orders: float
    log_mean: float


def fit_gamma_gamma(
    frequency: ArrayLike,
    mean_order_amount: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    prior: LogNormalPrior | None = None,
) -> GammaGammaParameters:
    """Fit Gamma-Gamma by maximum likelihood, eq. 1a.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Orders x the mean is taken over. Rows with 0 are left out.
    mean_order_amount : array_like, shape (n,)
        Mean amount z̄ of those orders. Rows with 0 are left out: the model knows positive amounts only.
    weights : array_like, shape (n,), optional
        Customers each row stands for.
    prior : LogNormalPrior, optional
        For small samples: maximises the posterior instead, for instance with ``GAMMA_GAMMA_PRIOR``.

    Returns
    -------
    GammaGammaParameters

    Raises
    ------
    FitError
        Empty input, columns of different length, missing, infinite or negative values, fractional x,
        no row left, a prior of another model, or no convergence.
    """
    check_prior(prior, NAMES)
    x, mean = checked_columns({"frequency": frequency, "mean_order_amount": mean_order_amount})
    refuse_rows(
        x != np.rint(x),
        FitError,
        "not_whole",
        "frequency is not a whole number; it counts orders.",
        "frequency 不是整数;它是订单数。",
    )
    counts = checked_weights(weights, x.size)
    n = np.ones_like(x) if counts is None else counts
    used = (x > 0) & (mean > 0) & (n > 0)
    if not used.any():
        raise FitError(
            "no_amounts",
            "No customer has an order with an amount above 0; check the amount column.",
            "没有任何客户的订单金额大于 0;请检查金额列。",
        )
    return fit_used(x[used], mean[used], n[used], prior)


def fit_used(x: Floats, mean: Floats, n: Floats, prior: LogNormalPrior | None) -> GammaGammaParameters:
    """Fit rows of shape (u,) that are all above 0."""
    scale = float(n @ mean) / float(n.sum())
    customers = float(n.sum())
    best = best_fit(spend_summary(x, mean / scale, n), prior)
    value = best.value
    if prior is not None:
        value -= prior.log_density(best.log_parameters, np.zeros(3)).value / customers
    p, q, gamma = (float(value) for value in np.exp(best.log_parameters))
    limits = np.abs(best.log_parameters) >= LOG_LIMIT
    return GammaGammaParameters(
        p=p,
        q=q,
        gamma=gamma * scale,
        # The likelihood is a density in one mean amount a customer, which brings the unit in once.
        log_likelihood=float(customers * (value - np.log(scale))),
        customers=customers,
        iterations=best.iterations,
        at_limit=tuple(name for name, edge in zip(NAMES, limits, strict=True) if edge),
        uncertainty=uncertainty_at(best, NAMES, customers),
        prior=prior,
        warnings=amount_warnings(x, mean, n, (p, q, gamma * scale)),
    )


def spend_summary(x: Floats, mean: Floats, n: Floats) -> SpendSummary:
    """Gather what does not change during the fit; columns of shape (n,), all above 0."""
    orders, order_at = unique_codes(x)
    log_mean = np.log(mean)
    spend = x * mean
    return SpendSummary(
        orders,
        weight_at(order_at, n, orders.size),
        spend,
        np.stack([n, n * x]),
        float((n * x) @ (np.log(x) + log_mean)),
        float(n @ log_mean),
    )


def best_fit(summary: SpendSummary, prior: LogNormalPrior | None = None) -> Optimum:
    """Return the maximum from the first start that ends inside, else the best of all."""
    customers = float(summary.order_weight.sum())
    # Amounts are already in units of their mean, in which the prior counts.
    objective = with_prior(partial(log_likelihood, summary), prior, np.zeros(3), customers)
    converged = []
    for start in STARTS:
        found = maximum(objective, np.log(start))
        if found.inside:
            return found
        converged += [found] if found.converged else []
    if not converged:
        rows = summary.spend.size
        raise FitError(
            "no_convergence",
            f"The Gamma-Gamma fit did not converge for {rows} rows; use more customers or observed means.",
            f"Gamma-Gamma 模型在 {rows} 行数据上未能收敛;请使用更多客户,或直接使用实际平均金额。",
        )
    return max(converged, key=lambda found: found.value)


def log_likelihood(summary: SpendSummary, log_parameters: Floats) -> Evaluation:
    """Return the mean log-likelihood a customer, eq. 1a, with derivatives in log(p, q, gamma).

    ln L = ln Γ(px+q) - ln Γ(px) - ln Γ(q) + q ln gamma + px ln xz̄ - ln z̄ - (px+q) ln(gamma+xz̄).
    """
    parameters = np.exp(log_parameters)
    p, q, gamma = parameters
    customers = summary.order_weight.sum()
    end = gamma + summary.spend
    inverse = 1.0 / end
    # Each is a pair of sums: over customers, and over their orders.
    log_end, first = summary.weights @ np.log(end), summary.weights @ inverse
    second = summary.weights @ (inverse * inverse)
    value, gradient, hessian = shape_terms(summary, p, q)
    mixed = np.array([p, q])
    value += customers * q * np.log(gamma) + p * summary.log_spend_orders - summary.log_mean
    value -= mixed @ log_end[::-1]
    gradient += [
        summary.log_spend_orders - log_end[1],
        customers * np.log(gamma) - log_end[0],
        customers * q / gamma - mixed @ first[::-1],
    ]
    hessian[0, 2] = hessian[2, 0] = -first[1]
    hessian[1, 2] = hessian[2, 1] = customers / gamma - first[0]
    hessian[2, 2] = mixed @ second[::-1] - customers * q / gamma**2
    total = Evaluation(float(value / customers), gradient / customers, hessian / customers)
    return in_logs(parameters, total)


def shape_terms(summary: SpendSummary, p: float, q: float) -> tuple[float, Floats, Floats]:
    """Σ ln Γ(px+q) - ln Γ(px) - ln Γ(q) over unique x; gradient (3,) and Hessian (3, 3)."""
    x, n = summary.orders, summary.order_weight
    both, own = p * x + q, p * x
    value = n @ (gammaln(both) - gammaln(own) - gammaln(q))
    gradient, hessian = np.zeros(3), np.zeros((3, 3))
    gradient[0] = (n * x) @ (digamma(both) - digamma(own))
    gradient[1] = n @ (digamma(both) - digamma(q))
    hessian[0, 0] = (n * x**2) @ (polygamma(1, both) - polygamma(1, own))
    hessian[0, 1] = hessian[1, 0] = (n * x) @ polygamma(1, both)
    hessian[1, 1] = n @ (polygamma(1, both) - polygamma(1, q))
    return float(value), gradient, hessian
