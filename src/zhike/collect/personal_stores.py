"""What this domain keeps of people beside profiles and facts, and how each of it is found, forgotten and sealed anew."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from zhike.collect.cancelling import cancel_import
from zhike.collect.imports.mentioned import may_mention
from zhike.collect.imports.storage import keep_readable
from zhike.collect.keeping import clear_workshops_under_lock, workshops
from zhike.collect.models import ImportRun, PointsBalance, Upload
from zhike.collect.recovering import end_what_was_cut_off
from zhike.collect.rejected import drop_rejected, forget_rejects, rejected_rows, rejects_place
from zhike.collect.selectors.points import standing_balances
from zhike.collect.selectors.sources import DEFAULT_SOURCE
from zhike.collect.uploads import dialect_of, remove_upload, uploaded_file, uploads_folder
from zhike.customers.stores import Person, Store
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text

log = logging.getLogger(__name__)

_NOTES = ("file_name", "error_zh", "error_en")
_TAKEN_OUT = "…"


def stores() -> tuple[Store, ...]:
    """Everything that is to be registered."""
    return (
        Store(
            "uploads",
            Text("上传的文件", "uploaded files"),
            known=_known_uploads,
            forget=_forget_uploads,
            is_in_database=False,
            seal_anew=lambda: _seal_anew(uploads_folder(_home())),
        ),
        Store(
            "rejected_records",
            Text("拒绝的记录", "rejected records"),
            known=_known_rejected,
            forget=_forget_rejected,
            is_in_database=False,
            seal_anew=lambda: _seal_anew(_home().rejects),
        ),
        Store(
            "staged_rows",
            Text("尚未写入的行", "rows put aside"),
            known=lambda person: [],
            forget=_forget_staged,
            is_in_database=False,
            seal_anew=lambda: _seal_anew(_home().path / "tmp"),
        ),
        Store(
            "points_balances",
            Text("积分余额", "balances of points"),
            known=_known_points,
            forget=_forget_points,
            keeps=_with_points,
        ),
        Store(
            "import_notes", Text("导入的说明", "notes of imports"), known=_known_notes, forget=_forget_notes
        ),
    )


def _home() -> Home:
    home: Home = settings.ZHIKE_HOME
    return home


def _known_uploads(person: Person) -> list[dict[str, Any]]:
    return [
        {"file": upload.file_name, "uploaded_at": upload.uploaded_at, "kind": upload.kind}
        for upload in _uploads_with(person)
    ]


def _forget_uploads(person: Person) -> int:
    """Whole files go: what a shop exported it can export again."""
    found = _uploads_with(person)
    for upload in found:
        for run in upload.runs.all():
            cancel_import(run=run)
        remove_upload(home=_home(), upload=upload)
    return len(found)


def _uploads_with(person: Person) -> list[Upload]:
    with _room() as folder:
        return [
            upload
            for upload in Upload.objects.filter(removed_at=None)
            if may_mention(
                uploaded_file(_home(), upload),
                person.mentions(upload.source or DEFAULT_SOURCE),
                dialect=dialect_of(upload),
                folder=folder,
            )
        ]


@contextmanager
def _room() -> Iterator[Path]:
    room = _home().path / "tmp"
    room.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="look-", dir=room) as name:
        yield Path(name)


def _known_rejected(person: Person) -> list[dict[str, Any]]:
    found = []
    for run in ImportRun.objects.exclude(rejects_file=""):
        header, *rows = list(rejected_rows(_home(), run)) or [[]]
        mentions = person.mentions(run.source)
        found += [
            {"import": run.pk, "record": dict(zip(header, row, strict=False))}
            for row in rows
            if mentions.are_in("\t".join(row))
        ]
    return found


def _forget_rejected(person: Person) -> int:
    """Rows go: those of others can still be corrected and brought again. A file that does not open goes as a whole."""
    count = 0
    for run in ImportRun.objects.exclude(rejects_file=""):
        try:
            mentions = person.mentions(run.source)
            count += drop_rejected(home=_home(), run=run, is_wanted=mentions.are_in)
        except ZhikeError:
            place = rejects_place(_home(), run)
            log.warning("rejected records of import %s do not open; they are deleted", run.pk)
            count += place is not None
            forget_rejects(home=_home(), run=run)
    return count


def _forget_staged(person: Person) -> int:
    """What imports that were cut off left, as a whole; erasing holds the lock of the facts, so none is under way."""
    count = len(workshops(_home()))
    # Afterwards the lake cannot tell any more what was committed.
    end_what_was_cut_off(home=_home())
    clear_workshops_under_lock(home=_home())
    return count


def _known_points(person: Person) -> list[dict[str, Any]]:
    """Also those of imports that were taken back, which count no more: they are kept all the same."""
    rows = PointsBalance.objects.filter(profile__in=person.profile_ids).select_related("run").order_by("pk")
    return [
        {
            "record": row.profile_id,
            "points": row.points,
            "counted_on": row.counted_on,
            "source": row.run.source,
            "import": row.run_id,
            "is_undone": row.run.undone_at is not None,
        }
        for row in rows
    ]


def _with_points(profile_ids: Collection[int]) -> set[int]:
    """Of whom a balance counts."""
    return set(standing_balances(profile_ids).order_by().values_list("profile", flat=True))


def _forget_points(person: Person) -> int:
    return PointsBalance.objects.filter(profile__in=person.profile_ids).delete()[0]


def _known_notes(person: Person) -> list[dict[str, Any]]:
    return [
        {"import": run.pk, "note": getattr(run, name)} for run, names in _runs_with(person) for name in names
    ]


def _forget_notes(person: Person) -> int:
    """Names of files may be names of people, and a file without a header has people where column names should be."""
    found = list(_runs_with(person))
    for run, names in found:
        ImportRun.objects.filter(pk=run.pk).update(**dict.fromkeys(names, _TAKEN_OUT))
    mentions = person.mentions()
    uploads = [each.pk for each in Upload.objects.all() if mentions.are_in(each.file_name)]
    Upload.objects.filter(pk__in=uploads).update(file_name=_TAKEN_OUT)
    return len(found) + len(uploads)


def _runs_with(person: Person) -> Iterator[tuple[ImportRun, list[str]]]:
    mentions = person.mentions()
    for run in ImportRun.objects.all():
        if names := [name for name in _NOTES if mentions.are_in(getattr(run, name))]:
            yield run, names


def _seal_anew(folder: Path) -> int:
    """Every sealed file below a folder; one that does not open stays as it is, for no key opens it."""
    count = 0
    for file in folder.rglob("*") if folder.is_dir() else ():
        try:
            count += file.is_file() and keep_readable(file)
        except FileNotFoundError:
            continue
        except ZhikeError as error:
            log.warning("%s is not sealed anew: %s", file.name, error.code)
    return count
