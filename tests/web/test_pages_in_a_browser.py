"""Every page in a real browser: without faults in both languages and themes, wide and narrow; and a walk through."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser import LOOKS, visitor
from tests.cast import PASSWORD
from tests.shops import published
from zhike.accounts.models import User
from zhike.kernel.home import Home

PAGES = (
    "/",
    "/?period=365",
    "/value/rfm/",
    "/value/rfm/?size=spend&groups=classes",
    "/value/cohorts/?show=all",
    "/value/migration/?by=stage&from=2026-03-31",
    "/value/clv/",
    "/value/clv/backtest/",
    "/value/score/",
    "/value/forecast/",
    "/value/margins/",
    "/customers/?size=25",
    "/customers/?segment=rfm:champions&sort=-clv",
    "/customers/?clv_decile=11",
    "/runs/",
)


@pytest.fixture
def someone(counted_shop: Home, transactional_db: None) -> int:
    """The id of the best customer of the counted shop, known to the database of this test too."""
    from zhike.customers.models import Customer, Profile
    from zhike.customers.services import register_profiles

    best = max(published(counted_shop, "customer_overview"), key=lambda row: row["spend_amount"] or 0)
    customer = Customer.objects.create(pk=best["customer_id"])
    made = register_profiles(source="test", source_keys=["C-best"])
    Profile.objects.filter(pk__in=made.values()).update(customer=customer, home_customer=customer)
    return customer.pk


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_no_page_has_a_fault(
    browser: Browser,
    live_server: LiveServer,
    someone: int,
    alice: User,
    language: str,
    theme: str,
    width: int,
) -> None:
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as owner:
        owner.sign_in(alice.email, PASSWORD)
        for address in (*PAGES, f"/customers/{someone}/"):
            owner.open(address)
            # An answer of 400 is what a wrong filter deserves; the browser says so on its console.
            owner.complaints = [said for said in owner.complaints if "400 (Bad Request)" not in said]
            assert owner.faults() == [], address


def test_an_owner_walks_from_a_number_to_the_people_to_one_of_them(
    browser: Browser, live_server: LiveServer, someone: int, alice: User
) -> None:
    with visitor(browser, live_server.url, language="en", theme="light", width=1360) as owner:
        owner.sign_in(alice.email, PASSWORD)
        page = owner.page
        page.get_by_role("link", name="RFM groups").click()
        cell = page.locator("table.kz-stack tbody td a").first
        count = int(cell.inner_text().split()[0].replace(",", ""))
        cell.click()
        page.wait_for_url("**/customers/?**")
        assert page.locator("main table tbody tr").count() == min(count, 50)
        owner.open("/customers/?q=C-best")
        page.locator("main table tbody a").first.click()
        page.wait_for_url(f"**/customers/{someone}/**")
        assert owner.faults() == []


def test_an_owner_starts_a_refresh_and_is_told_that_no_worker_runs(
    browser: Browser, live_server: LiveServer, someone: int, alice: User
) -> None:
    from zhike.pipeline.models import RefreshRun

    with visitor(browser, live_server.url, language="en", theme="light", width=390) as owner:
        owner.sign_in(alice.email, PASSWORD)
        owner.page.get_by_role("button", name="Compute again").click()
        owner.page.wait_for_url("**/runs/*/")
        assert RefreshRun.objects.get().state == "queued"
        assert "zhike" in owner.page.locator("main").inner_text()
        assert owner.faults() == []
