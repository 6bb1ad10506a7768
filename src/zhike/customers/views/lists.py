"""The customer list, and the list as a file."""

from __future__ import annotations

import io
import logging
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right, may
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User
from zhike.customers.exports import Personal, current_snapshot, export_customers
from zhike.customers.filters import Selection
from zhike.customers.listing import FORMATS, list_page, selection_in, selection_in_query, viewer_of
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
    """The filtered list as a file; names and contacts with their middle covered, or none."""
    personal = Personal.MASKED if may(viewer_of(request), Right.SEE_CONTACTS) else Personal.NONE
    return _file(viewer_of(request), selection_in(request), request.GET.get("format", "xlsx"), personal)


@requires(Right.EXPORT_PEOPLE)
@require_POST
def export_people(request: HttpRequest) -> FileResponse:
    """The filtered list with names, contacts and keys in full; who asked and why goes on record first."""
    selection = selection_in_query(request.POST.get("query", ""))
    ending, reason = request.POST.get("format", "xlsx"), request.POST.get("reason", "")
    return _file(viewer_of(request), selection, ending, Personal.FULL, reason)


def _file(
    viewer: User, selection: Selection, ending: str, personal: Personal, reason: str = ""
) -> FileResponse:
    _check(selection, ending)
    snapshot = current_snapshot(settings.ZHIKE_HOME)
    file = _private_folder(settings.ZHIKE_HOME.path / "tmp") / f"customers.{ending}"
    try:
        rows = export_customers(
            home=settings.ZHIKE_HOME,
            snapshot=snapshot,
            selection=selection,
            out=file,
            viewer=viewer,
            personal=personal,
            reason=reason,
            most_workbook_rows=_MOST_WORKBOOK_ROWS,
        )
    except BaseException:
        shutil.rmtree(file.parent, ignore_errors=True)
        raise
    filters = sorted({piece.name for piece in selection.pieces})
    log.info("user %s exported %s customers as %s, filtered by %s", viewer.pk, rows, ending, filters)
    name = f"zhike-customers-{snapshot.as_of}.{ending}"
    return FileResponse(_Vanishing(file), as_attachment=True, filename=name)


def _check(selection: Selection, ending: str) -> None:
    if ending not in FORMATS:
        raise UsageError(
            "export.format",
            zh=f"不能导出为“{ending}”；可用：{'、'.join(FORMATS)}",
            en=f"cannot export as “{ending}”; known: {', '.join(FORMATS)}",
        )
    if selection.problems:
        problem = selection.problems[0].text
        raise UsageError("export.filter", zh=problem.zh, en=problem.en)


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
