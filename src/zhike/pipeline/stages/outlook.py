"""What is to come: who stays away, who orders next and when, what will be sold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.pipeline.stages.stage import Refresh, describe_models
from zhike.value.analysis import changes, churn, demand, gaps, next_orders
from zhike.value.analysis.churn import Propensity, Rhythm, Sample, Unlearnable
from zhike.value.analysis.drawing import rows_of_drawn
from zhike.value.analysis.features import refusing_buyers
from zhike.value.analysis.parameters import parameter_table

MOST_LEARNT_FROM = 20_000
_ROWS_A_PART = 250_000


def outlook(refresh: Refresh) -> int:
    buyers = refresh.draft.keep("churn_inputs", churn.churn_inputs(refresh.features))
    fitted = _learnt(refresh, buyers)
    refresh.drop_drawn()
    rows = _churn(refresh, buyers, fitted)
    refresh.draft.drop(buyers)
    rows += _next_orders(refresh, within_days=fitted.horizon_days)
    with ThreadPoolExecutor(max_workers=1) as beside:
        sold = beside.submit(_demand, refresh)
        refresh.next_orders = _by_customer(refresh)
        return rows + sold.result()


def _churn(refresh: Refresh, buyers: ir.Table, fitted: churn.ChurnModels) -> int:
    draft = refresh.draft
    scored = draft.fold(
        buyers, "customer_id", partial(churn.churn_scores, fitted=fitted), rows_a_part=_ROWS_A_PART
    )[churn.SCORES]
    rows = draft.produce("churn_scores", scored.mutate(as_of=ibis.literal(refresh.as_of)))
    draft.drop(scored)
    rows += draft.produce_rows("churn_reliability", churn.reliability_rows(fitted))
    refusing = draft.count(refusing_buyers(refresh.features))
    described = parameter_table(churn.churn_parameter_rows(fitted, no_profiling=refusing))
    describe_models(refresh, described)
    return rows


def _learnt(refresh: Refresh, buyers: ir.Table) -> churn.ChurnModels:
    """The models of both horizons, from the closed months of a sample."""
    draft, stages = refresh.draft, refresh.models.lifecycle
    until = churn.last_closed_day(refresh.as_of)
    known = churn.known_buyers(refresh.features, until=until)
    found = draft.fetch(known.aggregate(count=known.count(), first=known.first_order_on.min())).to_pylist()
    count, first = (found[0]["count"], found[0]["first"]) if found else (0, None)
    lost_days = churn.lost_horizon_days(
        refresh.value_settings.lost_days,
        lost_days=stages.lost_days,
        dormant_days=stages.dormant_days,
        history_days=(until - first).days if first else 0,
    )
    mark = f"{churn.FINGERPRINT}: {MOST_LEARNT_FROM} of {count} until {until}, lost after {lost_days}"
    rhythm = Rhythm(stages.at_risk_days, stages.dormant_days, stages.lost_days)
    learnt = _carried(refresh, mark)
    if learnt:
        draft.carry("churn_models")
        return churn.churn_models(lost_days, rhythm, refresh.models.clv.alive_model, learnt, None, None)
    share = MOST_LEARNT_FROM / max(count, 1)
    chosen = draft.keep("churn_sample", churn.sampled(known, refresh.people, share=share))
    learnt, reason = _learn(_sample(refresh, chosen, share, until), until, lost_days)
    schema = catalog.table("churn_models").arrow_schema()
    draft.produce_rows("churn_models", churn.model_rows(learnt, mark, schema))
    everyone = None
    if churn.CHURN not in learnt:
        everyone = churn.columns_of(draft.fetch(buyers.semi_join(chosen, "customer_id")))
    return churn.churn_models(lost_days, rhythm, refresh.models.clv.alive_model, learnt, everyone, reason)


def _carried(refresh: Refresh, mark: str) -> dict[str, Propensity]:
    """What was learnt earlier in the month, unless something changed that it rests on."""
    draft, before = refresh.draft, refresh.draft.before
    if before is None or not refresh.past_is_unchanged or before.lacks("churn_models"):
        return {}
    orders = draft.table("orders")
    begun = changes.refunded_between(orders, before=before.as_of, now=refresh.as_of)
    # A refund that was known ahead of its day takes a buyer of the closed months away.
    if draft.count(begun.filter(begun.ordered_on < ibis.literal(refresh.as_of.replace(day=1)))):
        return {}
    found = churn.models_of(before.rows(before.table("churn_models")), mark)
    return found if found.keys() == {churn.CHURN, churn.PURCHASE} else {}


def _learn(sample: Sample, until: date, lost_days: int) -> tuple[dict[str, Propensity], Text | None]:
    """The models that could be learnt, and why not that of staying away where it could not."""
    learnt: dict[str, Propensity] = {}
    reason = None
    for name, horizon_days in ((churn.PURCHASE, churn.SOON_DAYS), (churn.CHURN, lost_days)):
        found = churn.learn(sample, until=until, horizon_days=horizon_days)
        if isinstance(found, Unlearnable):
            reason = found.reason if name == churn.CHURN else None
        else:
            learnt[name] = found
    return learnt, reason


def _sample(refresh: Refresh, chosen: ir.Table, share: float, until: date) -> Sample:
    draft = refresh.draft
    orders, products, profiles = (draft.table(name) for name in ("orders", "products", "profiles"))
    lines = rows_of_drawn(draft.table("order_lines"), refresh.merged, share)
    drawn = refresh.orders_of_drawn(share)
    return Sample(
        draft.fetch(churn.sample_orders(drawn, chosen, profiles, as_of=until)),
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
    rows = draft.produce("next_orders", ibis.union(*made).mutate(as_of=ibis.literal(as_of)))
    draft.drop(*made)
    return rows


def _by_customer(refresh: Refresh) -> ir.Table:
    """`next_orders.by_customer` of what was just expected."""
    draft, as_of = refresh.draft, refresh.as_of
    rows = next_orders.worth_listing(draft.table("next_orders"), as_of=as_of)
    made = draft.fold(rows, "customer_id", partial(next_orders.by_customer, as_of=as_of))
    return made[next_orders.BY_CUSTOMER]


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
    draft.drop(sums)
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
