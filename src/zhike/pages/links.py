"""Links that keep what the address already says."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict


def same_page(request: HttpRequest, **changes: object) -> str:
    """The address of this page with some query parameters changed; None takes one away."""
    return request.path + _query(request.GET, changes)


def with_query(path: str, **parameters: object) -> str:
    """`path` with a query string; parameters that are None or empty are left out."""
    kept = {key: value for key, value in parameters.items() if value is not None and value != ""}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


def _query(current: QueryDict, changes: Mapping[str, object]) -> str:
    query = current.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    text = query.urlencode()
    return f"?{text}" if text else ""
