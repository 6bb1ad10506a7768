"""Every address needs a sign-in, except those listed here."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OPEN_TO_ALL = {"/sign-in/", "/language/", "/healthz", "/readyz"}


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every address of the site, with 1 or x where it takes a parameter."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            for name, converter in pattern.pattern.converters.items():
                kind = type(converter).__name__
                example = "1" if kind == "IntConverter" else "x"
                for written in (
                    f"<int:{name}>",
                    f"<str:{name}>",
                    f"<slug:{name}>",
                    f"<path:{name}>",
                    f"<{name}>",
                ):
                    route = route.replace(written, example)
            yield route


@pytest.mark.django_db
def test_charlie_sees_nothing_without_signing_in(charlie_client: Client) -> None:
    seen = sorted(addresses(get_resolver()))
    assert OPEN_TO_ALL.issubset(seen)
    for address in seen:
        if address in OPEN_TO_ALL:
            continue
        for method in (charlie_client.get, charlie_client.post):
            response = method(address)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/sign-in/"), address


@pytest.mark.django_db
def test_an_unknown_address_is_a_page_in_the_readers_language(charlie_client: Client) -> None:
    response = charlie_client.get("/nowhere/")
    assert response.status_code == 404 and "页面不存在" in response.content.decode()
    charlie_client.cookies["zhike_language"] = "en"
    assert "There is no such page" in charlie_client.get("/nowhere/").content.decode()
