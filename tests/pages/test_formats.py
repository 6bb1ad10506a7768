from datetime import UTC, date, datetime, timedelta

import pytest

from zhike.pages import formats

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_unknown_is_a_dash_and_never_zero() -> None:
    said = [
        formats.money(None, "CNY"),
        formats.money_short(None, "CNY", "zh"),
        formats.count(None),
        formats.count_short(None, "zh"),
        formats.percent(None),
        formats.points(None, "zh"),
        formats.day(None),
        formats.ago(None, NOW, "zh"),
    ]
    assert said == ["—"] * len(said)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123450, "CNY", "¥1,234.50"),
        (0, "CNY", "¥0.00"),
        (-5, "CNY", "-¥0.05"),
        (1234, "JPY", "JP¥1,234"),
        (1234567, "KWD", "KWD 1,234.567"),
    ],
)
def test_money_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert formats.money(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "zh", "en"),
    [
        (12_300, "¥123", "¥123"),
        (999_949, "¥9,999", "¥10.0K"),
        (999_960, "¥1.0 万", "¥10.0K"),
        (139_800_000, "¥139.8 万", "¥1.4M"),
        (14_000_000_000, "¥1.40 亿", "¥140.0M"),
        (-139_800_000, "-¥139.8 万", "-¥1.4M"),
        (500_000_000_000, "¥50.00 亿", "¥5.00B"),
    ],
)
def test_short_money_uses_the_units_of_the_language(minor: int, zh: str, en: str) -> None:
    assert formats.money_short(minor, "CNY", "zh") == zh
    assert formats.money_short(minor, "CNY", "en") == en


def test_shares_are_percent_and_their_differences_are_points() -> None:
    assert formats.percent(0.348) == "34.8%"
    assert formats.percent(0.125, 0) == "13%"
    assert formats.points(-0.009, "zh") == "-0.9 个百分点"
    assert formats.points(0.012, "en") == "+1.2 pp"
    assert formats.points(-0.0001, "en") == "0.0 pp"


def test_counts_have_thousands_and_a_decimal_only_for_fractions() -> None:
    assert formats.count(1234567) == "1,234,567"
    assert formats.count(2.0) == "2"
    assert formats.count(2.25) == "2.3"
    assert formats.count_short(12_345, "zh") == "1.2 万"
    assert formats.count_short(12_345, "en") == "12.3K"


@pytest.mark.parametrize(
    ("passed", "zh", "en"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(seconds=-20), "刚刚", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(hours=2, minutes=59), "2 小时前", "2 hours ago"),
        (timedelta(days=3), "3 天前", "3 days ago"),
        (timedelta(days=31), "2026-10-21", "2026-10-21"),
    ],
)
def test_ago_names_the_largest_whole_unit(passed: timedelta, zh: str, en: str) -> None:
    assert formats.ago(NOW - passed, NOW, "zh") == zh
    assert formats.ago(NOW - passed, NOW, "en") == en


def test_a_day_is_written_from_the_year_down() -> None:
    assert formats.day(date(2026, 1, 2)) == "2026-01-02"
