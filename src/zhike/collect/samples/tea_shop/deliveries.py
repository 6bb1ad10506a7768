"""What of the exports is brought in: one file a kind and source, without what belongs to nobody that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from zhike.collect.imports.mapping import ColumnMapping
from zhike.collect.samples.tea_shop.exports import Export
from zhike.collect.samples.tea_shop.lives import SOURCES
from zhike.collect.samples.tea_shop.mappings import mapping_for
from zhike.collect.samples.tea_shop.shop import TeaShop

_CUSTOMER_EXPORTS = {
    "website": "website_customers",
    "wechat": "wechat_customers",
    "counter": "counter_members",
}
_REFERRER, _REFERRER_SOURCE = "referrer", "referrer_source"
ProfileIds = Callable[[str, Iterable[str]], Mapping[str, int]]
"""The profile id of every key of a source."""


@dataclass(frozen=True)
class Delivery:
    """One file for the import engine.

    Parameters
    ----------
    left_out
        How many rows of the export are of nobody that is known.
    """

    kind: str
    source: str
    export: Export
    left_out: int = 0

    @property
    def mapping(self) -> ColumnMapping:
        return mapping_for(self.kind, self.source)


def people(shop: TeaShop) -> Iterator[Delivery]:
    """The records of customers."""
    for source, name in _CUSTOMER_EXPORTS.items():
        yield Delivery("customers", source, shop[name])


def facts(shop: TeaShop, profile_ids: ProfileIds) -> Iterator[Delivery]:
    """Products, orders before their lines, and all that people did; the people must be there already."""
    for source in SOURCES:
        yield Delivery("products", source, _named(shop["products"], source))
    for source in SOURCES:
        yield from _orders(shop, source)
    events = shop["events"]
    rows = _with_profile_ids(events, profile_ids)
    yield from _by_source("events", replace(events, rows=rows), events.column("source"))
    yield from _by_source("reviews", shop["reviews"], shop["reviews"].column("来源"))
    yield from _by_source("answers", shop["surveys"], _survey_sources(shop))


def _orders(shop: TeaShop, source: str) -> Iterator[Delivery]:
    """Orders and lines of a source; orders without a card are of passers-by."""
    orders, lines = shop[f"{source}_orders"], shop[f"{source}_order_lines"]
    kept = _of_somebody("orders", source, orders, orders.rows)
    yield kept
    known = set(kept.export.column(kept.mapping.columns["order_id"]))
    place = lines.header.index(mapping_for("order_lines", source).columns["order_id"])
    rows = tuple(row for row in lines.rows if row[place] in known)
    yield Delivery("order_lines", source, replace(lines, rows=rows), len(lines.rows) - len(rows))


def _by_source(kind: str, export: Export, sources: Sequence[object]) -> Iterator[Delivery]:
    """A file for each source of an export that speaks of several, by the source of each row."""
    for source in SOURCES:
        mine = [row for row, own in zip(export.rows, sources, strict=True) if own == source]
        if mine:
            yield _of_somebody(kind, source, _named(export, source), mine)


def _of_somebody(kind: str, source: str, export: Export, rows: Sequence[tuple[object, ...]]) -> Delivery:
    """Only the rows that say whose they are."""
    place = export.header.index(mapping_for(kind, source).columns["customer_id"])
    kept = tuple(row for row in rows if row[place])
    return Delivery(kind, source, replace(export, rows=kept), len(rows) - len(kept))


def _survey_sources(shop: TeaShop) -> list[object]:
    """The source whose customer answered; answers without a key go to the last one, which leaves them out."""
    owners = {
        key: source
        for source, name in _CUSTOMER_EXPORTS.items()
        for key in shop[name].column(mapping_for("customers", source).columns["customer_id"])
    }
    return [owners.get(key, SOURCES[-1]) for key in shop["surveys"].column("会员编号")]


def _with_profile_ids(events: Export, profile_ids: ProfileIds) -> tuple[tuple[object, ...], ...]:
    """The rows with the number of the referrer's profile instead of their key, which is personal."""
    place = events.header.index("properties")
    said = [cast("Mapping[str, object]", row[place]) for row in events.rows]
    keys: dict[str, set[str]] = {}
    for each in said:
        if _REFERRER in each:
            keys.setdefault(str(each[_REFERRER_SOURCE]), set()).add(str(each[_REFERRER]))
    ids = {source: profile_ids(source, sorted(those)) for source, those in keys.items()}
    return tuple(
        (*row[:place], _without_key(each, ids), *row[place + 1 :])
        for row, each in zip(events.rows, said, strict=True)
    )


def _without_key(
    properties: Mapping[str, object], ids: Mapping[str, Mapping[str, int]]
) -> Mapping[str, object]:
    if _REFERRER not in properties:
        return properties
    source, key = str(properties[_REFERRER_SOURCE]), str(properties[_REFERRER])
    kept = {name: each for name, each in properties.items() if name not in (_REFERRER, _REFERRER_SOURCE)}
    return {**kept, "referrer_profile_id": ids[source][key]}


def _named(export: Export, source: str) -> Export:
    return replace(export, name=f"{source}_{export.name}", source=source)
