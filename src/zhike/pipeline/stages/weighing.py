"""What the value score weighs: signals besides the orders, margins, and the weights, learned ones included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import pyarrow as pa

from zhike.lake import catalog
from zhike.pipeline.stages.stage import Refresh
from zhike.value.analysis import clv, margins, scores
from zhike.value.analysis.backtest import Split
from zhike.value.analysis.backtest.orders import COUNTED_SHARE, known_customers, split_orders
from zhike.value.analysis.clv import ClvParameters
from zhike.value.analysis.features import counted_orders
from zhike.value.analysis.scores import Scoring, describing, learning, signals


@dataclass(frozen=True, slots=True)
class Score:
    """`chosen` weights sum to 1 over all components; those of `scoring` only over what there is data for."""

    scoring: Scoring
    chosen: dict[str, float]
    learned: learning.Learned


@dataclass(frozen=True, slots=True)
class Described:
    """Rows of `model_parameters` and of `model_cards`."""

    parameters: list[describing.Row]
    card: pa.Table


def buyers_with_signals(refresh: Refresh) -> ir.Table:
    """`clv_inputs` with what else is known of them; nothing is read where there is nothing."""
    known = [*_look_back(refresh), *_signals(refresh, refresh.as_of), *_margins(refresh)]
    return scores.with_signals(clv.clv_inputs(refresh.features), *known)


def learn_weights(refresh: Refresh) -> learning.Learned:
    """What the spend of the last closed months taught, or was known of it."""
    return _carried(refresh) or _learned(refresh)


def fit_score(refresh: Refresh, sample: pa.Table, fitted: ClvParameters, learned: learning.Learned) -> Score:
    """The weights in force and the ranks of a sample of the buyers."""
    chosen = scores.weights_of(refresh.score_choice, learned.best_weights)
    return Score(scores.fitted_scoring(sample, fitted, chosen), chosen, learned)


def describe_score(refresh: Refresh, score: Score, *, buyers: int, no_profiling: int) -> Described:
    rows = describing.score_parameter_rows(score.scoring, refresh.score_choice, score.chosen)
    tiers = refresh.tier_settings
    # Pages below the tiers say from them who would move.
    rows += [("tiers", name, float(getattr(tiers, name)), None) for name in ("high_from", "middle_from")]
    card = describing.score_card_rows(
        score.scoring,
        refresh.score_choice,
        score.learned,
        buyers=buyers,
        no_profiling=no_profiling,
        schema=catalog.table("model_cards").arrow_schema(),
    )
    return Described([*rows, *describing.learning_rows(score.learned)], card)


def _look_back(refresh: Refresh) -> Iterator[ir.Table]:
    """RFM over fewer days than the whole life: frequency and spend of the score are those, too."""
    if refresh.rfm_inputs is not None:
        known = refresh.rfm_inputs
        yield known.select(
            "customer_id", rfm_order_count=known.order_count, rfm_spend_amount=known.spend_amount
        )


def _margins(refresh: Refresh) -> Iterator[ir.Table]:
    if refresh.value_settings.clv_basis == "revenue":
        return
    draft, shares = refresh.draft, refresh.value_settings.category_margins
    lines, orders, products, profiles = (
        draft.table(name) for name in ("order_lines", "orders", "products", "profiles")
    )
    if draft.count(margins.has_costs(products, shares)):
        dated = draft.fetch(margins.dated_costs(products))
        periods = draft.load("cost_periods", margins.cost_periods(dated)) if dated.num_rows else None
        sums = margins.customer_margins(
            lines, orders, products, profiles, shares=shares, as_of=refresh.as_of, periods=periods
        )
        yield draft.keep("customer_margins", sums)


def _signals(refresh: Refresh, as_of: date, only: ir.Table | None = None) -> Iterator[ir.Table]:
    """The tables of `signals` that have a row on a day; of some customers only, where they are given."""
    draft = refresh.draft
    events, profiles = draft.table("events"), draft.table("profiles")
    if not draft.count(events):
        return
    if only is not None:
        profiles = profiles.semi_join(only, "customer_id")
    for name, of in (("active_days", signals.active_days), ("feedback", signals.feedback)):
        made = draft.keep(name, of(events, profiles, as_of=as_of))
        if draft.count(made):
            yield made
    yield from _referred(refresh, as_of)


def _referred(refresh: Refresh, as_of: date) -> Iterator[ir.Table]:
    draft = refresh.draft
    said = draft.fetch(
        signals.referrals(draft.table("events"), draft.table("profiles"), refresh.people, as_of=as_of)
    )
    if not said.num_rows:
        return
    edges = signals.first_referrals(said)
    newcomers = draft.load("newcomers", edges.select(["customer_id"]))
    if as_of == refresh.as_of:
        spend = refresh.features.select("customer_id", "spend_amount").semi_join(newcomers, "customer_id")
    else:
        spend = _spend_of(refresh, newcomers, as_of)
    yield draft.load("referred", signals.brought(edges, draft.fetch(spend)))


def _spend_of(refresh: Refresh, customers: ir.Table, as_of: date) -> ir.Table:
    draft = refresh.draft
    orders = counted_orders(draft.table("orders"), as_of=as_of)
    theirs = draft.table("profiles").semi_join(customers, "customer_id").select("profile_id", "customer_id")
    joined = orders.join(theirs, "profile_id")
    return joined.group_by("customer_id").aggregate(spend_amount=joined.net_amount.sum())


def _carried(refresh: Refresh) -> learning.Learned | None:
    """What was learned earlier in the month, unless something changed that it rests on."""
    draft, before = refresh.draft, refresh.draft.before
    if before is None or not refresh.past_is_unchanged or before.lacks("model_parameters"):
        return None
    swapped = draft.swapped("events")
    for each, rows in ((swapped.gone, swapped.gone_rows), (swapped.come, swapped.come_rows)):
        if rows and draft.count(each.filter(each.occurred_on < refresh.as_of.replace(day=1))):
            return None
    return describing.learning_of(before.rows(before.table("model_parameters")))


def _learned(refresh: Refresh) -> learning.Learned:
    first = refresh.first_order_on
    split = learning.learning_split(first, refresh.as_of) if first else None
    if split is None:
        return learning.Learned(learning.TOO_SHORT)
    draft = refresh.draft
    past = learning.past_of(draft.fetch(_orders_around(refresh, split)), split)
    if past.inputs.num_rows < learning.LEAST_CUSTOMERS:
        return learning.Learned(learning.TOO_FEW, split.known_until, split.holdout_days, past.inputs.num_rows)
    people = draft.load("learnt_from", past.inputs)
    known = _signals(refresh, split.known_until, people.select("customer_id"))
    inputs = draft.fetch(scores.with_signals(people, *known)).sort_by("customer_id")
    return scores.learned_weights(inputs, past, split)


def _orders_around(refresh: Refresh, split: Split) -> ir.Table:
    """The orders of a sample of customers, those after the split included; `person_id` is the customer's id."""
    draft = refresh.draft
    counted = known_customers(refresh.orders_with_drawn(COUNTED_SHARE), split)
    counts = draft.fetch(counted)["profiles"].to_pylist()
    known = int(counts[0]) if counts else 0
    rows = split_orders(
        refresh.orders_of_drawn(learning.MOST_LEARNT_FROM / max(known, 1)),
        refresh.merged,
        refresh.people,
        split,
        known=known,
        most=learning.MOST_LEARNT_FROM,
    )
    named = rows.join(refresh.people.select("person_id", "customer_id"), "person_id")
    return named.select("ordered_on", "net_amount", person_id="customer_id")
