"""The settings pages in a real browser: without faults in both languages and themes, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser import LOOKS, visitor
from tests.cast import PASSWORD, colleague
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.accounts.services import create_api_key, revoke_api_key

PAGES = ("/settings/users/", "/settings/api-keys/", "/settings/audit/?check", "/settings/password/")


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_no_settings_page_has_a_fault(
    browser: Browser, live_server: LiveServer, alice: User, language: str, theme: str, width: int
) -> None:
    revoke_api_key(actor=alice, key=create_api_key(actor=alice, name="till", scopes=["orders"]).key)
    key = create_api_key(actor=alice, name="website", scopes=["events", "profiles"]).key
    for role in Role:
        colleague(role)
    somebody = f"/settings/users/{colleague(Role.SALES).pk}"
    of_key = f"/settings/api-keys/{key.pk}"
    steps = (f"{somebody}/switch/", f"{somebody}/password/", f"{of_key}/", f"{of_key}/revoke/")
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as owner:
        owner.sign_in(alice.email, PASSWORD)
        for address in (*PAGES, *steps):
            owner.open(address)
            assert owner.faults() == [], address


@pytest.mark.parametrize("width", [1360, 390])
def test_a_refusal_is_a_page_without_faults(
    browser: Browser, live_server: LiveServer, alice: User, width: int
) -> None:
    viewer = colleague(Role.VIEWER)
    with visitor(browser, live_server.url, language="en", theme="dark", width=width) as guest:
        guest.sign_in(viewer.email, PASSWORD)
        guest.open("/settings/users/")
        guest.complaints = [said for said in guest.complaints if "403 (Forbidden)" not in said]
        assert "Alice" in guest.page.locator("main").inner_text()
        assert guest.faults() == []


def test_alice_makes_an_account_and_a_key_and_reads_each_secret_once(
    browser: Browser, live_server: LiveServer, alice: User
) -> None:
    with visitor(browser, live_server.url, language="en", theme="light", width=390) as owner:
        owner.sign_in(alice.email, PASSWORD)
        owner.open("/settings/users/")
        owner.page.get_by_label("E-mail").fill("bob@example.com")
        owner.page.get_by_role("button", name="Make the account").click()
        password = owner.page.locator("main code").inner_text()
        assert owner.faults() == []
        owner.open("/settings/api-keys/")
        owner.page.get_by_label("Name of the key").fill("till")
        owner.page.get_by_label("orders").check()
        owner.page.get_by_role("button", name="Make the key").click()
        assert owner.page.locator("main code").first.inner_text().startswith("zk_")
        assert owner.faults() == []
    with visitor(browser, live_server.url, language="en", theme="light", width=390) as bob:
        bob.page.goto(f"{live_server.url}/sign-in/")
        bob.page.fill("input[name=username]", "bob@example.com")
        bob.page.fill("input[name=password]", password)
        bob.page.click("main button.btn-primary")
        bob.page.wait_for_url("**/settings/password/")
        assert bob.faults() == []
