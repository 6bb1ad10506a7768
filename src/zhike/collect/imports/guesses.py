"""Which column of a file is probably which of our fields, and why."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from zhike.collect.imports.headers import header_form
from zhike.collect.imports.kinds.kind import Field, Kind, Pattern
from zhike.collect.imports.mapping import ColumnMapping
from zhike.collect.imports.records import RecordFile, folded, shown, trimmed
from zhike.collect.imports.rejects import original_text
from zhike.kernel.words import Text

_SAMPLE_RECORDS = 200
_SHOWN_SAMPLES = 3
_MOST_SHARE = 0.8
CERTAIN = 1.0
# A name that another column may have better, and none has.
ALONE = 0.9
REMEMBERED = 0.95
LIKELY = 0.6
POSSIBLE = 0.4

_PHONE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}\Z|\+\d[\d -]{6,16}\Z", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_DATE = re.compile(r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d")
_MONEY = re.compile(r"[¥￥$€£]?\s?-?\d{1,3}(?:,?\d{3})*\.\d{1,3}\Z|[¥￥$€£]\s?\d+\Z", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}\Z", re.ASCII)
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{2,40}\Z", re.ASCII)
# In the order in which a value is tried: a phone number is an id as well.
_LOOKS: tuple[tuple[Pattern, Callable[[str], object], Text], ...] = (
    ("email", _EMAIL.match, Text("值像邮箱", "the values look like e-mail addresses")),
    ("phone", _PHONE.match, Text("值像手机号", "the values look like phone numbers")),
    ("date", _DATE.match, Text("值像日期", "the values look like dates")),
    ("money", _MONEY.match, Text("值像金额", "the values look like amounts")),
    ("number", _WHOLE.match, Text("值像整数", "the values look like whole numbers")),
    ("id", _ID.match, Text("值像编号", "the values look like ids")),
)


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column of a file, and the field it probably is.

    Parameters
    ----------
    field
        None where nothing fits, or two columns fit one field equally well.
    confidence
        1 for a name that is ours or a known alias, less for what only looks alike.
    samples
        Three values of the column, shortened.
    """

    column: str
    field: str | None
    confidence: float
    reason: Text
    samples: tuple[str, ...]


def guessed_mapping(
    records: RecordFile, kind: Kind, remembered: Mapping[str, str] | None = None
) -> list[ColumnGuess]:
    """A guess for every column, in the order of the file.

    Parameters
    ----------
    remembered
        Our name → the file's header, as it worked for the same header before.
    """
    values = _values(records)
    guesses = [
        replace(guess, samples=tuple(shown(value) for value in column[:_SHOWN_SAMPLES]))
        for guess, column in zip(_by_name(records.header, kind, remembered or {}), values, strict=True)
    ]
    taken = {guess.field for guess in guesses}
    free = [each for each in kind.fields if each.name not in taken and each.pattern]
    is_settled = [bool(guess.field) or guess.reason in kind.left_out.values() for guess in guesses]
    looks = [None if known else _look(column) for known, column in zip(is_settled, values, strict=True)]
    return [_by_look(guess, look, looks, free) for guess, look in zip(guesses, looks, strict=True)]


def alias_mapping(header: Sequence[str], kind: Kind) -> ColumnMapping:
    """The columns that are certain by name alone: one column for one field."""
    certain = {
        guess.field: title
        for title, guess in zip(header, _by_name(header, kind, {}), strict=True)
        if guess.field and guess.confidence >= ALONE
    }
    return ColumnMapping({name: title for name, title in certain.items() if folded(title) != name})


def known_names(kind: Kind) -> frozenset[str]:
    """The names of columns by which a file of this kind is told: our names and all aliases, as `header_form` gives them."""
    return frozenset(
        header_form(name) for each in kind.fields for name in (each.name, *each.aliases, *each.loose_aliases)
    )


def header_fingerprint(header: Sequence[str]) -> str:
    """The same for the same column names in any order and spelling of case."""
    text = "\0".join(sorted(map(folded, header)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _by_name(header: Sequence[str], kind: Kind, remembered: Mapping[str, str]) -> list[ColumnGuess]:
    mapped = {folded(title): name for name, title in remembered.items()}
    own = {each.name for each in kind.fields}
    guesses = []
    for title in header:
        name = folded(title)
        form = header_form(title)
        aliased = [each.name for each in kind.fields if form in map(header_form, each.aliases)]
        loosely = [each.name for each in kind.fields if form in map(header_form, each.loose_aliases)]
        if name in mapped:
            guess = _guess(title, mapped[name], REMEMBERED, Text("上次这样导入过", "it was so the last time"))
        elif name in own:
            guess = _guess(
                title, name, CERTAIN, Text("列名就是字段名", "the column has the name of the field")
            )
        elif len(aliased) == 1:
            guess = _guess(title, aliased[0], CERTAIN, Text("列名是常见叫法", "a usual name of the field"))
        elif len(loosely) == 1:
            guess = _guess(
                title,
                loosely[0],
                ALONE,
                Text(
                    "列名是常见叫法，且没有更明确的列",
                    "a usual name of the field, and no column has a clearer one",
                ),
            )
        elif note := _note_of(form, kind):
            guess = _guess(title, None, 0.0, note)
        else:
            guess = _by_part(title, kind)
        guesses.append(guess)
    return _without_doubles(guesses, kind)


def _note_of(form: str, kind: Kind) -> Text | None:
    """Why nobody reads a column of that title, where that is known."""
    return next(
        (note for titles, note in kind.left_out.items() if form in map(header_form, titles)),
        None,
    )


def _by_part(title: str, kind: Kind) -> ColumnGuess:
    name = header_form(title)
    near = {
        each.name
        for each in kind.fields
        for alias in (*each.aliases, each.name)
        if len(alias) > 1 and header_form(alias) in name
    }
    if len(near) == 1:
        return _guess(title, near.pop(), LIKELY, Text("列名里有常见叫法", "the name has a usual name in it"))
    return _guess(title, None, 0.0, Text("没有依据", "nothing tells"))


def _without_doubles(guesses: list[ColumnGuess], kind: Kind) -> list[ColumnGuess]:
    """One column a field: our own name or what was remembered wins, two equals are both left open."""
    kept = []
    for guess in guesses:
        rivals = [other for other in guesses if other is not guess and other.field == guess.field]
        is_own = folded(guess.column) == guess.field
        beaten = any(
            other.confidence > guess.confidence or folded(other.column) == other.field for other in rivals
        )
        equal = any(other.confidence == guess.confidence for other in rivals)
        if guess.field is None or not rivals or is_own or not (beaten or equal):
            kept.append(guess)
            continue
        names = "、".join(f"“{trimmed(other.column)}”" for other in rivals)
        label = kind.field(guess.field).text
        reason = Text(f"{names} 也像{label.zh}", f"{names} could be the {label.en} as well")
        kept.append(_guess(guess.column, None, 0.0, reason))
    return kept


def _by_look(
    guess: ColumnGuess, look: tuple[Pattern, Text] | None, looks: Sequence[object], free: Sequence[Field]
) -> ColumnGuess:
    if look is None:
        return guess
    fitting = [each for each in free if each.pattern == look[0]]
    # Only if one column and one field are left that look so.
    if len(fitting) == 1 and looks.count(look) == 1:
        return replace(guess, field=fitting[0].name, confidence=POSSIBLE, reason=look[1])
    return replace(guess, reason=look[1]) if guess.reason.en == "nothing tells" else guess


def _look(values: Sequence[str]) -> tuple[Pattern, Text] | None:
    if not values:
        return None
    for pattern, matches, text in _LOOKS:
        if sum(matches(value) is not None for value in values) >= _MOST_SHARE * len(values):
            return pattern, text
    return None


def _values(records: RecordFile) -> list[list[str]]:
    """The filled cells of the first records, by column."""
    columns: list[list[str]] = [[] for _ in records.header]
    for record in islice(records.records(), _SAMPLE_RECORDS):
        if record.fault is None:
            for column, cell in zip(columns, record.cells, strict=False):
                if text := trimmed(original_text(cell)):
                    column.append(text)
    return columns


def _guess(column: str, field: str | None, confidence: float, reason: Text) -> ColumnGuess:
    return ColumnGuess(column, field, confidence, reason, ())
