"""The search for records that are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection

from zhike.customers.matching.certain import certain_pairs_sql
from zhike.customers.matching.likely import likely_pairs
from zhike.customers.matching.people import SCHEMA
from zhike.customers.models import DuplicateScan, SharedIdentifier
from zhike.customers.selectors.opened import fill_people
from zhike.customers.services.columns import roomy_cache, without_collecting
from zhike.customers.services.comparison_forms import seal_missing_forms
from zhike.customers.services.found_links import FOUND, link_found, propose_found
from zhike.customers.services.links import unlink_operation
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
    with (
        tracked(scan),
        open_lake(settings.ZHIKE_HOME.lake).locked(SCAN_LOCK),
        roomy_cache(),
        without_collecting(),
    ):
        mark_interrupted(DuplicateScan, but=scan.pk)
        progress.report(_OPENING, 0, 0)
        with private_database(people=SCHEMA.empty_table()) as database:
            _open_people(database)
            ((scan.records,),) = database.sql("SELECT count(*) FROM people").fetchall()
            progress.report(_COMPARING, 0, scan.records)
            certain = database.sql(certain_pairs_sql("people")).to_arrow_table()
            likely = likely_pairs(scan.records, database)
        progress.report(_LINKING, 0, certain.num_rows + likely.num_rows)
        # What is written was read under the same lock: SQLite need not look up each profile and customer again.
        with connection.constraint_checks_disabled():
            _link(scan, certain, likely)
        scan.save()
    return scan


def undo_scan(*, scan: DuplicateScan, actor: User | None, reason: str = "") -> int:
    """Take back every link of a scan that still stands; how many they were."""
    return sum(
        unlink_operation(operation=operation, actor=actor, reason=reason) for operation in scan.operations
    )


def _open_people(database: Any) -> None:
    """Fill the table ``people``; forms that are missing are made first."""
    shared = _shared_identifiers()
    if missing := fill_people(database, without=shared):
        seal_missing_forms(missing)
        fill_people(database, without=shared, only=missing)


def _link(scan: DuplicateScan, certain: pa.Table, likely: pa.Table) -> None:
    found = likely.join(certain, ["left_id", "right_id"], join_type="full outer")
    is_ruled = pc.is_valid(found["rule"])
    ruled = _as_found(found.filter(is_ruled)).sort_by([("left_id", "ascending"), ("right_id", "ascending")])
    # The likeliest first: where a guard stops a customer from growing, the best links have been made.
    rest = found.filter(pc.invert(is_ruled)).sort_by(
        [("score", "descending"), ("left_id", "ascending"), ("right_id", "ascending")]
    )
    is_sure = rest["is_sure"]
    done = link_found(pairs=pa.concat_tables([ruled, _as_found(rest.filter(is_sure))]))
    scan.linked, scan.held_back, scan.operations = done.linked, done.held_back, [done.operation]
    scan.proposed = propose_found(pairs=_as_found(rest.filter(pc.invert(is_sure))))


def _as_found(pairs: pa.Table) -> pa.Table:
    """Pairs with what only one of the two searches says of them filled up."""
    rule, evidence = pc.fill_null(pairs["rule"], "splink"), pc.fill_null(pairs["evidence"], "{}")
    return pa.table(
        {**{name: pairs[name] for name in FOUND.names}, "rule": rule, "evidence": evidence}, schema=FOUND
    )


def _shared_identifiers() -> frozenset[tuple[str, str]]:
    return frozenset(SharedIdentifier.objects.values_list("kind", "value_index"))
