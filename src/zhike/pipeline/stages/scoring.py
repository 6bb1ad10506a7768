"""The models, and the one wide table that everything about a customer is cut from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake import catalog
from zhike.lake.snapshots import Draft
from zhike.pipeline.scores import Deciles, Forecasts, Models, scored_customers
from zhike.pipeline.stages.stage import Refresh
from zhike.pipeline.stages.weighing import buyers_with_signals, describe_score, fit_score, learn_weights
from zhike.segments.analysis import lifecycle
from zhike.value.analysis import clv, parameters, rfm
from zhike.value.analysis import scores as value_scores
from zhike.value.analysis.backtest import champions_of
from zhike.value.analysis.deciles import DecileCuts, fit_deciles
from zhike.value.analysis.features import refusing_buyers
from zhike.value.analysis.model_cards import Training, model_card_rows


def models(refresh: Refresh) -> int:
    draft = refresh.draft
    refresh.buyers = draft.keep("buyers", buyers_with_signals(refresh))
    buyers, champions = draft.fetch(refresh.buyers), champions_of(refresh.measured)
    # The fit keeps one core busy while the others read orders to learn from.
    with ThreadPoolExecutor(max_workers=1) as beside:
        sample = clv.evenly(buyers, clv.MOST_FITTED)
        fitting = beside.submit(clv.fit_clv, buyers, refresh.value_settings, champions, sample=sample)
        learned = learn_weights(refresh)
        scored = buyers if refresh.rfm_inputs is None else draft.fetch(refresh.rfm_inputs)
        fitted_rfm = rfm.fit_rfm(scored, refresh.value_settings)
        stages = lifecycle.fit_lifecycle(lifecycle.lifecycle_inputs(buyers), refresh.lifecycle_settings)
        refusing = draft.count(refusing_buyers(refresh.features))
        expected = fitting.result()
    score = fit_score(refresh, sample, expected, learned)
    refresh.models = Models(rfm=fitted_rfm, clv=expected, lifecycle=stages, scoring=score.scoring)
    rows = parameters.rfm_parameter_rows(refresh.models.rfm, refresh.value_settings)
    rows += parameters.clv_parameter_rows(refresh.models.clv)
    rows += lifecycle.lifecycle_parameter_rows(refresh.models.lifecycle)
    training = Training.of(buyers, as_of=refresh.as_of, no_profiling=refusing)
    described = describe_score(refresh, score, buyers=buyers.num_rows, no_profiling=refusing)
    rows += described.parameters
    schema = catalog.table("model_cards").arrow_schema()
    cards = model_card_rows(refresh.models.clv, training, champions, refresh.measured, schema)
    made = draft.produce_rows("model_parameters", parameters.parameter_table(rows))
    return made + draft.produce_rows("model_cards", pa.concat_tables([cards, described.card]))


def scores(refresh: Refresh) -> int:
    draft, models = refresh.draft, refresh.models
    # The large fold alone leaves cores idle, for Python hands out its work one call after another.
    with ThreadPoolExecutor(max_workers=1) as beside:
        spend = beside.submit(_decile_cuts, draft, refresh.buyers, "spend_amount")
        forecast = _forecasts(refresh)
        deciles = Deciles(clv=_decile_cuts(draft, forecast, "clv_365d"), spend=spend.result())
    made = Forecasts(forecast, draft.table("churn_scores"), refresh.next_orders)
    scored = scored_customers(
        refresh.features, made, refresh.rfm_inputs, models, deciles, refresh.tier_settings
    )
    rows = draft.produce("customer_overview", scored)
    draft.drop(forecast)
    for name in ("customer_features", "clv_forecasts", "value_scores", "tier_members"):
        draft.cut(name)
    if refresh.rfm_inputs is None:
        draft.cut("rfm_scores")
    else:
        draft.produce(
            "rfm_scores", rfm.rfm_scores(rfm.with_rfm(refresh.features, refresh.rfm_inputs, models.rfm))
        )
    return rows


def _forecasts(refresh: Refresh) -> ir.Table:
    models = refresh.models
    # Many buyers share a history, which is forecast once if they are in one part.
    made = refresh.draft.fold(
        refresh.buyers,
        "tenure_days",
        partial(value_scores.scored_forecasts, fitted=models.clv, scoring=models.scoring),
        rows_a_part=250_000,
    )
    return made[clv.FORECASTS]


def _decile_cuts(draft: Draft, buyers: ir.Table, column: str) -> DecileCuts:
    return fit_deciles(draft.fetch(buyers.select("customer_id", column)), column)
