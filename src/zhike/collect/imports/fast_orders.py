"""Orders from plain blocks of text, a column at a time; rows that are not certain go to the reader of records."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from zhike.collect.imports import columnar
from zhike.collect.imports.blocks import PlainBlock
from zhike.collect.imports.columnar import Column, FewWords
from zhike.collect.imports.hashing import RowHashes, key_hashes
from zhike.collect.imports.kinds.orders import NOBODY, ORDERS_KIND, OrderReader

_TEXTS = ("coupon_code", "channel", "store", "payment_method")
_NOBODY = pa.array(["", *NOBODY])
_NO_DAY = np.iinfo(np.int32).min
_SCHEMA = ORDERS_KIND.staged


class FastOrders:
    """Reads what of a plain block is certain.

    Parameters
    ----------
    reader
        The reader of records that takes the rest; its readers of cells are used for columns of few words.
    """

    def __init__(self, reader: OrderReader, *, delimiter: str, width: int) -> None:
        self._reader = reader
        self._delimiter, self._width = delimiter, width
        self._places = dict(reader.layout.positions)

    def read(self, block: PlainBlock) -> tuple[pa.RecordBatch, np.ndarray]:
        """The orders that are certain, in order, and the lines (from 0) of the records that are left over."""
        wanted = sorted(set(self._places.values()))
        table, lines = block.columns(self._delimiter, self._width, wanted)
        if not table.num_rows:
            return _nothing(), np.arange(block.line_count)
        cells = {name: table[str(place)].combine_chunks() for name, place in self._places.items()}
        columns, is_certain = self._columns(cells, table.num_rows)
        numbers = lines + block.first_number
        kept = np.flatnonzero(is_certain)
        taken = _batch(columns, numbers, kept, self._reader.row_hashes)
        left = np.setdiff1d(np.arange(block.line_count), lines[kept], assume_unique=True)
        return taken, left

    def _columns(self, cells: dict[str, pa.Array], rows: int) -> tuple[dict[str, Any], np.ndarray]:
        rules = self._reader.rules
        order_id, customer_id = columnar.ids(cells["order_id"]), columnar.ids(cells["customer_id"])
        if self._reader.keeps_walk_ins:
            customer_id = columnar.unless(customer_id, _NOBODY)
        moment, days = columnar.moments(cells["ordered_at"], rules.zone, rules.now)
        amount = columnar.amounts(cells["amount"], rules.currency)
        is_certain = order_id.is_certain & customer_id.is_certain & moment.is_certain
        is_certain &= amount.is_certain & (amount.values >= 0)
        columns: dict[str, Any] = {
            "order_id": order_id.values,
            "customer_id": customer_id.values,
            "ordered_at": moment.values,
            "ordered_on": days,
            "amount": amount.values,
        }
        for name in _TEXTS:
            read = self._few(cells, name, rows)
            columns[name] = _repeated(read, read.words)
            is_certain &= read.is_certain
        is_certain &= self._few(cells, "currency", rows).is_certain
        return self._with_refunds(columns, cells, is_certain, rows)

    def _with_refunds(
        self, columns: dict[str, Any], cells: dict[str, pa.Array], is_certain: np.ndarray, rows: int
    ) -> tuple[dict[str, Any], np.ndarray]:
        """Status, refund and discount; rows that contradict themselves are left over."""
        discount, refund = (self._money(cells, name, rows) for name in ("discount_amount", "refund_amount"))
        status, refunded = (self._few(cells, name, rows) for name in ("status", "refunded_at"))
        is_certain = is_certain & discount.is_certain & refund.is_certain
        is_certain &= status.is_certain & refunded.is_certain
        is_refunded = status.taken(np.array([word == "refunded" for word in status.words], bool))
        amount = columns["amount"]
        is_said = refund.values >= 0
        given = np.where(is_said, refund.values, np.where(is_refunded, amount, 0))
        is_certain &= (given <= amount) & ~(is_said & is_refunded & (given == 0) & (amount > 0))
        days = refunded.taken(
            np.array([_NO_DAY if each is None else _day(each[1]) for each in refunded.words], np.int64)
        )
        has_day = days != _NO_DAY
        is_certain &= ~has_day | (days >= columns["ordered_on"])
        days = np.where(~has_day & ((given > 0) | is_refunded), columns["ordered_on"], days)
        columns |= {"refund_amount": given, "refunded_on": days}
        columns["discount_amount"] = np.maximum(discount.values, 0)
        columns["status"] = _repeated(status, [word or "completed" for word in status.words])
        return columns, is_certain

    def _few(self, cells: dict[str, pa.Array], name: str, rows: int) -> FewWords:
        if name not in cells:
            return FewWords([None], np.zeros(rows, np.int32), np.ones(rows, bool))
        return columnar.few(cells[name], self._reader.cell_readers[name])

    def _money(self, cells: dict[str, pa.Array], name: str, rows: int) -> Column:
        if name not in cells:
            return Column(np.full(rows, -1), np.ones(rows, bool))
        return columnar.amounts(cells[name], self._reader.rules.currency)


def _batch(
    columns: dict[str, Any], numbers: np.ndarray, kept: np.ndarray, row_hashes: RowHashes
) -> pa.RecordBatch:
    """The kept rows as they are staged."""
    made: dict[str, pa.Array] = {"number": pa.array(numbers[kept])}
    for name, values in columns.items():
        made[name] = _kept(values, kept, _SCHEMA.field(name).type)
    made["key_hash"] = pa.array(key_hashes(made["order_id"]))
    content = [made[name] for name in _SCHEMA.names if name not in ("number", "key_hash", "row_hash")]
    made["row_hash"] = pa.array(row_hashes.of_columns(content))
    return pa.record_batch([_plain(made[name]) for name in _SCHEMA.names], schema=_SCHEMA)


def _repeated(column: FewWords, words: list[str | None]) -> pa.DictionaryArray:
    """The column of the few texts that stand for its words."""
    return pa.DictionaryArray.from_arrays(pa.array(column.codes), pa.array(words, pa.string()))


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values


def _kept(values: Any, kept: np.ndarray, type_: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values if len(kept) == len(values) else values.take(pa.array(kept))
    chosen = values if len(kept) == len(values) else values[kept]
    if pa.types.is_date32(type_):
        return pa.array(chosen.astype(np.int32), pa.int32(), mask=chosen == _NO_DAY).cast(type_)
    if pa.types.is_timestamp(type_):
        return pa.array(chosen, pa.int64()).cast(type_)
    return pa.array(chosen, type_)


def _nothing() -> pa.RecordBatch:
    return pa.record_batch([pa.array([], field.type) for field in _SCHEMA], schema=_SCHEMA)


def _day(day: date) -> int:
    return day.toordinal() - 719_163
