"""No refusal repeats what it refuses: errors end up in logs and in files of rejected rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.customers.normal.refusals import refusal, tells_little
from zhike.customers.normal import (
    birthday,
    education,
    email,
    gender,
    identifier,
    income_band,
    name,
    occupation,
    phone,
    region,
)


def birthday_today(text: str) -> object:
    return birthday(text, today=date(2026, 6, 30))


@pytest.mark.parametrize(
    ("door", "written"),
    [
        (phone, "139-8842-77"),
        (phone, "1.39884E+10"),
        (phone, "139****8842"),
        (phone, "010-88427766转12"),
        (email, "quagga.8842 @zebra"),
        (email, "quagga***@zebra.com"),
        (lambda text: identifier("openid", text), "quagga 8842 zebra"),
        (lambda text: identifier("nickname", text), "quagga***8842"),
        (name, "quagga 884277"),
        (birthday_today, "1990-88-42"),
        (birthday_today, "08/06/1942"),
        (region, "火星省火星市八四二路"),
        (region, "浙江省深圳市火星路8842号"),
        (region, "朝阳 火星路8842号"),
        (gender, "quagga8842"),
        (education, "quagga8842"),
        (occupation, "quagga8842"),
        (income_band, "8842 quagga"),
        (income_band, "2884-28842"),
    ],
)
def test_a_refusal_shows_two_characters_at_most(door: Callable[[str], object], written: str) -> None:
    refused = refusal(door, written)
    assert tells_little(refused)
    for said in (refused.text.zh, refused.text.en, str(refused), repr(refused)):
        assert written not in said
        assert not any(part in said for part in ("8842", "quagga", "zebra", "火星", "1942"))
