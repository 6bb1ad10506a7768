"""The steps between the file and the result: how it is read, its columns, the check."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.accounts.access import Right, may
from zhike.accounts.rules import requires
from zhike.collect.forms import posted_columns
from zhike.collect.imports.dialects import told_dialect
from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.presets import is_preset
from zhike.collect.models import Upload
from zhike.collect.selectors.columns import ColumnsLook, columns_look, header_of
from zhike.collect.selectors.kinds import PresetChoice, kind_as_defined, preset_choices
from zhike.collect.selectors.looks import ENCODING_CHOICES, HEADER_ROWS, FileLook, file_look, sheets_of
from zhike.collect.selectors.runs import (
    RejectGroup,
    RunLine,
    RunWait,
    newest_check,
    reject_groups,
    repairs_of,
    run_line,
    run_wait,
    same_file,
)
from zhike.collect.services import checked_source
from zhike.collect.tasks import queue_import
from zhike.collect.uploads import (
    check_there,
    choose_columns,
    choose_reading,
    choose_repairs,
    dialect_of,
)
from zhike.collect.views.shared import Step, sees_contacts, steps_of, viewer, visible_upload
from zhike.customers.attribute_rows import Choice, sensitivity_choices, type_choices
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text
from zhike.pages.rendering import render_page

_ENCODING_MAY_HELP = ("file.encoding", "file.structure")


@dataclass(frozen=True, slots=True)
class UploadLine:
    """The file that the steps are about."""

    id: int
    file_name: str
    kind: str
    kind_text: Text
    source: str


@dataclass(frozen=True, slots=True)
class DelimiterChoice:
    """A delimiter by its name, and what people call it."""

    name: str
    text: Text


_DELIMITERS = (
    DelimiterChoice("comma", Text("逗号 ,", "comma ,")),
    DelimiterChoice("tab", Text("制表符 Tab", "tab")),
    DelimiterChoice("semicolon", Text("分号 ;", "semicolon ;")),
    DelimiterChoice("pipe", Text("竖线 |", "pipe |")),
)


@dataclass(frozen=True)
class ReadingPage:
    """How a file is read; `look` is None where it cannot be, and `error` says why.

    `encoding`, `delimiter` and `header_row` are what was chosen, empty for what is found out; their choices are empty
    where the file has nothing of the kind.
    """

    steps: tuple[Step, ...]
    upload: UploadLine
    look: FileLook | None
    error: Text | None
    encodings: tuple[str, ...]
    encoding: str
    delimiters: tuple[DelimiterChoice, ...]
    delimiter: str
    sheets: tuple[str, ...]
    sheet: str
    header_rows: tuple[str, ...]
    header_row: str
    before: RunLine | None

    @property
    def delimiter_found(self) -> Text | None:
        """What people call the delimiter by which the file is read."""
        found = (each.text for each in _DELIMITERS if self.look and each.name == self.look.delimiter)
        return next(found, None)

    @property
    def has_choices(self) -> bool:
        return bool(self.encodings or self.header_rows or len(self.sheets) > 1)


@dataclass(frozen=True, slots=True)
class NewAttribute:
    """What an attribute that is made on the way can be, and the page to come back to."""

    types: tuple[Choice, ...]
    sensitivities: tuple[Choice, ...]
    next: str


@dataclass(frozen=True)
class ColumnsPage:
    """What each column is, and where the ids come from; `seen` names the word tables that the page shows."""

    steps: tuple[Step, ...]
    upload: UploadLine
    look: ColumnsLook
    presets: tuple[PresetChoice, ...]
    preset: str
    source: str
    is_correction: bool
    error: Text | None
    seen: str
    new_attribute: NewAttribute | None


@dataclass(frozen=True)
class CheckPage:
    """What the import would do; `wait` until that is known."""

    steps: tuple[Step, ...]
    upload: UploadLine
    run: RunLine
    wait: RunWait | None
    groups: tuple[RejectGroup, ...]
    repairs: tuple[tuple[str, Text], ...]


@requires(Right.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def reading(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Look at the first rows read so (`?encoding=&delimiter=&sheet=&header_row=`), and decide."""
    upload = visible_upload(request, upload_id)
    check_there(upload)
    page = _reading_page(request, upload, _said(request, upload))
    if request.method != "POST" or page.look is None:
        return render_page(
            request, "collect/reading.html", page, status=422 if request.method == "POST" else 200
        )
    found = page.look.header_row
    chosen = told_dialect(
        encoding=page.encoding if page.look.encoding else "",
        sheet=page.look.sheet,
        delimiter=page.delimiter,
        # Below a title it was found by the names of all fields: with those that are chosen it might not be.
        header_row=page.header_row or (found if found and found > 1 else None),
    )
    choose_reading(upload=upload, dialect=chosen)
    return HttpResponseRedirect(reverse("collect:columns", args=[upload.pk]))


@requires(Right.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Say what each column is (`?preset=` reads them by one), then have all rows checked."""
    upload = visible_upload(request, upload_id)
    check_there(upload)
    if request.method == "POST":
        return _columns_chosen(request, upload)
    said = request.GET.get("preset")
    preset = said if said is None or is_preset(said) else ""
    look = columns_look(
        home=settings.ZHIKE_HOME, upload=upload, preset=preset, with_contacts=sees_contacts(request)
    )
    return _columns_page(request, upload, look, preset=upload.preset if preset is None else preset)


@requires(Right.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What the import would do; a POST switches repairs on (`add`) or off (`drop`) and checks again."""
    upload = visible_upload(request, upload_id)
    if request.method == "POST":
        choose_repairs(upload=upload, names=_repairs(request, upload))
        queue_import(upload=upload, user=viewer(request), is_dry_run=True)
        return HttpResponseRedirect(reverse("collect:check", args=[upload.pk]))
    run = newest_check(upload)
    if run is None or (upload.mapping is None and upload.removed_at is None):
        return HttpResponseRedirect(reverse("collect:columns", args=[upload.pk]))
    wait = run_wait(run)
    contacts = sees_contacts(request)
    page = CheckPage(
        steps=steps_of(upload, "check"),
        upload=_line(upload),
        run=run_line(run),
        wait=wait,
        groups=reject_groups(home=settings.ZHIKE_HOME, run=run, with_contacts=contacts),
        repairs=repairs_of(run.repairs),
    )
    return render_page(request, "collect/check.html", page)


@requires(Right.IMPORT)
@require_POST
def bring_in(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Queue the import that was checked."""
    upload = visible_upload(request, upload_id)
    run = queue_import(upload=upload, user=viewer(request), is_dry_run=False)
    return HttpResponseRedirect(reverse("collect:run", args=[run.pk]))


def _said(request: HttpRequest, upload: Upload) -> dict[str, str]:
    """How the file is to be read by what was sent, else by what was decided before."""
    said = request.POST if request.method == "POST" else request.GET
    before = dialect_of(upload)
    decided = {
        "encoding": before.encoding,
        "delimiter": before.delimiter,
        "sheet": before.sheet,
        "header_row": before.header_row,
    }
    return {
        name: said.get(name, "" if value is None else str(value)).strip() for name, value in decided.items()
    }


def _reading_page(request: HttpRequest, upload: Upload, said: dict[str, str]) -> ReadingPage:
    home, look, error = settings.ZHIKE_HOME, None, None
    is_text = bool(said["encoding"] or said["delimiter"])
    try:
        look = file_look(
            home=home, upload=upload, dialect=told_dialect(**said), with_contacts=sees_contacts(request)
        )
    except ZhikeError as refused:
        error, is_text = refused.text, is_text or refused.code in _ENCODING_MAY_HELP
    if look is not None:
        is_text = bool(look.encoding)
    before, sheets = same_file(upload), look.sheets if look else sheets_of(home, upload)
    has_header = is_text or bool(sheets) or bool(said["header_row"])
    if look is not None:
        has_header = look.header_row is not None
    return ReadingPage(
        steps=steps_of(upload, "reading"),
        upload=_line(upload),
        look=look,
        error=error,
        encodings=ENCODING_CHOICES if is_text else (),
        encoding=said["encoding"],
        delimiters=_DELIMITERS if is_text else (),
        delimiter=said["delimiter"],
        sheets=sheets,
        sheet=look.sheet if look else said["sheet"],
        header_rows=tuple(map(str, HEADER_ROWS)) if has_header else (),
        header_row=said["header_row"],
        before=run_line(before) if before else None,
    )


def _columns_chosen(request: HttpRequest, upload: Upload) -> HttpResponse:
    home, contacts = settings.ZHIKE_HOME, sees_contacts(request)
    posted = posted_columns(
        request.POST,
        header_of(home=home, upload=upload),
        kind_as_defined(upload.kind),
        currency=settings.ZHIKE_BUSINESS.currency,
    )
    look = columns_look(home=home, upload=upload, mapping=posted.mapping, with_contacts=contacts)
    try:
        if posted.error is not None:
            raise posted.error
        source = look.source if upload.corrects else checked_source(request.POST.get("source", look.source))
        choose_columns(upload=upload, mapping=posted.mapping, source=source)
    except UsageError as error:
        return _columns_page(request, upload, look, error=error.text, status=422)
    if look.open_words and _seen(look) != request.POST.get("seen", ""):
        messages.info(request, _("Some words of the file have no meaning yet: say below what they are."))
        return HttpResponseRedirect(reverse("collect:columns", args=[upload.pk]))
    queue_import(upload=upload, user=viewer(request), is_dry_run=True)
    return HttpResponseRedirect(reverse("collect:check", args=[upload.pk]))


def _columns_page(
    request: HttpRequest,
    upload: Upload,
    look: ColumnsLook,
    *,
    preset: str = "",
    error: Text | None = None,
    status: int = 200,
) -> HttpResponse:
    page = ColumnsPage(
        steps=steps_of(upload, "columns"),
        upload=_line(upload),
        look=look,
        presets=preset_choices(upload.kind),
        preset=preset,
        source=request.POST.get("source", look.source),
        is_correction=upload.corrects is not None,
        error=error,
        seen=_seen(look),
        new_attribute=_new_attribute(request, upload),
    )
    return render_page(request, "collect/columns.html", page, status=status)


def _new_attribute(request: HttpRequest, upload: Upload) -> NewAttribute | None:
    """For those who may make attributes, which only customers have."""
    if upload.kind != "customers" or not may(viewer(request), Right.MANAGE_SETTINGS):
        return None
    return NewAttribute(type_choices(), sensitivity_choices(), reverse("collect:columns", args=[upload.pk]))


def _seen(look: ColumnsLook) -> str:
    return "\n".join(f"{table.field}={table.column}" for table in look.words)


def _repairs(request: HttpRequest, upload: Upload) -> set[str]:
    added, dropped = request.POST.get("add", ""), request.POST.get("drop", "")
    names = set(upload.repairs) - {dropped}
    if added.startswith("date_order="):
        # One order of dates at a time: the new one takes the place of the old.
        names = {name for name in names if not name.startswith("date_order=")}
    return names | ({added} if added else set())


def _line(upload: Upload) -> UploadLine:
    return UploadLine(upload.pk, upload.file_name, upload.kind, kind_named(upload.kind).text, upload.source)
