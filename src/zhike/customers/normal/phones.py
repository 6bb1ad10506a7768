"""Telephone numbers in E.164, the form in which two sources agree."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from zhike.customers.normal.writing import folded, masked
from zhike.kernel.errors import ZhikeError

_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PREFIXED_MOBILE = re.compile(r"(?:(?:\+|00)?86)?0?(1[3-9][0-9]{9})")
_CHINESE_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})")
_POINT_ZERO = re.compile(r"\.0+\Z")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#)\s*[0-9]{1,6}\Z", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s()\[\]./\-\u2010-\u2015\u2212_]+")
_DIALLED = re.compile(r"\+?[0-9]{3,20}")
_STARS = re.compile(r"[*•●×]")
_LONGEST = 64
_MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

# 13800138000 is the top-up line of China Mobile; forms, tests and shop assistants type the others.
_KNOWN_PLACEHOLDERS = {"13800138000", "12345678901", "12345678910", "10086", "10010", "10000"}
_COUNTING = "01234567890123456789"


def phone(text: str, *, region: str = "CN") -> str:
    """A telephone number in E.164, such as ``+8613800138000``.

    Takes spaces, dashes, brackets, full-width digits, ``+86``, ``0086`` or ``86`` in front, the ``'`` that marks text in
    a spreadsheet (Shopify exports it), the ``.0`` that one puts behind, and landlines with their area code. ``region`` (ISO 3166 alpha-2) is the country of
    numbers that name none.

    >>> phone("138 0013-8000"), phone("０１３９１２３４５６７８"), phone("0086 13912345678"), phone("13912345678.0")
    ('+8613800138000', '+8613912345678', '+8613912345678', '+8613912345678')
    >>> phone("010-65129988"), phone("1.3800138000E+10"), phone("+1 650 253 0000")
    ('+861065129988', '+8613800138000', '+16502530000')
    >>> phone("'+8613912345678")
    '+8613912345678'
    >>> phone("1.38001E+10")
    Traceback (most recent call last):
    zhike.kernel.errors.ZhikeError: 电话“1***0”是科学计数法，后几位已经丢失；请在表格里把这一列设为文本后重新导出

    Raises
    ------
    ZhikeError
        ``contact.phone_scientific`` (digits are lost), ``contact.phone_extension``, ``contact.masked`` (``138****8000``)
        or ``contact.phone`` (not a number of this region).
    """
    # Nearly every cell of an import is one of these eleven digits.
    if region == "CN" and len(text) == 11 and _PLAIN_MOBILE.fullmatch(text):
        return "+86" + text
    dialled = _dialled(text)
    if region == "CN" or dialled.startswith("+86"):
        mobile = _PREFIXED_MOBILE.fullmatch(dialled)
        if mobile:
            return "+86" + mobile[1]
    return _parsed(dialled, region, text)


def _dialled(text: str) -> str:
    """Digits, and a plus in front if there is one."""
    plain = folded(text).removeprefix("'")
    if len(plain) > _LONGEST:
        raise _refused(text)
    if _STARS.search(plain):
        raise ZhikeError(
            "contact.masked",
            zh=f"电话“{masked(text)}”被平台打码了，不能用来认人；请换成完整号码，或者去掉这一列",
            en=f"the phone number “{masked(text)}” is masked by its platform and identifies nobody; "
            "give the whole number or leave the column out",
        )
    if _EXTENSION.search(plain):
        raise ZhikeError(
            "contact.phone_extension",
            zh=f"电话“{masked(text)}”带分机号，几个人会共用一个号码；请改填手机号或直线电话",
            en=f"the phone number “{masked(text)}” has an extension, so several people share it; give a mobile or direct number",
        )
    if scientific := _SCIENTIFIC.fullmatch(plain):
        return _from_scientific(*scientific.groups(default=""), text=text)
    dialled = _SEPARATORS.sub("", _POINT_ZERO.sub("", plain))
    if not _DIALLED.fullmatch(dialled):
        raise _refused(text)
    return dialled


def _from_scientific(first: str, rest: str, exponent: str, *, text: str) -> str:
    if len(rest) != int(exponent):
        raise ZhikeError(
            "contact.phone_scientific",
            zh=f"电话“{masked(text)}”是科学计数法，后几位已经丢失；请在表格里把这一列设为文本后重新导出",
            en=f"the phone number “{masked(text)}” is in scientific notation and its last digits are lost; "
            "set the column to text in the spreadsheet and export it again",
        )
    return first + rest


def _parsed(dialled: str, region: str, text: str) -> str:
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException:
        raise _refused(text) from None
    if not phonenumbers.is_valid_number(number):
        raise _refused(text)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _refused(text: str) -> ZhikeError:
    return ZhikeError(
        "contact.phone",
        zh=f"“{masked(text)}”不是有效的电话号码；请填 11 位手机号、带区号的座机，或以 + 开头的国际号码",
        en=f"“{masked(text)}” is not a valid phone number; give 11 digits of a mobile, a landline with its area code, "
        "or an international number that begins with +",
    )


def written_phone(e164: str) -> str:
    """A number that `phone` returned as people write it in a table; anything else as it is.

    A cell that begins with + is a formula to a spreadsheet, which would show 8.61E+12 for +8613800138000; one of
    digits only is a number, which loses zeros and is shown as 1.38E+10 in a narrow column. With the spaces of a
    Chinese mobile and with the country in brackets, every spreadsheet takes it for text, and `phone` reads it again.

    >>> written_phone("+8613800138000"), written_phone("+861065129988"), written_phone("+16502530000")
    ('138 0013 8000', '(+86) 10 6512 9988', '(+1) 650-253-0000')
    >>> phone("138 0013 8000"), phone("(+86) 10 6512 9988"), phone("(+1) 650-253-0000")
    ('+8613800138000', '+861065129988', '+16502530000')
    >>> written_phone("138****8000"), written_phone("+1+1|cmd")
    ('138****8000', '+1+1|cmd')
    """
    if _CHINESE_MOBILE.fullmatch(e164):
        return f"{e164[3:6]} {e164[6:10]} {e164[10:]}"
    if not _E164.fullmatch(e164):
        return e164
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    country, _, rest = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL).partition(" ")
    return f"({country}) {rest}"


def is_mobile(e164: str) -> bool:
    """Whether a number that `phone` returned can take a text message.

    >>> is_mobile("+8613912345678"), is_mobile("+861065129988")
    (True, False)
    """
    if e164.startswith("+86"):
        return _CHINESE_MOBILE.fullmatch(e164) is not None
    try:
        return phonenumbers.number_type(phonenumbers.parse(e164, None)) in _MOBILE_TYPES
    except NumberParseException:
        return False


def is_placeholder_phone(text: str) -> bool:
    """Whether a number stands for “none”: it must never make two records one person. Takes what was typed or E.164.

    >>> [is_placeholder_phone(one) for one in ("13800000000", "+8613800138000", "00000000000", "12345678901")]
    [True, True, True, True]
    >>> is_placeholder_phone("+8613888888889"), is_placeholder_phone("13912345678"), is_placeholder_phone("13917264530")
    (False, True, False)
    """
    digits = re.sub(r"[^0-9]", "", folded(text)[:_LONGEST])
    national = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    if not national or national in _KNOWN_PLACEHOLDERS or len(set(national)) == 1:
        return True
    tail = national[-8:]
    return tail in ("00000000", "11111111", "12345678", "87654321") or national in _COUNTING
