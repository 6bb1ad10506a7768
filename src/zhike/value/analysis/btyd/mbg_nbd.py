"""MBG/NBD: BG/NBD with a chance to leave after the first order too.

Sources
-------
Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 201-209. Hoppe & Wagner (2007), Customer base
analysis: The case for a central variant of the Betageometric/NBD Model, Marketing JRM 3(2), 75-90 (the same
model as CBG/NBD).
"""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

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

MODEL = Model(
    "MBG/NBD",
    NAMES,
    TIMES,
    partial(history_summary, keep_one_time=True),
    partial(log_likelihood, first_chance=1),
    START,
    OTHER_STARTS,
)


@dataclass(frozen=True, slots=True)
class MbgNbdParameters(DropoutAfterOrders):
    """A fitted MBG/NBD model: customers leave after any order, the first included.

    So P(alive) of one-time buyers falls with time, as that of all others does. Given x, t_x and T of somebody
    alive, p ~ Beta(a, b + x + 1) and λ ~ Gamma(r + x, alpha + T); expectations are those of BG/NBD with these.
    Attributes as in ``DropoutAfterOrders``.
    """

    first_chance: ClassVar[int] = 1


def fit_mbg_nbd(
    frequency: ArrayLike,
    tenure_at_last_order: ArrayLike,
    tenure: ArrayLike,
    *,
    time_unit: str = "W",
    weights: ArrayLike | None = None,
    prior: LogNormalPrior | None = None,
) -> MbgNbdParameters:
    """Fit MBG/NBD by maximum likelihood: the marginal likelihood of Batislam et al. (2007).

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
        For small samples: maximises the posterior instead, for instance with ``MBG_NBD_PRIOR``.

    Returns
    -------
    MbgNbdParameters

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
    return MbgNbdParameters(r, alpha, a, b, *facts)
