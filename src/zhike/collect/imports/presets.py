"""Presets: what the exports of a system look like, as TOML files in `collect/presets/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.kinds.kind import Kind
from zhike.collect.imports.mapping import ColumnMapping, mapping_of
from zhike.collect.imports.records import folded
from zhike.kernel.errors import UsageError
from zhike.kernel.near_names import near_names
from zhike.kernel.words import Text

_FOLDER = resources.files("zhike.collect") / "presets"
# Fewer titles in common may be chance.
_LEAST_IN_COMMON = 3


@dataclass(frozen=True)
class Preset:
    """The export of one system.

    Parameters
    ----------
    columns
        Our name → the headers that the system has used for it, the present one first.
    values
        For coded fields: the system's words → ours.
    samples
        Our name → a value for each row of the template, as the system writes them.
    options
        What is to be done with the rows, by the kind's names of it.
    """

    name: str
    text: Text
    kind: Kind
    source: str
    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> frozenset[str]:
        """All headers, folded."""
        return frozenset(folded(title) for titles in self.columns.values() for title in titles)

    def mapping(self, header: Sequence[str]) -> ColumnMapping:
        """The mapping for a file: of several headers the one it has; a needed one stays named if it has none."""
        present = set(map(folded, header))
        columns = {}
        for name, titles in self.columns.items():
            found = [title for title in titles if folded(title) in present]
            if found or self.kind.field(name).is_required:
                columns[name] = (found or list(titles))[0]
        values = {name: dict(words) for name, words in self.values.items()}
        content = {"columns": columns, "values": values}
        if self.options:
            content["options"] = dict(self.options)
        return mapping_of(content, self.kind.names, place=self.name)


def presets() -> Iterator[Preset]:
    """All presets, by name."""
    for name in sorted(_names()):
        yield preset_named(name)


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises
    ------
    UsageError
        ``preset.unknown``, with near names.
    """
    known = _names()
    if name not in known:
        near = near_names(name, sorted(known))
        raise UsageError(
            "preset.unknown",
            zh=f"没有预设“{name}”；{near.zh}",
            en=f"there is no preset “{name}”; {near.en}",
        )
    return _preset(name, tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8")))


def fitting_presets(kind: Kind, header: Sequence[str]) -> list[Preset]:
    """The presets of that kind whose needed columns a header has, and some titles besides; most in common first."""
    present = set(map(folded, header))
    shared = [(len(present & each.headers), each) for each in presets() if _fits(each, kind, present)]
    shared = [(count, each) for count, each in shared if count >= _LEAST_IN_COMMON]
    return [each for _, each in sorted(shared, key=lambda pair: -pair[0])]


def _fits(preset: Preset, kind: Kind, present: set[str]) -> bool:
    return preset.kind.name == kind.name and all(
        present.intersection(map(folded, preset.columns.get(name, ()))) for name in kind.names.required
    )


def is_preset(name: str) -> bool:
    return name in _names()


def _names() -> list[str]:
    return [file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")]


def _preset(name: str, content: Mapping[str, Any]) -> Preset:
    def several(said: str | list[str]) -> tuple[str, ...]:
        return (said,) if isinstance(said, str) else tuple(said)

    return Preset(
        name,
        Text(content["zh"], content["en"]),
        kind_named(content["kind"]),
        content["source"],
        {field_name: several(said) for field_name, said in content["columns"].items()},
        content.get("values", {}),
        {field_name: tuple(said) for field_name, said in content.get("samples", {}).items()},
        content.get("options", {}),
    )
