"""The pages of who is who in a real browser: without faults in both languages and themes, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser import LOOKS, visitor
from tests.cast import PASSWORD
from tests.customers.conftest import Shop
from tests.customers.people import name_people
from zhike.accounts.models import User
from zhike.customers.models import DuplicateScan, Profile
from zhike.customers.services import PairEvidence, link_profiles, propose_links
from zhike.customers.services.attributes import create_attribute
from zhike.customers.services.saved_views import save_view
from zhike.customers.services.tags import tag_customers


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_no_page_of_who_is_who_has_a_fault(
    browser: Browser,
    live_server: LiveServer,
    transactional_db: None,
    shop: Shop,
    alice: User,
    language: str,
    theme: str,
    width: int,
) -> None:
    regular, other = name_people(shop)
    of = dict(Profile.objects.values_list("home_customer", "pk"))
    link_profiles(pairs=[PairEvidence(of[regular], of[shop.ids["k1"]], "phone")], actor=alice)
    evidence = {"name": "part_of_the_other", "phone": "different", "birthday": "missing"}
    propose_links(pairs=[PairEvidence(of[regular], of[other], "splink", 0.8, evidence)])
    DuplicateScan.objects.create(requested_by=alice)
    tag_customers(customer_ids=[regular, other], name="VIP", actor=alice)
    view = save_view(user=alice, name="VIP", query="tag=VIP", is_shared=True)
    options = [{"code": "green", "zh": "绿茶", "en": "Green tea"}]
    labels = {"label_zh": "爱喝的茶", "label_en": "Favourite tea"}
    create_attribute(code="tea", type="choice", options=options, actor=alice, **labels)
    person = Profile.objects.get(pk=of[regular]).customer_id
    addresses = (
        f"/customers/?tag=VIP&view={view.pk}",
        f"/customers/{person}/",
        f"/customers/{person}/links/",
        f"/customers/{person}/merge/?q=%E6%AC%A7%E9%98%B3&with={other}",
        "/customers/duplicates/",
        "/customers/bulk/",
        "/settings/attributes/",
    )
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as owner:
        owner.sign_in(alice.email, PASSWORD)
        for address in addresses:
            owner.page.goto(live_server.url + address)
            owner.page.wait_for_load_state("load")
            for more in owner.page.query_selector_all("main details.kz-more"):
                more.evaluate("each => { each.open = true }")
            assert owner.faults() == [], address
        owner.page.goto(f"{live_server.url}/customers/{person}/")
        owner.page.click("main details:has(#reveal-reason) summary")
        owner.page.fill("#reveal-reason", "checking the address")
        owner.page.press("#reveal-reason", "Enter")
        owner.page.wait_for_url("**/reveal/")
        assert owner.faults() == []
