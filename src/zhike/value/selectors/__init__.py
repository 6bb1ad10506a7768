"""What the pages of this domain show."""

from zhike.value.selectors.clv import CLV_TITLE, ClvPage, clv_page
from zhike.value.selectors.clv_backtest import BACKTEST_TITLE, BacktestPage, backtest_page
from zhike.value.selectors.expected import Expected, expected
from zhike.value.selectors.forecast import FORECAST_TITLE, ForecastPage, forecast_page
from zhike.value.selectors.margins import MarginsPage, known_margins, margins_page
from zhike.value.selectors.recommendations import Offers, offers
from zhike.value.selectors.rfm import RFM_TITLE, RfmPage, rfm_page
from zhike.value.selectors.score import SCORE_TITLE, ScorePage, score_page
from zhike.value.selectors.score_reasons import ScoreReasons, score_reasons

__all__ = [
    "BACKTEST_TITLE",
    "CLV_TITLE",
    "FORECAST_TITLE",
    "RFM_TITLE",
    "SCORE_TITLE",
    "BacktestPage",
    "ClvPage",
    "Expected",
    "ForecastPage",
    "MarginsPage",
    "Offers",
    "RfmPage",
    "ScorePage",
    "ScoreReasons",
    "backtest_page",
    "clv_page",
    "expected",
    "forecast_page",
    "known_margins",
    "margins_page",
    "offers",
    "rfm_page",
    "score_page",
    "score_reasons",
]
