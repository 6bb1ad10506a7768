"""Behind a reverse proxy the visitor counts; a visitor who writes the proxy's headers is not believed."""

from __future__ import annotations

import threading
import urllib.request
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from zhike.web.proxies import TrustedProxyMiddleware, WebSettings

PROXY, VISITOR = "10.0.0.5", "203.0.113.7"


@pytest.fixture
def trusting(settings: Any) -> None:
    settings.ZHIKE_WEB = WebSettings(trusted_proxies=("10.0.0.0/8", "::1"))


def seen(**said: str) -> HttpRequest:
    """A request as the views get it."""
    got: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        got.append(request)
        return HttpResponse()

    TrustedProxyMiddleware(view)(RequestFactory().get("/", **said))  # type: ignore[arg-type]
    return got[0]


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        (PROXY, VISITOR, VISITOR),
        ("::1", f"{VISITOR}, 10.0.0.9", VISITOR),
        (PROXY, f"198.51.100.1, {VISITOR}", VISITOR),
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, "10.0.0.9", "10.0.0.9"),
        (VISITOR, "198.51.100.1", VISITOR),
    ],
)
def test_the_visitor_is_the_last_address_that_is_no_trusted_proxy(
    trusting: None, peer: str, told: str, address: str
) -> None:
    request = seen(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=told)
    assert request.META["REMOTE_ADDR"] == address
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_only_a_trusted_proxy_says_that_the_visitor_came_by_https(trusting: None) -> None:
    assert seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_PROTO="https").is_secure()
    assert not seen(REMOTE_ADDR=VISITOR, HTTP_X_FORWARDED_PROTO="https").is_secure()


def test_without_the_setting_nobody_is_believed() -> None:
    assert seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=VISITOR).META["REMOTE_ADDR"] == PROXY


def test_an_address_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"trusted_proxies.*nginx"):
        WebSettings(trusted_proxies=("nginx",))


def test_the_limit_of_a_form_holds_for_each_visitor_behind_a_proxy(trusting: None) -> None:
    from zhike.collect.hosted_forms import throttle

    def send(visitor: str) -> bool:
        return throttle.is_too_often(seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=visitor))

    assert not any(send("203.0.113.1") for _ in range(throttle.MOST))
    assert send("203.0.113.1") and not send("203.0.113.2")


def test_the_web_server_hands_the_headers_of_the_proxy_on(settings: Any) -> None:
    """What serves the pages must not drop them before anybody has decided about them."""
    from zhike.web.server import listeners, made_server

    settings.ZHIKE_WEB = WebSettings(trusted_proxies=("127.0.0.1",))
    told: list[str] = []

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        told.append(environ.get("HTTP_X_FORWARDED_FOR", ""))
        start("200 OK", [])
        return [b""]

    places = listeners("127.0.0.1", 0)
    server = made_server(application, places)
    threading.Thread(target=server.run, daemon=True).start()
    url = f"http://127.0.0.1:{places[0].getsockname()[1]}/"
    urllib.request.urlopen(urllib.request.Request(url, headers={"X-Forwarded-For": VISITOR}), timeout=20)
    server.close()
    assert told == [VISITOR]
