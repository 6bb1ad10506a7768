"""The page of margins: what stays of the spend where no cost is known."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from zhike.accounts.access import Role
from zhike.accounts.models import AuditEntry
from zhike.kernel.home import Home
from zhike.value.models import MarginChoiceEntry
from zhike.value.selectors.margins import with_chosen_margins
from zhike.value.settings import ValueSettings

pytestmark = pytest.mark.django_db

SAID = {"margin": "40", "category": ["绿茶", "茶具", "零食"], "share": ["62.5%", "", "-5"]}
OF_THE_FILE = ValueSettings(margin=0.5, category_margins={"红茶": 0.7})


def test_margins_are_kept_audited_and_go_before_those_of_the_file(
    counted_shop: Home, alice_client: Client
) -> None:
    assert with_chosen_margins(OF_THE_FILE) == OF_THE_FILE
    assert alice_client.post("/value/margins/choose/", SAID).status_code == 302
    found = with_chosen_margins(OF_THE_FILE)
    assert (found.margin, dict(found.category_margins)) == (0.4, {"绿茶": 0.625, "零食": -0.05})
    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "value.margins_chosen"
    assert entry.details["categories"] == ["绿茶=0.625", "零食=-0.050"]
    page = alice_client.get("/value/margins/").context["page"]
    assert (page.margin, page.is_chosen, page.is_waiting) == ("40", True, True)
    assert [(row.name, row.margin) for row in page.categories] == [("绿茶", "62.5"), ("零食", "-5")]
    assert [each.who for each in page.history] == ["alice@example.com"]
    alice_client.post("/value/margins/choose/", SAID)
    assert MarginChoiceEntry.objects.count() == 1


def test_nothing_typed_is_not_set(counted_shop: Home, alice_client: Client) -> None:
    alice_client.post("/value/margins/choose/", {"margin": " "})
    found = with_chosen_margins(OF_THE_FILE)
    assert (found.margin, dict(found.category_margins)) == (1.0, {})


@pytest.mark.parametrize("margin", ["0", "101", "-5", "much"])
def test_a_margin_that_is_none_is_refused(counted_shop: Home, alice_client: Client, margin: str) -> None:
    assert alice_client.post("/value/margins/choose/", {"margin": margin}).status_code == 400
    assert not MarginChoiceEntry.objects.exists()


def test_who_may_not_change_settings_may_look(empty_shop: Home) -> None:
    client = client_of(colleague(Role.ANALYST))
    page = client.get("/value/margins/").context["page"]
    assert (page.may_change, page.categories) == (False, ())
    assert client.post("/value/margins/choose/", SAID).status_code == 403
