import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.cast import colleague
from zhike.accounts.access import RIGHTS, SCOPES, Right, Role, Scope, may, scope_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"
PERSONAL = {Right.SEE_CONTACTS, Right.REVEAL, Right.EXPORT_PEOPLE}


def documented() -> dict[str, list[str]]:
    rows = re.findall(r"^\| [`*]?(\w+)[`*]? \|(.+)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip(" `") for cell in cells.split("|")] for name, cells in rows}


def test_the_page_of_roles_is_what_the_table_says() -> None:
    table = documented()
    roles = [Role(cell) for cell in table.pop("right")[:-1]]
    assert roles == list(Role)
    assert table.pop("customers")[:-1] == [SCOPES[role].value for role in roles]
    assert {name: cells[:-1] for name, cells in table.items()} == {
        right.value: ["✓" if right in RIGHTS[role] else "" for role in roles] for right in Right
    }


def test_every_right_and_role_has_words_in_both_languages() -> None:
    for named in (*Right, *Role):
        assert named.text.zh and named.text.en


def test_the_owner_may_do_everything_and_nobody_may_do_more_than_the_owner() -> None:
    assert RIGHTS[Role.OWNER] == set(Right)
    assert RIGHTS[Role.MANAGER] == set(Right) - {Right.MANAGE_OWNERS, Right.EXPORT_AUDIT}


def test_whoever_may_reveal_or_export_people_may_see_contacts() -> None:
    for role in Role:
        if RIGHTS[role] & PERSONAL:
            assert Right.SEE_CONTACTS in RIGHTS[role] and Right.SEE_CUSTOMERS in RIGHTS[role]


def test_an_analyst_sees_no_personal_data_and_a_viewer_takes_nothing_away() -> None:
    assert not RIGHTS[Role.ANALYST] & PERSONAL
    exports = {Right.EXPORT_TABLES, Right.EXPORT_PEOPLE, Right.EXPORT_AUDIT}
    assert not RIGHTS[Role.VIEWER] & (exports | {Right.REVEAL})


def test_only_owner_and_manager_manage_settings_and_users() -> None:
    for right in (Right.MANAGE_SETTINGS, Right.MANAGE_USERS, Right.SEE_AUDIT, Right.IMPORT):
        assert {role for role in Role if right in RIGHTS[role]} == {Role.OWNER, Role.MANAGER}


@pytest.mark.django_db
def test_sales_and_service_work_with_their_own_customers() -> None:
    own = {role for role in Role if scope_of(colleague(role)) is Scope.OWN}
    assert own == {Role.SALES, Role.SERVICE}
    assert scope_of(AnonymousUser()) == "own"


@pytest.mark.django_db
def test_whoever_is_switched_off_or_not_signed_in_may_nothing() -> None:
    owner = colleague(Role.OWNER)
    assert all(may(owner, right) for right in Right)
    owner.is_active = False
    assert not any(may(owner, right) or may(AnonymousUser(), right) for right in Right)
