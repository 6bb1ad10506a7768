"""What stands in the fields of small forms: flags and numbers."""

from __future__ import annotations

from django.http import QueryDict

from zhike.kernel.errors import UsageError


def flag_in(posted: QueryDict, name: str) -> bool:
    return posted.get(name) == "1"


def number_in(posted: QueryDict, name: str) -> int | None:
    """A whole number; None where the field is empty.

    Raises
    ------
    UsageError
        ``form.number`` for anything else.
    """
    text = posted.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UsageError(
            "form.number",
            zh=f"“{text[:40]}”不是编号；编号是 1234 这样的数字，请回到页面重试",
            en=f"“{text[:40]}” is no number such as 1234; go back and try again",
        )
    return int(text)


def needed_number_in(posted: QueryDict, name: str) -> int:
    """As `number_in`, but the field must not be empty.

    Raises
    ------
    UsageError
        ``form.number``, ``form.missing``.
    """
    number = number_in(posted, name)
    if number is None:
        raise UsageError("form.missing", zh="请先选一个，再提交", en="choose one first, then send the form")
    return number
