"""The rejected records of an import, as whoever asks for them gets them."""

from __future__ import annotations

from typing import Any

from zhike.collect.imports.storage import open_private


def rejects_taken(report: Any) -> bytes:
    """The CSV file; none may be asked for of an import that rejected nothing."""
    assert report.rejects_file is not None
    with open_private(report.rejects_file) as opened:
        return opened.read()


def rejects_text(report: Any) -> str:
    return rejects_taken(report).decode("utf-8-sig")
