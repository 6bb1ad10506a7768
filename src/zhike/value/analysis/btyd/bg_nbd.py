"""BG/NBD: how often a customer orders and whether the customer is still there.

Sources
-------
Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24(2), 275-284. Fader, Hardie & Lee (2005), Implementing the BG/NBD Model for
Customer Base Analysis in Excel. Fader & Hardie (2008), Computing P(alive) Using the BG/NBD Model.
"""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from zhike.value.analysis.btyd.bg_nbd_likelihood import log_likelihood
from zhike.value.analysis.btyd.dropout_after_orders import (
    NAMES,
    OTHER_STARTS,
    START,
    TIMES,
    DropoutAfterOrders,
)
from zhike.value.analysis.btyd.fitting import Model, fit_histories
from zhike.value.analysis.btyd.priors import LogNormalPrior
from zhike.value.analysis.btyd.summary import history_summary

MODEL = Model("BG/NBD", NAMES, TIMES, history_summary, log_likelihood, START, OTHER_STARTS)


@dataclass(frozen=True, slots=True)
class BgNbdParameters(DropoutAfterOrders):
    """A fitted BG/NBD model: customers leave after repeat orders only.

    P(alive) is that of Fader & Hardie (2008), the denominator of eq. 10 in the 2005 paper: a customer with no
    repeat order is alive with certainty. ``expected_orders`` is eq. 10, ``expected_orders_new_customer`` eq. 9.
    Attributes as in ``DropoutAfterOrders``.
    """


def fit_bg_nbd(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    time_unit: str = "W",
    weights: ArrayLike | None = None,
    prior: LogNormalPrior | None = None,
) -> BgNbdParameters:
    """Fit BG/NBD by maximum likelihood, eq. 6.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Repeat orders x: distinct order days minus one.
    tenure_at_last_order : array_like, shape (n,)
        Time t_x from first to last order in ``time_unit``; 0 exactly when x is 0.
    tenure : array_like, shape (n,)
        Time T from first order to the end of observation in ``time_unit``.
    time_unit : str
        Name of the unit, kept with the parameters: "D", "W", "M"…
    weights : array_like, shape (n,), optional
        Customers each row stands for.
    prior : LogNormalPrior, optional
        For small samples: maximises the posterior instead, for instance with ``BG_NBD_PRIOR``.

    Returns
    -------
    BgNbdParameters

    Raises
    ------
    FitError
        Empty input, columns of different length, missing, infinite or negative values, fractional x,
        t_x > T, x > 0 with t_x = 0 and the reverse, no repeat buyer, a prior of another model, or no
        convergence.
    """
    (r, alpha, a, b), facts = fit_histories(
        MODEL, frequency, tenure_at_last_order, tenure, time_unit=time_unit, weights=weights, prior=prior
    )
    return BgNbdParameters(r, alpha, a, b, *facts)
