"""Whom only an import that was taken back knew is gone, until they come in again: the same people as before."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.collect.conftest import HEADER, Shop
from tests.shops import published, refresh
from zhike.collect.intake.receiving import receive_referrals
from zhike.collect.undoing import undo_import
from zhike.customers.models import Profile
from zhike.customers.records import WITHDRAWN, Identifier, ProfileRecord
from zhike.customers.selectors import current_customer_id, customer_ids_found, is_erased, profile_map
from zhike.customers.selectors.finding import people_called
from zhike.customers.selectors.links import proposed_count
from zhike.customers.selectors.profiles import customer_ids_by_key, source_names
from zhike.customers.services import PairEvidence, propose_links, record_profiles
from zhike.customers.services.consents import needed_customer
from zhike.customers.services.key_rotation import rotate_keys
from zhike.customers.services.merging import merge_customers
from zhike.customers.services.notes import add_note
from zhike.customers.services.tags import tag_customers
from zhike.jobs.progress import Silent
from zhike.kernel.errors import UsageError
from zhike.lake.snapshots import open_lake

PEOPLE = "customer_id,name,phone,city\nK1,王小明,13900000001,杭州市\nK2,陈晓,13900000002,上海市\nK3,李雷,13900000003,\n"


def bring(shop: Shop, kind: str, content: str, source: str = "web") -> int:
    run: int = shop.bring_kind(kind, content, source=source).run_id
    return run


def undo(shop: Shop, run: int) -> None:
    undo_import(home=shop.home, run_id=run, progress=Silent())


def customers() -> set[int]:
    """Who is there, as every refresh has them."""
    return set(profile_map()["customer_id"].to_pylist())


def customer(key: str) -> int:
    (found,) = customer_ids_by_key(key)
    return found


@pytest.fixture(autouse=True)
def folder(shop: Shop, settings: object) -> None:
    settings.ZHIKE_HOME = shop.home  # type: ignore[attr-defined]


def test_whom_only_that_import_knew_is_nowhere_any_more(shop: Shop) -> None:
    bring(shop, "customers", "customer_id,name,phone\nT1,王小明,13900000001\n", "till")
    run = bring(shop, "customers", PEOPLE)
    mine, theirs = Profile.objects.order_by("pk").values_list("pk", flat=True)[:2]
    propose_links(pairs=[PairEvidence(mine, theirs, "phone")])
    gone = customer("K2")
    undo(shop, run)
    assert customers() == {customer("T1")}
    assert proposed_count() == 0 and source_names() == ["till"]
    assert customer_ids_by_key("K2") == [] and people_called("13900000002") == set() == people_called("陈晓")
    assert current_customer_id(gone) is None and not is_erased(gone)
    with pytest.raises(UsageError, match="没有"):
        needed_customer(gone)


@pytest.mark.parametrize("kind", ["orders", "events", "points"])
def test_of_whatever_kind_the_import_was(shop: Shop, kind: str) -> None:
    text = {
        "orders": f"{HEADER}\nA1,K1,2024-10-31,12\n",
        "events": "event_id,customer_id,occurred_at,name,properties\nE1,K1,2024-10-31,x,\n",
        "points": "customer_id,points,counted_at\nK1,100,2024-10-31\n",
    }[kind]
    run = bring(shop, kind, text)
    (there,) = customers()
    undo(shop, run)
    assert customers() == set()
    bring(shop, kind, text)
    assert customers() == {there}


def test_whoever_has_anything_from_elsewhere_stays(shop: Shop) -> None:
    run = bring(shop, "customers", "customer_id,name\n" + "".join(f"K{n},王{n}\n" for n in range(1, 9)))
    ids = {n: customer(f"K{n}") for n in range(1, 9)}
    bring(shop, "orders", f"{HEADER}\nA1,K1,2024-10-31,12\n")
    bring(shop, "points", "customer_id,points,counted_at\nK2,100,2024-10-31\n")
    add_note(customer_id=ids[3], text="喜欢乌龙", author=None)
    tag_customers(customer_ids=[ids[4]], name="团购", actor=None)
    record_profiles(source="web", records=[ProfileRecord("K5", identifiers=(Identifier("email", "a@b.cn"),))])
    bring(shop, "referrals", "customer_id,referrer_id,referred_at\nK1,K6,2024-10-31\n")
    bring(shop, "customers", "customer_id,marketing_consent,consented_at\nK7,yes,2024-10-31\n")
    undo(shop, run)
    assert customers() == {ids[n] for n in range(1, 8)}


def test_whom_rows_on_their_way_to_the_lake_are_of_or_name_stays(shop: Shop) -> None:
    run = bring(shop, "customers", PEOPLE)
    item = {"customer": "K1", "referrer": "K2", "referred_at": "2024-10-31"}
    assert receive_referrals(home=shop.home, source="web", items=[item]).accepted == 1
    there = {customer("K1"), customer("K2")}
    undo(shop, run)
    assert customers() == there


def test_who_is_left_by_one_import_after_another_goes_with_the_last(shop: Shop) -> None:
    people, orders = (
        bring(shop, "customers", PEOPLE),
        bring(shop, "orders", f"{HEADER}\nA1,K1,2024-10-31,12\n"),
    )
    undo(shop, people)
    assert customers() == {customer("K1")}
    undo(shop, orders)
    assert customers() == set()


def test_the_key_of_nobody_is_not_kept_and_outlives_new_keys_of_the_vault(shop: Shop) -> None:
    from zhike.customers.vault import open_vault

    run = bring(shop, "customers", PEOPLE)
    before = {key: customer(key) for key in ("K1", "K2", "K3")}
    undo(shop, run)
    vault = open_vault(shop.home)
    assert {vault.open(each.sealed_key, place=each.place) for each in Profile.objects.all()} == {""}
    rotate_keys(home=shop.home, progress=Silent())
    # By a few rows, by very many at once, and by another kind than the one that brought them.
    bring(shop, "orders", f"{HEADER}\nA1,K2,2024-10-31,12\n")
    assert (customer("K2"), customers()) == (before["K2"], {before["K2"]})
    bring(shop, "customers", PEOPLE)
    assert {key: customer(key) for key in before} == before
    assert not Profile.objects.filter(source=WITHDRAWN).exists()


def test_an_import_that_did_not_end_well_leaves_nobody_either(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhike.collect.imports.destinations import profiles

    recorded = profiles.ProfilesDestination._recorded

    def fail(self: profiles.ProfilesDestination, records: list[ProfileRecord]) -> list[str]:
        recorded(self, records)
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(profiles.ProfilesDestination, "_recorded", fail)
        with pytest.raises(RuntimeError):
            bring(shop, "customers", PEOPLE)
    assert customers() == set()


def test_taken_back_and_brought_in_again_every_table_is_as_before(shop: Shop) -> None:
    def tables() -> dict[str, str]:
        names = ("customer_overview", "segment_members", "kpi_daily", "value_scores", "tier_members")
        return {
            name: json.dumps(sorted(map(str, published(shop.home, name))), ensure_ascii=False)
            for name in names
        }

    # So many that a refresh only brings those up to date who came or went.
    others = "".join(f"B{n},T{n},2024-10-{n:02},{n}0\n" for n in range(1, 21))
    bring(shop, "orders", f"{HEADER}\n{others}", "till")
    refresh(shop.home)
    without = tables()
    orders = f"{HEADER}\nA1,K1,2024-10-01,12\nA2,K1,2024-10-19,15\nA3,K2,2024-10-11,7\n"
    runs = [bring(shop, "customers", PEOPLE), bring(shop, "orders", orders)]
    refresh(shop.home)
    before = tables()
    for run in reversed(runs):
        undo(shop, run)
    assert refresh(shop.home).recomputed == 0
    assert tables() == without
    snapshot = open_lake(shop.home.lake).current()
    assert snapshot is not None and customer_ids_found("A1", snapshot, by_key=True) == ()
    bring(shop, "customers", PEOPLE)
    bring(shop, "orders", orders)
    assert refresh(shop.home).recomputed == 3
    assert tables() == before


def test_the_list_of_customers_has_them_no_more_before_the_next_refresh(
    shop: Shop, alice_client: Client
) -> None:
    """What was computed still knows them; whoever came again, or has a record elsewhere, is listed as ever."""
    orders = [bring(shop, "orders", f"{HEADER}\nA{n},K{n},2024-10-31,{n}00\n") for n in (1, 2, 3)]
    linked = bring(shop, "customers", "customer_id,name\nT3,李雷\n", "till")
    merge_customers(customer_id=customer("T3"), other_id=customer("K3"), reason="同一个人", actor=None)
    refresh(shop.home)
    ids = {n: customer(f"K{n}") for n in (1, 2, 3)}
    for run in orders:
        undo(shop, run)
    assert listed_to(alice_client) == {ids[3]}
    assert listed_to(alice_client, tier="high") | listed_to(alice_client, q=f"#{ids[1]}") <= {ids[3]}
    bring(shop, "orders", f"{HEADER}\nA2,K2,2024-10-31,200\n")
    assert listed_to(alice_client) == {ids[2], ids[3]}
    undo(shop, linked)
    assert listed_to(alice_client) == {ids[2]}
    refresh(shop.home)
    assert listed_to(alice_client) == {ids[2]}


def listed_to(client: Client, **asked: str) -> set[int]:
    page = client.get("/customers/", asked).context["page"]
    return {row.customer_id for row in page.rows}
