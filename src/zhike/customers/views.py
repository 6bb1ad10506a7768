"""The customer list, one customer, and the list as a file."""

from __future__ import annotations

import io
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from zhike.customers.detail import detail_page
from zhike.customers.exports import current_snapshot, export_customers
from zhike.customers.listing import FORMATS, list_page, selection_in
from zhike.customers.selectors import customer_exists
from zhike.kernel.errors import UsageError
from zhike.pages.rendering import render_page

log = logging.getLogger(__name__)

# Excel files are written cell by cell: more would keep a browser waiting for minutes.
_MOST_WORKBOOK_ROWS = 50_000


@dataclass(frozen=True)
class MissingPage:
    customer_id: int


@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    page = list_page(request)
    return render_page(request, "customers/list.html", page, status=400 if page.problems else 200)


@require_safe
def customer_detail(request: HttpRequest, customer_id: int) -> HttpResponse:
    if not customer_exists(customer_id):
        return render_page(request, "customers/missing.html", MissingPage(customer_id), status=404)
    return render_page(request, "customers/detail.html", detail_page(request, customer_id))


@require_safe
def export(request: HttpRequest) -> FileResponse:
    """The filtered list as a file; writes nothing that stays."""
    ending = request.GET.get("format", "xlsx")
    if ending not in FORMATS:
        raise UsageError(
            "export.format",
            zh=f"不能导出为“{ending}”；可用：{'、'.join(FORMATS)}",
            en=f"cannot export as “{ending}”; known: {', '.join(FORMATS)}",
        )
    selection = selection_in(request)
    if selection.problems:
        problem = selection.problems[0].text
        raise UsageError("export.filter", zh=problem.zh, en=problem.en)
    snapshot = current_snapshot(settings.ZHIKE_HOME)
    handle, name = tempfile.mkstemp(suffix=f".{ending}", prefix="zhike-")
    os.close(handle)
    file = Path(name)
    try:
        rows = export_customers(
            home=settings.ZHIKE_HOME,
            snapshot=snapshot,
            selection=selection,
            out=file,
            with_keys=True,
            most_workbook_rows=_MOST_WORKBOOK_ROWS,
        )
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    filters = sorted({piece.name for piece in selection.pieces})
    log.info("user %s exported %s customers as %s, filtered by %s", request.user.pk, rows, ending, filters)
    return FileResponse(
        _Vanishing(file), as_attachment=True, filename=f"zhike-customers-{snapshot.as_of}.{ending}"
    )


class _Vanishing(io.FileIO):
    """A file that is deleted once it has been read and closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path

    def close(self) -> None:
        super().close()
        self._path.unlink(missing_ok=True)
