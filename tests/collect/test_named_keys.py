"""The customers that a file names: each key once, in the order of the file, and which of them each record names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.collect.imports import named_keys
from zhike.collect.imports.named_keys import NOBODY, NamedKeys

COLUMNS = ("customer_id", "referrer")
keys = st.one_of(st.none(), st.text("AB0张", max_size=2))
# Which records have good rows, and whom they name.
records = st.lists(st.one_of(st.none(), st.tuples(keys, keys)), max_size=40)


def batches_of(rows: list[tuple[str | None, str | None] | None], size: int) -> list[pa.RecordBatch]:
    good = [(number, *row) for number, row in enumerate(rows, 2) if row is not None]
    schema = pa.schema([("number", pa.int64()), *((name, pa.string()) for name in COLUMNS)])
    some = [good[start : start + size] for start in range(0, len(good), size)]
    return [pa.record_batch([list(each) for each in zip(*rows, strict=True)], schema) for rows in some]


@settings(deadline=None)
@given(records, st.integers(1, 20), st.integers(1, 60), st.data())
def test_every_record_names_the_key_that_stands_in_it(rows, size, together, data):
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as beside:
        patch.setattr(named_keys, "_FEWEST_TOGETHER", together)
        patch.setattr(named_keys, "_FEWEST_RECORDS", 1)
        named = NamedKeys(COLUMNS, beside)
        for batch in batches_of(rows, size):
            named.take(batch)
        texts = [*named.keys.to_pylist(), None]
        assert len(set(texts)) == len(texts)
        good = [number for number, row in enumerate(rows, 2) if row is not None]
        for place, name in enumerate(COLUMNS):
            numbers = named.of_records(name, np.array(good, np.int64)) if good else []
            assert [texts[number] for number in numbers] == [rows[number - 2][place] for number in good]
        dropped = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows) + 2, max_size=len(rows) + 2)))
        wanted = {key for number in good if not dropped[number] for key in rows[number - 2]} - {None}
        assert {texts[number] for number in named.without(dropped)} == wanted


def test_keys_have_the_order_of_the_file():
    named = NamedKeys(["customer_id"], ThreadPoolExecutor(1))
    for batch in batches_of([("C", None), ("A", None), None, (None, None), ("B", None), ("A", None)], 2):
        named.take(batch)
    assert named.keys.to_pylist() == ["C", "A", "B"]
    assert named.of_records("customer_id", np.array([3, 5, 7])).tolist() == [1, NOBODY, 1]
