"""Whom a run of wrong passwords locks out: this name from this address, nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from zhike.accounts.models import normal_email


def attempted_email(request: HttpRequest | None, credentials: Mapping[str, Any] | None) -> str:
    """The address that was tried, spelled one way, so that capitals do not give ten more tries."""
    tried = (credentials or {}).get("username")
    if tried is None and request is not None:
        tried = request.POST.get("username")
    return normal_email(str(tried or ""))
