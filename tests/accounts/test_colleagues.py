"""Colleagues get accounts, roles and passwords; nobody can lock the last owner out."""

import json

import pytest
from click.testing import CliRunner
from django.test import Client

from tests.cast import PASSWORD, client_of, colleague
from zhike.accounts import services
from zhike.accounts.access import Role
from zhike.accounts.commands import users as command
from zhike.accounts.models import AuditEntry, User
from zhike.kernel.errors import UsageError, ZhikeError

pytestmark = pytest.mark.django_db


def code_of(refusing: object, **arguments: object) -> str:
    with pytest.raises(ZhikeError) as refused:
        refusing(**arguments)  # type: ignore[operator]
    return refused.value.code


def test_alice_invites_bob_who_signs_in_once_with_the_password_she_was_shown(
    alice_client: Client, alice: User
) -> None:
    made = alice_client.post(
        "/settings/users/add/", {"email": "Bob@example.com", "display_name": "Bob", "role": "marketer"}
    )
    password = made.context["page"].password
    assert password in made.content.decode() and "no-store" in made["Cache-Control"]
    assert password not in alice_client.get("/settings/users/").content.decode()
    browser = Client()
    assert browser.post("/sign-in/", {"username": "bob@example.com", "password": password})["Location"] == "/"
    assert browser.get("/")["Location"] == "/settings/password/"
    chosen = {"present": password, "password": "own-leaf-5521", "again": "own-leaf-5521"}
    assert browser.post("/settings/password/", chosen)["Location"] == "/"
    assert browser.get("/").status_code == 200
    added = AuditEntry.objects.get(action="user.added", object_id=str(User.objects.get(role="marketer").pk))
    assert added.actor == alice and added.details == {"role": "marketer"}


@pytest.mark.parametrize(
    "sent",
    [
        {"present": "wrong", "password": "own-leaf-5521", "again": "own-leaf-5521"},
        {"present": PASSWORD, "password": "own-leaf-5521", "again": "own-leaf-5522"},
        {"present": PASSWORD, "password": "12345678", "again": "12345678"},
        {},
    ],
)
def test_a_password_is_changed_only_by_who_knows_it_and_to_one_that_is_hard_to_guess(
    alice_client: Client, alice: User, sent: dict[str, str]
) -> None:
    answer = alice_client.post("/settings/password/", sent)
    assert answer.status_code == 422 and "invalid-feedback" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_the_last_owner_can_be_neither_demoted_nor_switched_off(alice: User) -> None:
    assert code_of(services.set_role, actor=alice, user=alice, role=Role.VIEWER) == "account.last_owner"
    assert code_of(services.switch_off, actor=alice, user=alice) == "account.last_owner"
    assert code_of(services.set_role, actor=None, user=alice, role=Role.VIEWER) == "account.last_owner"
    bob = colleague(Role.OWNER)
    services.switch_off(actor=alice, user=bob)
    # An owner who cannot sign in is no owner to rely on.
    assert code_of(services.switch_off, actor=alice, user=alice) == "account.last_owner"
    services.switch_on(actor=alice, user=bob)
    services.set_role(actor=bob, user=alice, role=Role.VIEWER)
    alice.refresh_from_db()
    assert alice.role == Role.VIEWER
    assert code_of(services.set_role, actor=bob, user=bob, role=Role.MANAGER) == "account.last_owner"


def test_a_manager_manages_everybody_but_owners(alice: User) -> None:
    manager, viewer = colleague(Role.MANAGER), colleague(Role.VIEWER)
    services.set_role(actor=manager, user=viewer, role=Role.SALES)
    assert code_of(services.set_role, actor=manager, user=viewer, role=Role.OWNER) == "account.right"
    assert code_of(services.set_role, actor=manager, user=alice, role=Role.VIEWER) == "account.right"
    assert code_of(services.switch_off, actor=manager, user=alice) == "account.right"
    # Or a manager could sign in as the owner.
    assert code_of(services.renew_password, actor=manager, user=alice) == "account.right"
    made = {"email": "eve@example.com", "role": Role.OWNER}
    assert code_of(services.add_user, actor=manager, **made) == "account.right"
    assert code_of(services.set_role, actor=viewer, user=manager, role=Role.VIEWER) == "account.right"


def test_the_pages_hold_a_manager_to_the_same(alice: User) -> None:
    client, viewer = client_of(colleague(Role.MANAGER)), colleague(Role.VIEWER)
    listed = client.get("/settings/users/").content.decode()
    assert 'value="owner"' not in listed and f"/settings/users/{alice.pk}/role/" not in listed
    assert client.post(f"/settings/users/{viewer.pk}/role/", {"role": "owner"}).status_code == 400
    assert client.post(f"/settings/users/{alice.pk}/switch/", {"to": "off"}).status_code == 409
    assert client.post(f"/settings/users/{alice.pk}/password/").status_code == 409
    new_owner = {"email": "eve@example.com", "role": "owner"}
    assert client.post("/settings/users/add/", new_owner).status_code == 422
    assert User.objects.filter(role="owner").count() == 1


def test_a_role_is_changed_and_recorded(alice_client: Client, alice: User) -> None:
    viewer = colleague(Role.VIEWER)
    answer = alice_client.post(f"/settings/users/{viewer.pk}/role/", {"role": "analyst"}, follow=True)
    assert "分析" in answer.content.decode()
    viewer.refresh_from_db()
    assert viewer.role == "analyst"
    entry = AuditEntry.objects.get(action="user.role_changed")
    assert entry.details == {"from": "viewer", "to": "analyst"} and entry.actor == alice


def test_somebody_is_switched_off_and_on_again(alice_client: Client) -> None:
    viewer = colleague(Role.VIEWER)
    browser = client_of(viewer)
    alice_client.post(f"/settings/users/{viewer.pk}/switch/", {"to": "off"})
    assert browser.get("/")["Location"].startswith("/sign-in/")
    alice_client.post(f"/settings/users/{viewer.pk}/switch/", {"to": "on"})
    assert client_of(viewer).get("/").status_code == 200
    recorded = AuditEntry.objects.filter(object_id=str(viewer.pk)).order_by("pk")
    assert [entry.action for entry in recorded] == ["user.switched_off", "user.switched_on"]


def test_a_new_password_ends_open_sessions(alice_client: Client) -> None:
    viewer = colleague(Role.VIEWER)
    browser = client_of(viewer)
    made = alice_client.post(f"/settings/users/{viewer.pk}/password/")
    assert browser.get("/")["Location"].startswith("/sign-in/")
    viewer.refresh_from_db()
    assert viewer.check_password(made.context["page"].password)


def test_the_same_address_twice_is_refused_in_the_form(alice_client: Client) -> None:
    answer = alice_client.post("/settings/users/add/", {"email": "ALICE@example.com", "role": "viewer"})
    assert answer.status_code == 422 and "已有账号" in answer.content.decode()


def test_users_are_made_listed_and_changed_on_the_command_line(alice: User) -> None:
    made = CliRunner().invoke(command, ["add", "bob@example.com", "--role", "sales", "--name", "Bob"])
    bob = User.objects.get(email="bob@example.com")
    assert bob.role == "sales" and bob.has_temporary_password and "bob@example.com" in made.stdout
    assert CliRunner().invoke(command, ["set-role", "BOB@example.com", "service"]).exit_code == 0
    listed = json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)
    assert {row["email"]: row["role"] for row in listed} == {alice.email: "owner", bob.email: "service"}
    assert "Bob" in CliRunner().invoke(command, ["list"]).stdout
    last = CliRunner().invoke(command, ["set-role", alice.email, "viewer"])
    assert isinstance(last.exception, ZhikeError) and last.exception.code == "account.last_owner"
    unknown = CliRunner().invoke(command, ["set-role", "nobody@example.com", "viewer"])
    assert isinstance(unknown.exception, UsageError) and unknown.exception.code == "account.unknown"


@pytest.mark.parametrize("step", ["password", "switch"])
def test_a_step_says_what_it_means_before_it_is_taken(step: str, alice_client: Client, alice: User) -> None:
    viewer = colleague(Role.VIEWER)
    path = f"/settings/users/{viewer.pk}/{step}/"
    before = viewer.password
    page = alice_client.get(path)
    assert page.status_code == 200 and len(page.context["page"].consequences) == 3
    viewer.refresh_from_db()
    assert viewer.is_active and viewer.password == before
    assert f'href="{path}"' in alice_client.get("/settings/users/").content.decode()
    # Nobody is asked to confirm what will be refused.
    manager = client_of(colleague(Role.MANAGER))
    assert manager.get(f"/settings/users/{alice.pk}/{step}/").status_code == 409


def test_switching_off_names_the_customers_that_somebody_looks_after(alice_client: Client) -> None:
    from zhike.customers.models import Customer

    sales = colleague(Role.SALES)
    assert alice_client.get(f"/settings/users/{sales.pk}/switch/").context["page"].more is None
    Customer.objects.create(owner=sales)
    more = alice_client.get(f"/settings/users/{sales.pk}/switch/").context["page"].more
    assert more.href == f"/customers/?owner={sales.pk}&view=all" and "1" in more.text
