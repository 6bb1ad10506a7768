"""Every address has a rule, and everybody who does not meet it is refused before anything happens.

The matrix is made from the resolver: a new address appears in it by itself. If it takes a parameter that no
address had before, `SAMPLES` needs a line that makes what the parameter names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from tests.cast import client_of, colleague
from tests.web.addresses import Address, addresses, methods_of
from zhike.accounts.access import Role, Scope, scope_of
from zhike.accounts.models import User
from zhike.accounts.rules import NeedsKey, NeedsRight, OpenToAll, is_about_people, is_met, rule_of
from zhike.accounts.services import create_api_key, revoke_api_key
from zhike.collect.hosted_forms.services import create_form
from zhike.collect.models import ImportRun, Upload
from zhike.customers.models import Customer

pytestmark = pytest.mark.django_db

ADDRESSES = list(addresses())
METHODS = ("GET", "POST", "PUT", "DELETE")
NOBODY = "nobody"
OPEN_TO_ALL = {
    *("/sign-in/", "/language/", "/healthz", "/readyz"),
    *("/api/v1/openapi.json", "/hooks/<slug:slug>", "/f/<slug:slug>/", "/f/<slug:slug>/thanks/"),
}
ANSWERED = {200, 302, 303, 400, 401, 404, 409, 415, 422}
REFUSED = {401, 403, 404, 405}


def _run() -> object:
    from zhike.pipeline.services import request_refresh

    return request_refresh().pk


def _upload() -> object:
    described = {"kind": "orders", "source": "orders", "file_name": "a.csv", "stored_name": "none.csv"}
    return Upload.objects.create(**described, size_bytes=1, sha256="0" * 64).pk


SAMPLES: dict[str, Callable[[], object]] = {
    "customer_id": lambda: Customer.objects.create().pk,
    "id": _run,
    "user_id": lambda: User.objects.create(email="dora@example.com").pk,
    "slug": lambda: "sign-up",
    "upload_id": _upload,
    "run_id": lambda: ImportRun.objects.create(kind="orders", source="orders", file_name="a.csv").pk,
    "form_id": lambda: create_form(slug="sign-up", title_zh="登记", actor=None).pk,
    "key_id": lambda: create_api_key(actor=None, name="website", scopes=["events"]).key.pk,
}


def test_every_address_declares_a_rule() -> None:
    assert [address.route for address in ADDRESSES if rule_of(address.view) is None] == []


def test_only_these_addresses_are_open_to_all() -> None:
    assert {a.route for a in ADDRESSES if isinstance(rule_of(a.view), OpenToAll)} == OPEN_TO_ALL


def test_every_parameter_of_an_address_has_a_sample() -> None:
    assert {name for address in ADDRESSES for name in address.parameters} - set(SAMPLES) == set()


@pytest.mark.parametrize("who", [NOBODY, *Role])
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.route)
def test_the_matrix_of_addresses_methods_and_roles(address: Address, who: str) -> None:
    user = None if who == NOBODY else colleague(who)
    values = {name: SAMPLES[name]() for name in address.parameters}
    for is_own in (True, False) if _tells_owners_apart(address) else (True,):
        if _tells_owners_apart(address):
            owner = user if is_own else colleague(Role.OWNER)
            Customer.objects.filter(pk=values["customer_id"]).update(owner=owner)
        client, before = None, None
        for method in METHODS:
            if client is None or before is None:
                client, before = client_of(user) if user else Client(), _everything()
            response = client.generic(method, address.filled(values))
            cell = f"{method} {address.route} as {who}: {response.status_code}"
            assert _as_declared(response, address, user, method, is_own=is_own), cell
            is_kept = "no-store" not in response.headers.get("Cache-Control", "")
            assert not (is_kept and is_about_people(rule_of(address.view))), f"{cell}, and may be kept"
            if response.status_code in REFUSED or _is_led_away(response):
                assert _everything() == before, f"{cell}, and something was written"
            else:
                # What was answered may have written, or signed out.
                client, before = None, None


def _tells_owners_apart(address: Address) -> bool:
    return "customer_id" in address.parameters


def _as_declared(
    response: HttpResponseBase, address: Address, user: User | None, method: str, *, is_own: bool
) -> bool:
    rule = rule_of(address.view)
    if isinstance(rule, NeedsKey):
        return response.status_code == 401
    if not isinstance(rule, OpenToAll) and user is None:
        return response.status_code == 302 and response["Location"].startswith("/sign-in/")
    if isinstance(rule, NeedsRight) and not is_met(rule, user):
        if rule.otherwise and method == "GET":
            return response.status_code == 302 and response["Location"] == reverse(rule.otherwise)
        return response.status_code == 403
    if user is not None and scope_of(user) is Scope.OWN and not is_own:
        return response.status_code == 404
    offered = methods_of(address.view)
    if offered is not None and method not in offered:
        # Signing in sends whoever is signed in already to the front door, whatever the method.
        return response.status_code == 405 or (address.route == "/sign-in/" and user is not None)
    if is_own and _tells_owners_apart(address) and response.status_code == 404:
        return False
    return response.status_code in (ANSWERED if offered is not None else ANSWERED | {405})


def _is_led_away(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/sign-in/?")


def _everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table; of sessions only which there are, for each visit prolongs them."""
    with connection.cursor() as cursor:
        kept = {}
        for table in connection.introspection.table_names(cursor):
            columns = "session_key" if table == "django_session" else "*"
            cursor.execute(f"SELECT {columns} FROM {connection.ops.quote_name(table)}")
            kept[table] = sorted(cursor.fetchall(), key=repr)
        return kept


def test_the_dump_notices_a_single_changed_row() -> None:
    """Or the matrix would prove nothing."""
    user = colleague(Role.VIEWER)
    before = _everything()
    User.objects.filter(pk=user.pk).update(display_name="Somebody else")
    assert _everything() != before


def test_somebody_without_the_right_reads_which_one_it_is_and_whom_to_ask(alice: User) -> None:
    client = client_of(colleague(Role.VIEWER))
    html = client.get("/settings/users/").content.decode()
    assert "管理账号" in html and "只读" in html and "Alice" in html
    client.cookies["zhike_language"] = "en"
    html = client.get("/settings/users/").content.decode()
    assert "manage users" in html and "Viewer" in html and "Alice" in html
    part = client.get("/settings/users/", headers={"hx-request": "true"})
    assert part.status_code == 403 and "<html" not in part.content.decode()


def test_sales_is_led_from_the_front_door_to_the_customers() -> None:
    response = client_of(colleague(Role.SALES)).get("/")
    assert response.status_code == 302 and response["Location"] == "/customers/"


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.OWNER, {"/", "/customers/", "/runs/", "/settings/users/", "/settings/audit/"}, set()),
        (Role.SALES, {"/customers/"}, {"/value/rfm/", "/runs/", "/settings/users/"}),
        (Role.ANALYST, {"/", "/value/rfm/", "/runs/"}, {"/settings/users/", "/settings/audit/"}),
    ],
)
def test_the_navigation_has_only_places_that_are_open(role: Role, shown: set[str], hidden: set[str]) -> None:
    html = client_of(colleague(role)).get("/customers/").content.decode()
    menu = html.split("<nav", 1)[1].split("</nav>", 1)[0]
    assert {place for place in shown | hidden if f'href="{place}"' in menu} == shown


def test_an_account_that_is_switched_off_is_out_at_once() -> None:
    user = colleague(Role.MANAGER)
    client = client_of(user)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/")["Location"].startswith("/sign-in/")


@pytest.mark.urls("tests.web.ruled_urls")
def test_a_view_without_a_rule_is_refused_even_to_the_owner(alice_client: Client, settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured):
        alice_client.get("/undeclared/")
    settings.ZHIKE_UNDECLARED_VIEWS_RAISE = False
    assert alice_client.get("/undeclared/").status_code == 403


@pytest.mark.urls("tests.web.ruled_urls")
def test_a_program_needs_a_key_of_the_right_scope_and_a_person_is_not_one(alice_client: Client) -> None:
    right = create_api_key(actor=None, name="till", scopes=["orders"])
    wrong = create_api_key(actor=None, name="website", scopes=["events"])

    def asked(token: str) -> int:
        client = Client(enforce_csrf_checks=True)
        return client.post("/for-programs/", headers={"authorization": f"Bearer {token}"}).status_code

    assert alice_client.get("/for-programs/").status_code == 401
    assert [asked(right.token), asked(wrong.token), asked("zk_nonsense"), asked("")] == [200, 403, 401, 401]
    revoke_api_key(actor=None, key=right.key)
    assert asked(right.token) == 401


def test_an_unknown_address_is_a_page_in_the_readers_language(charlie_client: Client) -> None:
    response = charlie_client.get("/nowhere/")
    assert response.status_code == 404 and "页面不存在" in response.content.decode()
    charlie_client.cookies["zhike_language"] = "en"
    assert "There is no such page" in charlie_client.get("/nowhere/").content.decode()


def test_what_names_people_is_about_people() -> None:
    named = ("/customers/", "/customers/<int:customer_id>/", "/customers/<int:customer_id>/edit/")
    rules = {address.route: rule_of(address.view) for address in ADDRESSES}
    assert all(is_about_people(rules[route]) for route in named)
    assert not is_about_people(rules["/"])
