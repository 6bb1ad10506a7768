"""What the pages of the import have in common: who looks, and the line of steps."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.collect.models import ImportRun, Upload
from zhike.collect.selectors.visible import run_for, upload_for

_STEPS = ("reading", "columns", "check")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `href` is empty where one cannot go yet."""

    number: int
    text: str
    href: str
    is_current: bool


def viewer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def sees_contacts(request: HttpRequest) -> bool:
    return may(request.user, Right.SEE_CONTACTS)


def visible_upload(request: HttpRequest, upload_id: int) -> Upload:
    """The upload.

    Raises
    ------
    Http404
        If there is none, or it is somebody else's and this user is neither owner nor manager.
    """
    found = upload_for(viewer(request), upload_id)
    if found is None:
        raise Http404
    return found


def visible_run(request: HttpRequest, run_id: int) -> ImportRun:
    """The run, or 404 as for an upload."""
    found = run_for(viewer(request), run_id)
    if found is None:
        raise Http404
    return found


def steps_of(upload: Upload | None, current: str) -> tuple[Step, ...]:
    """All steps, from the file to the result."""
    texts = {"reading": _("Reading"), "columns": _("Columns"), "check": _("Check")}
    steps = [Step(1, _("File"), "", current == "start")]
    open_until = current if upload is None or upload.mapping is None else "check"
    is_open = upload is not None and upload.removed_at is None
    for number, name in enumerate(_STEPS, start=2):
        href = reverse(f"collect:{name}", args=[upload.pk]) if upload is not None and is_open else ""
        steps.append(Step(number, texts[name], "" if name == current else href, name == current))
        is_open = is_open and name != open_until
    return (*steps, Step(5, _("Result"), "", current == "result"))
