"""Models of customers who "buy till they die": expected orders, order amounts and lifetimes.

Pure NumPy and SciPy. Times are plain numbers in the ``time_unit`` of the fit.
See ``docs/algorithms/clv.md``.
"""

from zhike.value.analysis.btyd.amount_independence import AmountIndependence, amount_independence
from zhike.value.analysis.btyd.bg_bb import BgBbParameters, fit_bg_bb
from zhike.value.analysis.btyd.bg_nbd import BgNbdParameters, fit_bg_nbd
from zhike.value.analysis.btyd.bg_nbd_covariates import (
    BgNbdCovariateParameters,
    fit_bg_nbd_with_covariates,
)
from zhike.value.analysis.btyd.errors import BtydError, FitError, PredictionError
from zhike.value.analysis.btyd.forecasts import OrderForecasts, order_forecasts
from zhike.value.analysis.btyd.gamma_gamma import GammaGammaParameters, fit_gamma_gamma
from zhike.value.analysis.btyd.intervals_mean import expectation_interval
from zhike.value.analysis.btyd.intervals_orders import (
    order_interval,
    order_probabilities,
    probability_of_at_most,
)
from zhike.value.analysis.btyd.intervals_spend import spend_interval
from zhike.value.analysis.btyd.intervals_total import total_orders, total_spend
from zhike.value.analysis.btyd.mbg_nbd import MbgNbdParameters, fit_mbg_nbd
from zhike.value.analysis.btyd.pareto_nbd import ParetoNbdParameters, fit_pareto_nbd
from zhike.value.analysis.btyd.priors import (
    BG_NBD_PRIOR,
    GAMMA_GAMMA_PRIOR,
    MBG_NBD_PRIOR,
    PARETO_NBD_PRIOR,
    LogNormalPrior,
)
from zhike.value.analysis.btyd.sbg import SbgParameters, fit_sbg, fit_sbg_from_survivors
from zhike.value.analysis.btyd.uncertainty import Uncertainty

__all__ = [
    "BG_NBD_PRIOR",
    "GAMMA_GAMMA_PRIOR",
    "MBG_NBD_PRIOR",
    "PARETO_NBD_PRIOR",
    "AmountIndependence",
    "BgBbParameters",
    "BgNbdCovariateParameters",
    "BgNbdParameters",
    "BtydError",
    "FitError",
    "GammaGammaParameters",
    "LogNormalPrior",
    "MbgNbdParameters",
    "OrderForecasts",
    "ParetoNbdParameters",
    "PredictionError",
    "SbgParameters",
    "Uncertainty",
    "amount_independence",
    "expectation_interval",
    "fit_bg_bb",
    "fit_bg_nbd",
    "fit_bg_nbd_with_covariates",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
    "fit_sbg",
    "fit_sbg_from_survivors",
    "order_forecasts",
    "order_interval",
    "order_probabilities",
    "probability_of_at_most",
    "spend_interval",
    "total_orders",
    "total_spend",
]
