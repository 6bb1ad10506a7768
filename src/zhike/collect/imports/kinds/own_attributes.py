"""The attributes that a business invented, as further fields of a file of customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zhike.collect.imports.attribute_values import Definition, cell_reader, option_texts
from zhike.collect.imports.kinds.kind import CellReader, Field, Option, unless_nothing
from zhike.collect.imports.mapping import ColumnMapping
from zhike.collect.imports.records import folded
from zhike.customers.records import ProfileRecord
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

SENSITIVE_VALUES = Option(
    "sensitive_values",
    Text("敏感信息的列，本人单独同意过吗", "whether each person agreed to their sensitive data being kept"),
    {
        "reject": Text(
            "没有，或不清楚：不收有敏感信息的行", "no, or not known: rows with sensitive data stay out"
        ),
        "agreed": Text(
            "都单独同意过，凭证在我们手里：加密保存",
            "all of them did, and we hold the proof: keep the values sealed",
        ),
    },
)


def attribute_fields(definitions: Iterable[Definition], taken: Sequence[Field]) -> tuple[Field, ...]:
    """A field for each attribute in use; names that a field has already are not its aliases."""
    names = {folded(name) for each in taken for name in (each.name, *each.aliases)}
    return tuple(
        _field(definition, names)
        for definition in definitions
        if definition.retired_at is None and folded(definition.code) not in names
    )


def attribute_readers(definitions: Iterable[Definition], mapping: ColumnMapping) -> dict[str, CellReader]:
    """A reader of the cells of each attribute."""
    return {definition.code: unless_nothing(_consented(definition, mapping)) for definition in definitions}


def with_attributes(
    record: ProfileRecord, known: Mapping[str, Any], definitions: Iterable[Definition]
) -> ProfileRecord:
    """The record with the values of attributes: those that may lie open, and those that are sealed."""
    attributes, sealed = dict(record.attributes), dict[str, Any]()
    for definition in definitions:
        if (value := known[definition.code]) is not None:
            (attributes if definition.sensitivity == "ordinary" else sealed)[definition.code] = value
    return replace(record, attributes=attributes, sealed=sealed)


def _field(definition: Definition, names: set[str]) -> Field:
    labels = dict.fromkeys((definition.label_zh, definition.label_en))
    return Field(
        definition.code,
        Text(definition.label_zh, definition.label_en),
        aliases=tuple(label for label in labels if folded(label) not in names),
        is_coded=definition.type == "choice",
        choices=option_texts(definition),
    )


def _consented(definition: Definition, mapping: ColumnMapping) -> Callable[[object], Any]:
    """Reads a cell; of a sensitive attribute only if everybody agreed to that."""
    read = cell_reader(definition, mapping.values.get(definition.code, {}))
    is_agreed = mapping.options.get(SENSITIVE_VALUES.name) == "agreed"
    if definition.sensitivity != "sensitive" or is_agreed:
        return read

    def refuse(value: object) -> Any:
        raise ZhikeError(
            "attribute.no_consent",
            zh=f"“{definition.label_zh}”是敏感信息，要本人单独同意。都同意过的，请在“各列是什么”一页选“都单独同意过”"
            '（映射文件：[options] sensitive_values = "agreed"），否则不要这一列',
            en=f"“{definition.label_en}” is sensitive and needs each person's own consent. If all gave it, say so on the "
            'page of columns (in a mapping file: [options] sensitive_values = "agreed"); else leave the column out',
        )

    return refuse
