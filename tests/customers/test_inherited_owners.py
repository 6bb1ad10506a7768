"""A customer without an owner takes over the other's by a merge, and has nobody again once they are parted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cast import colleague
from tests.shops import open_shop
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.customers.models import Customer, LinkEntry, Profile
from zhike.customers.services import register_profiles, unlink_operation
from zhike.customers.services.assignment import assign_customers
from zhike.customers.services.merging import merge_customers


@pytest.fixture
def sales(db: None) -> User:
    return colleague(Role.SALES)


@pytest.fixture
def customers(tmp_path: Path, settings: Any, sales: User) -> list[int]:
    """Three, the last of whom somebody looks after."""
    settings.ZHIKE_HOME = open_shop(tmp_path / "shop")
    ids = register_profiles(source="web", source_keys=["a", "b", "c"]).values()
    homes = [Profile.objects.get(pk=pk).customer_id for pk in ids]
    Customer.objects.filter(pk=homes[2]).update(owner=sales)
    return homes


def merge(one: int, two: int) -> str:
    merge_customers(customer_id=one, other_id=two, reason="同一部手机", actor=None)
    last = LinkEntry.objects.order_by("-pk").first()
    assert last is not None
    return last.operation


def owners() -> list[int | None]:
    return list(Customer.objects.order_by("pk").values_list("owner", flat=True))


@pytest.mark.parametrize("first", [0, 1])
def test_whoever_had_nobody_has_nobody_again_in_whatever_order(
    customers: list[int], sales: User, first: int
) -> None:
    a, b, c = customers
    merges = [merge(b, c), merge(a, b)]
    assert owners() == [sales.pk] * 3
    unlink_operation(operation=merges[first], actor=None)
    # Apart from c, both that were merged with it have nobody; apart from a, b and c are still one.
    assert owners() == ([None, None, sales.pk] if first == 0 else [None, sales.pk, sales.pk])
    unlink_operation(operation=merges[1 - first], actor=None)
    assert owners() == [None, None, sales.pk]


def test_whoever_was_given_the_merged_customer_since_keeps_them(
    customers: list[int], sales: User, alice: User
) -> None:
    _, b, c = customers
    operation = merge(b, c)
    assign_customers(customer_ids=[b], owner_id=alice.pk, actor=alice)
    unlink_operation(operation=operation, actor=None)
    assert owners() == [None, alice.pk, sales.pk]
