"""The first step of an import: what it is, and the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import requires
from zhike.collect.forms import FileForm, UploadForm
from zhike.collect.imports.templates import write_template
from zhike.collect.models import ImportRun
from zhike.collect.receiving import PrivateUploadHandler
from zhike.collect.selectors.kinds import KindChoice, PresetChoice, kind_choices, preset_choices
from zhike.collect.selectors.open_uploads import OpenUpload, open_uploads
from zhike.collect.selectors.runs import RunLine, run_line, run_lines
from zhike.collect.selectors.visible import run_for
from zhike.collect.services import checked_source
from zhike.collect.uploads import remove_old_uploads, remove_upload, store_upload, too_large
from zhike.collect.views.shared import Step, steps_of, viewer, visible_upload
from zhike.kernel.errors import UsageError
from zhike.pages.posted import number_in
from zhike.pages.rendering import render_page

_NEWEST = 5
_TEMPLATE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class StartPage:
    """What can be brought in. With `corrects` only a file is asked for: the rejects of that import, corrected."""

    steps: tuple[Step, ...]
    form: FileForm
    kinds: tuple[KindChoice, ...]
    kind: str
    presets: tuple[PresetChoice, ...]
    corrects: RunLine | None
    waiting: tuple[OpenUpload, ...]
    newest: tuple[RunLine, ...]


@requires(Right.IMPORT)
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Choose what to bring in; `?corrects=RUN` asks for corrected rejects only."""
    corrects = _corrected(request, number_in(request.GET, "corrects"))
    kind = request.GET.get("kind", "")
    form = FileForm(auto_id="up_%s") if corrects else UploadForm(auto_id="up_%s", initial={"kind": kind})
    return _start(request, form, corrects)


@requires(Right.IMPORT)
@csrf_exempt  # checked in `_upload`: before that, the handler must be there
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take the file and go on to how it is read."""
    handler = PrivateUploadHandler(settings.ZHIKE_HOME.path / "tmp")
    request.upload_handlers = [handler]
    return _upload(request, handler)


@csrf_protect
def _upload(request: HttpRequest, handler: PrivateUploadHandler) -> HttpResponse:
    corrects = _corrected(request, number_in(request.POST, "corrects"))
    kind = FileForm if corrects else UploadForm
    form = kind(request.POST, request.FILES, auto_id="up_%s")
    is_valid = form.is_valid()
    if handler.is_too_large:
        form.errors.pop("file", None)
        form.add_error("file", str(too_large()))
    elif is_valid:
        try:
            return _stored(request, form, corrects)
        except UsageError as error:
            field = "source" if error.code == "source.refused" else "file"
            form.add_error(field, str(error))
    return _start(request, form, corrects, status=422)


def _stored(request: HttpRequest, form: FileForm, corrects: ImportRun | None) -> HttpResponse:
    said, home = form.cleaned_data, settings.ZHIKE_HOME
    preset = said.get("preset", "")
    # What nobody said is decided with the columns, which tell where such files came from before.
    named = said.get("source", "").strip()
    source = corrects.source if corrects else checked_source(named) if named else ""
    remove_old_uploads(home=home)
    made = store_upload(
        home=home,
        user=viewer(request),
        kind=corrects.kind if corrects else said["kind"],
        source=source,
        preset=preset,
        name=said["file"].name,
        chunks=said["file"].chunks(),
        corrects=corrects,
    )
    return HttpResponseRedirect(reverse("collect:reading", args=[made.pk]))


@requires(Right.IMPORT)
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The template of a kind or preset, `?name=orders&ending=xlsx`."""
    name, ending = request.GET.get("name", ""), request.GET.get("ending", "csv")
    ending = ending if ending in _TEMPLATE_TYPES else "csv"
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"template.{ending}"
        write_template(name, file)
        content = file.read_bytes()
    response = HttpResponse(content, content_type=_TEMPLATE_TYPES[ending])
    response.headers["Content-Disposition"] = f'attachment; filename="zhike-{name}.{ending}"'
    return response


@requires(Right.IMPORT)
@require_POST
def discard(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Delete a file that is not to be imported."""
    remove_upload(home=settings.ZHIKE_HOME, upload=visible_upload(request, upload_id))
    messages.info(request, _("The file is deleted; nothing was imported."))
    return HttpResponseRedirect(reverse("collect:start"))


def _corrected(request: HttpRequest, run_id: int | None) -> ImportRun | None:
    return None if run_id is None else run_for(viewer(request), run_id)


def _start(
    request: HttpRequest, form: FileForm, corrects: ImportRun | None, *, status: int = 200
) -> HttpResponse:
    user = viewer(request)
    page = StartPage(
        steps=steps_of(None, "start"),
        form=form,
        kinds=kind_choices(),
        kind=str(form["kind"].value() or "") if "kind" in form.fields else "",
        presets=preset_choices(),
        corrects=run_line(corrects) if corrects else None,
        waiting=open_uploads(user),
        newest=run_lines(user, offset=0, size=_NEWEST),
    )
    return render_page(request, "collect/start.html", page, status=status)
