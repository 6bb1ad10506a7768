"""Repairs that an import may switch on: each undoes one known damage, by name, and nothing else.

None is on by default: a repair decides how to read what could be read in two ways, so a person asks for it and
the run keeps that it was asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhike.collect.imports.records import trimmed
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text

_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?e\+?(\d{1,2})\Z", re.ASCII | re.IGNORECASE)
_THREE_NUMBERS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(\s.*|T.*)?\Z", re.ASCII)
_ONE_DIGIT = re.compile(r"(?<=\d:)(\d)(?!\d)", re.ASCII)
_MONEY_WORDS = re.compile(r"^(?:RMB|CNY|人民币|[¥￥])\s*|\s*(?:元|圆|RMB|CNY)$", re.IGNORECASE)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: for cells of which patterns, and what it does to their text."""

    name: str
    text: Text
    patterns: frozenset[str]
    mend: Callable[[str], str]


def _narrow(text: str) -> str:
    return text.translate(_WIDE)


def _whole_phone(text: str) -> str:
    """All digits of a number in scientific notation, if all of them are still there."""
    found = _SCIENTIFIC.match(trimmed(text))
    if found is None:
        return text
    digits = found[1] + (found[2] or "")
    # A digit that is not written is lost: 1.38E+10 may be any of a hundred million numbers.
    return digits if len(digits) == int(found[3]) + 1 else text


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _plain_money(text: str) -> str:
    bare = trimmed(text)
    if bare.startswith("(") and bare.endswith(")"):
        # Accountants write a negative amount so: it stays negative, and is refused as such.
        return "-" + _plain_money(bare[1:-1])
    return str(_MONEY_WORDS.sub("", bare)) or text


def _day_in(order: str) -> Callable[[str], str]:
    def mend(text: str) -> str:
        found = _THREE_NUMBERS.match(trimmed(text))
        if found is None:
            return text
        parts = dict(zip(order, found.groups()[:3], strict=True))
        if len(parts["y"]) != 4 or any(len(parts[name]) > 2 for name in "md"):
            return text
        try:
            day = date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
        except ValueError:
            return text
        return day.isoformat() + (found[4] or "")

    return mend


def _padded_time(text: str) -> str:
    return _ONE_DIGIT.sub(r"0\1", text)


_ANY = frozenset({"", "id", "phone", "email", "date", "money", "number"})
REPAIRS = {
    repair.name: repair
    for repair in (
        Repair(
            "full_width_digits",
            Text("全角字符改半角", "full-width characters made narrow"),
            _ANY - {""},
            _narrow,
        ),
        Repair(
            "scientific_phone",
            Text("还原科学计数法的号码（位数完整时）", "numbers in scientific notation, if no digit is lost"),
            frozenset({"phone", "id"}),
            _whole_phone,
        ),
        *(
            Repair(
                f"date_order={order}",
                Text(f"日期按{zh}的顺序读", f"days are written {en}"),
                frozenset({"date", "birthday"}),
                _day_in(order),
            )
            for order, zh, en in (
                ("dmy", "日、月、年", "day, month, year"),
                ("mdy", "月、日、年", "month, day, year"),
                ("ymd", "年、月、日", "year, month, day"),
            )
        ),
        Repair(
            "short_times",
            Text("一位数的分和秒前补 0", "a 0 put before minutes and seconds of one digit"),
            frozenset({"date"}),
            _padded_time,
        ),
        Repair(
            "money_signs",
            Text("去掉金额里的货币字样", "currency words taken off amounts"),
            frozenset({"money"}),
            _plain_money,
        ),
        Repair(
            "spaces",
            Text("去掉号码和金额中间的空格", "spaces taken out of numbers and codes"),
            frozenset({"id", "phone", "email", "money", "number"}),
            _spaceless,
        ),
    )
}


def checked_repairs(names: Iterable[str]) -> tuple[str, ...]:
    """The names, in a fixed order.

    Raises
    ------
    UsageError
        ``repair.unknown``, or ``repair.contradiction`` for two orders of dates.
    """
    wanted = set(names)
    if unknown := sorted(wanted - set(REPAIRS)):
        known = ", ".join(REPAIRS)
        raise UsageError(
            "repair.unknown",
            zh=f"没有“{unknown[0]}”这种修复；可用：{known}",
            en=f"there is no repair “{unknown[0]}”; known: {known}",
        )
    if sum(name.startswith("date_order=") for name in wanted) > 1:
        raise UsageError(
            "repair.contradiction",
            zh="日期顺序 date_order 只能选一个",
            en="only one order of dates can be meant: give one date_order",
        )
    return tuple(name for name in REPAIRS if name in wanted)


def repaired(
    read: Callable[[object], object], pattern: str, names: Iterable[str]
) -> Callable[[object], object]:
    """`read`, after the repairs that concern cells of that pattern."""
    mends = [REPAIRS[name].mend for name in names if pattern in REPAIRS[name].patterns]
    if not mends:
        return read

    def mended(value: object) -> object:
        text = _as_text(value, pattern)
        if text is None:
            return read(value)
        for mend in mends:
            text = mend(text)
        return read(text)

    return mended


def _as_text(value: object, pattern: str) -> str | None:
    if isinstance(value, str):
        return value
    # A workbook holds a phone as a number; only a whole one is still what was typed.
    if pattern not in ("phone", "id") or not isinstance(value, float | Decimal):
        return None
    whole = int(value) if math.isfinite(value) else None
    return str(whole) if whole is not None and whole == value and abs(whole) < 10**15 else None
