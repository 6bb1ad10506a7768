"""Run the code of a notebook, or of a page of the docs, as Jupyter would: each cell in one namespace, its last value shown."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def cells(file: Path) -> Iterator[str]:
    """The code of a notebook, or the Python blocks of a page."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        yield from re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"])


def shown(value: Any) -> str:
    as_html = getattr(value, "_repr_html_", None)
    return str(as_html()) if as_html else repr(value)


def run(file: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, code in enumerate(cells(file)):
        tree = ast.parse(code, filename=f"{file.name}, cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{file.name}, cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"{file.name}, cell {number}", "eval"), names)
            sys.stdout.write(f"{shown(value)}\n" if value is not None else "")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
