"""Files that people bring on pages: stored privately, decided about, removed when they are done with."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from zhike.collect.imports.dialects import Dialect, told_dialect
from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.mapping import mapping_of
from zhike.collect.imports.reading import ENDINGS
from zhike.collect.imports.repairs import checked_repairs
from zhike.collect.imports.storage import SealedFile, write_private
from zhike.collect.models import ImportRun, Upload
from zhike.collect.rejected import forget_rejects
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.settings import ImportSettings
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

LARGEST_UPLOAD = 256 << 20
_FOLDER = "uploads"
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def store_upload(
    *,
    home: Home,
    user: User,
    kind: str,
    source: str,
    preset: str = "",
    name: str,
    chunks: Iterable[bytes],
    corrects: ImportRun | None = None,
) -> Upload:
    """Keep a file for the steps of an import, sealed.

    Parameters
    ----------
    name
        As its owner calls it; it is stored under a random one.
    chunks
        The content; read once.

    Raises
    ------
    UsageError
        ``kind.unknown``, ``file.kind`` for another ending, ``file.empty``, ``upload.too_large``.
    """
    kind_named(kind)
    shown = _UNPRINTED.sub("", PurePath(name.replace("\\", "/")).name)[-255:] or "file"
    check_ending(shown)
    room = uploads_folder(home)
    room.mkdir(mode=0o700, exist_ok=True)
    stored = f"{secrets.token_urlsafe(24)}.sealed"
    size, checksum = _written(room / stored, chunks)
    return Upload.objects.create(
        kind=kind,
        source=source,
        preset=preset,
        file_name=shown,
        stored_name=stored,
        size_bytes=size,
        sha256=checksum,
        uploaded_by=user,
        corrects=corrects,
        # What was meant by the cells of the file is meant by those of its rejects.
        repairs=list(corrects.repairs) if corrects else [],
    )


def _written(file: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    """The size and the checksum of what was written; nothing stays of what is refused."""
    size, checksum = 0, hashlib.sha256()
    try:
        with write_private(file) as out:
            for chunk in chunks:
                size += len(chunk)
                if size > LARGEST_UPLOAD:
                    raise too_large()
                checksum.update(chunk)
                out.write(chunk)
        if not size:
            raise UsageError(
                "file.empty", zh="这是一个空文件，请另选一个", en="the file is empty; choose another"
            )
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return size, checksum.hexdigest()


def check_ending(name: str) -> str:
    """The ending of a file's name.

    Raises
    ------
    UsageError
        ``file.kind``.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            "file.kind",
            zh=f"不能导入“{ending or name[:40]}”文件；可用的有：{' '.join(ENDINGS)}",
            en=f"a “{ending or name[:40]}” file is not imported; known endings: {' '.join(ENDINGS)}",
        )
    return ending


def too_large() -> UsageError:
    """A file above `LARGEST_UPLOAD`."""
    most = LARGEST_UPLOAD >> 20
    return UsageError(
        "upload.too_large",
        zh=f"文件超过 {most} MB。请拆成几个文件，或在服务器上用 zhike import 导入",
        en=f"the file has more than {most} MB. Split it, or use zhike import on the server",
    )


def uploads_folder(home: Home) -> Path:
    return home.path / _FOLDER


def upload_place(home: Home, upload: Upload) -> Path:
    """Where the file is, or was."""
    return uploads_folder(home) / upload.stored_name


def uploaded_file(home: Home, upload: Upload) -> SealedFile:
    """The file, to be read; sentences call it by the name that its owner knows."""
    ending = PurePath(upload.file_name).suffix.lower()
    return SealedFile(upload_place(home, upload), upload.file_name, ending)


def dialect_of(upload: Upload) -> Dialect:
    """How the file is to be read, as far as that was decided."""
    return told_dialect(
        encoding=upload.encoding,
        sheet=upload.sheet,
        delimiter=upload.delimiter,
        header_row=upload.header_row,
    )


def choose_reading(*, upload: Upload, dialect: Dialect) -> None:
    """Decide how the file is read; another reading may have other columns, so they are open again.

    Raises
    ------
    ZhikeError
        ``upload.removed``.
    """
    check_there(upload)
    if dialect_of(upload) != dialect:
        upload.mapping = None
    upload.encoding, upload.sheet = dialect.encoding or "", dialect.sheet or ""
    upload.delimiter, upload.header_row = dialect.delimiter or "", dialect.header_row
    upload.save(update_fields=["encoding", "sheet", "delimiter", "header_row", "mapping"])


def choose_columns(*, upload: Upload, mapping: dict[str, Any], source: str = "") -> None:
    """Decide which column is what, `{"columns", "values", "questions"}` as a run keeps it, and where the ids come from.

    Parameters
    ----------
    source
        Empty: as it was said with the file.

    Raises
    ------
    UsageError
        ``mapping.…`` for names that the kind does not have; ``columns.missing``.
    ZhikeError
        ``upload.removed``.
    """
    check_there(upload)
    kind = kind_as_defined(upload.kind)
    found = mapping_of(mapping, kind.names, place="mapping")
    if missing := [name for name in kind.names.required if name not in found.columns]:
        labels = [kind.field(name).text for name in missing]
        raise UsageError(
            "columns.missing",
            zh=f"还缺少：{'、'.join(label.zh for label in labels)}。请给每一项选一列",
            en=f"still missing: {', '.join(label.en for label in labels)}. Choose a column for each",
        )
    upload.mapping, upload.source = mapping, source or upload.source
    upload.save(update_fields=["mapping", "source"])


def choose_repairs(*, upload: Upload, names: Iterable[str]) -> None:
    """Decide which repairs are on.

    Raises
    ------
    UsageError
        ``repair.unknown``, ``repair.contradiction``.
    ZhikeError
        ``upload.removed``.
    """
    check_there(upload)
    upload.repairs = list(checked_repairs(names))
    upload.save(update_fields=["repairs"])


def check_there(upload: Upload) -> None:
    """Refuse a file that was removed (``upload.removed``)."""
    if upload.removed_at is not None:
        raise ZhikeError(
            "upload.removed",
            zh=f"“{upload.file_name}”已从服务器删除（导入完成，或已过保存期），请重新上传",
            en=f"“{upload.file_name}” is no longer kept (its import is done, or its time is over); upload it again",
        )


def check_decided(upload: Upload) -> None:
    """Refuse an upload whose columns are open (``upload.undecided``) or that is gone (``upload.removed``)."""
    check_there(upload)
    if upload.mapping is None:
        raise ZhikeError(
            "upload.undecided",
            zh="还没有确认各列的含义，请先完成“列”这一步",
            en="it is not decided yet what the columns are; do that step first",
        )


def check_checked(upload: Upload) -> None:
    """Refuse an import before its check is done (``upload.unchecked``)."""
    newest = upload.runs.filter(is_dry_run=True).first()
    settled = newest is not None and newest.state == JobState.DONE
    if newest is None or not settled or newest.repairs != upload.repairs:
        raise ZhikeError(
            "upload.unchecked",
            zh="检查还没有完成，请等检查结果出来再导入",
            en="the check is not done; wait for its result, then import",
        )


def remove_upload(*, home: Home, upload: Upload) -> None:
    """Delete the file, and what its checks kept of it; the row stays as a record."""
    upload_place(home, upload).unlink(missing_ok=True)
    for run in upload.runs.filter(is_dry_run=True).exclude(rejects_file=""):
        forget_rejects(home=home, run=run)
    upload.removed_at = upload.removed_at or clock.now()
    upload.save(update_fields=["removed_at"])


def remove_old_uploads(*, home: Home) -> int:
    """Delete the files whose time is over, unless an import of theirs is under way; how many."""
    oldest = clock.now() - home.section("imports", ImportSettings).uploads_for
    old = Upload.objects.filter(removed_at=None, uploaded_at__lt=oldest)
    busy = ImportRun.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING), upload__isnull=False)
    gone = list(old.exclude(pk__in=busy.values("upload")))
    for upload in gone:
        remove_upload(home=home, upload=upload)
    return len(gone)
