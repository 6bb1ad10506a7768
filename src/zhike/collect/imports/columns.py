"""Which mapping an import uses: the one it was given, the preset's, the one that worked before, or the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zhike.collect.imports.guesses import (
    CERTAIN,
    ColumnGuess,
    alias_mapping,
    guessed_mapping,
    known_names,
)
from zhike.collect.imports.headers import header_form
from zhike.collect.imports.kinds.kind import Kind
from zhike.collect.imports.mapping import (
    ColumnMapping,
    Layout,
    known_headers,
    mapping_of,
    matched_layout,
    still_known,
)
from zhike.collect.imports.presets import Preset, fitting_presets
from zhike.collect.imports.records import RecordFile, folded
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import UsageError

_SHOWN_GUESSES = 12


@dataclass(frozen=True)
class Choice:
    """What an import was told about the columns; where both speak, the mapping has the last word."""

    mapping: ColumnMapping | None = None
    preset: Preset | None = None

    def known(self, kind: Kind) -> frozenset[str]:
        """The names of columns by which the format of the file is told, as `header_form` gives them."""
        told = [] if self.preset is None else [self.preset.headers]
        if self.mapping is not None:
            told.append(known_headers(self.mapping, kind.names))
        return frozenset(map(header_form, frozenset().union(*told))) if told else known_names(kind)

    def told(self, header: Sequence[str]) -> ColumnMapping | None:
        """The mapping for a file with that header; None if nothing was said."""
        if self.preset is None:
            return self.mapping
        base = self.preset.mapping(header)
        return base if self.mapping is None else _merged(base, self.mapping)


def chosen_columns(
    records: RecordFile, kind: Kind, choice: Choice, remembered: Mapping[str, Any] | None, *, file: InputFile
) -> tuple[ColumnMapping, Layout]:
    """The mapping in force and the places of the columns.

    Without a mapping only names that are certain count; where they leave a needed field open, what was
    remembered for this very header does. What was decided about the rows of such a file holds in any case.

    Raises
    ------
    UsageError
        ``columns.duplicate``, ``columns.mapped_missing``, and ``columns.missing`` with the presets that fit
        and a guess for each column.
    """
    mapping = choice.told(records.header)
    if mapping is None:
        mapping = alias_mapping(records.header, kind)
        if remembered is not None:
            known = mapping_of(still_known(remembered, kind.names), kind.names, place="mapping")
            mapping = known if _lacking(records, kind, mapping) else replace(mapping, options=known.options)
    try:
        return mapping, matched_layout(records.header, mapping, kind.names, file=file)
    except UsageError as error:
        if error.code != "columns.missing":
            raise
        if choice.preset is None:
            error = _with_presets(error, fitting_presets(kind, records.header))
        raise _with_guesses(error, guessed_mapping(records, kind)) from None


def _merged(base: ColumnMapping, over: ColumnMapping) -> ColumnMapping:
    names = {*base.values, *over.values}
    values = {name: {**base.values.get(name, {}), **over.values.get(name, {})} for name in names}
    options = {**base.options, **over.options}
    return ColumnMapping({**base.columns, **over.columns}, values, over.questions, options=options)


def _lacking(records: RecordFile, kind: Kind, mapping: ColumnMapping) -> bool:
    present = set(map(folded, records.header))
    return any(mapping.header_of(name) not in present for name in kind.names.required)


def _with_presets(error: UsageError, fitting: Sequence[Preset]) -> UsageError:
    if not fitting:
        return error
    zh = "、".join(f"{each.text.zh}（--preset {each.name}）" for each in fitting)
    en = ", ".join(f"{each.text.en} (--preset {each.name})" for each in fitting)
    return UsageError(
        error.code,
        zh=f"{error.text.zh}。也许是已知系统的导出：{zh}",
        en=f"{error.text.en}. It may be the export of: {en}",
    )


def _with_guesses(error: UsageError, guesses: list[ColumnGuess]) -> UsageError:
    unsure = [guess for guess in guesses if guess.confidence < CERTAIN][:_SHOWN_GUESSES]
    zh = "；".join(_said(guess, guess.reason.zh) for guess in unsure)
    en = "; ".join(_said(guess, guess.reason.en) for guess in unsure)
    if not unsure:
        return error
    return UsageError(
        error.code, zh=f"{error.text.zh}。对其余各列的猜测：{zh}", en=f"{error.text.en}. Guesses: {en}"
    )


def _said(guess: ColumnGuess, reason: str) -> str:
    # Samples may be personal: a message goes to logs and terminals, the page shows them instead.
    return f"“{guess.column.strip()[:40]}” → {guess.field or '?'} ({reason})"
