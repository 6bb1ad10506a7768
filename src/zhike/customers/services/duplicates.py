"""The search for records that are one person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from django.conf import settings

from zhike.customers.matching.certain import certain_pairs_sql
from zhike.customers.matching.likely import LINK_FROM, likely_pairs
from zhike.customers.models import DuplicateScan, Profile, SharedIdentifier
from zhike.customers.selectors.opened import people_to_compare
from zhike.customers.services.columns import roomy_cache, rows_with
from zhike.customers.services.comparison_forms import seal_missing_forms
from zhike.customers.services.links import PairEvidence, link_profiles, propose_links, unlink_operation
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, mark_interrupted, tracked
from zhike.jobs.tracking import JobState
from zhike.kernel.words import Text
from zhike.lake.engines import private_database
from zhike.lake.snapshots import open_lake

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

SCAN_LOCK = "duplicates"
_OPENING = Text("读取来源记录", "Reading the records")
_COMPARING = Text("比对", "Comparing")
_LINKING = Text("合并", "Linking")


def request_scan(*, requested_by: User | None = None) -> DuplicateScan:
    """A queued scan; one that is queued already is returned instead of a second."""
    queued = DuplicateScan.objects.filter(state=JobState.QUEUED).first()
    return queued or DuplicateScan.objects.create(requested_by=requested_by)


def scan_for_duplicates(*, scan: DuplicateScan, progress: Progress) -> DuplicateScan:
    """Compare all records: link what is certain or nearly so, put the rest into the queue for review.

    What people have decided about a pair stands.

    Raises
    ------
    ZhikeError
        ``lake.busy`` while another scan runs.
    """
    progress = Several([progress, RowProgress(scan)])
    with tracked(scan), open_lake(settings.ZHIKE_HOME.lake).locked(SCAN_LOCK), roomy_cache():
        mark_interrupted(DuplicateScan, but=scan.pk)
        progress.report(_OPENING, 0, 0)
        seal_missing_forms()
        people = people_to_compare(without=_shared_identifiers())
        progress.report(_COMPARING, 0, people.num_rows)
        with private_database(people=people) as database:
            certain = database.sql(certain_pairs_sql("people")).to_arrow_table()
            likely = likely_pairs(people, database)
        progress.report(_LINKING, 0, certain.num_rows + likely.num_rows)
        scan.records = people.num_rows
        _link(scan, certain, likely)
        scan.save()
    return scan


def undo_scan(*, scan: DuplicateScan, actor: User | None, reason: str = "") -> int:
    """Take back every link of a scan that still stands; how many they were."""
    return sum(
        unlink_operation(operation=operation, actor=actor, reason=reason) for operation in scan.operations
    )


def _link(scan: DuplicateScan, certain: pa.Table, likely: pa.Table) -> None:
    # The likeliest first: where a guard stops a customer from growing, the best links have been made.
    likely = likely.sort_by([("score", "descending"), ("left_id", "ascending"), ("right_id", "ascending")])
    certain = certain.sort_by([("left_id", "ascending"), ("right_id", "ascending")])
    found = zip(likely["score"].to_pylist(), _levels(likely), strict=True)
    compared = dict(zip(_pairs(likely), found, strict=True))
    rules = dict(zip(_pairs(certain), certain["rule"].to_pylist(), strict=True))
    ruled = [
        PairEvidence(*pair, rule, *compared.get(pair, (None, _NOT_COMPARED))) for pair, rule in rules.items()
    ]
    rest = [PairEvidence(*pair, "splink", *found) for pair, found in compared.items() if pair not in rules]
    sure = [each for each in rest if (each.score or 0) >= LINK_FROM]
    for some in (ruled, sure):
        done = link_profiles(pairs=some)
        scan.linked += done.linked
        scan.held_back += done.held_back
        scan.operations = [*scan.operations, done.operation]
    scan.proposed = propose_links(pairs=_between_customers(rest[len(sure) :]))


def _pairs(found: pa.Table) -> Iterator[tuple[int, int]]:
    return zip(found["left_id"].to_pylist(), found["right_id"].to_pylist(), strict=True)


def _levels(likely: pa.Table) -> Iterator[dict[str, str]]:
    """The level of each comparison by its name: one object for all pairs that agree in the same way."""
    names = [name for name in likely.column_names if name not in _NOT_LEVELS]
    known: dict[tuple[str, ...], dict[str, str]] = {}
    for levels in zip(*(likely[name].to_pylist() for name in names), strict=True):
        if levels not in known:
            known[levels] = dict(zip(names, levels, strict=True))
        yield known[levels]


_NOT_LEVELS = ("left_id", "right_id", "score")
_NOT_COMPARED: dict[str, str] = {}


def _between_customers(pairs: Collection[PairEvidence]) -> list[PairEvidence]:
    """The pairs whose two profiles are not one customer already."""
    ids = {pk for each in pairs for pk in each.pair}
    customers = dict(rows_with(Profile, ("id", "customer"), "id", sorted(ids)))
    return [each for each in pairs if customers[each.left] != customers[each.right]]


def _shared_identifiers() -> frozenset[tuple[str, str]]:
    return frozenset(SharedIdentifier.objects.values_list("kind", "value_index"))
