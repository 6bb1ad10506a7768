"""Files that wait for somebody to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhike.accounts.selectors import User
from zhike.collect.imports.kinds import kind_named
from zhike.collect.models import Upload
from zhike.kernel.words import Text

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A file of this user that was not imported yet."""

    id: int
    file_name: str
    kind_text: Text
    uploaded_at: datetime
    is_decided: bool


def open_uploads(user: User) -> tuple[OpenUpload, ...]:
    """The newest first."""
    found = Upload.objects.filter(uploaded_by=user, removed_at=None)[:_SHOWN]
    return tuple(
        OpenUpload(
            each.pk,
            each.file_name,
            kind_named(each.kind).text,
            each.uploaded_at,
            is_decided=each.mapping is not None,
        )
        for each in found
    )
