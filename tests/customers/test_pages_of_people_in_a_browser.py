"""Typing what is known of a customer, and taking back what was done to many, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser import LOOKS, visitor
from tests.cast import PASSWORD, colleague
from tests.customers.conftest import Shop
from tests.customers.people import name_people
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.customers.services.assignment import assign_customers
from zhike.customers.services.attributes import create_attribute
from zhike.customers.services.tags import tag_customers
from zhike.customers.services.typed_values import type_value


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_the_pages_on_which_customers_are_changed_have_no_faults(
    shop: Shop, browser: Browser, live_server: LiveServer, alice: User, language: str, theme: str, width: int
) -> None:
    regular, other = name_people(shop)
    sensitive = {"type": "text", "label_zh": "过敏", "label_en": "Allergies", "sensitivity": "sensitive"}
    create_attribute(code="allergy", actor=alice, **sensitive)
    teas = [
        {"code": "green", "zh": "绿茶", "en": "green tea"},
        {"code": "black", "zh": "红茶", "en": "black tea"},
    ]
    create_attribute(code="teas", type="choices", label_zh="茶", label_en="Teas", options=teas, actor=alice)
    type_value(customer_id=regular, name="name", typed=["柳如烟波"], actor=alice)
    type_value(customer_id=regular, name="teas", typed=["green"], actor=alice)
    tag_customers(customer_ids=[regular, other], name="VIP", actor=alice)
    assign_customers(customer_ids=[other], owner_id=colleague(Role.SALES).pk, actor=alice)
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as owner:
        owner.sign_in(alice.email, PASSWORD)
        for address in (f"/customers/{regular}/edit/", f"/customers/{regular}/", "/customers/bulk/"):
            owner.open(address)
            if address == f"/customers/{regular}/":
                # What the page loads by itself is looked at too.
                owner.page.get_by_text("龙井茶").first.wait_for()
                owner.page.get_by_text("12 个月" if language == "zh-hans" else "12 months").first.wait_for()
            assert owner.faults() == [], address
        owner.open(f"/customers/{regular}/edit/")
        owner.page.fill("#field-email input[name=value]", "nobody at home")
        owner.page.eval_on_selector("#field-email form", "form => { form.noValidate = true; form.submit(); }")
        owner.page.wait_for_selector("#problem-email")
        owner.complaints = [said for said in owner.complaints if "422" not in said]
        assert owner.faults() == []
