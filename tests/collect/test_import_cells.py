"""One cell at a time: what is taken, what is refused, and by which code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.collect.imports import cells
from zhike.kernel.errors import ZhikeError

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def code(read, *arguments, **options) -> str:
    with pytest.raises(ZhikeError) as caught:
        read(*arguments, **options)
    assert caught.value.text.zh
    assert caught.value.text.en
    return caught.value.code


def moment(value, zone=SHANGHAI):
    return cells.moment(value, zone=zone, now=NOW)


def amount(value, currency="CNY"):
    return cells.amount(value, currency=currency)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" A-1 ", "A-1"),
        ("\u3000A1\u3000", "A1"),
        ("\ufeffA1\u200b", "A1"),
        ("000123", "000123"),
        ("110101199003070018", "110101199003070018"),
        ("订单 7", "订单 7"),
        ("１２３", "１２３"),
        ("=cmd|calc", "=cmd|calc"),
        (42, "42"),
        (1001.0, "1001"),
        (Decimal("1001"), "1001"),
    ],
)
def test_an_id_stays_the_text_it_is(written, read):
    assert cells.id_text(written) == read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "id.missing"),
        ("  \u3000", "id.missing"),
        (None, "id.missing"),
        (float("nan"), "id.missing"),
        ("NULL", "id.missing"),
        ("-", "id.missing"),
        ("无", "id.missing"),
        ("1.38001E+10", "id.scientific"),
        ("1E+15", "id.scientific"),
        ("1.3e10", "id.scientific"),
        ("A\u200b1", "id.invisible"),
        ("A\x001", "id.invisible"),
        ("A\n1", "id.invisible"),
        ("x" * 201, "text.too_long"),
        (1.5, "id.number"),
        (1e17, "id.number"),
        (float("inf"), "id.number"),
        (True, "id.number"),
    ],
)
def test_an_id_that_lost_its_meaning_is_refused(written, expected):
    assert code(cells.id_text, written) == expected


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-21", "2026-11-20 16:00"),
        ("2026-11-21 13:45", "2026-11-21 05:45"),
        ("2026-11-21 13:45:30", "2026-11-21 05:45:30"),
        ("2026-11-21T13:45:30.123", "2026-11-21 05:45:30.123"),
        ("2026-11-21 13:45:30.123456789", "2026-11-21 05:45:30.123456"),
        ("2026-11-21T13:45:00Z", "2026-11-21 13:45"),
        ("2026-11-21T13:45:00+02:00", "2026-11-21 11:45"),
        ("2026-11-21 13:45:00 -0530", "2026-11-21 19:15"),
        ("2026/11/21", "2026-11-20 16:00"),
        ("2026/3/5 9:05", "2026-03-05 01:05"),
        ("2026年3月5日", "2026-03-04 16:00"),
        ("2026年3月5日 08:00", "2026-03-05 00:00"),
        ("\u30002026-11-21\u3000", "2026-11-20 16:00"),
        (date(2026, 11, 21), "2026-11-20 16:00"),
        (datetime(2026, 11, 21, 13, 45), "2026-11-21 05:45"),  # noqa: DTZ001 - a time without a zone is meant
        (datetime(2026, 11, 21, 13, 45, tzinfo=UTC), "2026-11-21 13:45"),
        ("2026-11-24", "2026-11-23 16:00"),
    ],
)
def test_a_date_is_a_moment_in_the_shops_zone(written, utc):
    assert moment(written)[0] == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20T15:59:59Z", date(2026, 11, 20)),
        ("2026-11-20T16:00:00Z", date(2026, 11, 21)),
        ("2026-11-21 00:00", date(2026, 11, 21)),
        ("2026-11-21 23:59:59.999", date(2026, 11, 21)),
        ("20261104", date(2026, 11, 4)),
        ("20261104 13:45", date(2026, 11, 4)),
        (20261104, date(2026, 11, 4)),
        (20261104.0, date(2026, 11, 4)),
    ],
)
def test_the_day_of_an_order_is_the_shops_day(written, day):
    assert moment(written)[1] == day


def test_a_clock_change_neither_loses_nor_doubles_an_order():
    new_york = ZoneInfo("America/New_York")
    assert moment("2026-11-01 01:30", new_york)[0] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert moment("2026-03-08 02:30", new_york)[1] == date(2026, 3, 8)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "date.missing"),
        (None, "date.missing"),
        ("NULL", "date.missing"),
        ("03/04/2026", "date.ambiguous"),
        ("21/11/2026", "date.ambiguous"),
        ("3-4-26", "date.ambiguous"),
        ("21.11.2026 10:00", "date.ambiguous"),
        ("46000", "date.serial"),
        ("46000.5", "date.serial"),
        (46000, "date.serial"),
        (46000.5, "date.serial"),
        ("2026-02-30", "date.impossible"),
        ("2026-13-01", "date.impossible"),
        ("2026-11-21 24:00", "date.impossible"),
        ("2026-11-21T10:00:00+99:00", "date.impossible"),
        ("0000-00-00", "date.impossible"),
        ("0000-00-00 00:00:00", "date.impossible"),
        ("1989-12-31", "date.out_of_range"),
        ("0001-01-01", "date.out_of_range"),
        ("9999-12-31", "date.out_of_range"),
        ("2026-11-25", "date.out_of_range"),
        ("2027-01-01", "date.out_of_range"),
        ("20261321", "date.unreadable"),
        ("2026112", "date.unreadable"),
        (20261321, "date.serial"),
        ("2026-11/21", "date.unreadable"),
        ("2026-11-21Z", "date.unreadable"),
        ("2026-W47-6", "date.unreadable"),
        ("yesterday", "date.unreadable"),
        ("２０２６-11-21", "date.unreadable"),
    ],
)
def test_a_date_that_could_be_another_is_refused(written, expected):
    assert code(moment, written) == expected


def test_the_order_of_the_last_two_days_ahead_depends_on_the_moment_not_on_the_zone():
    just_in, just_out = NOW + timedelta(days=2), NOW + timedelta(days=2, seconds=1)
    far_east = timezone(timedelta(hours=14))
    assert moment(just_in.astimezone(far_east).isoformat())[0] == just_in
    assert code(moment, just_out.astimezone(far_east).isoformat()) == "date.out_of_range"


@pytest.mark.parametrize(
    ("written", "currency", "units"),
    [
        ("12.50", "CNY", 1250),
        ("12.500", "CNY", 1250),
        ("0", "CNY", 0),
        ("+5", "CNY", 500),
        ("1,234.50", "CNY", 123450),
        ("1,234", "CNY", 123400),
        ("1,234,567", "CNY", 123456700),
        ("1,234,567", "KWD", 1234567000),
        ("¥12", "CNY", 1200),
        ("￥12.00", "CNY", 1200),
        ("$12", "USD", 1200),
        ("HK$12", "HKD", 1200),
        ("$12", "HKD", 1200),
        ("￥1,234", "JPY", 1234),
        (12, "CNY", 1200),
        (8.13, "CNY", 813),
        (8.129999, "CNY", 813),
        (0.1 + 0.2, "CNY", 30),
        (Decimal("8.13"), "CNY", 813),
        (Decimal("1E+2"), "CNY", 10000),
    ],
)
def test_an_amount_becomes_minor_units(written, currency, units):
    assert amount(written, currency) == units


@pytest.mark.parametrize(
    ("written", "currency", "expected"),
    [
        ("", "CNY", "money.missing"),
        ("NULL", "CNY", "money.missing"),
        ("-", "CNY", "money.missing"),
        ("无", "CNY", "money.missing"),
        ("NaN", "CNY", "money.missing"),
        (float("nan"), "CNY", "money.missing"),
        ("inf", "CNY", "money.unreadable"),
        (float("inf"), "CNY", "money.unreadable"),
        (Decimal("NaN"), "CNY", "money.unreadable"),
        ("1e400", "CNY", "money.unreadable"),
        ("9" * 41, "CNY", "money.unreadable"),
        ("(5)", "CNY", "money.unreadable"),
        ("１２", "CNY", "money.unreadable"),
        ("12.50元", "CNY", "money.unreadable"),
        ("12,34,56", "CNY", "money.unreadable"),
        (True, "CNY", "money.unreadable"),
        (date(2026, 1, 1), "CNY", "money.unreadable"),
        ("-5", "CNY", "money.negative"),
        ("¥-5", "CNY", "money.negative"),
        (-0.5, "CNY", "money.negative"),
        ("8.1234", "CNY", "money.too_precise"),
        (8.1234, "CNY", "money.too_precise"),
        ("0.5", "JPY", "money.too_precise"),
        ("1,5", "CNY", "money.comma"),
        ("1.234,50", "CNY", "money.comma"),
        ("1,234", "KWD", "money.comma"),
        ("$12", "CNY", "money.other_currency"),
        ("€12", "CNY", "money.other_currency"),
        ("¥12", "USD", "money.other_currency"),
        ("99999999999999", "CNY", "money.too_large"),
    ],
)
def test_an_amount_that_is_not_plain_is_refused(written, currency, expected):
    assert code(amount, written, currency) == expected


@given(st.integers(0, 10**12))
def test_every_whole_minor_unit_survives_text_commas_and_floats(units):
    text = f"{units // 100}.{units % 100:02}"
    assert amount(text) == units
    assert amount(f"¥{units // 100:,}.{units % 100:02}") == units
    assert amount(float(text)) == units


@given(st.text(max_size=20))
def test_no_text_breaks_a_reader_otherwise_than_by_a_sentence(text):
    for read in (cells.id_text, cells.optional_text, moment, amount):
        try:
            read(text)
        except ZhikeError as error:
            assert "{" not in error.code


@pytest.mark.parametrize("written", [None, "", " ", "-", "--", "NULL", "\\N", "N/A", "无", float("nan")])
def test_an_optional_cell_that_says_nothing_is_empty(written):
    assert cells.optional_text(written) is None


def test_optional_text_is_kept_as_it_is():
    assert cells.optional_text(" 门店 <b>{{x}}</b> ") == "门店 <b>{{x}}</b>"
    assert cells.optional_text(7) == "7"
    assert code(cells.optional_text, "x" * 201) == "text.too_long"
    assert code(cells.optional_text, "a\0b") == "row.nul"
