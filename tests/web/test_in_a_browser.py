"""The frame in a real browser: accessible, quiet, in both languages and themes, wide and narrow."""

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser import LOOKS, visitor
from tests.cast import PASSWORD
from zhike.accounts.models import User


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_the_sign_in_page_and_home_have_no_faults(
    browser: Browser, live_server: LiveServer, alice: User, language: str, theme: str, width: int
) -> None:
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        guest.open("/")
        assert guest.faults() == []
        guest.sign_in(alice.email, PASSWORD)
        assert guest.faults() == []


def test_the_theme_follows_the_system_until_it_is_fixed(browser: Browser, live_server: LiveServer) -> None:
    with visitor(browser, live_server.url, language="en", theme="dark", width=1360) as guest:
        guest.open("/sign-in/")
        theme = "document.documentElement.dataset.bsTheme"
        assert guest.page.evaluate(theme) == "dark"
        guest.page.click("[data-theme-switch]")
        assert guest.page.evaluate(theme) == "light"
        guest.page.reload()
        assert guest.page.evaluate(theme) == "light"


def test_on_a_phone_the_navigation_is_behind_a_button(
    browser: Browser, live_server: LiveServer, alice: User
) -> None:
    with visitor(browser, live_server.url, language="en", theme="light", width=390) as guest:
        guest.sign_in(alice.email, PASSWORD)
        navigation = guest.page.get_by_role("navigation", name="Main navigation")
        assert not navigation.is_visible()
        guest.page.get_by_role("button", name="Menu").click()
        navigation.wait_for(state="visible")
        guest.page.wait_for_timeout(250)
        assert guest.faults() == []
        guest.page.keyboard.press("Escape")
        navigation.wait_for(state="hidden")
