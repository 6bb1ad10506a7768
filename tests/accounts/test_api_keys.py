import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from zhike.accounts.commands import api_keys as command
from zhike.accounts.models import ApiKey, AuditEntry, User
from zhike.accounts.selectors import api_key_of
from zhike.accounts.services import change_api_key, create_api_key, note_key_use, revoke_api_key
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

pytestmark = pytest.mark.django_db


def test_a_token_is_long_and_random_and_only_its_hash_is_kept(alice: User) -> None:
    one = create_api_key(actor=alice, name="website", scopes=["orders", "events"])
    two = create_api_key(actor=alice, name="till", scopes=["orders"])
    assert one.token.startswith("zk_") and len(one.token) >= 46 and one.token != two.token
    row = ApiKey.objects.values().get(pk=one.key.pk)
    assert one.token not in repr(row) and len(row["hash"]) == 64
    assert one.token.startswith(row["prefix"]) and len(row["prefix"]) <= 12
    assert row["scopes"] == ["events", "orders"] and row["created_by_id"] == alice.pk
    assert api_key_of(one.token) == one.key and api_key_of(one.token[:-1]) is None and api_key_of("") is None


def test_a_revoked_key_is_unknown_and_its_name_is_free_again(alice: User) -> None:
    first = create_api_key(actor=alice, name="till", scopes=["orders"])
    with pytest.raises(UsageError) as refused:
        create_api_key(actor=alice, name=" till ", scopes=["orders"])
    assert refused.value.code == "api_key.name"
    revoke_api_key(actor=alice, key=first.key)
    revoke_api_key(actor=alice, key=first.key)
    assert api_key_of(first.token) is None
    create_api_key(actor=alice, name="till", scopes=["orders"])
    recorded = AuditEntry.objects.filter(object_kind="api_key").order_by("pk")
    assert [entry.action for entry in recorded] == [
        "api_key.created",
        "api_key.revoked",
        "api_key.created",
    ]


@pytest.mark.parametrize(
    ("name", "scopes", "code"),
    [
        ("", ["events"], "api_key.name"),
        ("x" * 81, ["events"], "api_key.name"),
        ("till", [], "api_key.scopes"),
        ("till", ["everything"], "api_key.scopes"),
    ],
)
def test_a_key_needs_a_name_and_known_scopes(name: str, scopes: list[str], code: str) -> None:
    with pytest.raises(UsageError) as refused:
        create_api_key(actor=None, name=name, scopes=scopes)
    assert refused.value.code == code and not ApiKey.objects.exists()


def test_the_last_use_is_noted_to_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    key = create_api_key(actor=None, name="till", scopes=["orders"]).key
    start = clock.now()

    def used_after(minutes: int) -> Any:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=minutes))
        key.refresh_from_db()
        note_key_use(key=key)
        key.refresh_from_db()
        return key.last_used_at

    assert [used_after(minutes) for minutes in (0, 59, 61)] == [start, start, start + timedelta(minutes=61)]


def test_the_page_shows_a_token_once_and_never_again(alice_client: Client) -> None:
    made = alice_client.post("/settings/api-keys/add/", {"name": "till", "scopes": ["orders"]})
    token = made.context["page"].token
    assert token in made.content.decode() and "no-store" in made["Cache-Control"]
    listed = alice_client.get("/settings/api-keys/").content.decode()
    assert "till" in listed and token not in listed
    key = api_key_of(token)
    assert key is not None
    asked = alice_client.get(f"/settings/api-keys/{key.pk}/revoke/")
    assert key.name in asked.content.decode() and asked.context["page"].consequences
    key.refresh_from_db()
    assert key.revoked_at is None
    assert alice_client.post(f"/settings/api-keys/{key.pk}/revoke/").status_code == 302
    assert api_key_of(token) is None
    assert alice_client.post("/settings/api-keys/999/revoke/").status_code == 404


def test_a_key_is_for_something_else_and_keeps_its_token(alice_client: Client) -> None:
    made = create_api_key(actor=None, name="till", scopes=["orders"])
    place = f"/settings/api-keys/{made.key.pk}/"
    assert place in alice_client.get("/settings/api-keys/").content.decode()
    assert alice_client.get(place).content.decode().count(" checked") == 1
    assert alice_client.post(place, {"scopes": []}).status_code == 422
    for _ in range(2):
        assert alice_client.post(place, {"scopes": ["referrals", "orders"]}).status_code == 302
    key = api_key_of(made.token)
    assert key is not None and key.scopes == ["orders", "referrals"]
    changed = AuditEntry.objects.get(action="api_key.changed")
    assert changed.details == {"from": ["orders"], "to": ["orders", "referrals"]}
    revoke_api_key(actor=None, key=key)
    assert alice_client.get(place).status_code == 404
    with pytest.raises(UsageError, match="till"):
        change_api_key(actor=None, key=key, scopes=["orders"])


def test_the_page_says_what_is_missing(alice_client: Client) -> None:
    create_api_key(actor=None, name="till", scopes=["orders"])
    for sent in ({"name": "till", "scopes": ["orders"]}, {"name": "website"}, {"scopes": ["orders"]}):
        answer = alice_client.post("/settings/api-keys/add/", sent)
        assert answer.status_code == 422 and "invalid-feedback" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_keys_are_made_listed_and_revoked_on_the_command_line() -> None:
    made = CliRunner().invoke(command, ["create", "till", "--scope", "orders", "--scope", "events"])
    token = made.stdout.strip()
    key = api_key_of(token)
    assert key is not None and key.scopes == ["events", "orders"]
    listed = json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)
    assert [row["name"] for row in listed] == ["till"] and token not in repr(listed)
    told = CliRunner().invoke(command, ["change", "till", "--scope", "referrals"])
    assert "referrals" in told.stdout and api_key_of(token).scopes == ["referrals"]  # type: ignore[union-attr]
    assert CliRunner().invoke(command, ["revoke", "till"]).exit_code == 0
    assert api_key_of(token) is None
    again = CliRunner().invoke(command, ["revoke", "till"])
    assert isinstance(again.exception, UsageError) and again.exception.code == "api_key.unknown"
