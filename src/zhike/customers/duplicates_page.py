"""The queue of pairs that may be one person, and the searches that filled it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from zhike.customers.lineage import FieldShown, fields_shown
from zhike.customers.masking import masked
from zhike.customers.merging_pages import ComparedRow, compared_fields
from zhike.customers.models import DuplicateScan
from zhike.customers.selectors import Person
from zhike.customers.selectors.links import (
    ProposedPair,
    is_over,
    newest_scan,
    proposed_count,
    proposed_pairs,
    scans,
    standing_links_of,
)
from zhike.customers.selectors.people import people_of
from zhike.customers.words import field_text, level_text, rule_text, source_text
from zhike.jobs.selectors import worker_is_alive
from zhike.jobs.tracking import JobState
from zhike.kernel.words import Text
from zhike.pages.paging import Paging, paging

_SIZE = 25
_AGREE = ("exact", "same_sound", "same_address")
_DIFFER = ("different", "other_given_name")
_STATES: dict[str, tuple[Text, str]] = {
    JobState.QUEUED: (Text("排队中", "Queued"), "slate"),
    JobState.RUNNING: (Text("进行中", "Running"), "blue"),
    JobState.DONE: (Text("完成", "Done"), "green"),
    JobState.FAILED: (Text("失败", "Failed"), "red"),
    JobState.INTERRUPTED: (Text("中断", "Interrupted"), "orange"),
}


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """How far the two agree on a field; green where they do, red where they do not."""

    field: Text
    level: Text
    colour: str


@dataclass(frozen=True, slots=True)
class PairShown:
    link_id: int
    score: float | None
    rule: Text
    customer_ids: tuple[int, int]
    names: tuple[str, str]
    sources: tuple[Text, Text]
    evidence: tuple[EvidenceShown, ...]
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True, slots=True)
class ScanShown:
    id: int
    state: Text
    colour: str
    is_over: bool
    queued_at: datetime
    by: str
    records: int
    linked: int
    standing: int
    proposed: int
    held_back: int
    error: Text | None


@dataclass(frozen=True, slots=True)
class ScanProgress:
    state: Text
    stage: Text | None
    share: float | None


@dataclass(frozen=True)
class DuplicatesPage:
    """`progress` only while a search waits or runs."""

    pairs: tuple[PairShown, ...]
    paging: Paging
    scans: tuple[ScanShown, ...]
    progress: ScanProgress | None
    worker_is_silent: bool
    folder: str


@dataclass(frozen=True)
class ProgressPart:
    """The part of the page that is asked for every second."""

    progress: ScanProgress
    worker_is_silent: bool
    folder: str


def duplicates_page(request: HttpRequest) -> DuplicatesPage:
    pages = paging(request, total=proposed_count(), size=_SIZE)
    pairs = proposed_pairs(offset=pages.offset, size=pages.size)
    people = people_of({pk for pair in pairs for pk in pair.customer_ids}, is_masked=False)
    newest = newest_scan()
    return DuplicatesPage(
        pairs=tuple(_pair(pair, people) for pair in pairs),
        paging=pages,
        scans=tuple(_scan(scan) for scan in scans()),
        progress=_progress(newest) if newest and not is_over(newest) else None,
        worker_is_silent=not worker_is_alive(),
        folder=str(settings.ZHIKE_HOME.path),
    )


def progress_part() -> tuple[ProgressPart, bool] | None:
    """How far the newest search is, and whether it is over; None before the first."""
    newest = newest_scan()
    if newest is None:
        return None
    part = ProgressPart(_progress(newest), not worker_is_alive(), str(settings.ZHIKE_HOME.path))
    return part, is_over(newest)


def _pair(pair: ProposedPair, people: dict[int, Person]) -> PairShown:
    left, right = (
        _of_record(people[customer_id], profile_id)
        for customer_id, profile_id in zip(pair.customer_ids, pair.profile_ids, strict=True)
    )
    return PairShown(
        link_id=pair.link_id,
        score=pair.score,
        rule=rule_text(pair.rule),
        customer_ids=pair.customer_ids,
        names=(
            masked("name", people[pair.customer_ids[0]].name),
            masked("name", people[pair.customer_ids[1]].name),
        ),
        sources=(source_text(pair.sources[0]), source_text(pair.sources[1])),
        evidence=tuple(
            EvidenceShown(field_text(name), level_text(level), _colour(level))
            for name, level in pair.evidence.items()
        ),
        rows=compared_fields(left, right),
    )


def _of_record(person: Person, profile_id: int) -> tuple[FieldShown, ...]:
    """What one record of a person says: the pair is of records, whoever else belongs to the two."""
    said = [value for value in person.all if value.profile_id == profile_id]
    return fields_shown(
        Person(person.customer_id, {value.field: value for value in said}, tuple(said)), is_masked=True
    )


def _colour(level: str) -> str:
    if level in _AGREE:
        return "green"
    if level in _DIFFER:
        return "red"
    return "slate" if level == "missing" else "amber"


def _scan(scan: DuplicateScan) -> ScanShown:
    text, colour = _STATES[scan.state]
    return ScanShown(
        id=scan.pk,
        state=text,
        colour=colour,
        is_over=is_over(scan),
        queued_at=scan.queued_at,
        by=str(scan.requested_by or ""),
        records=scan.records,
        linked=scan.linked,
        standing=standing_links_of(scan),
        proposed=scan.proposed,
        held_back=scan.held_back,
        error=Text(scan.error_zh, scan.error_en) if scan.error_en else None,
    )


def _progress(scan: DuplicateScan) -> ScanProgress:
    text, _ = _STATES[scan.state]
    stage = Text(scan.stage_zh, scan.stage_en) if scan.stage_en else None
    return ScanProgress(text, stage, scan.done / scan.total if scan.total else None)
