"""Docs that can fail: what the code offers is in the docs, and what the docs point at is there."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import click
import pytest

from scripts import table_reference
from zhike.cli.root import COMMANDS
from zhike.collect.settings import ImportSettings
from zhike.kernel.home import BusinessSettings
from zhike.pipeline.settings import RefreshSettings
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.settings import TierSettings
from zhike.value.settings import ValueSettings
from zhike.web.display import DisplaySettings
from zhike.web.proxies import WebSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SECTIONS: dict[str, type[Any]] = {
    "business": BusinessSettings,
    "value": ValueSettings,
    "lifecycle": LifecycleSettings,
    "tiers": TierSettings,
    "imports": ImportSettings,
    "refresh": RefreshSettings,
    "display": DisplaySettings,
    "web": WebSettings,
}
NOT_OURS = {"node_modules", "site", "build", "dist", "data"}

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_SHELL = re.compile(r"^```(?:console|sh|bash|shell|powershell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:zhike|make|pip) [^`\n]+)`")


def pages() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted(file for file in ROOT.rglob("*.md") if _is_ours(file.relative_to(ROOT).parts))


def _is_ours(parts: tuple[str, ...]) -> bool:
    return not NOT_OURS & set(parts) and not any(part.startswith(".") for part in parts)


def sections(file: Path, level: int) -> dict[str, str]:
    """The text below each heading of that level, by the heading without back-quotes."""
    parts = re.split(rf"^{'#' * level} (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        title.replace("`", "").strip(): body for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command below `zhike`, by its full name; groups included."""
    for name, lazy in COMMANDS.items():
        module, attribute = lazy.place.split(":")
        yield from _below(f"zhike {name}", getattr(importlib.import_module(module), attribute))


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            yield from _below(f"{name} {part}", inner)


def test_every_command_has_a_section_in_the_reference() -> None:
    described = sections(REFERENCE / "cli.md", 2)
    offered = {name for name, command in commands() if not isinstance(command, click.Group)}
    assert offered - set(described) == set()
    assert {title for title in described if title.startswith("zhike ")} - offered == set()


def test_every_option_and_argument_is_in_the_section_of_its_command() -> None:
    described = sections(REFERENCE / "cli.md", 2)
    missing = [
        f"{name} {said}"
        for name, command in commands()
        if name in described
        for parameter in command.params
        for said in _spellings(parameter)
        if f"`{said}" not in described[name]
    ]
    assert missing == []


def test_the_reference_names_no_option_that_a_command_does_not_have() -> None:
    described = sections(REFERENCE / "cli.md", 2)
    for name, command in commands():
        known = {said for parameter in command.params for said in _spellings(parameter)}
        named = set(re.findall(r"^\| `(--[a-z-]+)", described.get(name, ""), re.MULTILINE))
        assert named - known == set(), name


def _spellings(parameter: click.Parameter) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [(parameter.name or "").upper()]
    return [option for option in parameter.opts if option.startswith("--") and option != "--help"]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_documented_with_its_default(section: str) -> None:
    body = sections(REFERENCE / "settings.md", 2)[f"[{section}]"]
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", body, re.MULTILINE))
    assert {name: _toml(text) for name, text in rows.items()} == {
        each.name: list(default) if isinstance(default, tuple) else default
        for each in fields(SECTIONS[section])
        if (default := _default(each)) is not MISSING
    }


def _default(each: Field[object]) -> object:
    return each.default if each.default_factory is MISSING else each.default_factory()


def test_every_settings_class_has_a_section_in_the_reference() -> None:
    read = re.findall(
        r"\.section\(\s*\"(\w+)\"",
        "".join(file.read_text(encoding="utf-8") for file in (ROOT / "src" / "zhike").glob("*/*.py")),
    )
    assert set(read) <= set(SECTIONS)


def test_every_environment_variable_is_documented() -> None:
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "src" / "zhike").glob("*/*.py"))
    used = {name for source in sources for name in re.findall(r"environ\S*?[\"'](ZHIKE_\w+)", source)}
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    assert {name for name in used if f"`{name}`" not in text} == set()


def _toml(text: str) -> object:
    return tomllib.loads(f"value = {text}")["value"]


def test_the_page_of_tables_is_what_the_catalog_says() -> None:
    assert table_reference.check() == 0, "run python scripts/table_reference.py --write"


def test_every_stage_of_the_refresh_is_in_the_architecture() -> None:
    from zhike.pipeline.stages import STAGES

    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [stage.name for stage in STAGES if f"`{stage.name}`" not in text] == []


def test_every_package_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = [folder.parent.name for folder in (ROOT / "src" / "zhike").glob("*/__init__.py")]
    assert [name for name in packages if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    assert [link for link in _LINK.findall(text) if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not anchor or target.suffix != ".md":
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
    return anchor in {_slug(heading) for heading in headings}


def _slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    written = (page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md"))
    assert [page for page in written if f" {page}\n" not in navigation] == []


def test_both_read_mes_name_the_same_commands() -> None:
    assert _commands_named(ROOT / "README.md") == _commands_named(ROOT / "README.zh-CN.md")


def test_the_commands_of_the_read_me_exist() -> None:
    known = {name for name, _ in commands()}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in _commands_named(ROOT / "README.md"):
        words = [word for word in line.split() if not word.startswith("-")]
        if words[0] == "make":
            assert words[1] in targets, line
        if words[0] == "zhike":
            named = [word for word in words[1:] if word != "my-shop"]
            assert f"zhike {named[0]}" in known, line


def _commands_named(file: Path) -> list[str]:
    """What a reader is told to type, comments left out: the lines of shell blocks and the commands in sentences."""
    text = file.read_text(encoding="utf-8")
    lines = (line.partition(" #")[0].strip() for block in _SHELL.findall(text) for line in block.splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")} | set(_INLINE.findall(text)))
