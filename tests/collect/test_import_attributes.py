"""The attributes that a business invented come in with its customers: by name, checked, sealed, and taken back."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from django.test import Client

from tests.collect.conftest import Shop
from tests.collect.wizards import Wizard
from zhike.collect.rejected import write_rejects_out
from zhike.collect.undoing import undo_import
from zhike.customers.models import AttributeDefinition, Profile, SensitiveValue
from zhike.customers.selectors.sensitive import sensitive_values_of
from zhike.customers.services.attributes import create_attribute, options_in, retire_attribute
from zhike.jobs.progress import Silent

TEA = options_in("green | 绿茶 | Green tea\nblack | 红茶 | Black tea")


def define(code: str, label: str, type: str = "text", sensitivity: str = "ordinary") -> None:
    options = TEA if type in ("choice", "choices") else ()
    create_attribute(
        code=code,
        type=type,
        label_zh=label,
        label_en=code.replace("_", " "),
        options=options,
        sensitivity=sensitivity,
        actor=None,
    )


@pytest.fixture(autouse=True)
def settled(shop: Shop, settings: Any) -> None:
    settings.ZHIKE_HOME = shop.home


def attributes() -> dict[str, Any]:
    """What the only profile says."""
    said: dict[str, Any] = Profile.objects.get().attributes
    return said


def sealed() -> dict[str, str]:
    return {each.code: str(each.value) for each in sensitive_values_of(Profile.objects.get().customer_id)}


def test_columns_are_found_by_code_and_by_either_label_and_read_by_their_type(shop: Shop) -> None:
    define("taste", "口味", "choice")
    define("other_teas", "也喝", "choices")
    define("cups_a_day", "每天几杯", "number")
    define("has_teapot", "有茶壶", "boolean")
    define("first_visit", "首次到店", "date")
    define("remark", "备注词")
    text = (
        "customer_id,口味,Other Teas,cups_a_day,有茶壶,首次到店,备注词\n"
        'c1,红茶,绿茶；black,"1,200.5",是,1985/3/2,爱安静\n'
    )
    report = shop.bring_kind("customers", text)
    assert (report.inserted, report.rejected, report.ignored_columns) == (1, 0, ())
    assert attributes() == {
        "taste": "black",
        "other_teas": ["green", "black"],
        "cups_a_day": 1200.5,
        "has_teapot": True,
        "first_visit": "1985-03-02",
        "remark": "爱安静",
    }


def test_values_that_do_not_fit_are_rejected_with_what_would(shop: Shop) -> None:
    define("taste", "口味", "choice")
    define("cups_a_day", "每天几杯", "number")
    define("remark", "备注词")
    text = "customer_id,口味,每天几杯,备注词\nc1,咖啡,,\nc2,,许多,\nc3,,,找13912345678\nc4,绿茶,,\n"
    report = shop.bring_kind("customers", text)
    assert (report.inserted, report.reasons) == (1, {"attribute.personal": 1, "attribute.value": 2})
    out = shop.files / "rejects.csv"
    write_rejects_out(home=shop.home, run_id=report.run_id, out=out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    reasons = [",".join(row) for row in rows[1:]]
    assert "绿茶、红茶" in reasons[0] and "12.5" in reasons[1] and "c1,咖啡" in reasons[0]


def test_a_mapping_names_attributes_and_translates_their_words_and_is_remembered(shop: Shop) -> None:
    define("taste", "口味", "choice")
    mapping = shop.file(
        '[columns]\ncustomer_id = "no"\ntaste = "likes"\n[values.taste]\n"G" = "green"\n', "m.toml"
    )
    text = "no,likes\nc1,g\n"
    assert shop.bring_kind("customers", text, mapping=mapping).inserted == 1
    assert attributes() == {"taste": "green"}
    assert shop.bring_kind("customers", text.replace(",g", ",black")).updated == 1
    retire_attribute(code="taste", is_retired=True, actor=None)
    after = shop.bring_kind("customers", text)
    assert (after.unchanged, after.ignored_columns) == (1, ("likes",))


def test_a_check_counts_and_an_undo_takes_open_and_sealed_values_back(shop: Shop) -> None:
    define("taste", "口味", "choice")
    define("wedding", "结婚日", "date", "personal")
    text = "customer_id,口味,结婚日\nc1,绿茶,2020-05-20\n"
    first = shop.bring_kind("customers", text)
    assert (first.inserted, attributes(), sealed()) == (1, {"taste": "green"}, {"wedding": "2020-05-20"})
    assert shop.bring_kind("customers", text).unchanged == 1
    changed = text.replace("绿茶", "红茶").replace("05-20", "05-21")
    check = shop.bring_kind("customers", changed, is_dry_run=True)
    assert (check.updated, sealed()) == (1, {"wedding": "2020-05-20"})
    second = shop.bring_kind("customers", changed)
    assert (second.updated, attributes(), sealed()) == (1, {"taste": "black"}, {"wedding": "2020-05-21"})
    assert b"2020" not in bytes(SensitiveValue.objects.get().sealed)
    undo_import(home=shop.home, run_id=second.run_id, progress=Silent())
    assert (attributes(), sealed()) == ({"taste": "green"}, {"wedding": "2020-05-20"})
    undo_import(home=shop.home, run_id=first.run_id, progress=Silent())
    assert (attributes(), sealed()) == ({}, {})


def test_sensitive_values_come_in_only_where_everybody_agreed(shop: Shop) -> None:
    define("allergy", "过敏", sensitivity="sensitive")
    text = "customer_id,过敏\nc1,花生\nc2,\n"
    refused = shop.bring_kind("customers", text)
    assert (refused.inserted, refused.reasons) == (1, {"attribute.no_consent": 1})
    mapping = shop.file('[columns]\nallergy = "过敏"\n[options]\nsensitive_values = "agreed"\n', "m.toml")
    assert shop.bring_kind("customers", text, mapping=mapping).inserted == 1
    kept = SensitiveValue.objects.get()
    assert [each.value for each in sensitive_values_of(kept.profile.customer_id)] == ["花生"]


def test_the_wizard_makes_an_attribute_and_takes_its_column(alice_client: Client, shop: Shop) -> None:
    wizard = Wizard(alice_client)
    upload = wizard.uploaded("客户编号,口味\nc1,绿茶\n", "c.csv", kind="customers")
    wizard.read(upload)
    here = wizard.at(upload, "columns")
    assert "/settings/attributes/add/" in wizard.page(here)
    made = {"code": "taste", "type": "choice", "label_zh": "口味", "options": "green | 绿茶"}
    answer = alice_client.post("/settings/attributes/add/", {**made, "sensitivity": "ordinary", "next": here})
    assert answer["Location"] == here and AttributeDefinition.objects.get().label_zh == "口味"
    assert wizard.proposed(upload)["column-1"] == "taste"
    run = wizard.imported(upload)
    assert (run.inserted, attributes()) == (1, {"taste": "green"})


def test_only_a_place_of_ours_is_come_back_to(alice_client: Client) -> None:
    made = {"code": "taste", "type": "text", "label_zh": "口味", "sensitivity": "ordinary"}
    answer = alice_client.post("/settings/attributes/add/", {**made, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/settings/attributes/"
