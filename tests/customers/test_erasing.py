"""Keys change without loss; a person gets all that is known of them, and is forgotten everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.customers.test_records import dump_of_test_database, is_readable
from tests.shops import open_shop
from zhike.accounts.models import AuditEntry
from zhike.customers import stores
from zhike.customers.commands import customers
from zhike.customers.models import Customer, Identity, Profile, Suppression
from zhike.customers.records import ConsentGiven, Identifier, ProfileRecord
from zhike.customers.selectors import person_of
from zhike.customers.selectors.consents import (
    consents_of,
    is_agreed,
    is_suppressed,
    refuses_profiling,
    suppressed_contacts,
)
from zhike.customers.selectors.finding import customers_agreeing
from zhike.customers.services import PairEvidence, link_profiles, record_profiles, unlink_operation
from zhike.customers.services.consents import record_consent, set_no_profiling, suppress_contact
from zhike.customers.services.erasure import erase_customer
from zhike.customers.services.key_rotation import SEALED, rotate_keys
from zhike.customers.services.merging import merge_customers
from zhike.customers.services.notes import add_note
from zhike.customers.services.staff_consents import state_profiling
from zhike.customers.services.subject_access import hand_out
from zhike.customers.stores import Store
from zhike.customers.vault import open_key_ring, open_vault
from zhike.customers.vault.keys import keep_key_ring
from zhike.jobs.progress import Silent
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.snapshots import open_lake

CANARY = "柳如烟波"
PHONE = "+8613900007777"


@pytest.fixture
def home(tmp_path: Path, settings: Any, db: None) -> Home:
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    return settings.ZHIKE_HOME


def somebody(key: str = "K-CANARY-1", source: str = "web") -> Profile:
    record = ProfileRecord(
        key,
        name=CANARY,
        identifiers=(Identifier("phone", PHONE), Identifier("email", "canary@example.com")),
        birthday="1990-05-06",
        address="青石街 7 号",
        attributes={"city": "深圳市"},
        consents=(ConsentGiven("marketing", "sms", True, datetime(2026, 1, 2, tzinfo=UTC), "v1"),),
        tags=("茶友",),
    )
    (made,) = record_profiles(source=source, records=[record], batch="b1")
    return Profile.objects.get(pk=made.profile_id)


def test_new_keys_open_everything_and_the_old_ones_are_gone(home: Home) -> None:
    profile = somebody()
    before = person_of(profile.customer_id, is_masked=False)
    assert rotate_keys(home=home, progress=Silent()) == sum(m._default_manager.count() for m, _ in SEALED) > 5
    assert set(open_key_ring(home).keys) == {2}
    assert person_of(profile.customer_id, is_masked=False) == before
    assert (
        record_profiles(source="web", records=[ProfileRecord("K-CANARY-1", name=CANARY)])[0].verdict
        == "unchanged"
    )


def test_a_rotation_that_was_cut_off_goes_on(home: Home) -> None:
    profile = somebody()
    keep_key_ring(home, open_key_ring(home).with_new_key())
    some = Identity.objects.get(kind="phone")
    vault = open_vault(home)
    some.sealed = vault.seal(vault.open(some.sealed, place=some.place), place=some.place)
    some.save()
    rotate_keys(home=home, progress=Silent())
    assert set(open_key_ring(home).keys) == {2}
    assert person_of(profile.customer_id, is_masked=False).first["phone"].value == PHONE


def test_every_sealed_column_is_rotated(home: Home) -> None:
    from django.apps import apps
    from django.db.models import BinaryField

    known = {
        (model, field.name)
        for model in apps.get_app_config("customers").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, BinaryField)
    }
    assert known == set(SEALED)


def test_the_newest_word_of_each_record_counts_and_the_strictest_of_several(home: Home) -> None:
    one, other = somebody(), somebody("K-2", "till")
    assert is_agreed(one.customer_id, purpose="marketing", channel="sms")
    assert not is_agreed(one.customer_id, purpose="marketing", channel="email")
    record_consent(
        customer_id=other.customer_id, purpose="marketing", channel="sms", is_granted=False, source="staff"
    )
    operation = link_profiles(pairs=[PairEvidence(one.pk, other.pk, "phone")]).operation
    assert not is_agreed(one.customer_id, purpose="marketing", channel="sms")
    assert [state.is_granted for state in consents_of(one.customer_id)] == [False]
    unlink_operation(operation=operation, actor=None)
    assert is_agreed(one.customer_id, purpose="marketing", channel="sms")


def test_a_refusal_of_all_channels_counts_for_each(home: Home) -> None:
    customer = somebody().customer_id
    record_consent(customer_id=customer, purpose="marketing", channel="", is_granted=False, source="staff")
    assert not is_agreed(customer, purpose="marketing", channel="sms")


def test_a_consent_that_has_run_out_is_none(home: Home) -> None:
    customer = somebody().customer_id
    record_consent(
        customer_id=customer,
        purpose="service",
        channel="sms",
        is_granted=True,
        source="staff",
        expires_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    assert not is_agreed(customer, purpose="service", channel="sms")


@pytest.mark.parametrize(("purpose", "channel"), [("fun", "sms"), ("marketing", "pigeon")])
def test_an_unknown_purpose_or_channel_is_refused(home: Home, purpose: str, channel: str) -> None:
    with pytest.raises(UsageError):
        record_consent(
            customer_id=somebody().customer_id, purpose=purpose, channel=channel, is_granted=True, source="s"
        )


def test_a_refusal_of_profiling_outlives_linking_and_parting(home: Home) -> None:
    one, other = somebody(), somebody("K-2", "till")
    set_no_profiling(customer_id=other.customer_id, is_refused=True)
    link = link_profiles(pairs=[PairEvidence(one.pk, other.pk, "phone")])
    assert refuses_profiling(one.customer_id)
    unlink_operation(operation=link.operation, actor=None)
    assert [refuses_profiling(each.customer_id) for each in (one, other)] == [False, True]


def test_a_suppressed_contact_is_known_whoever_has_it(home: Home) -> None:
    suppress_contact(kind="phone", value=PHONE, reason="complained")
    assert is_suppressed("phone", PHONE)
    assert suppressed_contacts(somebody().customer_id) == {"phone"}


def test_a_contact_is_suppressed_on_the_command_line_as_people_write_it_and_let_in_again(home: Home) -> None:
    customer = somebody().customer_id
    asked = ["suppress", "-", "--reason", "complained at the counter"]

    def said(*more: str) -> str:
        done = CliRunner().invoke(customers, [*asked, *more], obj=home, input="139 0000 7777\n")
        assert done.exit_code == 0, done.output
        return done.output

    first = said()
    assert said() != first and not is_agreed(customer, purpose="marketing", channel="sms")
    lifted = said("--lift")
    assert said("--lift") != lifted and is_agreed(customer, purpose="marketing", channel="sms")
    actions = list(AuditEntry.objects.filter(object_kind="contact").values_list("action", flat=True))
    assert actions.count("contact.suppressed") == actions.count("contact.allowed") == 2
    refused = CliRunner().invoke(customers, ["suppress", "nobody", "--reason", "asked"], obj=home)
    assert isinstance(refused.exception, ZhikeError)


def test_nobody_is_written_to_at_a_suppressed_contact_whatever_they_agreed_to(home: Home) -> None:
    customer = somebody().customer_id
    record_consent(customer_id=customer, purpose="marketing", channel="", is_granted=True, source="till")
    channels = ("sms", "phone", "email", "wechat")

    def agreed(channel: str) -> bool:
        one = is_agreed(customer, purpose="marketing", channel=channel)
        assert one == (customers_agreeing(purpose="marketing", channel=channel).text == str(customer))
        return one

    assert all(map(agreed, channels))
    suppress_contact(kind="phone", value=PHONE, reason="complained")
    assert [agreed(channel) for channel in channels] == [False, False, True, True]
    assert not is_agreed(customer, purpose="marketing", channel="")


def test_a_person_gets_everything_that_is_known(home: Home, tmp_path: Path) -> None:
    customer = somebody().customer_id
    record_consent(customer_id=customer, purpose="service", channel="", is_granted=True, source="staff")
    out = tmp_path / "person.json"
    assert hand_out(customer_id=customer, out=out, reason="asked at the counter") >= 9
    assert out.stat().st_mode & 0o077 == 0
    known = json.loads(out.read_text())
    assert {row["value"] for row in known["personal"]} >= {CANARY, PHONE, "canary@example.com", "青石街 7 号"}
    assert known["records"][0]["source_key"] == "K-CANARY-1"
    assert len(known["consents"]) == 2
    with pytest.raises(UsageError):
        hand_out(customer_id=999, out=out, reason="")


def test_on_the_command_line_the_number_of_a_merged_customer_leads_to_the_one_it_is_now(
    home: Home, tmp_path: Path
) -> None:
    stays, gone = somebody().customer_id, somebody("K2", "till").customer_id
    merge_customers(customer_id=stays, other_id=gone, reason="the same person", actor=None)
    out = tmp_path / "person.json"
    asked = ["export", str(gone), "--out", str(out), "--reason", "asked"]
    handed_out = CliRunner().invoke(customers, asked, obj=home)
    assert (handed_out.exit_code, f"#{stays}" in handed_out.stderr) == (0, True)
    assert len(json.loads(out.read_text())["records"]) == 2
    forgotten = CliRunner().invoke(customers, ["erase", str(gone), "--yes", "--reason", "asked"], obj=home)
    assert (forgotten.exit_code, f"#{stays}" in forgotten.stderr) == (0, True)
    assert not Profile.objects.filter(erased_at=None).exists()
    again = CliRunner().invoke(customers, ["erase", str(gone), "--yes", "--reason", "asked"], obj=home)
    assert (
        again.exit_code == 0
        and "2 条来源记录" in forgotten.stdout
        and f"#{stays} 先前已经抹除" in again.stdout
    )
    unknown = CliRunner().invoke(customers, ["erase", "999", "--yes", "--reason", "asked"], obj=home)
    assert isinstance(unknown.exception, UsageError) and unknown.exception.code == "customer.unknown"


def test_an_erased_person_is_nowhere_any_more(home: Home, tmp_path: Path) -> None:
    from zhike.collect.schema import ORDERS

    profile = somebody()
    owner_free = Customer.objects.get(pk=profile.customer_id)
    deltas = open_lake(home.lake).deltas
    for order in (an_order(profile.pk, "ORDER-CANARY-1"), an_order(profile.pk + 1000, "O2")):
        deltas.append(ORDERS, order)
    assert erase_customer(customer_id=profile.customer_id, reason="asked").records == 1
    dump = dump_of_test_database()
    for plain in (CANARY, PHONE, "canary@example.com", "青石街", "K-CANARY-1"):
        assert not is_readable(plain, dump)
    assert not Identity.objects.exists()
    assert Customer.objects.get(pk=owner_free.pk).owner is None
    left = b"".join(file.read_bytes() for file in home.lake.rglob("*.parquet"))
    assert b"ORDER-CANARY-1" not in left and b"O2" in left
    assert Suppression.objects.count() == 2
    assert is_suppressed("phone", PHONE)
    again = somebody()
    assert again.pk != profile.pk and suppressed_contacts(again.customer_id) == {"phone", "email"}


def an_order(profile_id: int, order_id: str) -> Any:
    import pyarrow as pa

    from zhike.collect.schema import ORDERS

    row = {
        "source": "web",
        "order_id": order_id,
        "profile_id": profile_id,
        "ordered_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ordered_on": date(2026, 1, 1),
        "amount": 100,
        "status": "paid",
        "refund_amount": 0,
        "discount_amount": 0,
        "row_hash": 1,
    }
    return pa.Table.from_pylist([row], schema=ORDERS.arrow_schema())


def test_nothing_is_written_about_an_erased_person_nor_linked_with_them(home: Home, tmp_path: Path) -> None:
    erased, other = somebody().customer_id, somebody("K2", "till").customer_id
    erase_customer(customer_id=erased, reason="asked")
    acts: tuple[Callable[[], object], ...] = (
        lambda: record_consent(
            customer_id=erased, purpose="marketing", channel="sms", is_granted=True, source="staff"
        ),
        lambda: state_profiling(customer_id=erased, is_refused=True, actor=None),
        lambda: add_note(customer_id=erased, text="asks for oolong", author=None),
        lambda: merge_customers(customer_id=erased, other_id=other, reason="the same person", actor=None),
        lambda: merge_customers(customer_id=other, other_id=erased, reason="the same person", actor=None),
    )
    for act in acts:
        with pytest.raises(UsageError) as refused:
            act()
        assert refused.value.code == "customer.erased"
    with pytest.raises(UsageError, match="没有可以导出的信息"):
        hand_out(customer_id=erased, out=tmp_path / "nothing.json", reason="asked")
    assert not (tmp_path / "nothing.json").exists()
    # An erasure that was cut off is done again.
    erase_customer(customer_id=erased, reason="asked again")


def test_erasing_somebody_again_leaves_what_was_published_since(home: Home) -> None:
    def publish() -> int:
        with open_lake(home.lake).draft() as draft:
            return draft.publish(as_of=date(2026, 1, 2)).id

    erased = somebody().customer_id
    publish()
    erase_customer(customer_id=erased, reason="asked")
    assert open_lake(home.lake).current() is None
    published = publish()
    erase_customer(customer_id=erased, reason="asked again")
    standing = open_lake(home.lake).current()
    assert standing is not None and standing.id == published


def test_the_command_writes_down_who_refuses_profiling(home: Home) -> None:
    stays, gone = somebody().customer_id, somebody("K2", "till").customer_id
    merge_customers(customer_id=stays, other_id=gone, reason="the same person", actor=None)

    def said(answer: str) -> str:
        done = CliRunner().invoke(customers, ["profiling", str(gone), answer], obj=home)
        assert done.exit_code == 0, done.output
        return done.output

    refused = said("refuse")
    assert refuses_profiling(stays) and f"#{stays}" in refused
    assert said("allow") != refused and not refuses_profiling(stays)
    entries = AuditEntry.objects.filter(action__startswith="profiling.").order_by("pk")
    assert list(entries.values_list("action", "object_id")) == [
        ("profiling.refused", str(stays)),
        ("profiling.allowed", str(stays)),
    ]
    unknown = CliRunner().invoke(customers, ["profiling", "999", "refuse"], obj=home)
    assert isinstance(unknown.exception, ZhikeError)


def test_what_was_erased_elsewhere_is_said_in_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store("till_slips", Text("小票", "till slips"), known=lambda _: [], forget=lambda _: 2)
    monkeypatch.setitem(stores._stores, store.name, store)
    asked = ["erase", str(somebody().customer_id), "--yes", "--reason", "asked"]
    done = CliRunner().invoke(customers, asked, obj=home)
    assert "小票" in done.output and "till_slips" not in done.output
