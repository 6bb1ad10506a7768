"""Runs of the refresh: what happened, what is happening, and starting one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User
from zhike.lake.snapshots import open_lake
from zhike.pages.freshness import Freshness
from zhike.pages.paging import Paging, paging
from zhike.pages.rendering import render_page
from zhike.pipeline import selectors, tasks
from zhike.pipeline.forms import StartForm

_ROWS = 25


@dataclass(frozen=True)
class RunsPage:
    """The newest runs, and the form that starts one."""

    freshness: Freshness | None
    worker_is_silent: bool
    folder: str
    form: StartForm
    runs: tuple[selectors.RunSummary, ...]
    paging: Paging


@dataclass(frozen=True)
class RunPage:
    """One run; `progress` only until it is over, stages and tables as far as there are any."""

    run: selectors.RunSummary
    progress: selectors.RunProgress | None
    folder: str
    stages: tuple[selectors.StageRow, ...]
    tables: tuple[selectors.TableRow, ...]


@dataclass(frozen=True)
class ProgressPart:
    """The part of a run's page that is asked for every second."""

    progress: selectors.RunProgress
    folder: str


@requires(Right.SEE_NUMBERS)
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, newest first."""
    return _runs(request, StartForm(auto_id="start_%s"))


@requires(Right.SEE_NUMBERS)
@require_safe
def run(request: HttpRequest, id: int) -> HttpResponse:
    """One run with its stages and tables."""
    found = selectors.run_summary(id)
    if found is None:
        raise Http404
    home = settings.ZHIKE_HOME
    tables = (
        ()
        if found.snapshot_id is None
        else selectors.snapshot_tables(home=home, snapshot_id=found.snapshot_id)
    )
    page = RunPage(
        run=found,
        progress=None if found.is_over else selectors.run_progress(id),
        folder=str(home.path),
        stages=selectors.run_stages(id),
        tables=tables,
    )
    return render_page(request, "pipeline/run.html", page)


@requires(Right.SEE_NUMBERS)
@require_safe
def progress(request: HttpRequest, id: int) -> HttpResponse:
    """How far a run is; once it is over, the whole page is asked for again."""
    found = selectors.run_progress(id)
    if found is None:
        raise Http404
    part = ProgressPart(progress=found, folder=str(settings.ZHIKE_HOME.path))
    response = render_page(request, "pipeline/progress.html", part)
    if found.run.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


@requires(Right.REFRESH)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Queue a refresh and go to its page; one that waits already is not queued twice."""
    form = StartForm(request.POST, auto_id="start_%s")
    if not form.is_valid():
        return _runs(request, form, status=422)
    user = request.user if isinstance(request.user, User) else None
    queued = tasks.queue_refresh(requested_by=user, as_of=form.cleaned_data["as_of"])
    return HttpResponseRedirect(reverse("pipeline:run", args=(queued.pk,)))


def _runs(request: HttpRequest, form: StartForm, *, status: int = 200) -> HttpResponse:
    home = settings.ZHIKE_HOME
    snapshot = open_lake(home.lake).current()
    pages = paging(request, total=selectors.run_count(), size=_ROWS)
    page = RunsPage(
        freshness=Freshness(
            as_of=snapshot.as_of,
            computed_at=snapshot.created_at,
            is_sample=settings.ZHIKE_BUSINESS.is_sample,
            snapshot_id=snapshot.id,
        )
        if snapshot
        else None,
        worker_is_silent=selectors.worker_is_silent(),
        folder=str(home.path),
        form=form,
        runs=selectors.run_summaries(offset=pages.offset, size=pages.size),
        paging=pages,
    )
    return render_page(request, "pipeline/runs.html", page, status=status)
