"""Balances of points that were imported: on the page of whom they are, in the file for them, and gone with them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import said
from tests.shops import SOURCE
from zhike.accounts.access import Role
from zhike.collect.models import PointsBalance
from zhike.collect.services import import_file
from zhike.collect.undoing import undo_import
from zhike.customers.models import Profile
from zhike.customers.selectors.access import everything_of
from zhike.customers.services import PairEvidence, link_profiles
from zhike.customers.services.erasure import erase_customer
from zhike.jobs.progress import Silent


def bring(shop: Shop, *rows: str, source: str = SOURCE) -> int:
    file = shop.home.path / "points.csv"
    file.write_text("\n".join(["customer_id,points,counted_at", *rows, ""]), encoding="utf-8")
    report = import_file(home=shop.home, kind="points", file=file, source=source, progress=Silent())
    return int(report.run_id)


def shown(client: Client, customer_id: int) -> list[tuple[str, int, str]]:
    points = client.get(f"/customers/{customer_id}/").context["page"].points
    return [(str(each.source), each.balance.points, str(each.balance.counted_on)) for each in points]


def test_the_page_says_the_newest_balance_of_each_source_and_which_import_said_so(
    shop: Shop, alice_client: Client
) -> None:
    regular = shop.ids["regular"]
    assert shown(alice_client, regular) == [] and "积分" not in said(alice_client, f"/customers/{regular}/")
    run = bring(shop, "regular,1200,2026-05-31", "k0,5,2026-05-31")
    bring(shop, "regular,900,2026-04-30")
    bring(shop, "T1,30,2026-06-01", source="till")
    ends = Profile.objects.filter(customer=regular).get(), Profile.objects.get(source="till")
    link_profiles(pairs=[PairEvidence(ends[0].pk, ends[1].pk, "phone")])
    assert shown(alice_client, regular) == [(SOURCE, 1200, "2026-05-31"), ("till", 30, "2026-06-01")]
    html = said(alice_client, f"/customers/{regular}/")
    assert "1,200 分" in html and f"/data/import/runs/{run}/" in html
    # Corrected for the same day, the last word counts; taken back, the one before.
    undo = bring(shop, "regular,1300,2026-05-31")
    assert shown(alice_client, regular)[0][1] == 1300
    undo_import(home=shop.home, run_id=undo, progress=Silent())
    assert shown(alice_client, regular)[0][1] == 1200


def test_who_may_not_import_sees_the_balance_without_a_way_to_the_import(shop: Shop) -> None:
    run = bring(shop, "regular,1200,2026-05-31")
    viewer = client_of(colleague(Role.VIEWER))
    html = said(viewer, f"/customers/{shop.ids['regular']}/")
    assert "1,200 分" in html and f"/data/import/runs/{run}/" not in html


def test_balances_are_in_the_file_for_a_person_and_go_when_they_are_erased(shop: Shop) -> None:
    regular = shop.ids["regular"]
    bring(shop, "regular,1200,2026-05-31", "k0,5,2026-05-31")
    (row,) = everything_of(regular)["elsewhere"]["points_balances"]
    expected: dict[str, Any] = {"points": 1200, "source": SOURCE, "is_undone": False}
    assert {name: row[name] for name in expected} == expected
    assert erase_customer(customer_id=regular, reason="asked").elsewhere["points_balances"] == 1
    assert list(PointsBalance.objects.values_list("points", flat=True)) == [5]
