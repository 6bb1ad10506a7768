"""Model cards: what a model rests on and when not to trust it, as a refresh wrote it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.selectors.backtests import published_rows


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """The items of one model in the order in which they are read, by name; empty where none was published."""

    items: Mapping[str, Mapping[str, Any]]

    def value(self, item: str) -> float | None:
        return self.items[item]["value"] if item in self.items else None

    def text(self, item: str) -> Text | None:
        """What an item says, None where it says nothing."""
        row = self.items.get(item)
        return Text(zh=row["text_zh"], en=row["text_en"]) if row and row["text_en"] else None

    def texts(self, kind: str) -> tuple[Text, ...]:
        """``warning`` or ``not_for``, one sentence each."""
        found = (self.text(item) for item in self.items if item.startswith(f"{kind}_"))
        return tuple(each for each in found if each)


def cards(snapshot: Snapshot | None) -> dict[str, Card]:
    """Model → its card; of a snapshot of a release before, none."""
    return cards_of(published_rows(snapshot, "model_cards") if snapshot else ())


def cards_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Card]:
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["position"]):
        found.setdefault(row["model"], {})[row["item"]] = row
    return {model: Card(items) for model, items in found.items()}


def left_out(card: Card) -> Iterator[Fact]:
    """How many refused to be profiled."""
    if (count := card.value("no_profiling")) is not None:
        words = _("%(count)s who refused to be profiled: neither fitted nor scored")
        yield Fact(_("Left out"), words % {"count": formats.count(count)})
