"""The page of margins and `zhike value margins`: what stays of the spend where no cost is known."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from django.test import Client

from tests.cast import client_of, colleague
from zhike.accounts.access import Role
from zhike.accounts.models import AuditEntry
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.value.commands import value
from zhike.value.models import MarginChoiceEntry
from zhike.value.selectors.margins import with_chosen_margins
from zhike.value.services import choose_margins
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


def test_a_shop_of_many_categories_finds_and_sets_each_on_its_page(
    counted_shop: Home, alice_client: Client
) -> None:
    many = {f"类目{number:03}": 0.5 for number in range(120)}
    choose_margins(margin=1.0, category_margins=many, actor=None)
    page = alice_client.get("/value/margins/?page=3").context["page"]
    assert (len(page.categories), page.paging.total, page.paging.pages) == (20, 120, 3)
    said = {"category": ["类目119", "类目118"], "share": ["30", ""], "q": "类目11", "page": "1"}
    answer = alice_client.post("/value/margins/choose/", {"margin": "", **said})
    assert answer["Location"] == "/value/margins/?q=%E7%B1%BB%E7%9B%AE11&page=1"
    found = with_chosen_margins(OF_THE_FILE).category_margins
    assert dict(found) == {**{name: 0.5 for name in many if name != "类目118"}, "类目119": 0.3}
    shown = alice_client.get(answer["Location"]).context["page"]
    assert [each.words for each in shown.history] == [
        "类目118 未设置 · 类目119 30.0%",
        " · ".join([*(f"类目{number:03} 50.0%" for number in range(8)), "另有 112 个类目"]),
    ]
    assert [row.name for row in shown.categories] == [f"类目11{digit}" for digit in "012345679"]
    assert "没有名称包含“绿茶”的类目" in alice_client.get("/value/margins/?q=绿茶").content.decode()


def test_the_command_shows_since_when_and_changes_only_what_it_names(counted_shop: Home) -> None:
    def run(*options: str) -> Result:
        return CliRunner().invoke(value, ["margins", *options], obj=counted_shop, catch_exceptions=False)

    first = json.loads(run("--set", "a=b=60", "--set", "零食=-5%", "--json").output)
    day = str(MarginChoiceEntry.objects.get().made_at.astimezone(ZoneInfo("Asia/Shanghai")).date())
    assert (first["margin"], first["is_waiting"]) == (None, True)
    set_ones = {each["category"]: (each["margin"], each["set_on"]) for each in first["categories"]}
    assert set_ones == {"a=b": (0.6, day), "零食": (-0.05, day)}
    MarginChoiceEntry.objects.update(made_at="2026-03-01T01:00:00+08:00")
    said = run("--shop", "40", "--remove", "零食").output
    assert (said.count("2026-03-01"), "40.0%" in said, "零食" in said) == (1, True, False)
    assert AuditEntry.objects.latest("pk").details == {"margin": "0.400", "categories": ["a=b=0.600"]}
    run("--shop", "none")
    assert with_chosen_margins(OF_THE_FILE).margin == 1
    for refused in (("--remove", "零食"), ("--set", "零食"), ("--set", "零食=much")):
        with pytest.raises(UsageError, match=r"零食|much"):
            run(*refused)


@pytest.mark.parametrize("margin", ["0", "101", "-5", "much"])
def test_a_margin_that_is_none_is_refused(counted_shop: Home, alice_client: Client, margin: str) -> None:
    assert alice_client.post("/value/margins/choose/", {"margin": margin}).status_code == 400
    assert not MarginChoiceEntry.objects.exists()


def test_who_may_not_change_settings_may_look(empty_shop: Home) -> None:
    client = client_of(colleague(Role.ANALYST))
    page = client.get("/value/margins/").context["page"]
    assert (page.may_change, page.categories) == (False, ())
    assert client.post("/value/margins/choose/", SAID).status_code == 403
