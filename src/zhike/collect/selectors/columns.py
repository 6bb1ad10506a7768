"""The columns of an uploaded file: what each probably is, and the words of coded ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from zhike.collect.imports.dialects import NO_HEADER, column_title
from zhike.collect.imports.guesses import ColumnGuess, guessed_mapping, header_fingerprint
from zhike.collect.imports.kinds import Kind
from zhike.collect.imports.presets import preset_named
from zhike.collect.imports.records import RecordFile, folded, trimmed
from zhike.collect.imports.rejects import original_text
from zhike.collect.imports.vocabularies import Vocabulary, vocabulary
from zhike.collect.models import MappingMemory, Upload
from zhike.collect.selectors.kinds import kind_as_defined
from zhike.collect.selectors.looks import opened
from zhike.collect.selectors.sources import DEFAULT_SOURCE, usual_source
from zhike.customers.masking import masked
from zhike.kernel.home import Home
from zhike.kernel.words import Text

QUESTION = "question:"
_WORDS_WITHIN = 5000
_MOST_WORDS = 40
_LONGEST_WORD = 100
_LAST_TIME = Text("上次没有使用", "not used the last time")
_AGAIN = Text("上次这样导入过", "it was so the last time")
_LEFT_OUT = Text("你选了不用", "left out by you")
_PRESET = Text("预设这样对应", "the preset says so")
_CHOSEN = Text("你选的", "chosen by you")
_TAKEN = Text("预设已用另一列作此项", "the preset takes it from another column")
_CORRECTED = Text("与原来的导入相同", "as in the import that is corrected")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One of our fields, to be chosen for a column."""

    name: str
    text: Text
    is_required: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the file; `field` is what it is taken for, empty where it is ignored.

    `also` are further fields that the same column is, each with what people call it: some systems know a customer by
    the e-mail only. `confidence` is None where nothing was guessed. A column whose name another one has can only be ignored.
    """

    place: int
    title: str
    samples: tuple[str, ...]
    field: str
    field_text: str
    reason: Text
    confidence: float | None
    is_repeated: bool
    also: tuple[tuple[str, str], ...] = ()

    @property
    def is_question(self) -> bool:
        return self.field.startswith(QUESTION)


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word of a coded column: ours for it, as chosen (`choice`) or as it is understood without (`ours`)."""

    word: str
    count: int
    choice: str
    ours: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class WordTable:
    """The words of one coded column; none are listed where there are too many to be codes."""

    field: str
    text: str
    column: str
    choices: tuple[tuple[str, Text], ...]
    rows: tuple[WordRow, ...]
    is_too_many: bool

    @property
    def open_words(self) -> int:
        return sum(row.is_open for row in self.rows)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A decision about all rows of the file, with what is chosen."""

    name: str
    text: Text
    choices: tuple[tuple[str, Text], ...]
    choice: str


@dataclass(frozen=True, slots=True)
class ColumnsLook:
    """All columns, our fields, the coded words, and what is decided about the rows."""

    columns: tuple[ColumnRow, ...]
    fields: tuple[FieldChoice, ...]
    words: tuple[WordTable, ...]
    has_questions: bool
    source: str
    options: tuple[OptionRow, ...] = ()

    @property
    def missing(self) -> tuple[FieldChoice, ...]:
        return tuple(each for each in self.fields if each.is_required and not each.is_chosen)

    @property
    def open_words(self) -> int:
        return sum(table.open_words for table in self.words)


@dataclass(frozen=True)
class _Chosen:
    """Title, folded → field, each with its reason; further fields of a title; and translations."""

    fields: Mapping[str, tuple[str, Text]]
    values: Mapping[str, Mapping[str, str]]
    is_complete: bool
    otherwise: Text = _LAST_TIME
    options: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def taken(self) -> frozenset[str]:
        """The fields that have a column."""
        return frozenset({name for name, _ in self.fields.values()}.union(*self.also.values()))


def columns_look(
    *,
    home: Home,
    upload: Upload,
    preset: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    with_contacts: bool,
) -> ColumnsLook:
    """The columns with what was chosen for them, else with a guess each.

    Parameters
    ----------
    preset
        Read anew by this preset, whatever was chosen; empty: anew by none.
    mapping
        What was just sent, before it is decided.

    Raises
    ------
    UsageError, ZhikeError
        As `opened` does; ``preset.unknown``.
    """
    kind = kind_as_defined(upload.kind)
    with opened(home, upload) as records:
        source = _source(upload, preset, records.header)
        chosen = _chosen(upload, kind, records.header, preset, mapping)
        columns = _columns(records, kind, chosen, with_contacts=with_contacts)
        taken = {row.field for row in columns} | {name for row in columns for name, _ in row.also}
        words = _word_tables(
            records, kind, columns, chosen.values if chosen else {}, home.business().currency
        )
    fields = tuple(
        FieldChoice(each.name, each.text, each.is_required, each.name in taken) for each in kind.fields
    )
    return ColumnsLook(columns, fields, words, kind.has_questions, source, _options(kind, chosen))


def _source(upload: Upload, preset: str | None, header: Sequence[str]) -> str:
    """As it was said or decided, else as the preset says, else as a file with this header had it before."""
    if upload.source and (upload.mapping is None or not preset):
        return upload.source
    if named := upload.preset if preset is None else preset:
        return preset_named(named).source
    has_names = upload.header_row != NO_HEADER
    return usual_source(upload.kind, header_fingerprint(header)) if has_names else DEFAULT_SOURCE


def question_code(place: int) -> str:
    """Our code of a question that stands in that column."""
    return f"q{place + 1}"


def header_of(*, home: Home, upload: Upload) -> tuple[str, ...]:
    """The titles of the columns, as they stand in the file."""
    with opened(home, upload) as records:
        return records.header


def _chosen(
    upload: Upload,
    kind: Kind,
    header: Sequence[str],
    preset: str | None,
    mapping: Mapping[str, Any] | None,
) -> _Chosen | None:
    told = mapping if mapping is not None or preset is not None else upload.mapping
    if told is not None:
        return _told(told, _CHOSEN, is_complete=True, otherwise=_LEFT_OUT)
    if name := upload.preset if preset is None else preset:
        found = preset_named(name).mapping(header)
        told = {"columns": found.columns, "values": found.values, "options": found.options}
        return _told(told, _PRESET, is_complete=False)
    if preset is not None:
        return None
    if upload.corrects is not None:
        return _told(upload.corrects.mapping, _CORRECTED, is_complete=True, otherwise=_CORRECTED)
    memory = MappingMemory.objects.filter(kind=kind.name, fingerprint=header_fingerprint(header)).first()
    return None if memory is None else _told(memory.mapping, _AGAIN, is_complete=True)


def _told(
    mapping: Mapping[str, Any], reason: Text, *, is_complete: bool, otherwise: Text = _LAST_TIME
) -> _Chosen:
    fields: dict[str, tuple[str, Text]] = {}
    also: dict[str, tuple[str, ...]] = {}
    for name, title in mapping.get("columns", {}).items():
        if folded(title) in fields:
            also[folded(title)] = (*also.get(folded(title), ()), name)
        else:
            fields[folded(title)] = name, reason
    asked = mapping.get("questions", {})
    fields |= {folded(title): (QUESTION + code, reason) for code, title in asked.items()}
    values, options = mapping.get("values", {}), mapping.get("options", {})
    return _Chosen(fields, values, is_complete, otherwise, options, also)


def _options(kind: Kind, chosen: _Chosen | None) -> tuple[OptionRow, ...]:
    said = chosen.options if chosen else {}
    return tuple(
        OptionRow(
            each.name, each.text, tuple(each.choices.items()), said.get(each.name, next(iter(each.choices)))
        )
        for each in kind.options
    )


def _columns(
    records: RecordFile, kind: Kind, chosen: _Chosen | None, *, with_contacts: bool
) -> tuple[ColumnRow, ...]:
    counts = Counter(map(folded, records.header))
    rows = []
    for place, guess in enumerate(guessed_mapping(records, kind)):
        name, reason, confidence = _taken_for(guess, chosen)
        is_repeated = counts[folded(guess.column)] > 1
        samples = guess.samples if with_contacts else tuple(masked("", text) for text in guess.samples)
        rows.append(
            ColumnRow(
                place=place,
                title=trimmed(str(column_title(guess.column)))[:80] or f"#{place + 1}",
                samples=samples,
                field="" if is_repeated else name,
                field_text="" if not name or is_repeated else field_text(kind, name),
                reason=reason,
                confidence=confidence,
                is_repeated=is_repeated,
                also=() if is_repeated else _also(kind, guess, chosen),
            )
        )
    return tuple(rows)


def _also(kind: Kind, guess: ColumnGuess, chosen: _Chosen | None) -> tuple[tuple[str, str], ...]:
    names = () if chosen is None else chosen.also.get(folded(guess.column), ())
    return tuple((name, field_text(kind, name)) for name in names)


def field_text(kind: Kind, name: str) -> str:
    """What people call a field, or a question by its code."""
    if name.startswith(QUESTION):
        return name.removeprefix(QUESTION)
    known = next((each for each in kind.fields if each.name == name), None)
    return name if known is None else str(known.text)


def _taken_for(guess: ColumnGuess, chosen: _Chosen | None) -> tuple[str, Text, float | None]:
    if chosen is not None:
        if found := chosen.fields.get(folded(guess.column)):
            return found[0], found[1], None
        if chosen.is_complete:
            return "", chosen.otherwise, None
        # A preset knows the export: what it does not name, only a certain name may add.
        if guess.field in chosen.taken:
            return "", _TAKEN, None
    return guess.field or "", guess.reason, guess.confidence if guess.field else None


def _word_tables(
    records: RecordFile,
    kind: Kind,
    columns: Sequence[ColumnRow],
    values: Mapping[str, Mapping[str, str]],
    currency: str,
) -> tuple[WordTable, ...]:
    coded = {
        row.place: row for row in columns if row.field in kind.names.coded or row.field.startswith(QUESTION)
    }
    if not coded:
        return ()
    found: dict[int, Counter[str]] = {place: Counter() for place in coded}
    for record in islice(records.records(), _WORDS_WITHIN):
        if record.fault is None and record.cells:
            for place, words in found.items():
                if text := trimmed(original_text(record.cells[place])):
                    words[text[:_LONGEST_WORD]] += 1
    return tuple(
        _word_table(
            row,
            row.field.removeprefix(QUESTION),
            found[place],
            values.get(row.field.removeprefix(QUESTION), {}),
            vocabulary(kind, row.field, currency=currency),
        )
        for place, row in coded.items()
    )


def _word_table(
    row: ColumnRow, name: str, words: Counter[str], said: Mapping[str, str], known: Vocabulary
) -> WordTable:
    is_too_many = len(words) > _MOST_WORDS
    translated = {folded(theirs): ours for theirs, ours in said.items()}
    rows = []
    for word, count in [] if is_too_many else words.most_common():
        choice, ours = translated.get(folded(word), ""), known.ours(word)
        is_open = ours is None and not choice and bool(known.choices)
        rows.append(WordRow(word, count, choice, _label(known, ours), is_open))
    return WordTable(name, row.field_text, row.title, tuple(known.choices.items()), tuple(rows), is_too_many)


def _label(known: Vocabulary, ours: str | None) -> str:
    return str(known.choices.get(ours, ours)) if ours else ""
