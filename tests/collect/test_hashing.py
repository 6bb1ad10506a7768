"""Hashes of whole columns are those of single values, and what they say is written down."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from zhike.collect.imports.hashing import KEY_HASHES, RowHashes, TextHashes, key_hash, key_hashes

SECRET = b"of the data folder"
texts = st.one_of(
    st.none(), st.text(max_size=70), st.sampled_from(["", "\0", "a", "a\0", "徐汇店", "x" * 200])
)
numbers = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3))
days = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2199, 12, 31)))


@given(st.lists(st.tuples(texts, numbers, days, texts), min_size=1, max_size=30))
def test_a_row_has_the_same_fingerprint_alone_and_among_others(rows):
    types = (pa.string(), pa.int64(), pa.date32(), pa.string())
    columns = [pa.array(values, type_) for values, type_ in zip(zip(*rows, strict=True), types, strict=True)]
    found = RowHashes(SECRET).of_columns(columns).tolist()
    assert found == [RowHashes(SECRET).of_row(row) for row in rows]
    # Part of a column is not laid out as a column of its own.
    assert RowHashes(SECRET).of_columns([column[1:] for column in columns]).tolist() == found[1:]
    encoded = [columns[0].dictionary_encode(), *columns[1:3], columns[3].dictionary_encode("encode")]
    assert RowHashes(SECRET).of_columns(encoded).tolist() == found
    assert RowHashes(SECRET).of_columns([column[1:] for column in encoded]).tolist() == found[1:]


@given(st.lists(st.text(max_size=70)))
def test_a_key_has_the_same_hash_alone_and_among_others(keys):
    assert key_hashes(pa.array(keys, pa.string())).tolist() == [key_hash(key) for key in keys]


@given(st.lists(texts, unique=True, min_size=2, max_size=40))
def test_different_texts_have_different_hashes(some):
    different = {text or "" for text in some}
    hashes = {KEY_HASHES.of_text(text) for text in different}
    assert len({first for first, _ in hashes}) == len({second for _, second in hashes}) == len(different)


def test_a_fingerprint_is_what_it_says():
    def factors(place: int, count: int) -> list[int]:
        stream = hashlib.shake_256(place.to_bytes(4, "little") + SECRET).digest(count * 16)
        return [int.from_bytes(stream[at : at + 8], "little") for at in range(0, len(stream), 8)]

    name, day = "徐汇店A".encode(), (date(2024, 2, 29) - date(1970, 1, 1)).days
    padded = name + bytes(-len(name) % 4)
    words = [len(name), *(int.from_bytes(padded[at : at + 4], "little") for at in range(0, len(padded), 4))]
    sums = [
        sum(word * factor for word, factor in zip(words, factors(0, len(words))[which::2], strict=True))
        # Of a number there are a mark that it is one, its lower half and its upper half.
        + sum(word * factor for word, factor in zip([1, 7, 0], factors(1, 3)[which::2], strict=True))
        + sum(word * factor for word, factor in zip([1, day, 0], factors(3, 3)[which::2], strict=True))
        for which in (0, 1)
    ]
    block = b"".join((each % 2**64).to_bytes(8, "little") for each in sums)
    key = hashlib.blake2b(SECRET, digest_size=32, person=b"row").digest()
    sealed = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)
    row = ("徐汇店A", 7, None, date(2024, 2, 29))
    assert RowHashes(SECRET).of_row(row) == int.from_bytes(sealed[:8], "little", signed=True)


@pytest.mark.parametrize(
    "other",
    [
        ("B", 1, date(2024, 1, 1), None),
        ("a", 2, date(2024, 1, 1), None),
        ("a", None, date(2024, 1, 1), None),
        ("a", 1, date(2024, 1, 1) + timedelta(1), None),
        (None, 1, date(2024, 1, 1), "a"),
        ("a\0", 1, date(2024, 1, 1), None),
    ],
)
def test_rows_that_differ_have_other_fingerprints(other):
    hashes = RowHashes(SECRET)
    row = ("a", 1, date(2024, 1, 1), None)
    assert hashes.of_row(row) == hashes.of_row(("a", 1, date(2024, 1, 1), ""))
    assert hashes.of_row(row) != hashes.of_row(other)
    assert hashes.of_row((0,)) != hashes.of_row((None,))


def test_without_the_secret_nobody_makes_the_same_ones():
    assert RowHashes(SECRET).of_row(("13912345678",)) != RowHashes(b"another").of_row(("13912345678",))
    assert TextHashes(SECRET).of_text("a") != TextHashes(b"another").of_text("a")
