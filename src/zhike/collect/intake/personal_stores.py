"""What was received and waits for the lake is of people, too."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, cast

from zhike.collect.intake.models import ReceivedBatch
from zhike.collect.intake.rows import COLUMNS, FactKind, as_json
from zhike.customers.stores import Person, Store
from zhike.kernel.words import Text

# Properties are JSON within JSON.
_REFERRER = re.compile(r'referrer_profile_id[\\": ]+([0-9]+)')


def received_store() -> Store:
    """Rows on their way. What marks events as seen tells nobody anything, and is forgotten after 30 days."""
    return Store(
        "received_rows",
        Text("收到待入库的行", "rows received and not moved yet"),
        known=_known,
        forget=_forget,
        keeps=_awaited,
    )


def _known(person: Person) -> list[dict[str, Any]]:
    return [
        {"kind": batch.kind, **dict(zip(_columns(batch), row, strict=True))}
        for batch, _, rows in _batches_of(person.profile_ids)
        for row in rows
    ]


def _awaited(profile_ids: Collection[int]) -> set[int]:
    """Whom rows on their way are of, or name."""
    named = {
        int(number)
        for content in ReceivedBatch.objects.values_list("content", flat=True).iterator(chunk_size=50)
        for number in _REFERRER.findall(content)
    }
    found = _batches_of(profile_ids)
    return {row[_columns(batch).index("profile_id")] for batch, _, rows in found for row in rows} | (
        named & set(profile_ids)
    )


def _forget(person: Person) -> int:
    count = 0
    for batch, others, rows in _batches_of(person.profile_ids):
        count += len(rows)
        batch.content, batch.count = as_json(others), len(others)
        if others:
            batch.save(update_fields=["content", "count"])
        else:
            batch.delete()
    return count


def _batches_of(profile_ids: Collection[int]) -> Iterator[tuple[ReceivedBatch, list[Any], list[Any]]]:
    """Batches that have rows of these profiles: the rows of others, and theirs."""
    wanted = set(profile_ids)
    for batch in ReceivedBatch.objects.order_by("pk").iterator(chunk_size=50):
        place = _columns(batch).index("profile_id")
        rows = json.loads(batch.content)
        theirs = [row for row in rows if row[place] in wanted]
        if theirs:
            yield batch, [row for row in rows if row[place] not in wanted], theirs


def _columns(batch: ReceivedBatch) -> tuple[str, ...]:
    return COLUMNS[cast(FactKind, batch.kind)]
