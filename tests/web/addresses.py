"""Every address of the site with its view, as the resolver knows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """`route` with its parameters still in it, such as ``/runs/<int:id>/``."""

    route: str
    view: Callable[..., Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.route))

    def filled(self, values: dict[str, object]) -> str:
        return _PARAMETER.sub(lambda found: str(values[found.group(1)]), self.route)


def addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[Address]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield Address(route, pattern.callback)


def methods_of(view: Callable[..., Any]) -> frozenset[str] | None:
    """The methods a view answers; None if it does not say (it then answers 405 itself, or not at all)."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        named = (name for name in view_class.http_method_names if hasattr(view_class, name))
        return frozenset(name.upper() for name in named)
    layer: Any = view
    while layer is not None:
        kept = dict(zip(layer.__code__.co_freevars, layer.__closure__ or (), strict=True))
        if "request_method_list" in kept:  # of django.views.decorators.http.require_http_methods
            return frozenset(kept["request_method_list"].cell_contents)
        layer = getattr(layer, "__wrapped__", None)
    return None
