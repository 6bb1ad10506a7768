"""Finding customers by their age, which follows from the birthday as of today."""

from __future__ import annotations

from datetime import date

from django.test import Client

from tests.cast import client_of, colleague
from tests.customers.conftest import Shop
from tests.customers.people import listed, said
from tests.shops import SOURCE
from zhike.accounts.access import Role
from zhike.customers.records import ProfileRecord
from zhike.customers.services import record_profiles
from zhike.kernel import clock


def born(years_ago: int, today: date) -> str:
    """The birthday of somebody who became so old this year, and was on its first day."""
    return f"{today.year - years_ago:04}-01-01"


def test_by_age_those_are_listed_whose_birthday_says_so_today(shop: Shop, alice_client: Client) -> None:
    today = clock.today(shop.home.business().zone)
    birthdays = {"k0": born(30, today), "k1": born(17, today), "k2": "05-20", "k3": "lunar 08-15"}
    record_profiles(
        source=SOURCE, records=[ProfileRecord(key, birthday=day) for key, day in birthdays.items()]
    )
    ids = shop.ids
    assert listed(alice_client, age_band="25_34") == {ids["k0"]}
    assert listed(alice_client, age_band=["25_34", "under_18"]) == {ids["k0"], ids["k1"]}
    assert listed(alice_client, age_band="65_plus") == set()
    # Without a year nobody knows how old they are.
    assert listed(alice_client, age_band="unknown") == set(ids.values()) - {ids["k0"], ids["k1"]}
    assert "年龄段：25–34 岁" in said(alice_client, "/customers/", view="all", age_band="25_34")


def test_who_sees_no_birthdays_cannot_look_for_one(shop: Shop) -> None:
    record_profiles(source=SOURCE, records=[ProfileRecord("k0", birthday="1990-01-01")])
    analyst = client_of(colleague(Role.ANALYST))
    assert 'name="age_band"' not in said(analyst, "/customers/", view="all")
    bands = ["25_34", "35_44", "45_54", "55_64", "unknown"]
    assert listed(analyst, age_band=bands) == set()
