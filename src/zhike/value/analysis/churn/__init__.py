"""Who will probably not come back and who will order soon, learnt from closed months, with reasons.

See ``docs/algorithms/churn.md``.
"""

from zhike.value.analysis.churn.describing import churn_parameter_rows, reliability_rows
from zhike.value.analysis.churn.inputs import (
    Sample,
    churn_inputs,
    columns_of,
    first_category_days,
    known_buyers,
    sample_orders,
    sampled,
)
from zhike.value.analysis.churn.learning import (
    Propensity,
    Unlearnable,
    last_closed_day,
    learn,
    lost_horizon_days,
)
from zhike.value.analysis.churn.scores import (
    CHURN,
    PURCHASE,
    SCORES,
    SOON_DAYS,
    ChurnModels,
    Rhythm,
    churn_models,
    churn_scores,
)
from zhike.value.analysis.churn.written import FINGERPRINT, model_rows, models_of

__all__ = [
    "CHURN",
    "FINGERPRINT",
    "PURCHASE",
    "SCORES",
    "SOON_DAYS",
    "ChurnModels",
    "Propensity",
    "Rhythm",
    "Sample",
    "Unlearnable",
    "churn_inputs",
    "churn_models",
    "churn_parameter_rows",
    "churn_scores",
    "columns_of",
    "first_category_days",
    "known_buyers",
    "last_closed_day",
    "learn",
    "lost_horizon_days",
    "model_rows",
    "models_of",
    "reliability_rows",
    "sample_orders",
    "sampled",
]
