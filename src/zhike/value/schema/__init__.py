"""What a refresh publishes about every customer's worth."""

from zhike.lake.catalog import register
from zhike.value.schema.backtests import BACKTEST_DECILES, BACKTESTS, CLV_INTERVALS, MODEL_CARDS
from zhike.value.schema.clv import ALIVE_VALUE_CELLS, CLV_DECILES, CLV_FORECASTS
from zhike.value.schema.features import CUSTOMER_FEATURES, SUMMED, WINDOW_DAYS
from zhike.value.schema.models import CHURN_MODELS, MODEL_PARAMETERS
from zhike.value.schema.outlook import (
    CHURN_RELIABILITY,
    CHURN_SCORES,
    DEMAND_FORECASTS,
    DEMAND_WEEKS,
    NEXT_ORDERS,
)
from zhike.value.schema.recommendations import BOUGHT_TOGETHER, POPULAR_PRODUCTS, RECOMMENDATIONS
from zhike.value.schema.rfm import RFM_CELLS, RFM_SCORES
from zhike.value.schema.scores import VALUE_SCORES

__all__ = [
    "ALIVE_VALUE_CELLS",
    "BACKTESTS",
    "BACKTEST_DECILES",
    "BOUGHT_TOGETHER",
    "CHURN_MODELS",
    "CHURN_RELIABILITY",
    "CHURN_SCORES",
    "CLV_DECILES",
    "CLV_FORECASTS",
    "CLV_INTERVALS",
    "CUSTOMER_FEATURES",
    "DEMAND_FORECASTS",
    "DEMAND_WEEKS",
    "MODEL_CARDS",
    "MODEL_PARAMETERS",
    "NEXT_ORDERS",
    "POPULAR_PRODUCTS",
    "RECOMMENDATIONS",
    "RFM_CELLS",
    "RFM_SCORES",
    "SUMMED",
    "VALUE_SCORES",
    "WINDOW_DAYS",
]

register(
    CUSTOMER_FEATURES,
    RFM_SCORES,
    CLV_FORECASTS,
    VALUE_SCORES,
    MODEL_PARAMETERS,
    RFM_CELLS,
    CLV_DECILES,
    ALIVE_VALUE_CELLS,
    BACKTESTS,
    BACKTEST_DECILES,
    CLV_INTERVALS,
    MODEL_CARDS,
    CHURN_SCORES,
    CHURN_RELIABILITY,
    CHURN_MODELS,
    NEXT_ORDERS,
    DEMAND_FORECASTS,
    DEMAND_WEEKS,
    RECOMMENDATIONS,
    BOUGHT_TOGETHER,
    POPULAR_PRODUCTS,
)
