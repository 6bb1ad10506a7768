"""Data frames of any kind, as Arrow columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from zhike.kernel.errors import UsageError


class Frame:
    """A data frame that somebody handed over: its column names, and some of its columns as Arrow.

    Parameters
    ----------
    given
        pandas, Polars (lazy too), Arrow (table, batch or reader), DuckDB, Ibis, anything with
        ``__arrow_c_stream__``, a dict of columns or a list of dicts. A reader or a query is read once.

    Raises
    ------
    UsageError
        ``frame.unknown``, ``frame.same_names``.
    """

    def __init__(self, given: Any) -> None:
        self._rows = _flat_pandas(given) if _is_pandas(given) else _arrow(given)
        columns = self._rows.columns if _is_pandas(self._rows) else self._rows.column_names
        self.names = tuple(str(name) for name in columns)
        if twice := [name for name, times in Counter(self.names).items() if times > 1]:
            raise UsageError(
                "frame.same_names",
                zh=f"有多列同名：{'、'.join(twice)}。请先改名",
                en=f"several columns have one name: {', '.join(twice)}; rename them first",
            )

    def columns(self, names: Sequence[str]) -> pa.Table:
        """These columns.

        Raises
        ------
        UsageError
            ``frame.mixed_types`` for a column of pandas that holds values of several kinds.
        """
        if not _is_pandas(self._rows):
            return self._rows.select(list(dict.fromkeys(names)))
        wanted = [self.names.index(name) for name in dict.fromkeys(names)]
        try:
            return pa.Table.from_pandas(self._rows.iloc[:, wanted], preserve_index=False)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            said = " ".join(str(part) for part in error.args)
            raise UsageError(
                "frame.mixed_types",
                zh=f"列 {'、'.join(names)} 中有一列混有不同类型的值，请先统一类型（{said}）",
                en=f"one of the columns {', '.join(names)} mixes values of several types; make them one type first ({said})",
            ) from error


def _is_pandas(given: Any) -> bool:
    # By name: asking pandas itself would import it.
    kind = type(given)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame"


def _flat_pandas(frame: Any) -> Any:
    """An index that has a name is a column; one without is not."""
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(level=named) if named else frame


def _arrow(given: Any) -> pa.Table:
    match given:
        case pa.Table():
            return given
        case pa.RecordBatch():
            return pa.Table.from_batches([given])
        case dict():
            return pa.table(given)
        case [dict(), *_]:
            return pa.Table.from_pylist(given)
    if type(given).__module__.partition(".")[0] == "polars" and hasattr(given, "collect"):
        given = given.collect()
    is_series = type(given).__name__ == "Series" or isinstance(given, (pa.Array, pa.ChunkedArray))
    if is_series or not hasattr(given, "__arrow_c_stream__"):
        kind = f"{type(given).__module__}.{type(given).__name__}"
        raise UsageError(
            "frame.unknown",
            zh=f"不能把 {kind} 当作数据表；请给 pandas、Polars、Arrow、DuckDB 的表，或列名到列的字典",
            en=f"{kind} is no data frame; hand over one of pandas, Polars, Arrow or DuckDB, or a dict of columns",
        )
    return pa.table(given)
