"""The stages of a refresh, in order: each describes tables and hands them to the draft to run."""

from __future__ import annotations

from zhike.kernel.words import Text
from zhike.pipeline import catalog  # noqa: F401 - every table must be known
from zhike.pipeline.stages.backtest import backtest, intervals
from zhike.pipeline.stages.history import cohorts, history
from zhike.pipeline.stages.outlook import outlook
from zhike.pipeline.stages.people import features, profiles
from zhike.pipeline.stages.recommending import recommendations
from zhike.pipeline.stages.scoring import models, scores
from zhike.pipeline.stages.stage import Refresh, Stage
from zhike.pipeline.stages.summaries import kpis, segments, summaries

__all__ = ["STAGES", "Refresh", "Stage"]

STAGES = (
    Stage("profiles", Text("读取客户档案", "Profiles"), profiles),
    Stage("features", Text("计算客户特征", "Features"), features),
    Stage("backtest", Text("回测各模型", "Back-test"), backtest),
    Stage("models", Text("拟合模型", "Models"), models),
    Stage("outlook", Text("展望未来", "Outlook"), outlook),
    Stage("scores", Text("打分与分级", "Scores and tiers"), scores),
    Stage("segments", Text("客户分群", "Segments"), segments),
    Stage("summaries", Text("汇总", "Summaries"), summaries),
    Stage("intervals", Text("预测区间", "Intervals"), intervals),
    Stage("recommendations", Text("商品推荐", "Recommendations"), recommendations),
    Stage("kpis", Text("经营指标", "KPIs"), kpis),
    Stage("history", Text("逐月历史", "History by month"), history),
    Stage("cohorts", Text("同期群", "Cohorts"), cohorts),
)
