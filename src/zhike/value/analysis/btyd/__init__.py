"""BG/NBD and Gamma-Gamma ("buy till you die"): expected orders and order amounts of customers.

Pure NumPy and SciPy. Times are plain numbers in the ``time_unit`` of the fit.
See ``docs/algorithms/clv.md``.
"""

from zhike.value.analysis.btyd.bg_nbd import BgNbdParameters, fit_bg_nbd
from zhike.value.analysis.btyd.errors import BtydError, FitError, PredictionError
from zhike.value.analysis.btyd.gamma_gamma import GammaGammaParameters, fit_gamma_gamma

__all__ = [
    "BgNbdParameters",
    "BtydError",
    "FitError",
    "GammaGammaParameters",
    "PredictionError",
    "fit_bg_nbd",
    "fit_gamma_gamma",
]
