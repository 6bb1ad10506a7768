"""Settings › Attributes: made once, called something else later, never forgotten."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.people import recorded, said
from zhike.accounts.access import Role
from zhike.customers.models import AttributeDefinition

TEA = {
    "code": "tea_preference",
    "type": "choice",
    "label_zh": "爱喝的茶",
    "label_en": "Favourite tea",
    "options": "green | 绿茶 | Green tea\nblack | 红茶",
    "sensitivity": "ordinary",
}


def test_an_attribute_is_made_and_called_something_else(alice_client: Client) -> None:
    alice_client.post("/settings/attributes/add/", TEA)
    made = AttributeDefinition.objects.get()
    assert made.options[1] == {"code": "black", "zh": "红茶", "en": "红茶"} and made.is_usable_in_conditions
    change = {
        "code": "tea_preference",
        "label_zh": "口味",
        "options": TEA["options"] + "\nwhite | 白茶 | White",
    }
    alice_client.post("/settings/attributes/change/", change)
    made.refresh_from_db()
    assert (made.label_zh, made.label_en, len(made.options)) == ("口味", "口味", 3)
    assert "白茶" in said(alice_client, "/settings/attributes/")
    assert len(recorded("attribute.created")) == len(recorded("attribute.changed")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "Tea"},
        {"code": "gender"},
        {"code": "phone"},
        {"type": "song"},
        {"label_zh": "", "label_en": ""},
        {"options": ""},
        {"options": "a | 甲\na | 乙"},
        {"sensitivity": "none"},
    ],
)
def test_an_attribute_that_makes_no_sense_is_refused(wrong: dict[str, str], alice_client: Client) -> None:
    assert alice_client.post("/settings/attributes/add/", {**TEA, **wrong}).status_code == 400
    assert not AttributeDefinition.objects.exists()


def test_a_choice_in_use_cannot_be_taken_away_and_a_code_comes_once(alice_client: Client) -> None:
    alice_client.post("/settings/attributes/add/", TEA)
    assert alice_client.post("/settings/attributes/add/", TEA).status_code == 400
    less = {"code": "tea_preference", "label_zh": "茶", "options": "green | 绿茶"}
    assert alice_client.post("/settings/attributes/change/", less).status_code == 400


def test_a_sensitive_attribute_is_never_usable_in_conditions(alice_client: Client) -> None:
    alice_client.post("/settings/attributes/add/", {**TEA, "sensitivity": "sensitive"})
    assert not AttributeDefinition.objects.get().is_usable_in_conditions
    assert "需本人同意" in said(alice_client, "/settings/attributes/")


def test_an_attribute_is_retired_and_offered_again(alice_client: Client) -> None:
    alice_client.post("/settings/attributes/add/", TEA)
    for is_retired in ("1", "0"):
        form = {"code": "tea_preference", "is_retired": is_retired}
        alice_client.post("/settings/attributes/retire/", form)
        assert (AttributeDefinition.objects.get().retired_at is not None) is (is_retired == "1")


def test_only_whoever_may_change_settings_sees_them(db: None) -> None:
    assert client_of(colleague(Role.MARKETER)).get("/settings/attributes/").status_code == 403
