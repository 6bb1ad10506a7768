"""The supervised models: chosen by cross-validated log loss, then calibrated on what cross-validation predicted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zhike.value.analysis.churn.ensembles import Linear, Trees, linear_of, trees_of
from zhike.value.analysis.churn.inputs import FEATURES, GROUPS
from zhike.value.analysis.churn.measures import Flags, Floats

LEAST_CUSTOMERS, LEAST_OF_EACH = 200, 20
_FOLDS = 3
MOST_TELLING = 4
_ASKED_TO_TELL = 2_000
_LEAST_FOR_TREES, _LEAST_FOR_ISOTONIC = 1_000, 2_000
_LOGIT_LIMIT, _SMOOTH = 12.0, 1.0


@dataclass(frozen=True)
class Calibration:
    """From what a model says to how often it happens: a line through `xs`, `ys` (monotone), flat beyond its ends."""

    method: str
    xs: Floats
    ys: Floats

    def __call__(self, raw: Floats) -> Floats:
        return np.interp(raw, self.xs, self.ys)


@dataclass(frozen=True)
class PropensityModel:
    """What a model learnt of whom it happens to.

    `ordinary` is, feature by feature, the median of those to whom it did not happen. `telling` are the groups of
    features that move the probability most, on average: reasons are sought among them alone, for each costs as much as
    another prediction.
    """

    method: str
    estimator: Linear | Trees
    calibration: Calibration
    ordinary: Floats
    telling: tuple[str, ...]
    cross_validated_log_loss: float

    def probabilities(self, matrix: Floats) -> Floats:
        """Calibrated, in [0, 1]; one for each row of `feature_matrix`."""
        return self.calibration(self.raw(matrix))

    def raw(self, matrix: Floats) -> Floats:
        """As the model says, before it is calibrated."""
        return _share(self.estimator.log_odds(matrix))

    def told(self, matrix: Floats) -> tuple[Floats, Floats]:
        """`probabilities`, and how much higher each is than with one group of features as of the ordinary who stayed.

        Exact: the model is asked again. One column for each of `GROUPS`, 0 for those that tell little; calibrated probabilities would make steps of
        them, so these are the model's own.
        """
        groups = [[FEATURES.index(name) for name in GROUPS[group]] for group in self.telling]
        shares = _share(self.estimator.log_odds_with(matrix, self.ordinary, groups))
        effects = np.zeros((len(matrix), len(GROUPS)))
        codes = list(GROUPS)
        for number, group in enumerate(self.telling, 1):
            effects[:, codes.index(group)] = shares[:, 0] - shares[:, number]
        return self.calibration(shares[:, 0]), effects


def _share(log_odds: Floats) -> Floats:
    share: Floats = 1 / (1 + np.exp(-log_odds))
    return share


def is_enough(happened: Flags) -> bool:
    """Whether there are enough customers, of both kinds, to learn from."""
    count = int(happened.sum())
    return len(happened) >= LEAST_CUSTOMERS and min(count, len(happened) - count) >= LEAST_OF_EACH


def fit_propensity(matrix: Floats, happened: Flags) -> PropensityModel:
    """The better of the candidates by log loss on folds that it was not fitted on; always the same for the same rows.

    Parameters
    ----------
    matrix, happened
        As `feature_matrix`, and for each row whether it happened; `is_enough`.
    """
    with _one_thread():
        return _fitted(matrix, happened)


def _one_thread() -> AbstractContextManager[object]:
    """Beside other work, threads that wait for each other cost twenty times what they save."""
    # Only libraries that are loaded can be held to one thread.
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)  # type: ignore[no-any-return]


def _fitted(matrix: Floats, happened: Flags) -> PropensityModel:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(n_splits=_FOLDS, shuffle=True, random_state=0)
    best: tuple[float, str, Floats] | None = None
    candidates = _candidates(len(matrix))
    for name, make in candidates.items():
        said = cross_val_predict(make(), matrix, happened, cv=folds, method="predict_proba")[:, 1]
        loss = _log_loss(said, happened)
        if best is None or loss < best[0]:
            best = (loss, name, said)
    assert best is not None
    loss, name, said = best
    estimator = _numbers_of(candidates[name]().fit(matrix, happened))
    ordinary: Floats = np.median(matrix[~happened], axis=0)
    fitted = PropensityModel(name, estimator, _calibrated(said, happened), ordinary, tuple(GROUPS), loss)
    return replace(fitted, telling=_telling(fitted, matrix))


def _telling(model: PropensityModel, matrix: Floats) -> tuple[str, ...]:
    """The groups with the largest mean effects on some of the customers."""
    some = matrix[:: max(1, len(matrix) // _ASKED_TO_TELL)]
    sizes = np.abs(model.told(some)[1]).mean(axis=0)
    codes = list(GROUPS)
    return tuple(codes[place] for place in np.argsort(-sizes, kind="stable")[:MOST_TELLING])


def _candidates(rows: int) -> dict[str, Callable[[], Any]]:
    return {"logistic": _logistic} | ({"gradient_boosting": _trees} if rows >= _LEAST_FOR_TREES else {})


def _numbers_of(estimator: Any) -> Linear | Trees:
    return (
        linear_of(*(step for _, step in estimator.steps))
        if hasattr(estimator, "steps")
        else trees_of(estimator)
    )


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=500))


def _trees() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.15,
        max_leaf_nodes=12,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    )


def _calibrated(said: Floats, happened: Flags) -> Calibration:
    return _isotonic(said, happened) if len(said) >= _LEAST_FOR_ISOTONIC else _sigmoid(said, happened)


def _isotonic(said: Floats, happened: Flags) -> Calibration:
    """Isotonic regression of twenty-odd even bins: as monotone, and it does not run to 0 and 1 at the ends."""
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(said, kind="stable")
    bins = np.array_split(order, min(40, len(order) // 100))
    xs = np.array([said[each].mean() for each in bins])
    ys = np.array([(happened[each].sum() + _SMOOTH) / (len(each) + 2 * _SMOOTH) for each in bins])
    rising = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(xs, ys)
    return Calibration("isotonic", xs, np.asarray(rising))


def _sigmoid(said: Floats, happened: Flags) -> Calibration:
    """Platt's: a logistic regression on the log odds."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0).fit(_logit(said)[:, None], happened)
    slope = max(float(fitted.coef_[0, 0]), 0.0)
    xs = np.linspace(0.0, 1.0, 201)
    ys = 1 / (1 + np.exp(-(slope * _logit(xs) + float(fitted.intercept_[0]))))
    return Calibration("sigmoid", xs, ys)


def _logit(probabilities: Floats) -> Floats:
    sure = np.clip(probabilities, 1e-9, 1 - 1e-9)
    logit: Floats = np.clip(np.log(sure / (1 - sure)), -_LOGIT_LIMIT, _LOGIT_LIMIT)
    return logit


def _log_loss(said: Floats, happened: npt.NDArray[np.bool_]) -> float:
    sure = np.clip(said, 1e-9, 1 - 1e-9)
    return float(-np.where(happened, np.log(sure), np.log(1 - sure)).mean())
