"""Errors that a person will read: a code, and a sentence in Chinese and English."""

from __future__ import annotations

from zhike.kernel.words import Text


class ZhikeError(Exception):
    """Something the user can act on.

    Parameters
    ----------
    code
        Stable and short, for logs and for the API, such as ``file.empty``.
    zh, en
        One sentence that names the thing, the place and the way out.
    """

    def __init__(self, code: str, *, zh: str, en: str) -> None:
        self.code = code
        self.text = Text(zh=zh, en=en)
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.text)


class UsageError(ZhikeError):
    """The request itself is wrong: a missing option, an unknown name. The CLI exits with 2."""
