"""The page of the value score: what it weighs, by whose choice, and who would move if it were weighed otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.accounts.access import Right, may
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot, open_lake
from zhike.pages import formats
from zhike.value.analysis.scores.ahp import SCALE, Comparison, Pair, on_the_scale
from zhike.value.analysis.scores.components import COMPONENTS, shared_out
from zhike.value.analysis.scores.describing import OUTCOMES, learning_of
from zhike.value.analysis.scores.learning import BETTER, Learned
from zhike.value.analysis.scores.weights import (
    BY_COMPARISON,
    BY_HAND,
    DEFAULT_WEIGHTS,
    METHODS,
    ScoreChoice,
    weights_of,
)
from zhike.value.selectors.backtests import published_rows
from zhike.value.selectors.score_card import ScoreCard, score_card
from zhike.value.selectors.score_choices import ChosenBefore, score_choice, score_choices
from zhike.value.selectors.score_moves import Moves, moves

SCORE_TITLE = gettext_lazy("Value score")


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """`weight` is that of the snapshot, None where there is none yet; `offered` what stands in the form, in points."""

    code: str
    name: Text
    measures: Text
    weight: float | None
    has_data: bool
    offered: str
    learned: float | None
    default: float


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    """`name` is that of the field."""

    name: str
    text: str
    options: tuple[Option, ...]
    is_doubtful: bool


@dataclass(frozen=True, slots=True)
class Consistency:
    """`advice` names the comparison to look at first; empty where they agree well enough."""

    ratio: str
    is_consistent: bool
    advice: str


@dataclass(frozen=True, slots=True)
class LearnedFacts:
    """What learning found; `figures` are empty where nothing could be learned."""

    verdict: Text
    is_better: bool
    rests_on: str
    figures: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice would do; `fields` are what the form that saves it sends."""

    method: Text
    weights: tuple[tuple[Text, float], ...]
    consistency: Consistency | None
    moves: Moves | None
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Before:
    made_at: object
    method: Text
    who: str
    words: str


@dataclass(frozen=True)
class ScorePage:
    method: Text
    is_waiting: bool
    may_change: bool
    components: tuple[ComponentRow, ...]
    total: str
    pairs: tuple[PairRow, ...]
    consistency: Consistency | None
    learned: LearnedFacts | None
    history: tuple[Before, ...]
    card: ScoreCard | None
    preview: Preview | None = None


def score_page(request: HttpRequest, tried: ScoreChoice | None = None) -> ScorePage:
    """The choice in force, or one that is tried out, with what it would change."""
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    known = _Known.of(snapshot)
    in_force = score_choice()
    shown = tried or in_force
    return ScorePage(
        method=METHODS[in_force.method],
        is_waiting=known.version is not None and known.version != in_force.version,
        may_change=may(request.user, Right.MANAGE_SETTINGS),
        components=tuple(_component(name, shown, known) for name in COMPONENTS),
        total=_points(1.0) if shown.method != BY_HAND else _points(sum(shown.weights.values())),
        pairs=_pairs(shown),
        consistency=_consistency(shown.comparison),
        learned=_learned(known.learned) if known.learned else None,
        history=tuple(_before(each) for each in score_choices()),
        card=score_card(snapshot),
        preview=_preview(tried, known, snapshot) if tried else None,
    )


def known_weights(home: Home) -> dict[str, Any]:
    """The weights of each component: in force, chosen, default and learned; for the command line."""
    known, choice = _Known.of(open_lake(home.lake).current()), score_choice()
    learned, comparison = known.learned, choice.comparison
    return {
        "method": choice.method,
        "version": choice.version,
        "is_waiting": known.version is not None and known.version != choice.version,
        "consistency_ratio": comparison.consistency_ratio if comparison else None,
        "in_force": dict(known.weights),
        "chosen": weights_of(choice, learned.best_weights if learned else None),
        "default": dict(DEFAULT_WEIGHTS),
        "learned": dict(learned.weights) if learned and learned.weights else {},
        "learning": {"zh": OUTCOMES[learned.outcome].zh, "en": OUTCOMES[learned.outcome].en}
        if learned
        else None,
    }


def field_of(name: str) -> str:
    """The field of a component's weight."""
    return f"weight_{name}"


def pair_field(pair: Pair) -> str:
    return f"pair_{pair[0]}_{pair[1]}"


def written_times(times: float) -> str:
    """A value of the scale as people write it.

    >>> written_times(3.0), written_times(1 / 3)
    ('3', '1/3')
    """
    return f"{times:.0f}" if times >= 1 else f"1/{1 / times:.0f}"


PAIRS: tuple[Pair, ...] = tuple(combinations(COMPONENTS, 2))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the snapshot says: the weights in force, which components have data, what was learned."""

    weights: Mapping[str, float]
    with_data: tuple[str, ...]
    learned: Learned | None
    version: int | None

    @classmethod
    def of(cls, snapshot: Snapshot | None) -> _Known:
        rows = published_rows(snapshot, "model_parameters") if snapshot else []
        mine = {row["parameter"]: row for row in rows if row["model"] == "value_score"}
        weights = {name: mine[f"weight_{name}"]["value"] for name in COMPONENTS if f"weight_{name}" in mine}
        with_data = tuple(name for name in weights if mine[f"weight_{name}"]["note_en"] is None)
        version = int(mine["version"]["value"]) if "version" in mine else None
        return cls(weights, with_data, learning_of(rows), version)


def _component(name: str, shown: ScoreChoice, known: _Known) -> ComponentRow:
    learned = known.learned.weights if known.learned else None
    by_hand = shown.weights if shown.method == BY_HAND else DEFAULT_WEIGHTS
    return ComponentRow(
        code=name,
        name=COMPONENTS[name],
        measures=_MEASURES[name],
        weight=known.weights.get(name),
        has_data=name in known.with_data,
        offered=_points(by_hand.get(name, 0.0)),
        learned=learned.get(name) if learned else None,
        default=DEFAULT_WEIGHTS[name],
    )


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _pairs(shown: ScoreChoice) -> tuple[PairRow, ...]:
    comparison = shown.comparison
    doubtful = comparison.contradiction if comparison and not comparison.is_consistent else None
    rows = []
    for pair in PAIRS:
        times = shown.comparisons.get(pair, 1.0)
        options = tuple(
            Option(written_times(value), _times_words(pair, value), value == on_the_scale(times))
            for value in reversed(SCALE)
        )
        is_doubtful = doubtful is not None and {doubtful.first, doubtful.second} == set(pair)
        rows.append(PairRow(pair_field(pair), _pair_words(pair), options, is_doubtful))
    return tuple(rows)


def _pair_words(pair: Pair) -> str:
    return str(Text("{a} 与 {b}", "{a} and {b}").format(a=COMPONENTS[pair[0]], b=COMPONENTS[pair[1]]))


def _times_words(pair: Pair, times: float) -> str:
    if times == 1:
        return _("equally important")
    more = pair[0] if times > 1 else pair[1]
    return f"{COMPONENTS[more]} × {max(times, 1 / times):.0f}"


def _consistency(comparison: Comparison | None) -> Consistency | None:
    if comparison is None:
        return None
    advice = ""
    if not comparison.is_consistent and comparison.contradiction:
        found = comparison.contradiction
        advice = _("Look first at %(pair)s: you said %(said)s, the other comparisons suggest %(fits)s.") % {
            "pair": _pair_words((found.first, found.second)),
            "said": _times_words((found.first, found.second), found.said),
            "fits": _times_words((found.first, found.second), found.fits),
        }
    return Consistency(f"{comparison.consistency_ratio:.2f}", comparison.is_consistent, advice)


def _learned(found: Learned) -> LearnedFacts:
    rests_on = ""
    if found.known_until:
        rests_on = _(
            "%(customers)s customers as they stood on %(day)s, against their spend of the %(days)s days after it"
        ) % {
            "customers": formats.count(found.customers),
            "day": formats.day(found.known_until),
            "days": formats.count(found.holdout_days),
        }
    names = {
        "learned": _("Learned weights"),
        "default": _("Default weights"),
        "last_year": _("Simply the spend of the year before"),
    }
    told, caught = found.correlations or {}, found.captured or {}
    figures = tuple(
        (name, f"{told[code]:.3f}", formats.percent(caught[code]))
        for code, name in names.items()
        if code in told and code in caught
    )
    return LearnedFacts(OUTCOMES[found.outcome], found.outcome == BETTER, rests_on, figures)


def _preview(tried: ScoreChoice, known: _Known, snapshot: Snapshot | None) -> Preview:
    best = known.learned.best_weights if known.learned else None
    weights = weights_of(tried, best)
    if known.with_data:
        # As the next refresh shares them out.
        weights = shared_out(weights, known.with_data) or shared_out(DEFAULT_WEIGHTS, known.with_data)
    return Preview(
        method=METHODS[tried.method],
        weights=tuple((COMPONENTS[name], weight) for name, weight in weights.items() if weight),
        consistency=_consistency(tried.comparison),
        moves=moves(snapshot, weights, known.with_data) if snapshot and known.with_data else None,
        fields=_fields(tried),
    )


def _fields(tried: ScoreChoice) -> tuple[tuple[str, str], ...]:
    sent = [("method", tried.method)]
    if tried.method == BY_HAND:
        sent += [(field_of(name), f"{100 * share:.6g}") for name, share in tried.weights.items()]
    if tried.method == BY_COMPARISON:
        sent += [(pair_field(pair), written_times(times)) for pair, times in tried.comparisons.items()]
    return tuple(sent)


def _before(each: ChosenBefore) -> Before:
    comparison = each.choice.comparison
    weights = (
        comparison.weights if comparison else each.choice.weights if each.choice.method == BY_HAND else {}
    )
    words = " · ".join(
        f"{COMPONENTS[name]} {formats.percent(share, 0)}" for name, share in weights.items() if share
    )
    return Before(each.made_at, METHODS[each.choice.method], each.who, words)


_MEASURES = {
    "recency": Text("距最近一单的天数，越少越高", "days since the last order, fewer is better"),
    "frequency": Text("订单数", "number of orders"),
    "monetary": Text("累计消费（扣除退款）", "spend so far, net of refunds"),
    "clv": Text("预计未来 365 天的价值", "expected value of the next 365 days"),
    "engagement": Text(
        "近 90 天有访问、加购、评价等行为的天数", "days of the last 90 with a visit, a cart, a review …"
    ),
    "referral": Text(
        "带来的客户的消费（三层，逐层减半）", "spend of the customers brought (three levels, each half)"
    ),
    "feedback": Text(
        "评价星级、满意度与推荐意愿，越近越重",
        "stars, satisfaction and recommendation, recent ones weigh more",
    ),
}
