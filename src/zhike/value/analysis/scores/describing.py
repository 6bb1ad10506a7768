"""The weights and what they rest on, as rows of `model_parameters` and `model_cards`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from zhike.kernel.words import Text
from zhike.value.analysis.model_cards import EXCLUDED, NEVER_ALONE, Item, card_rows, numbered
from zhike.value.analysis.scores.components import COMPONENTS, Scoring
from zhike.value.analysis.scores.learning import (
    BETTER,
    FINGERPRINT,
    NO_GAIN,
    TOO_FEW,
    TOO_SHORT,
    Learned,
)
from zhike.value.analysis.scores.weights import LEARNED, METHODS, ScoreChoice

VALUE_SCORE, LEARNING = "value_score", "value_score_learning"

Row = tuple[str, str, float, Text | None]

OUTCOMES: Mapping[int, Text] = {
    TOO_SHORT: Text(
        "历史不足半年，还不能学习权重", "less than half a year of closed months: nothing to learn from yet"
    ),
    TOO_FEW: Text(
        "可学习的客户太少（至少 200 位，其中 50 位之后又来消费）",
        "too few customers to learn from (200 are needed, 50 of whom bought afterwards)",
    ),
    NO_GAIN: Text(
        "学到的权重没有明显胜过默认权重，因此沿用默认权重",
        "the learned weights are not clearly better than the default ones, which stay in force",
    ),
    BETTER: Text(
        "学到的权重在未参与学习的客户上胜过默认权重",
        "the learned weights beat the default ones on customers that they were not learned from",
    ),
}
_NO_DATA = Text(
    "本店还没有这项数据，权重为 0，其余按比例放大", "no data for it yet: its weight is 0, the others share it"
)


def score_parameter_rows(scoring: Scoring, choice: ScoreChoice, chosen: Mapping[str, float]) -> list[Row]:
    """What the score rests on: the weights in force, those that were chosen, and how."""
    method = METHODS[choice.method]
    rows: list[Row] = [
        (VALUE_SCORE, "method", float(list(METHODS).index(choice.method)), method),
        (VALUE_SCORE, "version", float(choice.version), None),
    ]
    for name in COMPONENTS:
        note = None if name in scoring.known else _NO_DATA
        rows.append((VALUE_SCORE, f"weight_{name}", scoring.weights.get(name, 0.0), note))
    rows += [(VALUE_SCORE, f"chosen_weight_{name}", chosen[name], None) for name in COMPONENTS]
    if comparison := choice.comparison:
        rows.append((VALUE_SCORE, "consistency_index", comparison.consistency_index, None))
        rows.append((VALUE_SCORE, "consistency_ratio", comparison.consistency_ratio, None))
    return rows


def learning_rows(learned: Learned) -> list[Row]:
    """What learning found, so that it can be carried over to the next refresh; `learning_of` reads it."""
    rows: list[Row] = [
        (LEARNING, "fingerprint", float(FINGERPRINT), None),
        (LEARNING, "outcome", float(learned.outcome), OUTCOMES[learned.outcome]),
        (LEARNING, "customers", float(learned.customers), None),
        (LEARNING, "holdout_days", float(learned.holdout_days), None),
        (LEARNING, "gain", learned.gain, None),
        (LEARNING, "gain_standard_error", learned.gain_error, None),
    ]
    if learned.known_until:
        day = learned.known_until
        rows.append((LEARNING, "known_until", float(day.toordinal()), Text(str(day), str(day))))
    for kind, values in (
        ("weight", learned.weights),
        ("correlation", learned.correlations),
        ("captured", learned.captured),
    ):
        rows += [(LEARNING, f"{kind}_{name}", float(value), None) for name, value in (values or {}).items()]
    return rows


def learning_of(rows: Iterable[Mapping[str, Any]]) -> Learned | None:
    """What an earlier refresh learned, from rows of `model_parameters`; None if it knew none, or learned otherwise."""
    values = {row["parameter"]: row["value"] for row in rows if row["model"] == LEARNING}
    if values.get("fingerprint") != FINGERPRINT:
        return None

    def of(kind: str) -> dict[str, float] | None:
        found = {
            name.removeprefix(f"{kind}_"): value
            for name, value in values.items()
            if name.startswith(f"{kind}_")
        }
        return found or None

    day = values.get("known_until")
    return Learned(
        outcome=int(values["outcome"]),
        known_until=None if day is None else date.fromordinal(int(day)),
        holdout_days=int(values["holdout_days"]),
        customers=int(values["customers"]),
        weights=of("weight"),
        correlations=of("correlation"),
        captured=of("captured"),
        gain=values["gain"],
        gain_error=values["gain_standard_error"],
    )


def score_card_rows(
    scoring: Scoring,
    choice: ScoreChoice,
    learned: Learned,
    *,
    buyers: int,
    no_profiling: int,
    schema: pa.Schema,
) -> pa.Table:
    """The score's rows of `model_cards`."""
    items = [*_about(choice, learned, buyers, no_profiling), *_weights(scoring), *_cautions(choice)]
    return card_rows(items, schema)


def _about(choice: ScoreChoice, learned: Learned, buyers: int, no_profiling: int) -> Iterator[Item]:
    yield VALUE_SCORE, "purpose", None, _PURPOSE
    yield VALUE_SCORE, "method", None, METHODS[choice.method]
    if choice.method == LEARNED:
        yield VALUE_SCORE, "learning", None, OUTCOMES[learned.outcome]
    yield VALUE_SCORE, "buyers", float(buyers), _BUYERS
    yield VALUE_SCORE, "no_profiling", float(no_profiling), EXCLUDED
    for name, value in (learned.correlations or {}).items():
        yield VALUE_SCORE, f"backtest_correlation_{name}", value, None


def _weights(scoring: Scoring) -> Iterator[Item]:
    for name in COMPONENTS:
        note = None if name in scoring.known else _NO_DATA
        yield VALUE_SCORE, f"weight_{name}", scoring.weights.get(name, 0.0), note


def _cautions(choice: ScoreChoice) -> Iterator[Item]:
    comparison = choice.comparison
    if comparison and not comparison.is_consistent:
        yield VALUE_SCORE, "warning_1", comparison.consistency_ratio, _INCONSISTENT
    yield from numbered(VALUE_SCORE, "not_for", (_NO_AMOUNT, NEVER_ALONE))


_PURPOSE = Text(
    "把客户按价值排序，用于分级与优先次序",
    "ranks customers by worth, for tiers and for whom to look after first",
)
_BUYERS = Text("参与排名的客户", "customers that are ranked")
_INCONSISTENT = Text(
    "两两比较互相矛盾（一致性比率高于 0.1），请先复核",
    "the comparisons contradict one another (ratio above 0.1)",
)
_NO_AMOUNT = Text(
    "分数是名次，不是金额：80 分不等于 40 分的两倍",
    "A score is a rank, no amount: 80 is not twice as much as 40",
)
