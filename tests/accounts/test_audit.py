import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

import zhike
from tests.cast import PASSWORD, client_of, colleague
from zhike.accounts.access import Role
from zhike.accounts.audit import guards
from zhike.accounts.audit.actions import API_KEY_CREATED, Target, action
from zhike.accounts.models import AuditEntry, User
from zhike.accounts.selectors import audit_lines, verify_audit
from zhike.accounts.services import record_audit
from zhike.kernel.errors import UsageError

pytestmark = pytest.mark.django_db


def record(turn: int, **more: object) -> None:
    record_audit(actor=None, action=API_KEY_CREATED, object=Target("api_key", turn), **more)  # type: ignore[arg-type]


def actions() -> list[str]:
    return [line.action for line in audit_lines()]


def test_every_entry_carries_the_hash_of_the_one_before() -> None:
    for turn in range(3):
        record(turn, reason="for the till", details={"scopes": ["events", "orders"], "is_new": True})
    first, second, third = AuditEntry.objects.order_by("pk")
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert first.previous_hash == "0" * 64 and verify_audit() is None


@pytest.mark.parametrize(
    "written",
    [
        "UPDATE accounts_auditentry SET reason = 'nothing happened'",
        "DELETE FROM accounts_auditentry",
        "INSERT OR REPLACE INTO accounts_auditentry SELECT * FROM accounts_auditentry",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(written: str) -> None:
    record(1)
    with pytest.raises(DatabaseError, match="only be added to"), transaction.atomic():
        connection.cursor().execute(written)
    assert AuditEntry.objects.count() == 1 and verify_audit() is None


@pytest.mark.parametrize(
    ("tampered", "found"),
    [
        ("UPDATE accounts_auditentry SET action = 'x' WHERE object_id = '1'", 1),
        ("UPDATE accounts_auditentry SET details = '{\"a\": 2}' WHERE object_id = '2'", 2),
        ("UPDATE accounts_auditentry SET at = '2020-01-01 00:00:00' WHERE object_id = '2'", 2),
        ("DELETE FROM accounts_auditentry WHERE object_id = '0'", 1),
        ("DELETE FROM accounts_auditentry WHERE object_id = '1'", 2),
    ],
)
def test_whoever_gets_past_the_guards_is_found_out(tampered: str, found: int) -> None:
    for turn in range(4):
        record(turn, details={"a": 1})
    ids = dict(AuditEntry.objects.values_list("object_id", "pk"))
    guards.remove(connection)
    connection.cursor().execute(tampered)
    guards.install(connection)
    assert verify_audit() == ids[str(found)]


@pytest.mark.parametrize("reason", ["call anna@example.com", "asked on 138 0013 8000", "x" * 201])
def test_a_reason_with_a_contact_is_refused_with_the_way_out(reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        record(1, reason=reason)
    assert refused.value.code == "audit.reason" and "13800138000" not in refused.value.text.zh
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("value", ["anna@example.com", "13800138000", ["+86 138-0013-8000"], 0.5, {"a": 1}])
def test_details_are_codes_and_whole_numbers_and_never_contacts(value: object) -> None:
    with pytest.raises(ValueError, match="the detail who"):
        record(1, details={"who": value})


def test_an_action_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        action("api_key.created", zh="别的", en="something else")


def test_an_entry_goes_when_what_it_records_is_undone(alice: User) -> None:
    before = actions()
    with transaction.atomic():
        record(1)
        transaction.set_rollback(True)
    assert actions() == before


def test_signing_in_and_failing_to_are_recorded_without_what_was_typed(client: Client, alice: User) -> None:
    for typed in (alice.email, "nobody@example.com"):
        client.post("/sign-in/", {"username": typed, "password": "wrong"})
    client.post("/sign-in/", {"username": "ALICE@example.com", "password": PASSWORD})
    entries = list(AuditEntry.objects.order_by("-pk")[:3])
    assert [(entry.action, entry.object_id, entry.actor_id) for entry in entries] == [
        ("user.signed_in", str(alice.pk), alice.pk),
        ("user.sign_in_failed", "", None),
        ("user.sign_in_failed", str(alice.pk), None),
    ]
    assert "example.com" not in repr([(entry.details, entry.reason, entry.object_id) for entry in entries])


def test_a_stranger_who_is_locked_out_adds_no_more_entries(client: Client, alice: User) -> None:
    for _ in range(30):
        client.post("/sign-in/", {"username": alice.email, "password": "wrong"})
    assert actions().count("user.sign_in_failed") <= 10


def test_the_page_is_filtered_by_action_and_person(alice_client: Client, alice: User) -> None:
    record(1)
    manager = colleague(Role.MANAGER)
    record_audit(actor=manager, action=API_KEY_CREATED, object=Target("api_key", 77))
    assert len(alice_client.get("/settings/audit/").context["page"].lines) == 3
    by_action = alice_client.get("/settings/audit/?action=user.added").context["page"]
    assert {line.action for line in by_action.lines} == {"user.added"}
    by_person = alice_client.get(f"/settings/audit/?person={manager.pk}").context["page"]
    assert [line.object_id for line in by_person.lines] == ["77"]
    assert alice_client.get("/settings/audit/?person=nobody&action=none").status_code == 200


def test_the_page_walks_the_chain_when_asked_and_names_the_first_broken_entry(alice_client: Client) -> None:
    assert alice_client.get("/settings/audit/").context["page"].verdict is None
    assert "前后相符" in alice_client.get("/settings/audit/?check").content.decode()
    guards.remove(connection)
    AuditEntry.objects.update(action="user.role_changed")
    guards.install(connection)
    first = AuditEntry.objects.order_by("pk").first()
    assert first and f"第 {first.pk} 条" in alice_client.get("/settings/audit/?check").content.decode()


def test_the_owner_exports_the_trail_and_that_is_its_newest_entry(alice_client: Client) -> None:
    record(1, reason="=1+1")
    response = alice_client.post("/settings/audit/export/")
    text = b"".join(response).decode("utf-8-sig")  # type: ignore[arg-type]
    header, newest, *_ = text.splitlines()
    assert header.startswith("id,at,actor,action") and "audit.exported" in newest and "Alice" in newest
    assert ",'=1+1," in text and re.search(r",[0-9a-f]{64}$", newest)


def test_a_manager_reads_the_trail_and_cannot_take_it_away() -> None:
    client = client_of(colleague(Role.MANAGER))
    assert "/settings/audit/export/" not in client.get("/settings/audit/").content.decode()
    assert client.post("/settings/audit/export/").status_code == 403


def test_the_trail_has_words_for_every_action_also_of_those_that_only_commands_do(tmp_path: Path) -> None:
    """In a process that has loaded what the pages are made of and nothing else."""
    source = Path(zhike.__file__).parent
    written = {
        code
        for file in source.rglob("*.py")
        for code in re.findall(r"\baction\(\s*\"([a-z_.]+)\"", file.read_text(encoding="utf-8"))
    }
    program = (
        "import json, sys; from pathlib import Path; from zhike.kernel.home import create_home, BusinessSettings\n"
        "from zhike.web.boot import boot\n"
        "boot(create_home(Path(sys.argv[1]), BusinessSettings()))\n"
        "import zhike.web.urls; from zhike.accounts.audit.actions import _ACTIONS\n"
        "print(json.dumps(sorted(_ACTIONS)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert len(written) > 40 and written <= set(json.loads(said.stdout))
