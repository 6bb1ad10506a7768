"""How long files of imports are kept, and what is cleared away that nobody needs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from zhike.collect.models import Upload
from zhike.collect.recovering import FACTS_LOCK
from zhike.collect.rejected import forget_old_rejects, reject_names
from zhike.collect.uploads import remove_old_uploads, uploads_folder
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake

# Nobody looks at a file, or brings one, for that long in one request.
_IN_USE_SECONDS = 3600


def keep_tidy(*, home: Home) -> None:
    """Delete uploads and rejects whose time is over, and what requests and imports that were cut off left behind."""
    remove_old_uploads(home=home)
    forget_old_rejects(home=home)
    waiting = Upload.objects.filter(removed_at=None).values_list("stored_name", flat=True)
    _clear(uploads_folder(home), keep=set(waiting))
    _clear(home.rejects, keep=reject_names(home))
    _clear(home.path / "tmp", keep=(), but="import-")
    clear_workshops(home=home)


def workshops(home: Home) -> list[Path]:
    """The folders of imports, of those under way and of those that were cut off."""
    return sorted((home.path / "tmp").glob("import-*"))


def clear_workshops(*, home: Home) -> None:
    """Delete what imports that were cut off left; nothing while an import runs."""
    if not workshops(home):
        return
    try:
        with open_lake(home.lake).locked(FACTS_LOCK):
            clear_workshops_under_lock(home=home)
    except ZhikeError as error:
        if error.code != "lake.busy":
            raise


def clear_workshops_under_lock(*, home: Home) -> None:
    """The same, for whoever holds the lock of the facts."""
    for folder in workshops(home):
        shutil.rmtree(folder, ignore_errors=True)


def _clear(folder: Path, *, keep: Collection[str], but: str | None = None) -> None:
    """Delete what a folder has beside `keep`, unless it is so young that somebody may be at it."""
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        is_young = time.time() - each.lstat().st_mtime < _IN_USE_SECONDS
        if each.name in keep or is_young or (but is not None and each.name.startswith(but)):
            continue
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
