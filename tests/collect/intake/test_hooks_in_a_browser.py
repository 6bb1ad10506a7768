"""The page of the webhooks as a browser sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import visitor
from tests.cast import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from zhike.accounts.models import User
    from zhike.kernel.home import Home


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1280), ("en", "dark", 390)])
def test_the_page_of_the_webhooks_has_no_faults(
    browser: Browser,
    live_server,  # type: ignore[no-untyped-def]
    home: Home,
    alice: User,
    language: str,
    theme: str,
    width: int,
) -> None:
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        guest.sign_in(alice.email, PASSWORD)
        guest.open("/data/hooks/")
        assert guest.faults() == []
        guest.page.fill("input[name=slug]", "my-shop")
        guest.page.click("main button.btn-primary")
        # Base64 may begin with / or +.
        shown = guest.page.locator(r"text=/whsec_[\w+\/]{8}/")
        shown.first.wait_for()
        assert shown.count() == 1
        assert guest.faults() == []
