"""How well data pin parameters down: the curvature of the log-likelihood at its maximum."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from zhike.kernel.words import Text
from zhike.value.analysis.btyd.checks import Floats
from zhike.value.analysis.btyd.newton import LOG_LIMIT, Optimum

AT_LIMIT = Text(
    "数据不需要该参数，它停在搜索范围的边界，没有标准误",
    "the data do not need this parameter, which ran to the edge of the search; it has no standard error",
)
FLAT = Text(
    "似然函数在最大值处过于平坦，无法给出标准误",
    "the likelihood is too flat at its maximum for a standard error",
)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Covariance of the logarithms of fitted parameters.

    From the observed information: the inverse of minus the Hessian of the log-likelihood (with a prior: of
    the log posterior, so that these are posterior standard deviations). It holds for many customers, and if
    the model is right.

    Attributes
    ----------
    names : tuple of str
        Parameters with a standard error, in the order of the matrix.
    log_covariance : tuple of tuple of float
        Covariance of their natural logarithms; it has no unit and does not change with the time unit.
    reasons : tuple of (str, Text)
        The other parameters, and why they have none. The matrix holds them fixed.
    """

    names: tuple[str, ...]
    log_covariance: tuple[tuple[float, ...], ...]
    reasons: tuple[tuple[str, Text], ...] = ()

    def log_standard_error(self, name: str) -> float:
        """Standard deviation of the log of a parameter; NaN where ``reasons`` says why there is none."""
        if name not in self.names:
            return float("nan")
        at = self.names.index(name)
        return float(np.sqrt(self.log_covariance[at][at]))

    def standard_errors(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """Standard errors of ``parameters`` (name to value) by the delta method: value times that of the log.

        NaN where ``reasons`` says why there is none.
        """
        return {name: value * self.log_standard_error(name) for name, value in parameters.items()}

    def interval(self, name: str, value: float, *, confidence: float = 0.95) -> tuple[float, float]:
        """Bounds of a parameter, symmetric in its log, so that they stay above 0; NaN without an error."""
        half = float(ndtri((1.0 + confidence) / 2.0)) * self.log_standard_error(name)
        return value * float(np.exp(-half)), value * float(np.exp(half))


def uncertainty_at(best: Optimum, names: tuple[str, ...], customers: float) -> Uncertainty:
    """Return the uncertainty at the maximum of a mean over ``customers``.

    Parameters at the edge of the search are held there.
    """
    free = np.abs(best.log_parameters) < LOG_LIMIT
    held = tuple((name, AT_LIMIT) for name, moves in zip(names, free, strict=True) if not moves)
    free_names = tuple(name for name, moves in zip(names, free, strict=True) if moves)
    information = -customers * best.hessian[np.ix_(free, free)]
    if not free_names or not np.all(np.isfinite(information)):
        return Uncertainty((), (), (*held, *((name, FLAT) for name in free_names)))
    curvature, axes = np.linalg.eigh(information)
    if curvature[0] <= 1e-12 * curvature[-1]:
        return Uncertainty((), (), (*held, *((name, FLAT) for name in free_names)))
    covariance = (axes / curvature) @ axes.T
    return Uncertainty(free_names, tuple(tuple(map(float, row)) for row in covariance), held)


def transformed(found: Uncertainty, matrix: Floats, labels: tuple[str, ...]) -> Uncertainty:
    """Return the uncertainty of ``matrix`` (k, k) times the coordinates 0 … k-1 that ``found`` names.

    What depends on a coordinate without an error has none either, for the same reason.
    """
    free = np.array([str(column) in found.names for column in range(matrix.shape[1])])
    reasons = {int(name): why for name, why in found.reasons}
    lost = [[why for column, why in reasons.items() if row[column] != 0.0] for row in matrix]
    kept = np.array([not whys for whys in lost])
    rows = matrix[np.ix_(kept, free)]
    covariance = rows @ np.array(found.log_covariance).reshape(rows.shape[1], rows.shape[1]) @ rows.T
    return Uncertainty(
        tuple(label for label, whys in zip(labels, lost, strict=True) if not whys),
        tuple(tuple(map(float, row)) for row in covariance),
        tuple((label, whys[0]) for label, whys in zip(labels, lost, strict=True) if whys),
    )
