"""What became of imports: one, and all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.collect.cancelling import cancel_import
from zhike.collect.forms import UndoForm
from zhike.collect.imports.kinds import kind_named
from zhike.collect.models import ImportRun
from zhike.collect.rejected import rejects_kept_until, take_rejects
from zhike.collect.selectors.runs import (
    MappedColumn,
    RejectGroup,
    RunLine,
    RunWait,
    UndoLine,
    mapped_columns,
    newest_undo,
    reject_groups,
    repairs_of,
    run_count,
    run_line,
    run_lines,
    run_wait,
)
from zhike.collect.tasks import queue_undo
from zhike.collect.views.shared import Step, sees_contacts, steps_of, viewer, visible_run
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text
from zhike.pages.paging import Paging, paging
from zhike.pages.rendering import render_page

_ROWS = 25


@dataclass(frozen=True)
class HistoryPage:
    runs: tuple[RunLine, ...]
    paging: Paging


@dataclass(frozen=True)
class RunPage:
    """One import or check; `undo` is None where there is nothing to take back, `undone` until it was."""

    steps: tuple[Step, ...]
    run: RunLine
    wait: RunWait | None
    groups: tuple[RejectGroup, ...]
    columns: tuple[MappedColumn, ...]
    repairs: tuple[tuple[str, Text], ...]
    is_of_people: bool
    has_rejects: bool
    rejects_kept_until: datetime | None
    rejects_are_gone: bool
    undo: UndoForm | None
    undone: UndoLine | None
    error: Text | None = None


@dataclass(frozen=True)
class ProgressPart:
    """The part of a page that is asked for every second."""

    wait: RunWait | None


@requires(Right.IMPORT)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """All imports and checks, newest first; of others only for owners and managers."""
    user = viewer(request)
    pages = paging(request, total=run_count(user), size=_ROWS)
    page = HistoryPage(run_lines(user, offset=pages.offset, size=pages.size), pages)
    return render_page(request, "collect/history.html", page)


@requires(Right.IMPORT)
@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One import: how far it is, then what it did."""
    return _run(request, visible_run(request, run_id))


@requires(Right.IMPORT)
@require_safe
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run or its undo is; once it is over, the whole page is asked for again."""
    wait = run_wait(visible_run(request, run_id))
    response = render_page(request, "collect/progress.html", ProgressPart(wait))
    if wait is None:
        response.headers["HX-Refresh"] = "true"
    return response


@requires(Right.IMPORT)
@require_POST
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """End a run before it keeps anything."""
    found = visible_run(request, run_id)
    cancel_import(run=found)
    if found.is_dry_run and found.upload_id is not None:
        return HttpResponseRedirect(reverse("collect:check", args=[found.upload_id]))
    return _to(found)


@requires(Right.IMPORT)
@require_POST
def rejects(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The rejected records as a file; a POST, because who takes them is recorded."""
    found = visible_run(request, run_id)
    if not sees_contacts(request):
        raise Http404
    opened = take_rejects(home=settings.ZHIKE_HOME, run=found, user=viewer(request))
    if opened is None:
        raise Http404
    name = f"{PurePath(found.file_name).stem[:80]}-{_('rejected')}.csv"
    response = FileResponse(opened, as_attachment=True, filename=name, content_type="text/csv")
    response.headers["Cache-Control"] = "no-store"
    return response


@requires(Right.IMPORT)
@require_POST
def undo(request: HttpRequest, run_id: int) -> HttpResponse:
    """Have the worker take back what an import brought."""
    found = visible_run(request, run_id)
    form = UndoForm(request.POST, auto_id="undo_%s")
    if not form.is_valid():
        return _run(request, found, form=form, status=422)
    try:
        queue_undo(run=found, user=viewer(request), reason=form.cleaned_data["reason"])
    except ZhikeError as error:
        return _run(request, found, form=form, error=error.text, status=409)
    return _to(found)


def _run(
    request: HttpRequest,
    found: ImportRun,
    *,
    form: UndoForm | None = None,
    error: Text | None = None,
    status: int = 200,
) -> HttpResponse:
    line, home, wait = run_line(found), settings.ZHIKE_HOME, run_wait(found)
    undone = newest_undo(found)
    page = RunPage(
        steps=steps_of(found.upload, "result") if found.upload and not line.is_check else (),
        run=line,
        wait=wait,
        groups=reject_groups(home=home, run=found, with_contacts=sees_contacts(request)),
        columns=mapped_columns(found),
        repairs=repairs_of(found.repairs),
        is_of_people=kind_named(found.kind).destination == "profiles",
        has_rejects=line.has_rejects_file and not line.is_check,
        rejects_kept_until=rejects_kept_until(home, found),
        rejects_are_gone=line.is_done and line.rejected > 0 and not line.has_rejects_file,
        undo=(form or UndoForm(auto_id="undo_%s")) if line.can_undo and wait is None else None,
        undone=undone if undone and undone.is_done else None,
        error=error or (undone.error if undone else None),
    )
    return render_page(request, "collect/run.html", page, status=status)


def _to(found: ImportRun) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("collect:run", args=[found.pk]))
