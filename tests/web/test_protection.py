import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zhike.web.middleware import RENEWAL_SECONDS

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize("address", ["/sign-in/", "/", "/nowhere/", "/healthz"])
def test_every_answer_carries_the_strict_policy(alice_client: Client, address: str) -> None:
    response = alice_client.get(address)
    assert {part.strip() for part in response["Content-Security-Policy"].split(";")} == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/sign-in/", "/", "/nowhere/"])
def test_a_page_has_no_inline_style_or_script_and_asks_no_other_host(
    alice_client: Client, address: str
) -> None:
    html = alice_client.get(address, follow=True).content.decode()
    assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", html)
    for tag in re.findall(r"<script[^>]*>", html):
        assert "src=" in tag or 'type="application/json"' in tag
    for target in re.findall(r'(?:src|href|action)="([^"]*)"', html):
        assert target.startswith(("/", "#", "?")) and not target.startswith("//"), target


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    client.get("/sign-in/")
    cookie = client.cookies["csrftoken"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY and settings.SESSION_COOKIE_AGE == 12 * 3600


def test_reading_pages_does_not_write_the_session_again_and_again(alice_client: Client) -> None:
    alice_client.get("/")
    with CaptureQueriesContext(connection) as asked:
        alice_client.get("/")
    of_sessions = [each["sql"] for each in asked if "django_session" in each["sql"]]
    assert of_sessions and all(sql.startswith("SELECT") for sql in of_sessions)


def test_a_visit_prolongs_the_session(alice_client: Client) -> None:
    alice_client.get("/")
    session = alice_client.session
    session["renewed_at"] -= RENEWAL_SECONDS
    session.save()
    earlier = Session.objects.get().expire_date - timedelta(hours=6)
    Session.objects.update(expire_date=earlier)
    alice_client.get("/")
    assert Session.objects.get().expire_date > earlier


def test_built_assets_may_be_kept_for_ever_and_come_compressed(client: Client) -> None:
    html = client.get("/sign-in/").content.decode()
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(addresses) >= 4
    for address in set(addresses):
        response = client.get(address, headers={"accept-encoding": "gzip"})
        assert response.status_code == 200 and "immutable" in response["Cache-Control"], address
        assert response["Content-Encoding"] == "gzip", address
