"""Numbers and dates as people read them. None is “—”, never 0: unknown and nothing are different."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from zhike.kernel.money import decimal_amount, minor_digits, symbol
from zhike.kernel.words import Language, Text

MISSING = "—"
_MINUS = "-"

# (from this size, divided by, shown decimals, unit): the largest unit that fits is used.
_CHINESE_STEPS = ((10**8, 2, " 亿"), (10**4, 1, " 万"))
_ENGLISH_STEPS = ((10**9, 2, "B"), (10**6, 1, "M"), (10**3, 1, "K"))


def money(minor: int | None, currency: str) -> str:
    """¥1,234.50: the whole amount, with the decimals of its currency."""
    if minor is None:
        return MISSING
    amount = abs(decimal_amount(int(minor), currency))
    return f"{_sign(minor)}{symbol(currency)}{amount:,.{minor_digits(currency)}f}"


def money_short(minor: int | None, currency: str, language: Language) -> str:
    """¥139.8 万 or ¥1.40 亿 in Chinese, ¥1.4M in English; below the first unit, whole units of currency."""
    if minor is None:
        return MISSING
    return _sign(minor) + symbol(currency) + _short(abs(decimal_amount(int(minor), currency)), language)


def count(value: int | float | None) -> str:
    """12,345; a fraction keeps one decimal."""
    if value is None:
        return MISSING
    number = Decimal(str(value))
    digits = 0 if number == number.to_integral_value() else 1
    return f"{_rounded(number, digits):,.{digits}f}"


def count_short(value: int | float | None, language: Language) -> str:
    """1.2 万 in Chinese, 12.3K in English; small numbers stay whole."""
    if value is None:
        return MISSING
    return _sign(value) + _short(abs(Decimal(str(value))), language)


def percent(share: float | None, digits: int = 1) -> str:
    """34.8% from the share 0.348."""
    if share is None:
        return MISSING
    return f"{_rounded(Decimal(str(share)) * 100, digits):.{digits}f}%"


def points(difference: float | None, language: Language) -> str:
    """The difference of two shares in percentage points, signed: -0.9 个百分点, -0.9 pp."""
    if difference is None:
        return MISSING
    return f"{signed(Decimal(str(difference)) * 100)}{' 个百分点' if language == 'zh' else ' pp'}"


def signed(value: Decimal, digits: int = 1) -> str:
    """+8.2, -0.9, and 0.0 without a sign."""
    rounded = _rounded(value, digits)
    return f"{'+' if rounded > 0 else ''}{rounded:.{digits}f}"


def day(value: date | None) -> str:
    """2026-11-21."""
    if value is None:
        return MISSING
    return f"{value:%Y-%m-%d}"


def ago(moment: datetime | None, now: datetime, language: Language) -> str:
    """How long before `now`: 刚刚, 5 分钟前, 2 小时前, 3 天前; from 30 days on, the date."""
    if moment is None:
        return MISSING
    passed = now - moment
    if passed >= timedelta(days=30):
        return day(moment.astimezone(now.tzinfo or UTC).date())
    for length, many, one in _AGES:
        if passed >= length:
            number = passed // length
            return (one if number == 1 else many).in_language(language).format(number)
    return _JUST_NOW.in_language(language)


_JUST_NOW = Text(zh="刚刚", en="just now")
_AGES = (
    (timedelta(days=1), Text(zh="{} 天前", en="{} days ago"), Text(zh="1 天前", en="1 day ago")),
    (timedelta(hours=1), Text(zh="{} 小时前", en="{} hours ago"), Text(zh="1 小时前", en="1 hour ago")),
    (timedelta(minutes=1), Text(zh="{} 分钟前", en="{} minutes ago"), Text(zh="1 分钟前", en="1 minute ago")),
)


def _short(amount: Decimal, language: Language) -> str:
    for size, digits, unit in _CHINESE_STEPS if language == "zh" else _ENGLISH_STEPS:
        # Rounding first: 9,999.6 is said as 1.0 万, not as 10,000.
        if _rounded(amount, 0) >= size:
            return f"{_rounded(amount / size, digits):,.{digits}f}{unit}"
    return f"{_rounded(amount, 0):,.0f}"


def _rounded(value: Decimal, digits: int) -> Decimal:
    # Half up as people round, not half to even; and no minus before a zero.
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0


def _sign(value: int | float) -> str:
    return _MINUS if value < 0 else ""
