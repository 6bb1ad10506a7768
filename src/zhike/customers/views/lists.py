"""The customer list, and the list as a file."""

from __future__ import annotations

import io
import logging
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from zhike.accounts.access import Right, may
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User
from zhike.customers.exports import Personal, current_snapshot, export_customers
from zhike.customers.listing import FORMATS, list_page, selection_in, viewer_of
from zhike.customers.view_tabs import default_href
from zhike.kernel.errors import UsageError
from zhike.pages.rendering import render_page

log = logging.getLogger(__name__)

# Excel files are written cell by cell: more would keep a browser waiting for minutes.
_MOST_WORKBOOK_ROWS = 50_000


@requires(Right.SEE_CUSTOMERS)
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    if not request.GET and (href := default_href(request, viewer_of(request))):
        return HttpResponseRedirect(href)
    page = list_page(request)
    return render_page(request, "customers/list.html", page, status=400 if page.problems else 200)


@requires(Right.EXPORT_TABLES)
@require_safe
def export(request: HttpRequest) -> FileResponse:
    """The filtered list as a file; `?people=1` with names, contacts and keys in full, which goes on record."""
    ending = _format(request)
    selection = selection_in(request)
    if selection.problems:
        problem = selection.problems[0].text
        raise UsageError("export.filter", zh=problem.zh, en=problem.en)
    snapshot = current_snapshot(settings.ZHIKE_HOME)
    file = _private_folder(settings.ZHIKE_HOME.path / "tmp") / f"customers.{ending}"
    try:
        rows = export_customers(
            home=settings.ZHIKE_HOME,
            snapshot=snapshot,
            selection=selection,
            out=file,
            viewer=viewer_of(request),
            personal=_personal(request, viewer_of(request)),
            most_workbook_rows=_MOST_WORKBOOK_ROWS,
        )
    except BaseException:
        shutil.rmtree(file.parent, ignore_errors=True)
        raise
    filters = sorted({piece.name for piece in selection.pieces})
    log.info("user %s exported %s customers as %s, filtered by %s", request.user.pk, rows, ending, filters)
    answer = FileResponse(
        _Vanishing(file), as_attachment=True, filename=f"zhike-customers-{snapshot.as_of}.{ending}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _format(request: HttpRequest) -> str:
    ending = request.GET.get("format", "xlsx")
    if ending not in FORMATS:
        raise UsageError(
            "export.format",
            zh=f"不能导出为“{ending}”；可用：{'、'.join(FORMATS)}",
            en=f"cannot export as “{ending}”; known: {', '.join(FORMATS)}",
        )
    return ending


def _personal(request: HttpRequest, viewer: User) -> Personal:
    """What this person's file may say of people.

    Raises
    ------
    UsageError
        ``export.people`` if more is asked for.
    """
    if request.GET.get("people"):
        if not may(viewer, Right.EXPORT_PEOPLE):
            raise UsageError(
                "export.people",
                zh="导出姓名和联系方式需要“导出个人信息”的权限，请找店主",
                en="names and contacts are exported with the right to export personal data; ask the owner",
            )
        return Personal.FULL
    return Personal.MASKED if may(viewer, Right.SEE_CONTACTS) else Personal.NONE


def _private_folder(room: Path) -> Path:
    """A folder for one file that names people: nobody else on the machine may read it while it is there.

    What a crash leaves in `room` is cleared away with what imports left there.
    """
    room.mkdir(mode=0o700, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="export-", dir=room))


class _Vanishing(io.FileIO):
    """A file that is deleted with its folder once it has been read and closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path

    def close(self) -> None:
        super().close()
        shutil.rmtree(self._path.parent, ignore_errors=True)
