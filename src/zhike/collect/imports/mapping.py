"""Whose column is whose: the mapping file, and the header of a file matched with our names."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from zhike.collect.imports.records import folded
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import UsageError
from zhike.kernel.near_names import near_names
from zhike.kernel.words import Text

# Names of columns are short and vary much.
_NEAR = 0.4


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The columns that a kind of file has; only those with coded values may be translated by `[values.…]`.

    With `has_questions`, a mapping may also name columns that are questions, and translate their answers. `options` has
    the words that each option of the kind may have, the first being the default.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    coded: tuple[str, ...]
    has_questions: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True)
class ColumnMapping:
    """Our name → the file's header, and for coded columns the file's value (folded) → ours.

    `questions` has our code of a question → the file's header, `options` what was decided about the rows. One that `is_complete` leaves out every column
    that it does not name; else a column with one of our names is taken as well.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self, layout: Layout, header: Sequence[str]) -> dict[str, Any]:
        """What `mapping_of` reads again: every column of ours with the file's own name of it."""
        said: dict[str, Any] = {
            "columns": {name: header[place] for name, place in layout.positions.items()},
            "values": {name: dict(words) for name, words in self.values.items()},
        }
        if self.questions:
            said["questions"] = dict(self.questions)
        return said | ({"options": dict(self.options)} if self.options else {})

    def takes(self, name: str) -> bool:
        """Whether the column is looked for at all."""
        return name in self.columns or not self.is_complete

    def header_of(self, name: str) -> str:
        """The folded header under which the file has the column."""
        return folded(self.columns.get(name, name))


@dataclass(frozen=True)
class Layout:
    """Where each of our columns and questions stands in the file, and which of its columns nobody reads."""

    positions: Mapping[str, int]
    ignored: tuple[str, ...]
    questions: Mapping[str, int] = field(default_factory=dict)

    def title(self, name: str, header: Sequence[str]) -> str:
        """The file's own name of one of our columns or questions; empty where it has none."""
        place = self.positions.get(name, self.questions.get(name))
        return "" if place is None else header[place]


def read_mapping(file: Path | None, names: FieldNames) -> ColumnMapping:
    """The mapping in a TOML file; without a file, every column is called by our name.

    Raises
    ------
    UsageError
        ``mapping.missing``, ``mapping.unreadable``, ``mapping.unknown``, ``mapping.wrong_type``.
    """
    return ColumnMapping() if file is None else mapping_of(_parsed(file), names, place=f"{file}")


def mapping_of(content: Mapping[str, Any], names: FieldNames, *, place: str) -> ColumnMapping:
    """The mapping in plain values, as TOML or JSON gives them; `place` is named where they are wrong.

    Raises
    ------
    UsageError
        ``mapping.unknown``, ``mapping.wrong_type``.
    """
    known = ["columns", "values", *["questions"] * names.has_questions, *["options"] * bool(names.options)]
    _refuse_unknown(content, known, place)
    columns = _strings(content.get("columns", {}), f"{place} [columns]")
    _refuse_unknown(columns, names.all, f"{place} [columns]")
    questions = _strings(content.get("questions", {}), f"{place} [questions]")
    sections = _table(content.get("values", {}), f"{place} [values]")
    _refuse_unknown(sections, (*names.coded, *questions), f"{place} [values]")
    values = {name: _strings(section, f"{place} [values.{name}]") for name, section in sections.items()}
    return ColumnMapping(
        columns,
        {name: {folded(theirs): ours for theirs, ours in those.items()} for name, those in values.items()},
        questions,
        options=_options(content.get("options", {}), names, place),
    )


def still_known(content: Mapping[str, Any], names: FieldNames) -> dict[str, Any]:
    """What was remembered of a mapping, without fields and options that the kind no longer has.

    An attribute may have been retired since.
    """
    known = {
        "columns": names.all,
        "values": (*names.coded, *content.get("questions", {})),
        "options": names.options,
    }
    return {
        section: {name: each for name, each in said.items() if name in known.get(section, said)}
        for section, said in content.items()
        if section != "options" or names.options
    }


def _options(content: Any, names: FieldNames, place: str) -> dict[str, str]:
    options = _strings(content, f"{place} [options]")
    _refuse_unknown(options, tuple(names.options), f"{place} [options]")
    for name, word in options.items():
        _refuse_unknown([word], names.options[name], f"{place} [options] {name}")
    return options


def known_headers(mapping: ColumnMapping, names: FieldNames) -> frozenset[str]:
    """The folded headers that are looked for."""
    return frozenset(
        {mapping.header_of(name) for name in names.all if mapping.takes(name)}
        | set(map(folded, mapping.questions.values()))
    )


def matched_layout(
    header: Sequence[str], mapping: ColumnMapping, names: FieldNames, *, file: InputFile
) -> Layout:
    """The places of our columns in a header.

    Raises
    ------
    UsageError
        ``columns.duplicate``, ``columns.mapped_missing``, ``columns.missing``.
    """
    places = {folded(title): place for place, title in reversed(list(enumerate(header)))}
    wanted = {name: mapping.header_of(name) for name in names.all if mapping.takes(name)}
    asked = set(map(folded, mapping.questions.values()))
    _refuse_duplicates(header, {*wanted.values(), *asked}, file)
    for name, title in [*mapping.columns.items(), *mapping.questions.items()]:
        if folded(title) not in places:
            raise _mapped_missing(name, title, header, file)
    if missing := [name for name in names.required if wanted.get(name) not in places]:
        raise _required_missing(missing, header, file)
    positions = {name: places[title] for name, title in wanted.items() if title in places}
    questions = {code: places[folded(title)] for code, title in mapping.questions.items()}
    used = {*positions.values(), *questions.values()}
    ignored = (title.strip() or f"#{place + 1}" for place, title in enumerate(header) if place not in used)
    return Layout(positions, tuple(ignored), questions)


def _parsed(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise UsageError(
            "mapping.missing", zh=f"没有 {file} 这个映射文件", en=f"there is no mapping file {file}"
        )
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            "mapping.unreadable",
            zh=f"映射文件 {file} 不是有效的 UTF-8 TOML：{error}",
            en=f"the mapping file {file} is not valid TOML in UTF-8: {error}",
        ) from error


def _table(content: Any, place: str) -> dict[str, Any]:
    if isinstance(content, dict):
        return content
    raise UsageError(
        "mapping.wrong_type",
        zh=f"{place} 应是一个表，现在是 {content!r}",
        en=f"{place} must be a table, not {content!r}",
    )


def _strings(content: Any, place: str) -> dict[str, str]:
    table = _table(content, place)
    for name, value in table.items():
        if not isinstance(value, str):
            raise UsageError(
                "mapping.wrong_type",
                zh=f"{place} 的“{name}”应是带引号的文字，现在是 {value!r}",
                en=f"“{name}” in {place} must be text in quotes, not {value!r}",
            )
    return table


def _refuse_unknown(names: Iterable[str], known: Sequence[str], place: str) -> None:
    for name in names:
        if name not in known:
            near = ", ".join(get_close_matches(name, known, n=3, cutoff=_NEAR))
            hint = Text(f"；相近的有：{near}", f"; near names: {near}") if near else Text("", "")
            raise UsageError(
                "mapping.unknown",
                zh=f"{place} 中的“{name}”不认识{hint.zh}。可用：{'、'.join(known)}",
                en=f"{place} has an unknown name “{name}”{hint.en}. Known: {', '.join(known)}",
            )


def _refuse_duplicates(header: Sequence[str], wanted: set[str], file: InputFile) -> None:
    counts = Counter(map(folded, header))
    for title, count in counts.items():
        if count > 1 and title in wanted:
            columns = [str(place + 1) for place, other in enumerate(header) if folded(other) == title]
            raise UsageError(
                "columns.duplicate",
                zh=f"{file} 有 {count} 列都叫“{title}”（第 {'、'.join(columns)} 列）。请删去或改名，只留一列",
                en=f"{file} has {count} columns called “{title}” (columns {', '.join(columns)}). Remove or rename all but one",
            )


def _mapped_missing(name: str, title: str, header: Sequence[str], file: InputFile) -> UsageError:
    near = near_names(title, _brief(header), cutoff=_NEAR)
    return UsageError(
        "columns.mapped_missing",
        zh=f"映射把 {name} 指向“{title}”，但 {file} 没有这一列；{near.zh}。请另选一列（映射文件：[columns]）",
        en=f"the mapping takes {name} from “{title}”, but {file} has no such column; {near.en}. "
        "Choose another column (in a mapping file: [columns])",
    )


def _required_missing(missing: Sequence[str], header: Sequence[str], file: InputFile) -> UsageError:
    near = {name: get_close_matches(name, [folded(title) for title in header], n=1) for name in missing}
    hints_zh = "".join(f"；{name} 相近的有“{found[0]}”" for name, found in near.items() if found)
    hints_en = "".join(f"; near {name}: “{found[0]}”" for name, found in near.items() if found)
    found = ", ".join(_brief(header))
    example = f'{missing[0]} = "…"'
    return UsageError(
        "columns.missing",
        zh=f"{file} 的表头缺少 {'、'.join(missing)}{hints_zh}。表头现有：{found}。"
        f"请改表头，或指明哪一列是它（命令行：--mapping 文件.toml，在 [columns] 下写 {example}）",
        en=f"the header of {file} lacks {', '.join(missing)}{hints_en}. It has: {found}. "
        f"Rename the columns, or say which one it is (on the command line: --mapping FILE.toml, {example} below [columns])",
    )


def _brief(titles: Sequence[str]) -> list[str]:
    shortened = [title.strip()[:40] or f"#{place + 1}" for place, title in enumerate(titles[:20])]
    return shortened + ["…"] * (len(titles) > 20)
