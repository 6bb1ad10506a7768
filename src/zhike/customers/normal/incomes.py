"""Monthly income in bands: exact figures are too personal to keep."""

from __future__ import annotations

import re
from decimal import Decimal

from zhike.customers.normal.choices import UNSAID
from zhike.customers.normal.writing import folded, masked
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

INCOME_BANDS: dict[str, Text] = {
    "under_3000": Text("月入 3 千以下", "under ¥3,000 a month"),
    "3000_4999": Text("月入 3–5 千", "¥3,000–4,999 a month"),
    "5000_7999": Text("月入 5–8 千", "¥5,000–7,999 a month"),
    "8000_11999": Text("月入 8 千–1.2 万", "¥8,000–11,999 a month"),
    "12000_19999": Text("月入 1.2–2 万", "¥12,000–19,999 a month"),
    "20000_49999": Text("月入 2–5 万", "¥20,000–49,999 a month"),
    "50000_plus": Text("月入 5 万及以上", "¥50,000 a month and over"),
}
_BAND_ENDS = (3_000, 5_000, 8_000, 12_000, 20_000, 50_000)
_MOST = 10**12
_LABELS = {label.zh: code for code, label in INCOME_BANDS.items()} | {
    label.en.lower(): code for code, label in INCOME_BANDS.items()
}
_YEARLY = re.compile(r"年(?:收入|薪|入)?|per year|a year|yearly|p\.?a\.?\Z")
_NOISE = re.compile(r"月(?:收入|薪|入)?|每|元|rmb|cny|[¥￥,\s:]|人民币|per month|a month|monthly|/(?=\Z)")
_AMOUNT = r"([0-9]{1,9}(?:\.[0-9]{1,4})?)(千|万|k|w)?"
_ONE = re.compile(_AMOUNT)
_RANGE = re.compile(rf"{_AMOUNT}[-~–—至到]{_AMOUNT}")
_BELOW = re.compile(rf"(?:(?:低于|少于|不足|under|below|<){_AMOUNT}|{_AMOUNT}(?:元)?(?:以下|及以下|以内))")
_ABOVE = re.compile(rf"(?:(?:高于|超过|over|above|>){_AMOUNT}|{_AMOUNT}(?:以上|及以上|\+|plus))")
_UNITS = {"千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000}


def income_band(text: str) -> str | None:
    """The band of a monthly income in yuan, one of `INCOME_BANDS`; None where nothing is said.

    Takes codes, labels, amounts and ranges; a yearly income (年薪 20 万) is divided by twelve.

    >>> income_band("6500"), income_band("5000-8000元"), income_band("5万以上"), income_band("年薪20万"), income_band("8k~12k")
    ('5000_7999', '5000_7999', '50000_plus', '12000_19999', '8000_11999')

    Raises
    ------
    ZhikeError
        ``attribute.income_range`` for a range that lies in several bands, ``attribute.income`` for other words.
    """
    plain = folded(text[:100]).lower()
    if plain in UNSAID:
        return None
    if plain in INCOME_BANDS or plain in _LABELS:
        return _LABELS.get(plain, plain)
    bare = _NOISE.sub("", _YEARLY.sub("", plain)).strip("/")
    months = 12 if _YEARLY.search(plain) else 1
    lowest, highest = _bounds(bare, months, text)
    if _band(lowest) != _band(highest):
        raise ZhikeError(
            "attribute.income_range",
            zh=f"收入“{masked(text)}”跨了几档；分档的界线是 3 千、5 千、8 千、1.2 万、2 万、5 万",
            en=f"the income “{masked(text)}” lies in several bands; they end at 3,000, 5,000, 8,000, 12,000, 20,000 and 50,000",
        )
    return _band(lowest)


def _band(amount: Decimal) -> str:
    return list(INCOME_BANDS)[sum(amount >= end for end in _BAND_ENDS)]


def _bounds(bare: str, months: int, text: str) -> tuple[Decimal, Decimal]:
    """Lowest and highest income a month; the end of a range belongs to the band above it."""
    just_below = Decimal("0.01")
    if found := _ONE.fullmatch(bare):
        return (_amount(found[1], found[2], months),) * 2
    if found := _RANGE.fullmatch(bare):
        # In 3-5千 the unit belongs to both.
        return (
            _amount(found[1], found[2] or found[4], months),
            _amount(found[3], found[4], months) - just_below,
        )
    if found := _BELOW.fullmatch(bare):
        number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
        return Decimal(0), _amount(number, unit, months) - just_below
    if found := _ABOVE.fullmatch(bare):
        number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
        return _amount(number, unit, months), Decimal(_MOST)
    raise ZhikeError(
        "attribute.income",
        zh=f"收入“{masked(text)}”看不懂；请填每月的金额或范围，例如 6500 或 5000-8000",
        en=f"the income “{masked(text)}” is not known; give an amount or a range a month, such as 6500 or 5000-8000",
    )


def _amount(number: str, unit: str | None, months: int) -> Decimal:
    return Decimal(number) * _UNITS.get(unit or "", 1) / months
