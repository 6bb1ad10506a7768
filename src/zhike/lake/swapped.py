"""What one version of a fact has otherwise than another."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import ibis.expr.types as ir

from zhike.lake.deltas import PinnedFile, PinnedTable


class Swapped:
    """Rows of the files that a version of a fact no longer has, of those that it has got instead, and of the others."""

    def __init__(
        self, was: PinnedTable | None, now: PinnedTable | None, read: Callable[[list[PinnedFile]], ir.Table]
    ) -> None:
        before, after = ({file.path: file for file in of.files} if of else {} for of in (was, now))
        self._same = [after[path] for path in before.keys() & after.keys()]
        self._gone = [before[path] for path in before.keys() - after.keys()]
        self._come = [after[path] for path in after.keys() - before.keys()]
        self._read = read
        self.gone_rows = sum(file.rows for file in self._gone)
        self.come_rows = sum(file.rows for file in self._come)

    # Read when asked for: mostly a fact only came, or is the same.

    @cached_property
    def same(self) -> ir.Table:
        return self._read(self._same)

    @cached_property
    def gone(self) -> ir.Table:
        return self._read(self._gone)

    @cached_property
    def come(self) -> ir.Table:
        return self._read(self._come)
