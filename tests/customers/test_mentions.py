"""Somebody is found in a text however they are spelled there."""

from __future__ import annotations

import pytest

from zhike.customers.mentions import Mentions
from zhike.customers.stores import Person


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("+8613900007777", "A1,13900007777,2024"),
        ("+8613900007777", "电话 +86 139-0000-7777。"),
        ("+8613900007777", "\uff11\uff13\uff19\uff10\uff10\uff10\uff10\uff17\uff17\uff17\uff17"),
        ("+14155550123", "(415) 555-0123"),
        ("canary@example.com", "Canary@Example.COM;x"),
        ("Anna Maria Smith", "to anna  maria smith, Rose Lane"),
        ("王伟", "姓名:王伟"),
        ("王伟", '"王 伟",12'),
        ("Li Na", "LI NA"),
        ("C12", "x\tC12\ty"),
        ("青石街 7 号", "深圳市青石街7号"),
    ],
)
def test_a_value_is_found_in_another_spelling(value: str, text: str) -> None:
    assert Mentions([value]).are_in(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("王伟", "王伟东"),
        ("12", "2012,C12"),
        ("X", "X,Y"),
        ("+8613900007777", "13900007778"),
        ("canary@example.com", "canary2@example.com"),
    ],
)
def test_what_only_looks_alike_is_not_taken(value: str, text: str) -> None:
    assert not Mentions([value]).are_in(text)


def test_a_short_key_tells_in_its_own_source_only_and_a_long_one_everywhere() -> None:
    person = Person(1, (1,), keys=(("till", "12"), ("web", "wx-9981-77")))
    assert person.mentions("till").are_in("a,12,b")
    assert not person.mentions("web").are_in("a,12,b")
    assert person.mentions("till").are_in("wx-9981-77")
