"""Keyed hashes of texts and of rows, for a whole column at a time.

A sum of the 32-bit words of a text, each times a secret number of 64 bits, modulo 2^64, is equal for two given texts
that differ with a chance of at most 2^-33 (multilinear hashing: Lemire and Kaser, "Strongly universal string hashing
is fast", Computer Journal 57, 2014); words of zero add nothing, so texts can be filled up to any width. Two such sums
with numbers of their own are a block of AES, which makes a pseudo-random function of them that tells nothing without
the key (hash, then encrypt: Wegman and Carter, "New hash functions and their use in authentication and set equality",
JCSS 22, 1981).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from operator import mul
from struct import unpack

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Sums = npt.NDArray[np.uint64]
_WORD_BYTES = 4
_NARROWEST = 16
_MASK = 0xFFFFFFFF
_MASK_64 = 0xFFFFFFFFFFFFFFFF
_EPOCH = date(1970, 1, 1).toordinal()


class TextHashes:
    """Two hashes of 64 bits of every text.

    Parameters
    ----------
    secret
        Who does not know it cannot tell which texts collide.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of_column(self, texts: pa.Array, *, place: int = 0) -> Sums:
        """`2 × n` hashes of texts; a null and an empty text have 0.

        Parameters
        ----------
        place
            Of the column among those whose hashes are added up: equal texts differ from place to place.
        """
        sums = np.zeros((2, len(texts)), np.uint64)
        if texts.null_count == len(texts):
            return sums
        texts = pc.fill_null(texts, "")
        lengths = pc.binary_length(texts).to_numpy()
        left, width = np.arange(len(texts)), _NARROWEST
        while len(left):
            fits = lengths[left] <= width
            some = left[fits]
            if len(some) == len(texts):
                return self._of_width(texts, width, place)
            if len(some):
                sums[:, some] = self._of_width(texts.take(pa.array(some)), width, place)
            left, width = left[~fits], width * 2
        return sums

    def of_text(self, text: str, *, place: int = 0) -> tuple[int, int]:
        """The same of one text."""
        return self._of_words(_words(text), place)

    def of_numbers(self, numbers: pa.Array, *, place: int) -> Sums:
        """`2 × n` hashes of whole numbers of at most 64 bits; a null has 0."""
        if numbers.null_count == len(numbers):
            return np.zeros((2, len(numbers)), np.uint64)
        is_there = numbers.is_valid().to_numpy(zero_copy_only=False)
        values = numbers.cast(pa.int64()).fill_null(0).to_numpy().view(np.uint64)
        return self._summed(
            [is_there, values & np.uint64(_MASK), values >> np.uint64(32)], len(values), place
        )

    def of_number(self, number: int, *, place: int) -> tuple[int, int]:
        """The same of one number."""
        return self._of_words((1, number & _MASK, number >> 32 & _MASK), place)

    def _of_width(self, texts: pa.Array, width: int, place: int) -> Sums:
        filled = pc.ascii_rpad(texts, width=width, padding="\0")
        signs = np.frombuffer(filled.buffers()[2], np.uint8, count=len(filled) * width)
        words = signs.view("<u4").reshape(len(filled), width // _WORD_BYTES)
        # The length tells a text from the same with NUL after it.
        return self._summed([pc.binary_length(texts).to_numpy(), *words.T], len(filled), place)

    def _summed(self, words: Sequence[npt.NDArray[np.generic]], count: int, place: int) -> Sums:
        sums = np.zeros((2, count), np.uint64)
        factors = _factors(self._secret, place, len(words))
        for number, word in enumerate(words):
            if not word.any():
                continue
            wide = word.astype(np.uint64)
            for sum_, factor in zip(sums, factors[number], strict=True):
                sum_ += wide * factor
        return sums

    def _of_words(self, words: Sequence[int], place: int) -> tuple[int, int]:
        firsts, seconds = _whole_factors(self._secret, place, len(words))
        return sum(map(mul, words, firsts)) & _MASK_64, sum(map(mul, words, seconds)) & _MASK_64


class RowHashes:
    """The fingerprint by which two rows are the same: equal on every run and platform.

    Parameters
    ----------
    secret
        Of the data folder, where the fingerprint stays in the lake: without it, nobody finds out a customer's
        key by trying all telephone numbers.
    """

    def __init__(self, secret: bytes) -> None:
        self._texts = TextHashes(secret)
        self._cipher = Cipher(
            algorithms.AES(hashlib.blake2b(secret, digest_size=32, person=b"row").digest()), modes.ECB()
        )
        # Making one takes ten times as long as a block does; threads must not share it.
        self._of_one = self._cipher.encryptor()

    def of_columns(self, columns: Sequence[pa.Array]) -> npt.NDArray[np.int64]:
        """The fingerprint of every row, given as columns of texts, which may be encoded by a dictionary, whole numbers and days.

        A null text and an empty one are the same.
        """
        sums = np.zeros((2, len(columns[0])), np.uint64)
        for place, column in enumerate(columns):
            if isinstance(column, pa.DictionaryArray):
                self._add_repeated(sums, column, place)
            elif pa.types.is_string(column.type):
                sums += self._texts.of_column(column, place=place)
            else:
                sums += self._texts.of_numbers(_numbers(column), place=place)
        blocks = np.ascontiguousarray(sums.T).astype("<u8").tobytes()
        return np.frombuffer(self._cipher.encryptor().update(blocks), "<i8")[::2].astype(np.int64)

    def _add_repeated(self, sums: Sums, column: pa.DictionaryArray, place: int) -> None:
        # A null, which has no word, has the 0 at the end.
        of_words = np.pad(self._texts.of_column(column.dictionary, place=place), ((0, 0), (0, 1)))
        if of_words.any():
            codes = column.indices.fill_null(len(column.dictionary)).to_numpy()
            for sum_, of_word in zip(sums, of_words, strict=True):
                sum_ += of_word.take(codes)

    def of_row(self, content: Sequence[str | int | date | None]) -> int:
        """The same of one row; for one thread only."""
        first = second = 0
        for place, value in enumerate(content):
            if value is None:
                continue
            if isinstance(value, str):
                one, other = self._texts.of_text(value, place=place)
            else:
                number = value.toordinal() - _EPOCH if isinstance(value, date) else value
                one, other = self._texts.of_number(number, place=place)
            first, second = first + one, second + other
        block = b"".join((each & _MASK_64).to_bytes(8, "little") for each in (first, second))
        return int.from_bytes(self._of_one.update(block)[:8], "little", signed=True)


KEY_HASHES = TextHashes(os.urandom(32))
"""Of keys, to find those that stand in a file again: they mean something within this process only."""


def key_hash(key: str) -> int:
    """The first hash of a key as a signed number, as `key_hashes` has it."""
    first, _ = KEY_HASHES.of_text(key)
    return first - (1 << 64) if first >> 63 else first


def key_hashes(keys: pa.Array) -> npt.NDArray[np.int64]:
    """The first hash of every key."""
    hashes: npt.NDArray[np.int64] = KEY_HASHES.of_column(keys)[0].view(np.int64)
    return hashes


def _words(text: str) -> list[int]:
    data = text.encode()
    count = -(-len(data) // _WORD_BYTES)
    return [len(data), *unpack(f"<{count}I", data.ljust(count * _WORD_BYTES, b"\0"))]


def _numbers(column: pa.Array) -> pa.Array:
    return column.cast(pa.int32()) if pa.types.is_date32(column.type) else column


@lru_cache(maxsize=256)
def _factors(secret: bytes, place: int, count: int) -> npt.NDArray[np.uint64]:
    """`count × 2` secret numbers; more of them begin with the same ones."""
    stream = hashlib.shake_256(place.to_bytes(4, "little") + secret).digest(count * 16)
    return np.frombuffer(stream, "<u8").astype(np.uint64).reshape(count, 2)


@lru_cache(maxsize=256)
def _whole_factors(secret: bytes, place: int, count: int) -> tuple[list[int], list[int]]:
    firsts, seconds = _factors(secret, place, count).T.tolist()
    return firsts, seconds
