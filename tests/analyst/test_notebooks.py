"""Notebooks and the page for analysts run as they stand, beside the sample shop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tea_shop_demo import loaded_tea_shop

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
RUNNER = Path(__file__).with_name("notebook_runner.py")


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_without_what_it_gave(file: Path) -> None:
    for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("file", [*NOTEBOOKS, DOCS / "python.md"], ids=lambda file: file.stem)
def test_what_is_written_runs(file: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (tmp_path / "zhike-demo-tea-shop").symlink_to(loaded_tea_shop(tmp_path_factory) / "shop")
    done = subprocess.run(
        [sys.executable, RUNNER, file], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout
