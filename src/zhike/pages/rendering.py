"""A page is one frozen dataclass; its template gets that and nothing else."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def render_page(
    request: HttpRequest, template: str, page: DataclassInstance, *, status: int = 200
) -> HttpResponse:
    """The response of `template` with exactly ``{"page": page}``.

    Raises
    ------
    TypeError
        If `page` is not an instance of a frozen dataclass.
    """
    if not is_dataclass(page) or isinstance(page, type) or not page.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"the page of {template} must be a frozen dataclass, not {page!r}")
    return render(request, template, {"page": page}, status=status)
