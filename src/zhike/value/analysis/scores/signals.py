"""What is known of buyers besides their orders: visits, ratings, and whom they brought."""

from __future__ import annotations

import math
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.lake.arrays import numpy_column
from zhike.value.analysis.scores.components import FRESH

ENGAGED_DAYS = 90
RATING_HALF_LIFE_DAYS = 180
REFERRAL_LEVELS = 3
"""Whom a customer brought, whom those brought, and whom those brought; each level counts half of the one before."""

RATING_EVENTS = ("product_reviewed", "survey_answered")
REFERRED = "referred"
# What the shop did, not the customer.
_NOT_THEIR_DOING = ("_contacted", "_sent", "_delivered", "_bounced", "_failed")
# No backslashes: the engines read them differently.
_STARS = '"(?:stars|csat|satisfaction)" *: *([1-5])[,} ]'
_PROMOTER = '"nps" *: *(10|[0-9])[,} ]'
_NPS_SURVEY = '"survey" *: *"nps"'
_ANY_SCORE = ": *(10|[0-9])[,} ]"
_REFERRER = '"referrer_profile_id" *: *"?([0-9]+)'

Ints = npt.NDArray[np.int64]


def active_days(events: ir.Table, profiles: ir.Table, *, as_of: date) -> ir.Table:
    """`customer_id, active_days`: days of the last 90 on which a customer did something; a row for whoever ever did."""
    theirs = _of_customers(events, profiles, as_of=as_of)
    for ending in _NOT_THEIR_DOING:
        theirs = theirs.filter(~theirs.name.endswith(ending))
    recent = theirs.occurred_on > ibis.literal(as_of - timedelta(days=ENGAGED_DAYS))
    return theirs.group_by("customer_id").aggregate(active_days=theirs.occurred_on.nunique(where=recent))


def feedback(events: ir.Table, profiles: ir.Table, *, as_of: date) -> ir.Table:
    """`customer_id, feedback_sum, feedback_weight` of stars, satisfaction (1–5) and recommendation (0–10).

    A rating is 0 to 100; it weighs 1,000 on its day and half as much every 180 days. Whole numbers, so that every
    engine adds up to the same.
    """
    rated = events.filter(events.name.isin(RATING_EVENTS))
    found = _of_customers(rated, profiles, as_of=as_of)
    rating = _rating(found.properties)
    age = ibis.literal(as_of).delta(found.occurred_on, unit="day").cast("float64")
    weight = (FRESH * (age * (-math.log(2) / RATING_HALF_LIFE_DAYS)).exp()).round().cast("int64")
    rows = found.mutate(rating=rating, weight=weight)
    rows = rows.filter(rows.rating.notnull() & (rows.weight > 0))
    return rows.group_by("customer_id").aggregate(
        feedback_sum=(rows.rating * rows.weight).sum(), feedback_weight=rows.weight.sum()
    )


def referrals(events: ir.Table, profiles: ir.Table, everyone: ir.Table, *, as_of: date) -> ir.Table:
    """`customer_id, referrer_id, occurred_at, event_id`: who says they were brought by whom; nobody who refused profiling.

    From events `referred` of the newcomer that name the profile of the referrer.
    """
    said = _of_customers(events.filter(events.name == REFERRED), profiles, as_of=as_of)
    said = said.mutate(referrer_profile=_number(said.properties, _REFERRER))
    referrers = profiles.select(referrer_profile="profile_id", referrer_id="customer_id")
    named = said.join(referrers, "referrer_profile")
    named = named.select("customer_id", "referrer_id", "occurred_at", "event_id")
    named = named.filter(named.customer_id != named.referrer_id)
    refusing = everyone.filter(everyone.no_profiling)
    for side in ("customer_id", "referrer_id"):
        named = named.anti_join(refusing.select(**{side: refusing.customer_id}), side)
    return named


def first_referrals(said: pa.Table) -> pa.Table:
    """One row a newcomer, by the first time: `customer_id, referrer_id`."""
    rows = said.sort_by(
        [("customer_id", "ascending"), ("occurred_at", "ascending"), ("event_id", "ascending")]
    )
    _, first = np.unique(numpy_column(rows, "customer_id"), return_index=True)
    return rows.take(first).select(["customer_id", "referrer_id"])


def brought(edges: pa.Table, spend: pa.Table) -> pa.Table:
    """What the customers that somebody brought have spent: `customer_id, referred_count, referral_amount`.

    The spend of those brought directly counts whole, of those whom they brought half, of those a quarter; whoever
    would meet themselves on the way up (a circle) is passed over.

    Parameters
    ----------
    edges
        As `first_referrals` gives them.
    spend
        `customer_id, spend_amount` of the newcomers, in minor units.
    """
    newcomers, above = numpy_column(edges, "customer_id"), numpy_column(edges, "referrer_id")
    quarters = 2**REFERRAL_LEVELS // 2 * _looked_up(newcomers, spend)
    referrer, path = above, [newcomers]
    people, amounts, counts = [], [], []
    is_on = np.ones(len(newcomers), dtype=bool)
    for level in range(REFERRAL_LEVELS):
        is_on = is_on & (referrer >= 0) & ~np.logical_or.reduce([referrer == each for each in path])
        people.append(referrer[is_on])
        amounts.append(quarters[is_on] >> level)
        counts.append(np.full(int(is_on.sum()), int(level == 0)))
        path.append(referrer)
        referrer = _referrer_of(referrer, newcomers, above)
    who, place = np.unique(np.concatenate(people), return_inverse=True)
    total = np.zeros(len(who), np.int64)
    np.add.at(total, place, np.concatenate(amounts))
    count = np.bincount(place, weights=np.concatenate(counts), minlength=len(who)).astype(np.int64)
    scale = 2**REFERRAL_LEVELS // 2
    return pa.table(
        {"customer_id": who, "referred_count": count, "referral_amount": (total + scale // 2) // scale}
    )


def _looked_up(ids: Ints, spend: pa.Table) -> Ints:
    """The spend of each, 0 where it is not known or below."""
    known, amounts = numpy_column(spend, "customer_id"), numpy_column(spend, "spend_amount")
    order = np.argsort(known)
    place = np.searchsorted(known[order], ids)
    padded, paid = np.append(known[order], -1), np.append(amounts[order], 0)
    return np.maximum(np.where(padded[place] == ids, paid[place], 0), 0).astype(np.int64)


def _referrer_of(ids: Ints, newcomers: Ints, above: Ints) -> Ints:
    """Who brought each; −1 where nobody did. `newcomers` rise."""
    place = np.searchsorted(newcomers, ids)
    padded = np.append(newcomers, -1)
    return np.where((padded[place] == ids) & (ids >= 0), np.append(above, -1)[place], -1).astype(np.int64)


def _of_customers(events: ir.Table, profiles: ir.Table, *, as_of: date) -> ir.Table:
    known = events.filter(events.occurred_on <= ibis.literal(as_of))
    return known.join(profiles.select("profile_id", "customer_id"), "profile_id")


def _rating(properties: ir.StringValue) -> ir.IntegerValue:
    stars, promoter = _number(properties, _STARS), _number(properties, _PROMOTER)
    of_nps = properties.re_search(_NPS_SURVEY).ifelse(_number(properties, _ANY_SCORE), ibis.null("int64"))
    return ibis.coalesce((stars - 1) * 25, promoter * 10, of_nps * 10)


def _number(text: ir.StringValue, pattern: str) -> ir.IntegerValue:
    return text.re_extract(pattern, 1).nullif("").cast("int64")
