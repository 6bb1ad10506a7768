"""Bringing files in, and taking back what was brought in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from zhike.collect.cancelling import WayOut, cancel_import
from zhike.collect.imports.columns import Choice
from zhike.collect.imports.destinations import Task
from zhike.collect.imports.dialects import told_dialect
from zhike.collect.imports.guesses import ColumnGuess, guessed_mapping, header_fingerprint
from zhike.collect.imports.kinds import Kind
from zhike.collect.imports.mapping import ColumnMapping, mapping_of, read_mapping
from zhike.collect.imports.presets import Preset, preset_named
from zhike.collect.imports.reading import open_records, require_file
from zhike.collect.imports.records import shown, trimmed
from zhike.collect.imports.repairs import checked_repairs
from zhike.collect.imports.report import ImportReport
from zhike.collect.imports.work import Reading, Work, workshop
from zhike.collect.models import ImportRun, MappingMemory, Upload
from zhike.collect.recovering import (
    COUNTS,
    FACTS_LOCK,
    LOCK_WAIT_SECONDS,
    discard,
    end_what_was_cut_off,
    is_written,
)
from zhike.collect.rejected import keep_first_rejects
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.selectors.sources import DEFAULT_SOURCE, usual_source
from zhike.collect.uploads import check_checked, check_decided, dialect_of, uploaded_file
from zhike.customers.records import OWN_SOURCES
from zhike.jobs.progress import Progress, Several
from zhike.jobs.services import RowProgress, tracked
from zhike.jobs.tracking import JobState
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.kernel.words import Language
from zhike.lake.snapshots import open_lake

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

log = logging.getLogger(__name__)

# One for all kinds: a customer of an order and the same key in a list of customers are one profile.
_LONGEST_SOURCE = 40


def import_file(
    *,
    home: Home,
    kind: str,
    file: Path,
    mapping: Path | ColumnMapping | None = None,
    preset: str | None = None,
    source: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    repairs: Sequence[str] = (),
    is_dry_run: bool = False,
    user: User | None = None,
    progress: Progress,
) -> ImportReport:
    """Bring a file in: all of its good rows in one commit, or nothing.

    The same file again changes nothing; a later file with the same keys updates them. Cut off at any
    moment, it can simply be run again.

    Parameters
    ----------
    kind
        One of `KINDS`.
    file
        With one of the endings that `open_records` knows.
    mapping
        A TOML file with `[columns]` and `[values.…]`, or what it says, for other column names and words.
    preset
        The name of a preset; what the mapping says as well goes before it.
    source
        Where the ids come from; the same id of another source is another row. The preset's own, else ``orders``.
    sheet, encoding, delimiter, header_row
        How the file is read, as `Dialect` has it; what is not given is found out.
    repairs
        Names of `REPAIRS` that are switched on.
    is_dry_run
        Decide about every row and keep nothing but the report.

    Raises
    ------
    UsageError
        What is wrong with the request: ``kind.unknown``, ``file.missing``, ``file.kind``, ``source.refused``,
        ``mapping.…``, ``preset.…``, ``columns.…``, ``sheet.…``, ``encoding.unknown``, ``delimiter.…``, ``header_row.…``,
        ``repair.…``.
    ZhikeError
        What is wrong with the file as a whole: ``file.empty``, ``file.encoding``, ``file.structure``,
        ``file.damaged``, ``file.locked``, ``file.too_large``, ``file.unsafe``, ``file.changed``;
        ``lake.busy`` while another import runs.
    """
    wanted, chosen = kind_as_defined(kind), None if preset is None else preset_named(preset)
    _check_preset(wanted, chosen)
    said = chosen.source if source is None and chosen else source
    source = DEFAULT_SOURCE if said is None else checked_source(said)
    names = checked_repairs(repairs)
    dialect = told_dialect(encoding=encoding, sheet=sheet, delimiter=delimiter, header_row=header_row)
    require_file(file)
    run = ImportRun.objects.create(
        kind=kind,
        source=source,
        file_name=file.name[:255],
        repairs=list(names),
        user=user,
        is_dry_run=is_dry_run,
    )
    with _under_way(home, run, progress) as task:
        told = read_mapping(mapping, wanted.names) if isinstance(mapping, Path) else mapping
        # Whose ids they are, a file that nobody says it of has as it had before.
        usual = partial(usual_source, kind) if said is None else None
        return _brought(task, Reading(file, Choice(told, chosen), dialect, names), usual_source=usual)


def request_import(
    *, upload: Upload, user: User | None, is_dry_run: bool, language: Language = "zh"
) -> ImportRun:
    """A queued run of an uploaded file as it is to be read now; an import that waits or runs is returned instead.

    A check that waits is told anew, one that runs is cancelled.

    Raises
    ------
    ZhikeError
        ``upload.removed``; ``upload.undecided`` before the columns are chosen; ``upload.unchecked`` for an import
        that no check went before.
    """
    check_decided(upload)
    under_way = upload.runs.filter(state__in=(JobState.QUEUED, JobState.RUNNING), is_dry_run=is_dry_run)
    run = under_way.first()
    if run is not None and (not is_dry_run or _told_anew(run, upload)):
        return run
    if not is_dry_run:
        check_checked(upload)
    return ImportRun.objects.create(
        kind=upload.kind,
        source=upload.source,
        file_name=upload.file_name,
        sha256=upload.sha256,
        mapping=upload.mapping,
        repairs=upload.repairs,
        user=user,
        is_dry_run=is_dry_run,
        upload=upload,
        language=language,
    )


def _told_anew(run: ImportRun, upload: Upload) -> bool:
    """Have a waiting check go by what is decided now; one that runs already is cancelled instead."""
    waiting = ImportRun.objects.filter(pk=run.pk, state=JobState.QUEUED)
    if waiting.update(mapping=upload.mapping, repairs=upload.repairs, source=upload.source):
        return True
    cancel_import(run=run)
    return False


def run_import(*, home: Home, run: ImportRun, progress: Progress) -> ImportReport:
    """Do what `request_import` queued; cancelled on the way, it ends with nothing kept.

    Raises
    ------
    UsageError, ZhikeError
        As `import_file` does, of the file by the name that its owner knows; ``import.cancelled``.
    """
    upload = run.upload
    assert upload is not None
    file, kind = uploaded_file(home, upload), kind_as_defined(run.kind)
    with _under_way(home, run, Several([progress, WayOut(run)])) as task:
        require_file(file)
        # It may have been told anew until it was taken from the queue.
        run.refresh_from_db(fields=["mapping", "repairs", "source"])
        mapping = replace(mapping_of(run.mapping, kind.names, place="mapping"), is_complete=True)
        reading = Reading(file, Choice(mapping), dialect_of(upload), checked_repairs(run.repairs))
        return _brought(task, reading)


@contextmanager
def _under_way(home: Home, run: ImportRun, progress: Progress) -> Iterator[Task]:
    lake, watching = open_lake(home.lake), Several([RowProgress(run), progress])
    lock = lake.locked(FACTS_LOCK, wait_seconds=LOCK_WAIT_SECONDS)
    with tracked(run, under=lock), workshop(home, run.pk) as folder:
        end_what_was_cut_off(home=home, but=run)
        try:
            yield Task(home, lake, run, kind_as_defined(run.kind), folder, watching, run.is_dry_run)
        except BaseException:
            discard(home=home, run=run)
            raise


def _brought(
    task: Task, reading: Reading, *, usual_source: Callable[[str], str] | None = None
) -> ImportReport:
    run, choice, kept = task.run, reading.choice, list[ImportReport]()

    def keep(report: ImportReport) -> None:
        _keep(task.home, run, report)
        kept.append(report)

    work = Work(
        task,
        reading,
        recall=lambda fingerprint: _remembered(run.kind, fingerprint),
        keep=keep,
        usual_source=usual_source,
    )
    try:
        report = work.run_through()
    except BaseException:
        # After the commit nothing can fail any more: the rows count, whoever reads the run must learn it.
        if not kept or not is_written(task.lake, run):
            raise
        log.exception("import %s is in the lake; what failed came after that", run.pk)
        run.save(update_fields=["version_after"])
        return kept[0]
    if not run.is_dry_run and (choice.mapping is not None or choice.preset is not None):
        _remember(run)
    return report


def import_orders(
    *,
    home: Home,
    file: Path,
    mapping: Path | None = None,
    source: str = DEFAULT_SOURCE,
    progress: Progress,
) -> ImportReport:
    """Bring a file of orders in; see `import_file`."""
    return import_file(home=home, kind="orders", file=file, mapping=mapping, source=source, progress=progress)


def guessed_columns(
    *,
    home: Home,
    kind: str,
    file: Path,
    sheet: str | None = None,
    encoding: str | None = None,
) -> list[ColumnGuess]:
    """What each column of a file probably is; nothing is kept.

    Raises
    ------
    UsageError, ZhikeError
        As `import_file` does for the file.
    """
    wanted, dialect = kind_as_defined(kind), told_dialect(encoding=encoding, sheet=sheet)
    require_file(file)
    room = home.path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    # Not a workshop: an import may be under way.
    with TemporaryDirectory(prefix="guess-", dir=room) as name:
        folder = Path(name)
        known = Choice().known(wanted)
        records = open_records(file, known=known, dialect=dialect, folder=folder)
        remembered = _remembered(kind, header_fingerprint(records.header))
        return guessed_mapping(records, wanted, (remembered or {}).get("columns"))


def _check_preset(kind: Kind, preset: Preset | None) -> None:
    if preset is not None and preset.kind.name != kind.name:
        raise UsageError(
            "preset.other_kind",
            zh=f"预设 {preset.name} 是导入 {preset.kind.name} 用的，不能用来导入 {kind.name}",
            en=f"the preset {preset.name} is for {preset.kind.name}, not for {kind.name}",
        )


def checked_source(source: str) -> str:
    """The name of a source, trimmed.

    Raises
    ------
    UsageError
        ``source.refused``.
    """
    name = trimmed(source)
    if not name or len(name) > _LONGEST_SOURCE or not name.isprintable():
        raise UsageError(
            "source.refused",
            zh=f"来源名“{shown(name)}”应有 1 至 {_LONGEST_SOURCE} 个字符，例如 tmall",
            en=f"the source “{shown(name)}” must have 1 to {_LONGEST_SOURCE} characters, such as shopify",
        )
    if name in OWN_SOURCES:
        raise UsageError(
            "source.refused",
            zh=f"“{name}”是本程序自用的来源名，请换一个，例如 tmall",
            en=f"the source “{name}” is the program's own; choose another name, such as shopify",
        )
    return name


def _remembered(kind: str, fingerprint: str) -> dict[str, Any] | None:
    found = MappingMemory.objects.filter(kind=kind, fingerprint=fingerprint).first()
    return None if found is None else dict(found.mapping)


def _remember(run: ImportRun) -> None:
    """Keep a mapping that worked, under the header that it worked for."""
    MappingMemory.objects.update_or_create(
        kind=run.kind, fingerprint=run.header_fingerprint, defaults={"mapping": run.mapping}
    )


def _keep(home: Home, run: ImportRun, report: ImportReport) -> None:
    if run.upload_id is not None:
        home.rejects.mkdir(mode=0o700, exist_ok=True)
        keep_first_rejects(home, report)
    for name in COUNTS:
        setattr(run, name, getattr(report, name))
    run.rejects_file = report.rejects_file.name if report.rejects_file else ""
    run.reasons = dict(report.reasons)
    run.save(update_fields=[*COUNTS, "rejects_file", "reasons"])
