"""Who was brought by whom, by HTTP: as the import of referrals, without the keys of either in the lake."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from tests.collect.intake.conftest import Program, referral
from zhike.collect.services import import_file
from zhike.customers.selectors import profile_keys
from zhike.jobs.progress import Silent

pytestmark = pytest.mark.django_db
PHONE = "13912345678"


def test_a_referral_names_both_by_number_and_comes_once_by_whatever_way(program: Program) -> None:
    two = [referral(), referral(), referral(customer="C3", source="till")]
    said = json.loads(program.post("referrals", {"referrals": two}).content)
    assert (said["accepted"], said["duplicates"], said["rejected"]) == (2, 1, [])
    assert json.loads(program.post("referrals", {"referrals": [referral()]}).content)["duplicates"] == 1
    assert program.move() == 2
    (row,) = [each for each in program.facts("events") if each["source"] == "website"]
    assert row["name"] == "referred"
    referrer = json.loads(row["properties"])["referrer_profile_id"]
    keys = profile_keys([row["profile_id"], referrer])
    assert (keys[row["profile_id"]][1], keys[referrer][1]) == ("C2", "C1")
    file = program.home.path / "referrals.csv"
    file.write_text("customer_id,referrer_id,referred_at\nC2,C1,2026-11-20\n", encoding="utf-8")
    report = import_file(home=program.home, kind="referrals", file=file, source="website", progress=Silent())
    assert (report.inserted, report.unchanged) == (0, 1)


def test_a_referral_that_is_none_is_refused_and_nobody_is_named(program: Program) -> None:
    bad = [
        referral(customer=PHONE, referrer=PHONE),
        referral(referrer=None),
        referral(referred_at="soon"),
        referral(customer=PHONE),
    ]
    said = json.loads(program.post("referrals", {"referrals": bad}).content)
    refused = [(each["index"], each["field"]) for each in said["rejected"]]
    assert refused == [(0, "referrer"), (1, "referrer"), (2, "referred_at")]
    assert PHONE not in json.dumps(said)
    program.move()
    assert PHONE not in json.dumps(program.facts("events"), default=str)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert not any(PHONE in repr(row) for row in cursor.fetchall()), table
