"""Small pictures for notebooks: SVG without any library, text and lines in the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_CELL, _LEFT, _TOP = 44, 34, 22
_BAR, _GAP, _HEIGHT = 34, 8, 140
_FILL = "#2a78d6"


def grid_svg(counts: Sequence[Sequence[int]], *, title: str, across: str, down: str) -> str:
    """Cells shaded by their share of the fullest; rows from the top, scores 5 … 1 down and 1 … n across."""
    most = max((count for row in counts for count in row), default=0) or 1
    parts = [_text(_LEFT, 12, f"{title}  ({down} ↓  {across} →)", anchor="start")]
    for y, row in enumerate(counts):
        top = _TOP + y * _CELL
        parts.append(_text(_LEFT - 10, top + _CELL / 2 + 4, str(len(counts) - y)))
        for x, count in enumerate(row):
            left = _LEFT + x * _CELL
            parts.append(_box(left, top, _CELL - 2, _CELL - 2, 0.08 + 0.6 * count / most))
            parts.append(_text(left + _CELL / 2 - 1, top + _CELL / 2 + 4, f"{count:,}"))
    bottom = _TOP + len(counts) * _CELL
    across_labels = (
        _text(_LEFT + x * _CELL + _CELL / 2, bottom + 14, str(x + 1)) for x in range(len(counts[0]))
    )
    return _svg([*parts, *across_labels], _LEFT + len(counts[0]) * _CELL + 10, bottom + 22, title)


def bars_svg(values: Sequence[float], *, title: str) -> str:
    """One bar a value, labelled 1 … n, from 0."""
    most = max([*values, 0.0]) or 1.0
    parts = [_text(0, 12, title, anchor="start")]
    for place, value in enumerate(values):
        left, height = place * (_BAR + _GAP), max(1.0, _HEIGHT * max(value, 0.0) / most)
        top = _TOP + 16 + _HEIGHT - height
        parts.append(_box(left, top, _BAR, height, 0.75))
        parts.append(_text(left + _BAR / 2, top - 4, f"{value:,.0f}"))
        parts.append(_text(left + _BAR / 2, _TOP + 16 + _HEIGHT + 14, str(place + 1)))
    return _svg(parts, max(len(values) * (_BAR + _GAP), 240), _TOP + _HEIGHT + 40, title)


def _svg(parts: Sequence[str], width: float, height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="11" '
        f'fill="currentColor">{"".join(parts)}</svg>'
    )


def _box(left: float, top: float, width: float, height: float, opacity: float) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{_FILL}" '
        f'fill-opacity="{opacity:.2f}"/>'
    )


def _text(x: float, y: float, said: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
