"""What people post about the value score and the margins."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from fractions import Fraction

from django.http import QueryDict

from zhike.kernel.errors import UsageError
from zhike.value.analysis.scores.components import COMPONENTS
from zhike.value.analysis.scores.weights import BY_COMPARISON, BY_HAND, LEARNED, ScoreChoice
from zhike.value.selectors.score import PAIRS, field_of, pair_field
from zhike.value.services.margin_choices import MarginChanges
from zhike.value.services.score_choices import choice_of

_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6}|/[1-9]\d{0,5})?\Z", re.ASCII)


def posted_choice(posted: QueryDict) -> ScoreChoice:
    """The method and what belongs to it; an empty weight is 0, an empty comparison says “equally important”.

    Raises
    ------
    UsageError
        ``form.number`` and what `choice_of` refuses.
    """
    method = posted.get("method", "")
    weights, comparisons = {}, {}
    if method == BY_HAND:
        weights = {name: _number(posted.get(field_of(name), "")) or 0.0 for name in COMPONENTS}
    if method == BY_COMPARISON:
        given = {pair: _number(posted.get(pair_field(pair), "")) for pair in PAIRS}
        comparisons = {pair: times for pair, times in given.items() if times is not None and times != 1}
    return choice_of(method=method, weights=weights, comparisons=comparisons)


def typed_choice(shares: Sequence[str], pairs: Sequence[str], *, is_learned: bool) -> ScoreChoice | None:
    """From the options of a command, such as ``monetary=30`` and ``clv/recency=3``; None where nothing is chosen.

    Raises
    ------
    UsageError
        ``score.method`` where two methods are named at once, and as `posted_choice`.
    """
    methods = [
        method
        for method, is_named in ((BY_HAND, shares), (BY_COMPARISON, pairs), (LEARNED, is_learned))
        if is_named
    ]
    if len(methods) > 1:
        raise UsageError(
            "score.method",
            zh="--set、--compare 和 --learned 只能用其中一种",
            en="use only one of --set, --compare and --learned",
        )
    if not methods:
        return None
    weights = {name: _number(text) or 0.0 for name, _, text in (each.partition("=") for each in shares)}
    comparisons = {}
    for names, _, text in (each.partition("=") for each in pairs):
        first, _, second = names.partition("/")
        comparisons[first, second] = _number(text) or 0.0
    return choice_of(method=methods[0], weights=weights, comparisons=comparisons)


def posted_margins(posted: QueryDict) -> MarginChanges:
    """The margins of the shop and of the categories on the page, typed in percent; an empty field is “not set”.

    Raises
    ------
    UsageError
        ``form.number``.
    """
    typed = zip(posted.getlist("category"), posted.getlist("share"), strict=False)
    shares = {name: _percent(text) if text.strip() else None for name, text in typed if name}
    margin = posted.get("margin", "")
    return MarginChanges(_percent(margin) if margin.strip() else 1.0, shares)


def typed_margins(
    shop: str, shares: Sequence[str], removed: Sequence[str], *, in_force: Collection[str]
) -> MarginChanges | None:
    """From the options of a command, such as ``绿茶=62.5``; None where nothing is changed.

    Parameters
    ----------
    shop
        Percent, ``none`` for “not set”, empty where it stays.
    in_force
        The categories that have a margin; no other can be removed.

    Raises
    ------
    UsageError
        ``margins.category``, ``form.number``.
    """
    changes: dict[str, float | None] = {}
    for said in shares:
        name, _, percent = said.rpartition("=")
        if not name.strip() or not percent.strip():
            raise UsageError(
                "margins.category",
                zh=f"--set 应写成 类目=百分比，例如 绿茶=62.5，而不是“{said}”",
                en=f"--set wants CATEGORY=PERCENT, such as tea=62.5, not “{said}”",
            )
        changes[name.strip()] = _percent(percent)
    for name in removed:
        if name not in in_force:
            raise UsageError(
                "margins.category",
                zh=f"类目“{name}”没有设毛利率；zhike value margins 列出已设的",
                en=f"the category “{name}” has no margin; zhike value margins lists those that have one",
            )
        changes[name] = None
    margin = None if not shop.strip() else 1.0 if shop.strip() == "none" else _percent(shop)
    return MarginChanges(margin, changes) if changes or margin is not None else None


def _percent(text: str) -> float:
    typed = text.strip().removesuffix("%").strip()
    number = _number(typed.removeprefix("-")) or 0.0
    return (-number if typed.startswith("-") else number) / 100


def _number(text: str) -> float | None:
    """A number as people write it, a fraction such as 1/3 included; None where nothing is written."""
    if not text.strip():
        return None
    if not _NUMBER.match(text.strip()):
        raise UsageError(
            "form.number",
            zh=f"“{text[:40]}”不是数字，请写成 15、0.15 或 1/3 的样子",
            en=f"“{text[:40]}” is no number; write it like 15, 0.15 or 1/3",
        )
    return float(Fraction(text.strip()))
