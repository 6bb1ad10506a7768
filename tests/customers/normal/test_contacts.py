"""Phone numbers, e-mail addresses and ids of other systems come into one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.customers.normal.refusals import refusal, tells_little
from zhike.customers.normal import (
    email,
    identifier,
    is_mobile,
    is_placeholder_email,
    is_placeholder_phone,
    masked,
    phone,
)
from zhike.kernel.errors import ZhikeError

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
DIALLED = st.text("0123456789+-() .eExX*转０１", max_size=24)


@pytest.mark.parametrize(
    "written",
    [
        "13912345678",
        "139 1234 5678",
        "139-1234-5678",
        "１３９１２３４５６７８",
        "+86 13912345678",
        "+86-139-1234-5678",
        "008613912345678",
        "86 139 1234 5678",
        "(+86)13912345678",
        "013912345678",
        "13912345678.0",
        "\u200b13912345678\n",
        "1.3912345678E+10",
    ],
)
def test_every_way_of_writing_a_mobile_number_is_the_same_number(written: str) -> None:
    assert phone(written) == "+8613912345678"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("010-65129988", "+861065129988"),
        ("(0755) 8888 6666", "+8675588886666"),
        ("400-800-1234", "+864008001234"),
        ("+852 9123 4567", "+85291234567"),
        ("0085291234567", "+85291234567"),
    ],
)
def test_landlines_and_foreign_numbers_get_their_country(written: str, expected: str) -> None:
    assert phone(written) == expected
    assert is_mobile(expected) is ("852" in expected)


def test_a_number_without_a_country_is_of_the_region_that_is_given() -> None:
    assert phone("(650) 253-0000", region="US") == "+16502530000"
    assert phone("+86 139 1234 5678", region="US") == "+8613912345678"


@pytest.mark.parametrize("written", ["1.38001E+10", "1.38E10", "1.3912345678E+11", "１.39E+10"])
def test_a_number_whose_digits_a_spreadsheet_lost_is_refused(written: str) -> None:
    assert refusal(phone, written).code == "contact.phone_scientific"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "contact.phone"),
        ("无", "contact.phone"),
        ("12345678901", "contact.phone"),
        ("65129988", "contact.phone"),
        ("13912345678/13912345679", "contact.phone"),
        ("9" * 5000, "contact.phone"),
        ("138****8000", "contact.masked"),
        ("010-65129988转801", "contact.phone_extension"),
    ],
)
def test_what_identifies_nobody_is_refused(written: str, code: str) -> None:
    assert refusal(phone, written).code == code


@pytest.mark.parametrize(
    "written",
    ["13800000000", "+8613800138000", "12345678901", "00000000000", "11111111111", "138 1234 5678", ""],
)
def test_numbers_that_forms_are_filled_with_are_placeholders(written: str) -> None:
    assert is_placeholder_phone(written)


def test_a_vanity_number_is_not_a_placeholder() -> None:
    assert not is_placeholder_phone("+8613888888888")
    assert not is_placeholder_phone("13917264530")


@given(MOBILES)
def test_a_plain_mobile_number_only_gets_its_country(number: str) -> None:
    assert phone(number) == f"+86{number}" == phone(phone(number))
    assert is_mobile(phone(number))


@given(DIALLED | st.text())
def test_phone_returns_a_fixed_point_or_refuses(text: str) -> None:
    try:
        found = phone(text)
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert phone(found) == found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" Zhang.San@QQ.com ", "zhang.san@qq.com"),
        ("ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "zhang@qq.com"),
        ("a+b@sub.example.co", "a+b@sub.example.co"),
        ("li@例子。中国", "li@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_addresses_are_lowered_and_their_domains_in_ascii(written: str, expected: str) -> None:
    assert email(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "a@b",
        "a b@c.com",
        "a@b.com\nBcc: x@y.com",
        "a@b.com\r\n\r\nhello",
        "a@b.com, c@d.com",
        "<a@b.com>",
        "a@@b.com",
        ".a@b.com",
        "a@b..com",
        "a@-b.com",
        "a@127.0.0.1",
        "张三@qq.com",
        "@qq.com",
        "",
        "a" * 65 + "@qq.com",
        "a@" + "例" * 300 + ".com",
    ],
)
def test_anything_but_one_address_is_refused(written: str) -> None:
    assert refusal(email, written).code == "contact.email"


def test_a_masked_address_says_so() -> None:
    assert refusal(email, "t***@qq.com").code == "contact.masked"


@pytest.mark.parametrize(
    "written",
    [
        "noreply@shop.cn",
        "test@test.com",
        "123@qq.com",
        "123456@163.com",
        "a@example.com",
        "111@qq.com",
        "x@a.invalid",
    ],
)
def test_addresses_that_forms_are_filled_with_are_placeholders(written: str) -> None:
    assert is_placeholder_email(written)


def test_a_qq_number_is_not_a_placeholder() -> None:
    assert not is_placeholder_email("83726154@qq.com")


@given(st.emails() | st.text("aB@.＠- 例\n", max_size=12) | st.text())
def test_email_returns_a_fixed_point_or_refuses(text: str) -> None:
    try:
        found = email(text)
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert email(found) == found
        assert found.isascii() and found == found.lower() and not set(found) & set(" \r\n,<>")


def test_a_member_card_keeps_its_zeros_and_loses_its_spaces() -> None:
    assert identifier("member_card", "００１２ 3456 ABC") == "00123456abc"
    assert identifier("member_card", "1001.0") == "1001"
    assert identifier("member_card", "001.0") == "001.0"


def test_an_open_id_keeps_its_case() -> None:
    assert identifier("openid", "\ufeffoGz-Ab_12 ") == "oGz-Ab_12"


@pytest.mark.parametrize("written", ["t***1", "张*", "j＊d", "小●●"])
def test_a_nickname_that_a_platform_masked_is_refused(written: str) -> None:
    assert refusal(identifier, "nickname", written).code == "contact.masked"


@pytest.mark.parametrize("written", ["", "  ", "a b", "a\x00b", "x" * 129])
def test_an_id_with_gaps_or_without_content_is_refused(written: str) -> None:
    assert refusal(identifier, "unionid", written).code == "contact.identifier"


def test_a_card_number_whose_digits_a_spreadsheet_lost_is_refused() -> None:
    assert refusal(identifier, "member_card", "6.22848E+18").code == "contact.identifier_scientific"


@given(st.sampled_from(["unionid", "openid", "external_userid", "member_card", "nickname"]), st.text())
def test_identifier_returns_a_fixed_point_or_refuses(kind: str, text: str) -> None:
    try:
        found = identifier(kind, text)  # type: ignore[arg-type]
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert identifier(kind, found) == found  # type: ignore[arg-type]


@given(st.text(min_size=4))
def test_a_masked_value_shows_two_characters_at_most(text: str) -> None:
    assert len(masked(text).replace("***", "", 1)) <= 2
