"""One cell, read: text, ids, moments and amounts, from text or from typed Parquet values.

Every function returns the value or raises a `ZhikeError` whose sentence tells the person how to write it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from zhike.collect.imports.records import folded, shown, trimmed
from zhike.customers.normal import names_a_person
from zhike.kernel.errors import ZhikeError
from zhike.kernel.money import minor_digits, minor_units, symbol

LONGEST_TEXT = 200
FIRST_YEAR = 1990
FUTURE = timedelta(days=2)

# How exports write “nothing”.
_NOTHING = frozenset({"", "-", "--", "—", "null", "\\n", "n/a", "#n/a", "nan", "nat", "none", "无", "空"})
_LONGEST_NOTHING = max(map(len, _NOTHING))
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?e\+?\d+\Z", re.ASCII | re.IGNORECASE)
_LARGEST_EXACT_FLOAT = 2**53
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
    r"(?:(?:[ ]+|T)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[ ]*(Z|[+-]\d{2}:?[0-5]\d)?)?\Z",
    re.ASCII | re.IGNORECASE,
)
# Eight digits are one day only, and no serial number: Excel counts to 2958465.
_COMPACT_DAY = re.compile(
    r"((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=\Z|[ T])", re.ASCII | re.IGNORECASE
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}([-/. ])\d{1,2}\1\d{2,4}(?:\D.*)?\Z", re.ASCII)
# `8:5` may be five past eight, or ten to nine cut short.
_SHORT_TIME = re.compile(r".*\d[ T]+\d{1,2}:(?:\d(?!\d)|\d\d:\d(?!\d))", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"\d{4,6}(\.\d+)?\Z", re.ASCII)
_THOUSANDS = re.compile(r"([+-]?)([1-9]\d{0,2}(?:,\d{3})+)(\.\d+)?\Z", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(\.\d{3})*,\d+\Z", re.ASCII)
_LONGEST_AMOUNT = 40
_FLOAT_TOLERANCE = Decimal("0.000001")


def is_nothing(value: object) -> bool:
    """Whether a cell says that there is no value."""
    if isinstance(value, str):
        return not value or _says_nothing(trimmed(value))
    return value is None or (isinstance(value, float) and math.isnan(value))


def id_text(value: object) -> str:
    """An id as text, exactly as the source has it but for white space around it."""
    text = trimmed(value) if isinstance(value, str) else _number_as_id(value)
    if _says_nothing(text):
        raise ZhikeError("id.missing", zh="编号为空", en="the id is empty")
    if len(text) > LONGEST_TEXT:
        raise _too_long(text)
    if _SCIENTIFIC.match(text):
        raise ZhikeError(
            "id.scientific",
            zh=f"“{text}”是被 Excel 改成科学计数法的编号，原来的数字已丢失。请把该列设为“文本”后重新导出",
            en=f"“{text}” is an id that Excel turned into a number and cut. Make the column “text” and export again",
        )
    if not text.isprintable():
        hidden = next(character for character in text if not character.isprintable())
        raise ZhikeError(
            "id.invisible",
            zh=f"编号“{shown(text)}”中间有看不见的字符 U+{ord(hidden):04X}，请删去",
            en=f"the id “{shown(text)}” has an invisible character U+{ord(hidden):04X} in it; remove it",
        )
    return text


def optional_text(value: object) -> str | None:
    """Trimmed text of at most 200 characters; None where there is none."""
    return None if value is None else _optional_text(value if isinstance(value, str) else str(value))


def open_id(value: object) -> str:
    """`id_text` that nobody seals. Eleven digits may be a number of an order; an e-mail address is none.

    Raises
    ------
    ZhikeError
        Also ``text.personal``.
    """
    text = id_text(value)
    if "@" in text:
        require_nobodys(text)
    return text


def open_text(value: object) -> str | None:
    """`optional_text` that everybody may read and nobody seals.

    Raises
    ------
    ZhikeError
        ``text.personal``.
    """
    text = optional_text(value)
    if text is not None:
        require_nobodys(text)
    return text


@lru_cache(maxsize=4096)
def require_nobodys(text: str) -> None:
    """Refuse a text in which a mobile number, an e-mail address or an identity number stands.

    Raises
    ------
    ZhikeError
        ``text.personal``; its sentence does not repeat the text.
    """
    if names_a_person(text):
        raise ZhikeError(
            "text.personal",
            zh="像手机号、邮箱或证件号；这一列不加密，谁都能看到。请放到客户资料的电话、邮箱或地址列，或从这里去掉",
            en="it looks like a mobile number, an e-mail or an identity number, and this column is not sealed: put it into the "
            "customer's phone, e-mail or address, or take it out",
        )


@lru_cache(maxsize=4096)
def _optional_text(written: str) -> str | None:
    # Channels, stores and means of payment are few: most cells have been seen before.
    text = trimmed(written)
    if _says_nothing(text):
        return None
    if len(text) > LONGEST_TEXT:
        raise _too_long(text)
    if "\0" in text:
        raise ZhikeError("row.nul", zh="内容含有 NUL 字符", en="the cell contains a NUL character")
    return text


def coded_value(value: object, known: Mapping[str, str], *, name: str, unmapped: Mapping[str, str]) -> str:
    """Our word for a coded cell.

    Parameters
    ----------
    known
        Our own words, folded → as we write them.
    unmapped
        The file's words from `[values.…]`, folded → ours.
    """
    text = folded(value if isinstance(value, str) else str(value))
    ours = known.get(text) or known.get(folded(unmapped.get(text, "")))
    if ours is None:
        words = ", ".join(known.values())
        raise ZhikeError(
            f"{name}.unknown",
            zh=f"不认识“{shown(value)}”；可用：{words}。导入时在网页的“对应字段”一步说明它的含义；"
            f'用命令行时在映射文件的 [values.{name}] 下写 "{shown(value)}" = "…"',
            en=f"“{shown(value)}” is not understood; known: {words}. Say what it means on the page, where columns are "
            f'matched; on the command line in a mapping file: "{shown(value)}" = "…" below [values.{name}]',
        )
    return ours


def moment(value: object, *, zone: ZoneInfo, now: datetime) -> tuple[datetime, date]:
    """The moment in UTC and its calendar day in the shop's zone.

    Text and typed values without a zone are the shop's own time. In the hour that a clock change repeats,
    the first one is meant.
    """
    written = _written_moment(value)
    if not FIRST_YEAR <= written.year <= now.year + 1:
        raise _out_of_range(value)
    local = written.replace(tzinfo=zone) if written.tzinfo is None else written.astimezone(zone)
    exact = local.astimezone(UTC)
    if exact > now + FUTURE:
        raise _out_of_range(value)
    return exact, local.date()


def written_day(value: object) -> date:
    """The calendar day as it is written, of any year."""
    return _written_moment(value).date()


def amount(value: object, *, currency: str) -> int:
    """Minor units of an amount that is not negative."""
    if is_nothing(value):
        raise ZhikeError("money.missing", zh="金额为空", en="the amount is empty")
    units = minor_units(_plain_amount(value, currency), currency)
    if units < 0:
        raise ZhikeError(
            "money.negative",
            zh=f"金额“{shown(value)}”是负数。退款请以正数写在 refund_amount 列",
            en=f"the amount “{shown(value)}” is negative. A refund goes into refund_amount, as a positive number",
        )
    return units


def _says_nothing(text: str) -> bool:
    return len(text) <= _LONGEST_NOTHING and text.casefold() in _NOTHING


def _plain_amount(value: object, currency: str) -> str:
    if isinstance(value, str):
        return _amount_text(trimmed(value), currency)
    if isinstance(value, bool):
        raise _no_amount(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, float) and abs(value) < 1e15:
        return _float_amount(value, currency)
    raise _no_amount(value)


def _float_amount(value: float, currency: str) -> str:
    """The nearest minor unit where binary rounding explains the rest, else the number as it is, to be refused."""
    exact = Decimal(repr(value))
    rounded = round(exact, minor_digits(currency))
    return format(rounded if abs(exact - rounded) <= _FLOAT_TOLERANCE else exact, "f")


def _amount_text(text: str, currency: str) -> str:
    if len(text) > _LONGEST_AMOUNT:
        raise _no_amount(text)
    if text[0] not in "0123456789+-":
        text = _without_symbol(text, currency)
    if "," not in text:
        return text
    grouped = _THOUSANDS.match(text)
    # In a currency with three decimals, 1,234 could be either.
    if grouped and (grouped[3] or text.count(",") > 1 or minor_digits(currency) != 3):
        return text.replace(",", "")
    if grouped or _DECIMAL_COMMA.match(text):
        raise ZhikeError(
            "money.comma",
            zh=f"金额“{shown(text)}”中的逗号有歧义。小数点请用“.”，例如 1234.50",
            en=f"the comma in “{shown(text)}” can be read in two ways. Write the decimals after a point: 1234.50",
        )
    raise _no_amount(text)


def _without_symbol(text: str, currency: str) -> str:
    symbols = {symbol(currency), symbol(currency)[-1]}
    if "¥" in symbols:
        symbols.add("￥")
    for sign in sorted(symbols, key=len, reverse=True):
        if text.startswith(sign):
            return trimmed(text.removeprefix(sign))
    if text[0] in "¥￥$€£":
        raise ZhikeError(
            "money.other_currency",
            zh=f"金额“{shown(text)}”带有其他货币的符号，本店货币是 {currency}",
            en=f"the amount “{shown(text)}” carries the sign of another currency; the business uses {currency}",
        )
    return text


def _number_as_id(value: object) -> str:
    if is_nothing(value):
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float | Decimal) and math.isfinite(value):
        # Whole numbers in a column with gaps are stored as floats.
        whole = int(value)
        if whole == value and abs(whole) < _LARGEST_EXACT_FLOAT:
            return str(whole)
    raise ZhikeError(
        "id.number",
        zh=f"编号“{shown(value)}”存成了不精确的数字，请以文本导出该列",
        en=f"the id “{shown(value)}” is stored as an inexact number; export the column as text",
    )


def _written_moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time.min)
    if is_nothing(value):
        raise ZhikeError("date.missing", zh="日期为空", en="the date is empty")
    if isinstance(value, str):
        return _parsed_moment(value)
    whole = _whole_number(value)
    if whole is not None and _COMPACT_DAY.match(whole):
        return _parsed_moment(whole)
    raise _serial_number(value)


def _whole_number(value: object) -> str | None:
    if isinstance(value, int | float | Decimal) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return None


def _parsed_moment(value: str) -> datetime:
    text = trimmed(value)
    found = _MOMENT.match(text) or _MOMENT.match(_compact_day_apart(text))
    if found is None:
        raise _no_date(text)
    year, m1, d1, m2, d2, m3, d3, hour, minute, second, fraction, offset = found.groups()
    try:
        return datetime(
            int(year),
            int(m1 or m2 or m3),
            int(d1 or d2 or d3),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int(fraction[:6].ljust(6, "0")) if fraction else 0,
            tzinfo=_offset(offset) if offset else None,
        )
    except ValueError as error:
        raise ZhikeError(
            "date.impossible",
            zh=f"日期“{shown(text)}”不存在",
            en=f"the date “{shown(text)}” does not exist",
        ) from error


def _offset(text: str) -> timezone:
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _no_date(text: str) -> ZhikeError:
    if _DAY_OR_MONTH_FIRST.match(text):
        return ZhikeError(
            "date.ambiguous",
            zh=f"日期“{shown(text)}”分不清日和月，请写成 2026-11-21",
            en=f"in the date “{shown(text)}” day and month cannot be told apart; write 2026-11-21",
        )
    if _SERIAL.match(text):
        return _serial_number(text)
    if _SHORT_TIME.match(text):
        return ZhikeError(
            "date.short_time",
            zh=f"“{shown(text)}”里的分或秒只有一位，请写成两位，例如 2026-11-21 08:05",
            en=f"in “{shown(text)}” minutes or seconds have one digit; write two, as in 2026-11-21 08:05",
        )
    return ZhikeError(
        "date.unreadable",
        zh=f"“{shown(text)}”不是日期，请写成 2026-11-21 或 2026-11-21 13:45",
        en=f"“{shown(text)}” is no date; write 2026-11-21 or 2026-11-21 13:45",
    )


def _compact_day_apart(text: str) -> str:
    found = _COMPACT_DAY.match(text)
    return text if found is None else "-".join(found.groups()) + text[found.end() :]


def _serial_number(value: object) -> ZhikeError:
    return ZhikeError(
        "date.serial",
        zh=f"“{shown(value)}”是数字而不是日期（可能是 Excel 的日期序号），请把该列设为日期格式 2026-11-21",
        en=f"“{shown(value)}” is a number, no date (a serial day of Excel?); format the column as dates, 2026-11-21",
    )


def _out_of_range(value: object) -> ZhikeError:
    return ZhikeError(
        "date.out_of_range",
        zh=f"日期“{shown(value)}”早于 {FIRST_YEAR} 年，或晚于后天",
        en=f"the date “{shown(value)}” is before {FIRST_YEAR} or more than two days ahead",
    )


def _no_amount(value: object) -> ZhikeError:
    return ZhikeError(
        "money.unreadable",
        zh=f"金额“{shown(value)}”不是数字",
        en=f"the amount “{shown(value)}” is not a plain number",
    )


def _too_long(text: str) -> ZhikeError:
    return ZhikeError(
        "text.too_long",
        zh=f"“{shown(text)}”有 {len(text)} 个字符，最多 {LONGEST_TEXT} 个",
        en=f"“{shown(text)}” has {len(text)} characters; {LONGEST_TEXT} is the most",
    )
