"""What a kind of file is: its fields, how one of its records is read, and where its rows go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.faults import Faults, RowFault
from zhike.collect.imports.mapping import ColumnMapping, FieldNames, Layout
from zhike.collect.imports.repairs import repaired
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text
from zhike.lake.catalog import Table

Pattern = Literal["", "id", "phone", "email", "date", "birthday", "money", "number"]
CellReader = Callable[[object], Any]
# Whose rows they are: of the customer that the record names, of the customer of its order, of nobody.
Person = Literal["customer", "order", "nobody"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Field:
    """One column that a kind of file may have.

    Parameters
    ----------
    pattern
        What its values look like, for guessing and for repairs.
    aliases
        What exports call it; a header that is exactly one of these is taken for it, in simplified and in traditional
        characters.
    loose_aliases
        What small tables call it; taken for it where no other column is.
    words
        For a coded field: what exports write, folded → our word.
    is_coded
        Whether `[values.NAME]` of a mapping may translate it.
    samples
        Two values as a template shows them.
    choices
        For a coded field that the business invented: our word → what people call it.
    """

    name: str
    text: Text
    pattern: Pattern = ""
    is_required: bool = False
    aliases: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    is_coded: bool = False
    samples: tuple[str, str] = ("", "")
    choices: Mapping[str, Text] = field(default_factory=dict)
    loose_aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """A decision about the rows of a kind, taken for a whole file.

    Parameters
    ----------
    choices
        Word → what it means; the first holds where nothing is said.
    """

    name: str
    text: Text
    choices: Mapping[str, Text]


@dataclass(frozen=True)
class ImportRules:
    """What the business decides about what it takes, and what one import was told.

    Parameters
    ----------
    now
        The moment of the import.
    secret
        Of the data folder: a name made from a customer's key cannot be turned back without it.
    repairs
        Names of the repairs that are switched on (`repairs.REPAIRS`).
    """

    currency: str
    zone: ZoneInfo
    now: datetime
    secret: bytes = b""
    repairs: tuple[str, ...] = ()


class RowReader(Protocol):
    """Turns the cells of a record into a row in the order of the kind's staged columns."""

    def read(self, number: int, values: Sequence[object]) -> NamedTuple | None:
        """The row in a record; None for one that only says more about the record above it.

        Raises
        ------
        RowFault
            With the fields that cannot be taken.
        """


class ReaderOf(Protocol):
    def __call__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> RowReader: ...


class Completed(Protocol):
    def __call__(self, rows: pa.RecordBatch, known: pa.Table, *, today: date) -> pa.RecordBatch:
        """The staged rows of a file with what is known of the same keys and stays; as many, in the same order."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The row of a file that another one repeats, or contradicts."""

    number: int
    is_contradicted: bool


class Repeating(Protocol):
    """Takes the rows of keys that may stand several times in a file, in the order of the file."""

    columns: tuple[str, ...]
    """The staged columns that tell whether two rows say the same."""

    def earlier(self, number: int, key: tuple[Any, ...], content: tuple[Any, ...]) -> Earlier | None:
        """The row above with that key; None for the first."""

    def joined(self) -> Mapping[int, Mapping[str, object]]:
        """Number of a first row → columns that say what later rows added to it."""


class SameContent:
    """Rows of one key either say the same or contradict each other."""

    columns: tuple[str, ...] = ("row_hash",)

    def __init__(self) -> None:
        self._firsts: dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]] = {}

    def earlier(self, number: int, key: tuple[Any, ...], content: tuple[Any, ...]) -> Earlier | None:
        first, said = self._firsts.setdefault(key, (number, content))
        return None if first == number else Earlier(first, said != content)

    def joined(self) -> Mapping[int, Mapping[str, object]]:
        return {}


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Parameters
    ----------
    staged
        `number, key_hash`, the columns of `key`, the content, and `row_hash`. The key hash finds repeats and
        means something within one process only; the row hash says whether two rows are the same.
    key
        The staged columns that together name a row.
    key_field
        The field whose column is named where two rows of a file contradict each other.
    table
        The facts to which the rows go; None where they go into the database.
    second_person
        The staged column with the key of another customer; their profile id goes into the properties of the event.
    repeating
        What rows of one key within a file mean.
    completed
        For rows that add to what is known of their key instead of replacing it; only where they are nobody's.
    left_out
        Titles of columns that nobody reads, and why.
    conflict
        The code, and the sentence with ``{first}`` for the number of the earlier row.
    """

    name: str
    text: Text
    fields: tuple[Field, ...]
    reader: ReaderOf
    staged: pa.Schema
    key: tuple[str, ...]
    key_field: str
    conflict: tuple[str, Text]
    destination: Literal["facts", "profiles", "points"] = "facts"
    table: Table | None = None
    person: Person = "customer"
    has_questions: bool = False
    options: tuple[Option, ...] = ()
    second_person: str = ""
    repeating: Callable[[], Repeating] = SameContent
    completed: Completed | None = None
    left_out: Mapping[tuple[str, ...], Text] = field(default_factory=dict)

    @property
    def names(self) -> FieldNames:
        """The names of the fields, as a mapping needs them."""
        return FieldNames(
            required=tuple(each.name for each in self.fields if each.is_required),
            optional=tuple(each.name for each in self.fields if not each.is_required),
            coded=tuple(each.name for each in self.fields if each.is_coded),
            has_questions=self.has_questions,
            options={each.name: tuple(each.choices) for each in self.options},
        )

    @property
    def naming(self) -> list[str]:
        """The staged columns with keys of customers whom the facts then name by their profiles."""
        if self.destination != "facts" or self.person != "customer":
            return []
        return [name for name in ("customer_id", self.second_person) if name]

    def field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


class Together(NamedTuple):
    """What several fields say together: read where each of them could be, and known under a name of its own.

    `read` takes field → value, and raises a `RowFault`.
    """

    name: str
    fields: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Any]


class FieldReaders:
    """Reads the cells of a record, each by the reader of its field; repairs come first, what fields say together last."""

    def __init__(
        self,
        fields: Sequence[Field],
        layout: Layout,
        readers: Mapping[str, CellReader],
        rules: ImportRules,
        together: Sequence[Together] = (),
    ) -> None:
        patterns = {each.name: each.pattern for each in fields}
        self._together = together
        self._readers = [
            (name, place, repaired(readers[name], patterns[name], rules.repairs))
            for name, place in layout.positions.items()
        ]
        self._absent: dict[str, Any] = dict.fromkeys(patterns)

    def known(self, values: Sequence[object]) -> dict[str, Any]:
        """Field → value, None for what the file does not have; and what fields say together.

        Raises
        ------
        RowFault
            With all fields that cannot be taken.
        """
        known: dict[str, Any] = dict(self._absent)
        try:
            for name, place, read in self._readers:
                known[name] = read(values[place])
            for each in self._together:
                known[each.name] = each.read(known)
        except (ZhikeError, RowFault):
            raise self.faults(values).fault() from None
        return known

    def faults(self, values: Sequence[object]) -> Faults:
        """What is wrong with a record, which is read a second time for it."""
        found, known = Faults(), dict(self._absent)
        for name, place, read in self._readers:
            try:
                known[name] = read(values[place])
            except ZhikeError as error:
                found.note(name, error)
        for each in self._together:
            if not found.are_in(each.fields):
                with found.noting():
                    each.read(known)
        return found


def row_hash(content: Sequence[object]) -> int:
    """A fingerprint of normalised content, for the time of an import; what the lake keeps is of `RowHashes`.

    Parameters
    ----------
    content
        Text without NUL, integers, days, or None; never empty text, which None stands for.
    """
    text = "\0".join(["" if value is None else str(value) for value in content])
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def microseconds(moment: datetime) -> int:
    """Since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def staged_schema(table: Table, *, person: Person = "customer") -> pa.Schema:
    """The staged columns of a kind whose rows become facts.

    What is only known at the end (source, profile, and for lines the day of their order) is left out; the
    customer's key stands in for the profile.
    """
    later = {"source", "profile_id"} | ({"ordered_on"} if person == "order" else set())
    head = [("number", pa.int64()), ("key_hash", pa.int64())]
    if person == "customer":
        head.append(("customer_id", pa.string()))
    kept = [column for column in table.arrow_schema() if column.name not in later]
    tail = [] if "row_hash" in table.column_names else [("row_hash", pa.int64())]
    return pa.schema([*head, *kept, *tail])


def staged_batch(rows: Sequence[NamedTuple], schema: pa.Schema) -> pa.RecordBatch:
    """The rows as Arrow."""
    columns = zip(*rows, strict=True)
    return pa.record_batch(
        [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)], schema=schema
    )


def unless_nothing(read: CellReader) -> CellReader:
    """Reads an optional cell: None where it says that there is no value."""
    return lambda value: None if cells.is_nothing(value) else read(value)


def coded_reader(each: Field, mapping: ColumnMapping, *, words: Sequence[str]) -> CellReader:
    """Reads a coded cell: our words, those that exports use, and those of `[values.NAME]`."""
    return partial(
        cells.coded_value,
        known={word: word for word in words},
        name=each.name,
        unmapped={**each.words, **mapping.values.get(each.name, {})},
    )


def moment_reader(rules: ImportRules) -> CellReader:
    return partial(cells.moment, zone=rules.zone, now=rules.now)


def money_reader(rules: ImportRules) -> CellReader:
    return partial(cells.amount, currency=rules.currency)
