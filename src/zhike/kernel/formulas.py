"""Text that a spreadsheet would take for a formula, and the guard that keeps it text.

A cell that begins with one of ``= + - @``, their full-width forms, a tab or a line end is written with an
apostrophe in front. A plain number with a sign (``-12.5``, ``+8613800138000``) is left as it is: a spreadsheet
makes nothing of it but that number. What already begins with apostrophes and such a sign gets one more, so that
`unguarded` gives back exactly what `guarded` was given, for every text.
"""

from __future__ import annotations

import re

# Both as RE2 understands them, for whole columns.
FORMULA = r"^'*[=+\-@＝＋－＠\t\r\n]"
SIGNED_NUMBER = r"^'*[+\-][0-9]+(?:\.[0-9]+)?$"
_FORMULA = re.compile(FORMULA)
_SIGNED_NUMBER = re.compile(SIGNED_NUMBER)


def guarded(text: str) -> str:
    """The text as no spreadsheet computes it."""
    return f"'{text}" if _is_live(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _is_live(text) else text


def _is_live(text: str) -> bool:
    # Not `match`: its `$` would stand before a last line end as well.
    return bool(_FORMULA.match(text)) and not _SIGNED_NUMBER.fullmatch(text)
