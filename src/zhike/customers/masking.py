"""What is shown of a name or contact to those who may not see all of it. Pure."""

from __future__ import annotations


def masked(kind: str, value: str) -> str:
    """A value with its telling middle covered.

    >>> masked("phone", "+8613800138000")
    '138****8000'
    >>> masked("email", "zhang.wei@example.com")
    'z***@example.com'
    >>> masked("name", "欧阳娜娜")
    '欧***'
    >>> masked("nickname", "山 茶 客")
    '山***'
    """
    match kind:
        case "phone":
            digits = value.removeprefix("+86")
            return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"
        case "email":
            local, _, domain = value.partition("@")
            return f"{local[:1]}***@{domain}"
        case "name":
            # A name of one character would stand there whole.
            shown = " ".join(word[:1] + "*" * min(len(word) - 1, 3) for word in value.split())
            return shown if "*" in shown else "*"
        case "nickname":
            # As a name; but people put spaces between the letters of a nickname, and each would stay.
            return value[:1] + "***"
        case "birthday":
            return "****"
        case "address":
            return value[:2] + "****"
        case _:
            return _ends_only(value)


def _ends_only(value: str) -> str:
    return value[:2] + "****" + value[-2:] if len(value) > 6 else "****"
