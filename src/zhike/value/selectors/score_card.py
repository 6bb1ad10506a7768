"""The model card of the value score: what the scores in force rest on, and when not to trust them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.selectors.cards import Card, Fact, cards, left_out


@dataclass(frozen=True, slots=True)
class ScoreCard:
    facts: tuple[Fact, ...]
    warnings: tuple[Text, ...]
    not_for: tuple[Text, ...]


def score_card(snapshot: Snapshot | None) -> ScoreCard | None:
    """Of the snapshot in force; None before the first that has one."""
    card = cards(snapshot).get("value_score")
    if card is None:
        return None
    return ScoreCard(tuple(_facts(card)), card.texts("warning"), card.texts("not_for"))


def _facts(card: Card) -> Iterator[Fact]:
    for name, item in ((_("Good for"), "purpose"), (_("Weights"), "method"), (_("Learning"), "learning")):
        if said := card.text(item):
            yield Fact(name, str(said))
    yield Fact(_("Customers"), formats.count(card.value("buyers")))
    yield from left_out(card)
    names = {"learned": _("Learned weights"), "default": _("Default weights"), "last_year": _("Spend before")}
    told = {code: card.value(f"backtest_correlation_{code}") for code in names}
    if figures := [f"{names[code]} {value:.3f}" for code, value in told.items() if value is not None]:
        words = _("rank correlation with the spend that followed: %(figures)s")
        yield Fact(_("Back-test"), words % {"figures": " · ".join(figures)})
