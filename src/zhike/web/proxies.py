"""Reverse proxies in front of the web server: whose word about the visitor counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:  # the settings import this module before Django is set up
    from django.http import HttpRequest, HttpResponseBase

Network = IPv4Network | IPv6Network

_FOR, _PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
_MORE = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_BY")


@dataclass(frozen=True)
class WebSettings:
    """`[web]` of zhike.toml.

    Parameters
    ----------
    trusted_proxies
        Addresses or networks (``10.0.0.0/8``) of reverse proxies whose ``X-Forwarded-For`` and
        ``X-Forwarded-Proto`` are believed. Without any, the visitor is whoever opened the connection.
    """

    trusted_proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for each in self.trusted_proxies:
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError(f"trusted_proxies: {error}") from error

    @property
    def networks(self) -> tuple[Network, ...]:
        return tuple(map(ip_network, self.trusted_proxies))


class TrustedProxyMiddleware:
    """Put the visitor's address and scheme in place of a trusted proxy's; drop what anybody else claims."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta, networks = request.META, settings.ZHIKE_WEB.networks
        told, scheme = meta.pop(_FOR, ""), meta.pop(_PROTO, "").strip().lower()
        for name in _MORE:
            meta.pop(name, None)
        if _is_trusted(meta.get("REMOTE_ADDR", ""), networks):
            meta["REMOTE_ADDR"] = visitor_address(meta["REMOTE_ADDR"], told.split(","), networks)
            if scheme in ("http", "https"):
                meta["wsgi.url_scheme"] = scheme
        return self.get_response(request)


def visitor_address(peer: str, hops: Iterable[str], networks: Iterable[Network]) -> str:
    """The last address of the way here that is no trusted proxy; `hops` begins with what is furthest away.

    What stands to the left of it was written by a stranger and is not believed. Of a way that is trusted
    throughout, the furthest address.
    """
    networks, nearest = tuple(networks), peer
    for hop in reversed([each.strip() for each in hops]):
        if _parsed(hop) is None:
            break
        nearest = hop
        if not _is_trusted(hop, networks):
            break
    return nearest


def _is_trusted(address: str, networks: Iterable[Network]) -> bool:
    found = _parsed(address)
    return found is not None and any(found in network for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
