"""`POST /api/v1/events`: what is taken, what is refused, and that nothing is taken twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.collect.intake.conftest import Program, event
from zhike.accounts.services import create_api_key
from zhike.collect.intake import receiving
from zhike.collect.intake.models import ReceivedBatch, SeenEvent
from zhike.customers.models import Profile
from zhike.kernel import clock
from zhike.kernel.home import Home

pytestmark = pytest.mark.django_db


def test_an_event_is_accepted_and_is_in_the_lake_after_the_next_move(program: Program) -> None:
    answer = program.post("events", {"events": [event()]})
    assert answer.status_code == 202
    assert json.loads(answer.content) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert program.move() == 1
    (row,) = program.facts("events")
    assert (row["source"], row["event_id"], row["name"]) == ("website", "E1", "page_viewed")
    assert row["occurred_at"] == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert row["occurred_on"].isoformat() == "2026-11-20" and row["properties"] == '{"page":"home"}'
    assert row["profile_id"] == Profile.objects.get(source="website").pk
    assert not ReceivedBatch.objects.exists()


def test_the_same_event_again_is_a_duplicate_also_after_it_was_moved(program: Program) -> None:
    assert program.send(event(), event())["duplicates"] == 1
    program.move()
    assert program.send(event(), event(2)) == {"accepted": 1, "duplicates": 1, "rejected": []}
    assert program.send(event(source="app"))["accepted"] == 1, "another source has ids of its own"
    program.move()
    assert sorted((r["source"], r["event_id"]) for r in program.facts("events")) == [
        ("app", "E1"),
        ("website", "E1"),
        ("website", "E2"),
    ]


def test_after_thirty_days_an_id_is_forgotten_but_the_lake_still_has_it_once(program: Program) -> None:
    program.send(event())
    program.move()
    SeenEvent.objects.update(received_on=clock.now().date() - timedelta(days=32))
    program.send(event(2))
    program.move()
    assert program.send(event())["accepted"] == 1
    assert program.move() == 0
    assert len(program.facts("events")) == 2


def test_one_line_an_event_is_taken_too(program: Program) -> None:
    body = "\n".join(json.dumps(event(number)) for number in range(3)) + "\n"
    answer = program.post("events", body, kind="application/x-ndjson")
    assert answer.status_code == 202 and json.loads(answer.content)["accepted"] == 3


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"event_id": None}, "event_id", "id.missing"),
        ({"event_id": "x" * 101}, "event_id", "event_id.too_long"),
        ({"event_id": "13912345678"}, "event_id", "event_id.personal"),
        ({"name": "Page Viewed"}, "name", "name.refused"),
        ({"occurred_at": "21/11/2026"}, "occurred_at", "date.ambiguous"),
        ({"occurred_at": "2999-01-01"}, "occurred_at", "date.out_of_range"),
        ({"customer": ""}, "customer", "id.missing"),
        ({"customer": ["C1"]}, "customer", "field.nested"),
        ({"source": ""}, "source", "source.refused"),
        ({"properties": {"phone": "13912345678"}}, "properties", "properties.personal"),
        ({"properties": {"phone": 13912345678}}, "properties", "properties.personal"),
        ({"properties": {"to": "anna@shop.cn"}}, "properties", "properties.personal"),
        ({"properties": {"page": {"deep": 1}}}, "properties", "properties.unreadable"),
        ({"properties": "text"}, "properties", "properties.unreadable"),
        ({"properties": {str(n): "x" * 190 for n in range(30)}}, "properties", "properties.too_long"),
        ({"colour": "red"}, "", "field.unknown"),
    ],
)
def test_a_bad_event_is_refused_alone_with_its_place_and_reason(
    program: Program, changes: dict[str, Any], field: str, code: str
) -> None:
    answer = program.send(event(1), event(2, **changes), event(3))
    assert answer["accepted"] == 2
    (refused,) = answer["rejected"]
    assert (refused["index"], refused["field"], refused["code"]) == (1, field, code)
    assert "13912345678" not in refused["detail"] and "anna" not in refused["detail"]


def test_all_that_is_wrong_with_an_event_is_told_at_once(program: Program) -> None:
    bad = event(
        2, name="13912345678", occurred_at="21/11/2026", customer=[1], source="", colour="red", size=1
    )
    (refused,) = program.send(event(1), bad)["rejected"]
    told = [(each["field"], each["code"]) for each in (refused, *refused["more"])]
    assert told == [
        ("", "field.unknown"),
        ("", "field.unknown"),
        ("name", "name.refused"),
        ("customer", "field.nested"),
        ("occurred_at", "date.ambiguous"),
        ("source", "source.refused"),
    ]
    assert "13912345678" not in json.dumps(refused)


def test_an_event_with_a_thousand_unknown_fields_is_answered_shortly(program: Program) -> None:
    (refused,) = program.send(event(1), event(2, **{f"f{n}": 1 for n in range(1000)}))["rejected"]
    assert len(refused["more"]) == 9


@pytest.mark.parametrize(
    ("name", "said"), [("occured_at", "occured_at"), ("13912345678", "1***8"), ("anna@shop.cn", "a***n")]
)
def test_an_unknown_field_is_named_but_never_a_contact(program: Program, name: str, said: str) -> None:
    (refused,) = program.send(event(1), event(2, **{name: "x"}))["rejected"]
    assert refused["code"] == "field.unknown" and f" {said}" in refused["detail"]
    assert name == said or name not in refused["detail"]
    if name == said:
        assert "occurred_at" in refused["detail"] and "properties" not in refused["detail"]


def test_the_first_line_that_cannot_be_read_is_named_and_nothing_is_taken(program: Program) -> None:
    body = "\n".join([json.dumps(event(1)), "", '{"event_id": '])
    answer = program.post("events", body, kind="application/x-ndjson")
    said = json.loads(answer.content)
    assert (answer.status_code, said["code"]) == (400, "body.unreadable")
    assert said["detail"].startswith(("第 3 行", "line 3 "))
    assert program.move() == 0


def test_a_request_without_one_good_event_is_unprocessable(program: Program) -> None:
    answer = program.post("events", {"events": [event(name="!")]})
    said = json.loads(answer.content)
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    assert said["code"] == "items.rejected" and said["rejected"][0]["index"] == 0


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "body.unreadable"),
        ('{"events": [{"n": NaN}]}', "application/json", 400, "body.unreadable"),
        (b"\xff\xfe", "application/json", 400, "body.unreadable"),
        (r'{"events": [{"event_id": "\ud800"}]}', "application/json", 400, "body.unreadable"),
        ("[" * 100_000, "application/json", 400, "body.unreadable"),
        ("[]", "application/json", 422, "body.structure"),
        ('{"events": []}', "application/json", 422, "body.structure"),
        ("\n", "application/x-ndjson", 422, "body.structure"),
        ("a,b", "text/csv", 415, "body.type"),
        ('{"events": [' + "1," * 1000 + "1]}", "application/json", 413, "body.too_many"),
        (" " * (1024 * 1024 + 1), "application/json", 413, "body.too_large"),
    ],
)
def test_a_body_that_is_none_is_a_problem_with_a_sentence(
    program: Program, body: str | bytes, kind: str, status: int, code: str
) -> None:
    answer = program.post("events", body, kind=kind)
    said = json.loads(answer.content)
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json" and said["detail"]
    assert not ReceivedBatch.objects.exists()


def test_the_answer_speaks_the_language_that_is_asked_for(program: Program) -> None:
    asked = [{"accept-language": "zh-CN,zh;q=0.9"}, {"accept-language": "en-GB"}, {"accept-language": "fr"}]
    said = [json.loads(program.post("events", "{", **each).content)["detail"] for each in asked]
    assert said == [
        "正文不是完整的 UTF-8 JSON",
        "the body is not whole JSON in UTF-8",
        "正文不是完整的 UTF-8 JSON",
    ]


def test_only_a_key_for_events_may_send_them(program: Program) -> None:
    other = create_api_key(actor=None, name="till", scopes=["orders"])
    assert Program(program.home, other.token).post("events", {"events": [event()]}).status_code == 403
    assert Program(program.home, "zk_wrong").post("events", {"events": [event()]}).status_code == 401
    assert not ReceivedBatch.objects.exists()


def test_when_the_lake_does_not_keep_up_a_program_is_told_when_to_come_back(program: Program) -> None:
    ReceivedBatch.objects.create(kind="events", count=500_000, received_at=clock.now(), content="[]")
    answer = program.post("events", {"events": [event()]})
    assert answer.status_code == 429 and answer["Retry-After"] == "10"
    assert json.loads(answer.content)["code"] == "intake.full"


def test_while_the_database_is_busy_nothing_is_kept_and_the_program_sends_it_again(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "register_profiles", busy)
        answer = program.post("events", {"events": [event()]})
    assert answer.status_code == 503 and answer["Retry-After"]
    assert json.loads(answer.content)["code"] == "database.busy"
    assert program.send(event())["accepted"] == 1, "it was not noted as seen"


def test_no_key_of_a_customer_lies_in_the_database_in_plain_text(program: Program) -> None:
    program.send(event(customer="13912345678"))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert not any("13912345678" in repr(row) for row in cursor.fetchall()), table


def test_the_api_describes_itself(program: Program) -> None:
    said = json.loads(Client().get("/api/v1/openapi.json").content)
    assert set(said["paths"]) == {f"/api/v1/{name}" for name in ("events", "profiles", "orders", "referrals")}
    assert "202" in said["paths"]["/api/v1/events"]["post"]["responses"]
    assert "more" in said["components"]["schemas"]["RejectedItem"]["properties"]


def test_the_description_names_every_field_that_is_taken(program: Program) -> None:
    said = json.loads(Client().get("/api/v1/openapi.json").content)["paths"]

    def described(name: str) -> set[str]:
        body = said[f"/api/v1/{name}"]["post"]["requestBody"]["content"]["application/x-ndjson"]
        return set(body["schema"]["properties"])

    for name in ("events", "profiles", "orders", "referrals"):
        answer = json.loads(program.post(name, {name: [{"nothing": 1}]}).content)
        detail = answer["rejected"][0]["detail"]
        assert set(detail.split("known: ")[1].split(", ")) == described(name)


@pytest.mark.parametrize(
    ("token", "scopes", "status", "code"),
    [("zk_nobody", ["events"], 401, "key.missing"), ("", ["orders"], 403, "key.scope")],
)
def test_a_key_that_does_not_open_is_a_problem_like_any_other(
    home: Home, token: str, scopes: list[str], status: int, code: str
) -> None:
    made = create_api_key(actor=None, name="till", scopes=scopes)
    answer = Program(home, token or made.token).post("events", {"events": []})
    said = json.loads(answer.content)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (said["status"], said["code"], said["type"]) == (status, code, "about:blank")
    assert "key" in said["detail"]


def test_a_wrong_method_is_a_problem_that_names_the_right_one(program: Program) -> None:
    client = Client(headers={"authorization": f"Bearer {program.token}", "accept-language": "en"})
    for address, method, allowed in (
        ("/api/v1/events", "get", "POST"),
        ("/api/v1/orders", "delete", "POST"),
        ("/hooks/none", "get", "POST"),
        ("/api/v1/openapi.json", "post", "GET, HEAD"),
    ):
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (
            405,
            "application/problem+json",
            allowed,
        ), address
        said = json.loads(answer.content)
        assert (said["status"], said["code"]) == (405, "method.not_allowed")
        assert said["detail"] == f"this address does not answer {method.upper()}; use {allowed}"
