"""What staff type about a customer is shown before what sources say, outlives imports, and is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import NAME, PHONE, listed, name_people, recorded, said
from tests.customers.test_records import dump_of_test_database, is_readable
from tests.shops import SOURCE
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.collect.imports.kinds import RowFault
from zhike.collect.intake.rows import checked_source as received_source
from zhike.collect.services import checked_source
from zhike.customers.lineage import FieldShown
from zhike.customers.models import AttributeDefinition, Customer, Note, Profile, SensitiveValue
from zhike.customers.records import BY_HAND, OWN_SOURCES, Identifier, ProfileRecord
from zhike.customers.selectors import person_of
from zhike.customers.selectors.consents import is_agreed
from zhike.customers.selectors.sensitive import sensitive_values_of
from zhike.customers.services import record_profiles
from zhike.customers.services.attributes import create_attribute
from zhike.customers.services.consents import record_consent
from zhike.customers.services.erasure import erase_customer
from zhike.customers.services.merging import merge_customers
from zhike.kernel.errors import UsageError

TYPED = "柳如烟波"


def typed(client: Client, customer_id: int, field: str, *value: str) -> Any:
    return client.post(f"/customers/{customer_id}/edit/keep/", {"field": field, "value": list(value)})


def taken_back(client: Client, customer_id: int, field: str) -> Any:
    return client.post(f"/customers/{customer_id}/edit/take-back/", {"field": field})


def field_of(client: Client, customer_id: int, code: str) -> FieldShown | None:
    who = client.get(f"/customers/{customer_id}/").context["page"].who
    return next((field for field in (*who.fields, *who.attributes) if field.code == code), None)


def whole(customer_id: int, field: str) -> str:
    return person_of(customer_id, is_masked=False).first[field].value


def test_a_typed_name_is_shown_first_says_who_typed_it_and_finds_the_customer(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, _ = name_people(shop)
    assert typed(alice_client, regular, "name", " 柳如 烟波 ")["Location"].endswith("/edit/#field-name")
    shown = field_of(alice_client, regular, "name")
    assert shown and (shown.value, shown.source.en, shown.by) == ("柳***", "typed by hand", str(alice))
    assert shown.why.en == "what staff typed comes first" and shown.others[0].value == "欧***"
    assert listed(alice_client, q=TYPED) == {regular}
    (entry,) = recorded("customer.typed")
    assert (entry.actor, entry.object_id, entry.details) == (alice, str(regular), {"field": "name"})


def test_what_was_typed_outlives_imports_and_what_is_verified(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    typed(alice_client, regular, "phone", "137 0000 8888")
    verified = Identifier("phone", "+8613611112222", is_verified=True)
    record_profiles(source=SOURCE, records=[ProfileRecord("regular", identifiers=(verified,))])
    assert whole(regular, "phone") == "+8613700008888"
    assert listed(alice_client, q="13700008888") == {regular}


def test_taking_back_shows_what_the_sources_say_and_leaves_other_typed_fields(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    typed(alice_client, regular, "name", TYPED)
    typed(alice_client, regular, "phone", "13700008888")
    for _ in range(2):
        taken_back(alice_client, regular, "name")
        assert whole(regular, "name") == NAME and listed(alice_client, q=TYPED) == set()
    assert whole(regular, "phone") == "+8613700008888"
    assert len(recorded("customer.typed_taken_back")) == 1
    typed(alice_client, regular, "name", TYPED)
    assert whole(regular, "name") == TYPED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12345"),
        ("phone", "13800000000"),
        ("email", "nana@"),
        ("name", "张*"),
        ("name", ""),
        ("birthday", "2990-01-01"),
        ("gender", "f"),
        ("place", "月球"),
        ("place", "浙江省杭州市西湖区文三路1号"),
        ("interests", "13912345678"),
        ("nothing", "x"),
    ],
)
def test_what_makes_no_sense_is_shown_again_with_its_reason(
    field: str, value: str, shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    answer = typed(alice_client, regular, field, value)
    assert answer.status_code == 422
    problems = [f.problem for group in answer.context["page"].groups for f in group.forms if f.problem]
    assert len(problems) == (0 if field == "nothing" else 1)
    assert not Profile.objects.filter(source=BY_HAND).exists() and recorded("customer.typed") == []


def test_attributes_are_typed_and_a_place_replaces_the_whole_place(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    typed(alice_client, regular, "gender", "male")
    gender = field_of(alice_client, regular, "gender")
    assert gender and str(gender.value) == "男" and [str(each.value) for each in gender.others] == ["女"]
    typed(alice_client, regular, "place", "广东深圳南山")
    typed(alice_client, regular, "place", "上海市")
    places = {code: field_of(alice_client, regular, code) for code in ("province", "city", "district")}
    # The source says 杭州市, which is not in 上海市: a place is of one piece.
    assert [each and each.value for each in places.values()] == ["上海市", "上海市", None]
    typed(alice_client, regular, "place", "广东省")
    assert field_of(alice_client, regular, "city") is None
    taken_back(alice_client, regular, "place")
    assert field_of(alice_client, regular, "province") is None
    city = field_of(alice_client, regular, "city")
    assert city and city.value == "杭州市"


def attribute(code: str, type: str, sensitivity: str = "ordinary") -> AttributeDefinition:
    options = [{"code": "green", "zh": "绿茶", "en": "Green"}, {"code": "black", "zh": "红茶", "en": "Black"}]
    return create_attribute(
        code=code,
        type=type,
        label_zh=code,
        label_en=code,
        options=options,
        sensitivity=sensitivity,
        actor=None,
    )


@pytest.mark.parametrize(
    ("type", "value", "kept"),
    [
        ("text", ["喜欢靠窗"], "喜欢靠窗"),
        ("number", ["2.50"], 2.5),
        ("number", ["3"], 3),
        ("date", ["2026-05-20"], "2026-05-20"),
        ("boolean", ["no"], False),
        ("choice", ["green"], "green"),
        ("choices", ["green", "black"], ["green", "black"]),
    ],
)
def test_an_attribute_of_the_business_is_typed_by_its_type(
    type: str, value: list[str], kept: object, shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    attribute("favourite", type)
    typed(alice_client, regular, "favourite", *value)
    assert Profile.objects.get(source=BY_HAND).attributes == {"favourite": kept}
    assert said(alice_client, f"/customers/{regular}/edit/").count('id="field-favourite"') == 1
    for wrong in (["brown"], ["13912345678 anrufen"]):
        assert typed(alice_client, regular, "favourite", *wrong).status_code == 422 or type == "text"


def test_a_sensitive_attribute_needs_the_customers_consent_and_is_sealed(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    attribute("allergy", "text", "sensitive")
    assert typed(alice_client, regular, "allergy", "花生过敏").status_code == 422
    record_consent(customer_id=regular, purpose="sensitive", channel="", is_granted=True, source="staff")
    assert is_agreed(regular, purpose="sensitive", channel="")
    assert typed(alice_client, regular, "allergy", "花生过敏").status_code == 302
    assert [value.value for value in sensitive_values_of(regular)] == ["花生过敏"]
    assert "花生过敏" not in said(alice_client, f"/customers/{regular}/edit/")
    assert not is_readable("花生过敏", dump_of_test_database())
    taken_back(alice_client, regular, "allergy")
    assert not SensitiveValue.objects.exists()


def test_nothing_that_was_typed_of_a_person_stands_in_the_database(shop: Shop, alice_client: Client) -> None:
    regular, _ = name_people(shop)
    typed(alice_client, regular, "name", TYPED)
    typed(alice_client, regular, "phone", "13700008888")
    dump = dump_of_test_database()
    assert not is_readable(TYPED, dump) and not is_readable("13700008888", dump)


def test_present_contacts_stand_in_the_forms_only_for_a_reason_on_record(
    shop: Shop, alice_client: Client
) -> None:
    regular, _ = name_people(shop)
    path = f"/customers/{regular}/edit/"
    html = said(alice_client, path)
    assert NAME not in html and PHONE not in html and "欧***" in html
    answer = alice_client.post(f"{path}show/", {"reason": "客户来电更正"})
    html = answer.content.decode()
    assert f'value="{NAME}"' in html and f'value="{PHONE}"' in html and "no-store" in answer["Cache-Control"]
    assert len(recorded("customer.revealed")) == 1
    assert alice_client.post(f"{path}show/", {"reason": ""}).status_code == 400


def test_who_may_not_edit_or_not_see_this_customer_changes_nothing(shop: Shop) -> None:
    regular, other = name_people(shop)
    assert client_of(colleague(Role.VIEWER)).get(f"/customers/{regular}/edit/").status_code == 403
    sales = colleague(Role.SALES)
    Customer.objects.filter(pk=regular).update(owner=sales)
    client = client_of(sales)
    assert typed(client, regular, "name", TYPED).status_code == 302
    for answer in (typed(client, other, "name", TYPED), taken_back(client, other, "name")):
        assert answer.status_code == 404


def test_typing_makes_no_second_record_for_merging_splitting_and_keys(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, other = name_people(shop)
    typed(alice_client, regular, "name", TYPED)
    page = alice_client.get(f"/customers/{regular}/links/").context["page"]
    assert (len(page.sources), page.may_split, page.history) == (1, False, ())
    hand = Profile.objects.get(source=BY_HAND)
    split = {"profile": hand.pk, "reason": "just so"}
    assert alice_client.post(f"/customers/{regular}/links/split/", split).status_code == 400
    row = next(
        r for r in alice_client.get("/customers/?size=200").context["page"].rows if r.customer_id == regular
    )
    assert row.keys == "regular"
    kept = merge_customers(customer_id=regular, other_id=other, reason="same person", actor=alice)
    assert whole(kept, "name") == TYPED


def test_of_two_typed_values_of_a_merged_customer_the_newest_is_shown(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, other = name_people(shop)
    typed(alice_client, regular, "name", "旧名")
    typed(alice_client, other, "name", "新名")
    kept = merge_customers(customer_id=regular, other_id=other, reason="same person", actor=alice)
    typed(alice_client, kept, "gender", "male")
    assert whole(kept, "name") == "新名"
    taken_back(alice_client, kept, "name")
    assert whole(kept, "name") in (NAME, "欧阳娜")


def test_a_nickname_stands_in_for_a_name_that_nobody_knows(shop: Shop, alice_client: Client) -> None:
    record = ProfileRecord("k1", identifiers=(Identifier("nickname", "山 茶 客"),))
    record_profiles(source=SOURCE, records=[record])
    html = said(alice_client, "/customers/", size="200")
    assert "山***" in html and "昵称" in html and "山 茶 客" not in html
    html = said(alice_client, f"/customers/{shop.ids['k1']}/")
    assert "山***" in html and "山 茶 客" not in html
    typed(alice_client, shop.ids["k1"], "name", TYPED)
    assert "柳***" in said(alice_client, "/customers/", size="200")


@pytest.mark.parametrize("name", OWN_SOURCES)
def test_nothing_that_is_brought_in_passes_for_what_staff_typed(name: str) -> None:
    with pytest.raises(UsageError):
        checked_source(name)
    with pytest.raises(RowFault):
        received_source(name, "website")


def test_nothing_is_typed_or_noted_about_somebody_who_was_erased(
    shop: Shop, alice_client: Client, alice: User
) -> None:
    regular, _ = name_people(shop)
    typed(alice_client, regular, "name", TYPED)
    erase_customer(customer_id=regular, reason="asked for it", actor=alice)
    assert typed(alice_client, regular, "name", TYPED).status_code == 422
    assert alice_client.post(f"/customers/{regular}/note/", {"text": "ruft oft an"}).status_code == 400
    assert person_of(regular).all == () and not Note.objects.exists()
