"""Money is an integer number of minor units (fen, cents); decimals appear only at the edges."""

from __future__ import annotations

import re
from decimal import Decimal

from zhike.kernel.errors import ZhikeError

# ISO 4217 currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
}
_SYMBOLS = {
    "CNY": "¥",
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "JP¥",
    "HKD": "HK$",
    "TWD": "NT$",
    "SGD": "S$",
}
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)
_LARGEST_MINOR_UNITS = 10**15


def minor_digits(currency: str) -> int:
    """How many decimals the currency has."""
    return _MINOR_DIGITS.get(currency, 2)


def symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")


def minor_units(text: str, currency: str) -> int:
    """Minor units of a plain decimal number such as ``12.50``.

    Raises
    ------
    ZhikeError
        ``money.unreadable`` for anything that is not a plain number, ``money.too_precise`` for more
        decimals than the currency has (nothing is rounded silently), ``money.too_large`` past 10^15 units.
    """
    cleaned = text.strip()
    if not _PLAIN_NUMBER.match(cleaned):
        raise ZhikeError(
            "money.unreadable",
            zh=f"金额“{cleaned}”不是数字",
            en=f"the amount “{cleaned}” is not a plain number",
        )
    digits = minor_digits(currency)
    scaled = Decimal(cleaned).scaleb(digits)
    if abs(scaled) > _LARGEST_MINOR_UNITS:
        raise ZhikeError(
            "money.too_large", zh=f"金额“{cleaned}”过大", en=f"the amount “{cleaned}” is too large"
        )
    if scaled != scaled.to_integral_value():
        raise ZhikeError(
            "money.too_precise",
            zh=f"金额“{cleaned}”的小数位多于 {currency} 的 {digits} 位",
            en=f"the amount “{cleaned}” has more than the {digits} decimals of {currency}",
        )
    return int(scaled)


def decimal_amount(minor: int, currency: str) -> Decimal:
    """The decimal amount that pages and exports show."""
    return Decimal(minor).scaleb(-minor_digits(currency))
