"""The search for records that are one person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa
from django.conf import settings

from zhike.customers.matching.certain import certain_pairs_sql
from zhike.customers.matching.likely import LINK_FROM, likely_pairs
from zhike.customers.matching.people import people_table
from zhike.customers.models import DuplicateScan, Profile, SharedIdentifier
from zhike.customers.selectors.opened import known_profiles
from zhike.customers.services.columns import batches
from zhike.customers.services.links import PairEvidence, link_profiles, propose_links, unlink_operation
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, mark_interrupted, tracked
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.words import Text
from zhike.lake.engines import private_database
from zhike.lake.snapshots import open_lake

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

_IDS_AT_ONCE = 5_000
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
    with tracked(scan), open_lake(settings.ZHIKE_HOME.lake).locked(SCAN_LOCK):
        mark_interrupted(DuplicateScan, but=scan.pk)
        progress.report(_OPENING, 0, 0)
        people = people_table(
            known_profiles(without=_shared_identifiers()), today=clock.today(settings.ZHIKE_BUSINESS.zone)
        )
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
    evidence = {(row["left_id"], row["right_id"]): row for row in likely.to_pylist()}
    pairs = certain.to_pylist()
    ruled = [
        _evidence(
            row["left_id"], row["right_id"], row["rule"], evidence.get((row["left_id"], row["right_id"]))
        )
        for row in pairs
    ]
    known = {(row["left_id"], row["right_id"]) for row in pairs}
    # The likeliest first: where a guard stops a customer from growing, the best links have been made.
    rest = sorted((row for pair, row in evidence.items() if pair not in known), key=lambda row: -row["score"])
    sure = [row for row in rest if row["score"] >= LINK_FROM]
    for some in (ruled, [_evidence(row["left_id"], row["right_id"], "splink", row) for row in sure]):
        done = link_profiles(pairs=some)
        scan.linked += done.linked
        scan.held_back += done.held_back
        scan.operations = [*scan.operations, done.operation]
    scan.proposed = propose_links(
        pairs=_between_customers(
            [_evidence(row["left_id"], row["right_id"], "splink", row) for row in rest[len(sure) :]]
        )
    )


def _evidence(left: int, right: int, rule: str, row: dict[str, object] | None) -> PairEvidence:
    levels = {name: str(level) for name, level in (row or {}).items() if name not in _NOT_LEVELS}
    score = float(str(row["score"])) if row else None
    return PairEvidence(left, right, rule, score, levels)


_NOT_LEVELS = ("left_id", "right_id", "score")


def _between_customers(pairs: Iterable[PairEvidence]) -> list[PairEvidence]:
    """The pairs whose two profiles are not one customer already."""
    pairs = list(pairs)
    ids = {pk for each in pairs for pk in each.pair}
    customers: dict[int, int] = {}
    for some in batches(sorted(ids), _IDS_AT_ONCE):
        customers.update(Profile.objects.filter(pk__in=some).values_list("pk", "customer_id"))
    return [each for each in pairs if customers[each.left] != customers[each.right]]


def _shared_identifiers() -> frozenset[tuple[str, str]]:
    return frozenset(SharedIdentifier.objects.values_list("kind", "value_index"))
