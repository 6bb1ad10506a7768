"""The audit trail as a page and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_POST, require_safe

from zhike.accounts import selectors
from zhike.accounts.access import Right, may
from zhike.accounts.audit.actions import AUDIT_EXPORTED, Target, action_text
from zhike.accounts.rules import requires
from zhike.accounts.selectors import AuditLine, User
from zhike.accounts.services import record_audit
from zhike.kernel import clock
from zhike.kernel.formulas import guarded
from zhike.pages.paging import Paging, paging
from zhike.pages.rendering import render_page

_COLUMNS = ("id", "at", "actor", "action", "object_kind", "object_id", "reason", "details", "hash")


@dataclass(frozen=True)
class Choice:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Verdict:
    """Of walking along the whole chain; `broken_id` is the first entry that does not fit."""

    count: int
    broken_id: int | None


@dataclass(frozen=True)
class AuditPage:
    """`verdict` is there only when somebody asked for it: it reads every entry."""

    actions: tuple[Choice, ...]
    people: tuple[Choice, ...]
    is_filtered: bool
    lines: tuple[AuditLine, ...]
    paging: Paging
    verdict: Verdict | None
    may_export: bool


@requires(Right.SEE_AUDIT)
@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    action, actor_id = request.GET.get("action", ""), _number(request.GET.get("person", ""))
    pages = paging(request, total=selectors.audit_count(action=action, actor_id=actor_id))
    lines = selectors.audit_lines(action=action, actor_id=actor_id, offset=pages.offset, size=pages.size)
    page = AuditPage(
        actions=tuple(
            Choice(code, str(action_text(code)), code == action) for code in selectors.audit_actions()
        ),
        people=tuple(
            Choice(str(user.pk), str(user), user.pk == actor_id) for user in selectors.audit_actors()
        ),
        is_filtered=bool(action) or actor_id is not None,
        lines=tuple(lines),
        paging=pages,
        verdict=_verdict() if "check" in request.GET else None,
        may_export=may(request.user, Right.EXPORT_AUDIT),
    )
    return render_page(request, "web/administration/audit.html", page)


@requires(Right.EXPORT_AUDIT)
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All entries as CSV (UTF-8 with a mark, for Excel); that it was exported is itself the newest one."""
    actor = request.user if isinstance(request.user, User) else None
    record_audit(actor=actor, action=AUDIT_EXPORTED, object=Target("audit"))
    name = f"zhike-audit-{clock.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _csv_lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _verdict() -> Verdict:
    return Verdict(count=selectors.audit_count(), broken_id=selectors.verify_audit())


def _csv_lines() -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(_COLUMNS))
    for line in selectors.audit_lines():
        said = [
            line.id,
            line.at.isoformat(),
            line.actor,
            line.action,
            line.object_kind,
            line.object_id,
            line.reason,
            line.details,
            line.hash,
        ]
        yield str(writer.writerow([guarded(str(cell)) for cell in said]))


class _Echo:
    """Gives every line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
