"""JSON objects, one a line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from zhike.collect.imports.encodings import text_format
from zhike.collect.imports.records import Record, shown, trimmed
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import ZhikeError

_LONGEST_LINE = 1 << 20
_MOST_COLUMNS = 5_000


class NdjsonFile:
    """A file of JSON objects; line 1 is record 1, and the header is every name that any object has.

    Raises
    ------
    ZhikeError
        ``file.encoding``, ``file.empty``, ``file.structure`` where no line is an object.
    """

    read_as = "NDJSON"
    header_row = 0

    def __init__(self, file: InputFile) -> None:
        self._file = file
        text_format(file, "utf-8")
        names: dict[str, None] = {}
        self.expected_records = 0
        for line in self._lines():
            self.expected_records += 1
            said = _parsed(line)
            if isinstance(said, dict):
                names.update(dict.fromkeys(said))
            if len(names) > _MOST_COLUMNS:
                raise self._no_objects()
        self.header: tuple[str, ...] = tuple(names)
        if not self.expected_records:
            raise ZhikeError("file.empty", zh=f"{file} 是空文件", en=f"{file} is empty")
        if not names:
            raise self._no_objects()

    def records(self) -> Iterator[Record]:
        """Every line: an object, blank, or broken."""
        for number, line in enumerate(self._lines(), start=1):
            if not trimmed(line):
                yield Record(number, (), None)
                continue
            said = _parsed(line)
            if isinstance(said, ZhikeError):
                yield Record(number, (line.rstrip("\r\n")[:_LONGEST_LINE],), said)
                continue
            cells = tuple(said.get(name) for name in self.header)
            is_blank = all(cell is None or (isinstance(cell, str) and not trimmed(cell)) for cell in cells)
            yield Record(number, () if is_blank else cells, None)

    def _lines(self) -> Iterator[str]:
        with io.TextIOWrapper(self._file.open("rb"), encoding="utf-8-sig", newline="\n") as text:
            while line := text.readline(_LONGEST_LINE):
                rest = line
                while rest and not rest.endswith("\n") and len(rest) == _LONGEST_LINE:
                    rest = text.readline(_LONGEST_LINE)
                yield line

    def _no_objects(self) -> ZhikeError:
        return ZhikeError(
            "file.structure",
            zh=f"{self._file} 不是每行一个 JSON 对象的文件（最多 {_MOST_COLUMNS} 个字段）",
            en=f"{self._file} has no JSON object on each line (with at most {_MOST_COLUMNS} names)",
        )


def _parsed(line: str) -> dict[str, Any] | ZhikeError:
    """The object on a line; amounts stay exact."""
    if not trimmed(line):
        return {}
    try:
        said = json.loads(
            line, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_without_repeats
        )
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and ("\\u" not in line or _can_be_written(said)):
        return said
    return ZhikeError(
        "row.json",
        zh=f"这一行不是完整的 JSON 对象，或同一字段出现两次：“{shown(line)}”",
        en=f"the line is no whole JSON object, or names a field twice: “{shown(line)}”",
    )


def _can_be_written(said: dict[str, Any]) -> bool:
    """Whether it has no NUL, and no half of a character alone as in a text that was cut off after ``\\ud83d``."""
    try:
        json.dumps(said, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return not any("\0" in each for each in said.values() if isinstance(each, str))


def _no_number(text: str) -> float:
    raise ValueError(text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a name stands twice")
    return said
