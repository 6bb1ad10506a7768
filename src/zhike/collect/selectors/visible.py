"""Who may see which upload and which run: whoever brought it, owners and managers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from zhike.accounts.access import Role, role_of
from zhike.accounts.selectors import User
from zhike.collect.models import ImportRun, Upload

_LARGEST_ID = 2**63


def upload_for(user: User, upload_id: int) -> Upload | None:
    """The upload, if there is one that this user may see."""
    if upload_id >= _LARGEST_ID:
        return None
    uploads = Upload.objects.select_related("corrects").filter(pk=upload_id)
    return uploads.filter(**_own(user, "uploaded_by")).first()


def run_for(user: User, run_id: int) -> ImportRun | None:
    """The run, if there is one that this user may see."""
    return None if run_id >= _LARGEST_ID else runs_for(user).filter(pk=run_id).first()


def runs_for(user: User) -> QuerySet[ImportRun]:
    """All runs that this user may see, newest first."""
    return ImportRun.objects.select_related("user", "undone_by", "upload").filter(**_own(user, "user"))


def _own(user: User, name: str) -> dict[str, Any]:
    return {} if role_of(user) in (Role.OWNER, Role.MANAGER) else {name: user}
