"""What is to come: who stays away, who orders next and when, what will be sold."""

from __future__ import annotations

from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake import catalog
from zhike.pipeline.stages.stage import Refresh, describe_models
from zhike.value.analysis import churn, demand, gaps, next_orders
from zhike.value.analysis.churn import Propensity, Rhythm, Sample, Unlearnable
from zhike.value.analysis.features import refusing_buyers
from zhike.value.analysis.parameters import parameter_table

MOST_LEARNT_FROM = 20_000
_ROWS_A_PART = 250_000


def outlook(refresh: Refresh) -> int:
    buyers = refresh.draft.keep("churn_inputs", churn.churn_inputs(refresh.features))
    fitted = _learnt(refresh, buyers)
    rows = _churn(refresh, buyers, fitted)
    rows += _next_orders(refresh, within_days=fitted.horizon_days)
    return rows + _demand(refresh)


def _churn(refresh: Refresh, buyers: ir.Table, fitted: churn.ChurnModels) -> int:
    draft = refresh.draft
    scored = draft.fold(
        buyers, "customer_id", partial(churn.churn_scores, fitted=fitted), rows_a_part=_ROWS_A_PART
    )[churn.SCORES]
    rows = draft.produce("churn_scores", scored.mutate(as_of=ibis.literal(refresh.as_of)))
    rows += draft.produce_rows("churn_reliability", churn.reliability_rows(fitted))
    refusing = draft.count(refusing_buyers(refresh.features))
    described = parameter_table(churn.churn_parameter_rows(fitted, no_profiling=refusing))
    describe_models(refresh, described)
    return rows


def _learnt(refresh: Refresh, buyers: ir.Table) -> churn.ChurnModels:
    """The models of both horizons, from the closed months of a sample."""
    draft, stages = refresh.draft, refresh.models.lifecycle
    until = churn.last_closed_day(refresh.as_of)
    chosen = draft.keep("churn_sample", churn.sampled(buyers, most=MOST_LEARNT_FROM, of=draft.count(buyers)))
    sample = _sample(refresh, chosen, until)
    first = sample.first_order_on
    lost_days = churn.lost_horizon_days(
        refresh.value_settings.lost_days,
        lost_days=stages.lost_days,
        dormant_days=stages.dormant_days,
        history_days=(until - first).days if first else 0,
    )
    learnt: dict[int, Propensity] = {}
    reason = None
    for horizon_days in (churn.SOON_DAYS, lost_days):
        found = churn.learn(sample, until=until, horizon_days=horizon_days)
        if isinstance(found, Unlearnable):
            reason = found.reason
        else:
            learnt[horizon_days] = found
    return churn.churn_models(
        lost_days,
        Rhythm(stages.at_risk_days, stages.dormant_days, stages.lost_days),
        refresh.models.clv.alive_model,
        learnt,
        churn.columns_of(draft.fetch(buyers.semi_join(chosen, "customer_id"))),
        reason if lost_days not in learnt else None,
    )


def _sample(refresh: Refresh, chosen: ir.Table, until: date) -> Sample:
    draft = refresh.draft
    orders, lines, products, profiles = (
        draft.table(name) for name in ("orders", "order_lines", "products", "profiles")
    )
    return Sample(
        draft.fetch(churn.sample_orders(orders, chosen, profiles, as_of=until)),
        draft.fetch(churn.first_category_days(lines, orders, products, chosen, profiles, as_of=until)),
    )


def _next_orders(refresh: Refresh, *, within_days: int) -> int:
    """Of orders as a whole, and of each category."""
    draft, as_of = refresh.draft, refresh.as_of
    orders, lines, products, profiles = (
        draft.table(name) for name in ("orders", "order_lines", "products", "profiles")
    )
    scores = draft.table("churn_scores")
    numbered = next_orders.numbered_categories(_categories(refresh))
    days = next_orders.category_days_of_likely(
        (lines, orders, products), draft.load("categories", numbered), profiles, scores, as_of=as_of
    )
    whole = next_orders.order_days_of_likely(orders, profiles, scores, as_of=as_of)
    made = [
        _expected(refresh, whole, [next_orders.WHOLE_SHOP], within_days),
        _expected(refresh, days, numbered["category"].to_pylist(), within_days),
    ]
    return draft.produce("next_orders", ibis.union(*made).mutate(as_of=ibis.literal(as_of)))


def _expected(refresh: Refresh, days: ir.Table, names: list[str], within_days: int) -> ir.Table:
    draft, as_of = refresh.draft, refresh.as_of
    sums = draft.fold(days, "customer_id", gaps.gap_sums)[gaps.GAP_SUMS]
    fitted = gaps.fit_gaps(gaps.series_of(draft.fetch(sums.order_by("customer_id", "item"))))
    made = draft.fold(
        sums,
        "customer_id",
        partial(next_orders.next_orders, fitted=fitted, names=names, as_of=as_of, within_days=within_days),
        rows_a_part=_ROWS_A_PART,
    )
    return made[next_orders.NEXT_ORDERS]


def _categories(refresh: Refresh) -> list[str]:
    products = refresh.draft.table("products")
    named = products.filter(products.category.notnull() & (products.category != ""))
    found: list[str] = refresh.draft.fetch(named.select("category").distinct())["category"].to_pylist()
    return found


def _demand(refresh: Refresh) -> int:
    draft, as_of = refresh.draft, refresh.as_of
    orders = draft.table("orders")
    by_category = demand.category_weeks(
        draft.table("order_lines"), orders, draft.table("products"), as_of=as_of
    )
    sold = pa.concat_tables(
        draft.fetch(weeks) for weeks in (demand.order_weeks(orders, as_of=as_of), by_category)
    )
    forecasts, weeks = demand.demand_tables(sold, first_day=_first_day(refresh), as_of=as_of)
    made = 0
    for name, columns in (("demand_forecasts", forecasts), ("demand_weeks", weeks)):
        schema = catalog.table(name).arrow_schema()
        made += draft.produce_rows(name, pa.table(columns, schema=schema))
    return made


def _first_day(refresh: Refresh) -> date | None:
    days = refresh.days
    found = refresh.draft.fetch(days.aggregate(first=days.day.min())).to_pylist()
    first: date | None = found[0]["first"] if found else None
    return first
