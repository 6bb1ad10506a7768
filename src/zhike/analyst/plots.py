"""Figures of Matplotlib, where it is installed; in English, for its fonts know no Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from zhike.analyst.bilingual import bilingual
from zhike.analyst.extras import extra
from zhike.kernel.words import Text


def grid_figure(counts: Sequence[Sequence[int]], *, title: str, across: str, down: str) -> Any:
    """A heat map of counts; rows from the top, scores 5 … 1 down and 1 … n across."""
    figure, axes = _figure(title)
    axes.imshow(counts, cmap="Blues")
    axes.set_xticks(range(len(counts[0])), range(1, len(counts[0]) + 1))
    axes.set_yticks(range(len(counts)), range(len(counts), 0, -1))
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    most = max((count for row in counts for count in row), default=0)
    for y, row in enumerate(counts):
        for x, count in enumerate(row):
            axes.text(
                x, y, f"{count:,}", ha="center", va="center", color="white" if count > most / 2 else "black"
            )
    return figure


def bars_figure(values: Sequence[float], *, title: str, across: str) -> Any:
    """One bar a value, labelled 1 … n."""
    figure, axes = _figure(title)
    axes.bar(range(1, len(values) + 1), list(values))
    axes.set_xticks(range(1, len(values) + 1))
    axes.set_xlabel(across)
    return figure


_INSTEAD = Text("笔记本里结果自带的图", "the picture that a result shows by itself in a notebook")


@bilingual
def _figure(title: str) -> tuple[Any, Any]:
    library = extra("matplotlib.figure", said="Matplotlib", install="'zhike[notebook]'", instead=_INSTEAD)

    class NotebookFigure(library.Figure):  # type: ignore[misc, name-defined]
        # Not by pyplot, so nothing is global; but only pyplot teaches notebooks to show figures.
        def _repr_png_(self) -> bytes:
            drawn = BytesIO()
            self.savefig(drawn, format="png")
            return drawn.getvalue()

    figure = NotebookFigure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes
