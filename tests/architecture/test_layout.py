"""What the import linter cannot see: folders outside the graph, private modules, names in strings."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import zhike
from zhike.cli.root import COMMANDS

ROOT = Path(zhike.__file__).parent
FILES = sorted(file for file in ROOT.rglob("*.py") if "node_modules" not in file.parts)
PRIVATE = ("models", "views", "forms")


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Modules that a file imports, type-only imports included; True if it is inside a function."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in inside
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in inside
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside


def test_the_layers_hold() -> None:
    """The contracts of .importlinter, so that an ordinary test run checks them too."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT.parents[1]
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_python_file_is_in_the_import_graph() -> None:
    """A folder without __init__.py is invisible to the linter."""
    graph = grimp.build_graph("zhike", cache_dir=None)
    on_disk = {module_of(file) for file in FILES}
    assert on_disk == graph.modules


@pytest.mark.parametrize("file", FILES, ids=lambda file: module_of(file))
def test_models_views_and_forms_are_private_to_their_domain(file: Path) -> None:
    own = module_of(file).split(".")[1] if "." in module_of(file) else ""
    for imported, _ in imports(file):
        parts = imported.split(".")
        if parts[0] == "zhike" and len(parts) > 2 and parts[2] in PRIVATE:
            assert parts[1] == own, f"{file} reaches into {imported}"


def test_analysis_never_reads_the_clock() -> None:
    clocks = re.compile(r"kernel\.clock|kernel import clock|\.now\(|\.today\(|time\.time\(")
    for file in FILES:
        if "analysis" in file.parts:
            assert not clocks.search(file.read_text(encoding="utf-8")), file


def test_only_the_engines_open_an_engine() -> None:
    opened = re.compile(r"duckdb\.connect|ibis\.duckdb|SparkSession|\.to_pyarrow\(\)\.to_p")
    found = [file for file in FILES if opened.search(file.read_text(encoding="utf-8"))]
    assert {file.relative_to(ROOT).parent.as_posix() for file in found} == {"lake/engines"}


def test_there_are_no_signals_and_no_rooms_without_a_name() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert "django.dispatch" not in text, file
        assert "post_save" not in text, file
        assert file.stem not in {"utils", "helpers", "common", "managers", "misc"}, file


def test_files_stay_small_enough_to_read() -> None:
    long = {f: n for f in FILES if (n := len(f.read_text(encoding="utf-8").splitlines())) > 450}
    assert not long


@pytest.mark.parametrize("lazy", COMMANDS.values(), ids=COMMANDS)
def test_every_command_that_is_named_by_a_string_exists(lazy) -> None:  # type: ignore[no-untyped-def]
    module, name = lazy.place.split(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert lazy.text.zh
    assert lazy.text.en


def test_domain_commands_import_django_only_when_called() -> None:
    """Or their --help would need a data folder."""
    for file in FILES:
        if file.name in {"commands.py", "catalog.py"} or "cli" in file.parts:
            for imported, is_inside in imports(file):
                is_heavy = imported.startswith("django") or re.match(
                    r"zhike\.\w+\.(models|services|selectors)", imported
                )
                assert is_inside or not is_heavy, f"{file}: {imported}"
