"""Sealed files are read from any place, and whatever was done to them from outside is noticed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shops import open_shop
from zhike.customers.vault import Vault, open_key_ring, open_vault
from zhike.customers.vault.keys import keep_key_ring
from zhike.customers.vault.streams import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SealedReader,
    SealedWriter,
    seal_key_anew,
)
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home

SEALED_CHUNK = CHUNK_BYTES + 16
SIZES = (0, 1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return open_shop(tmp_path_factory.mktemp("sealed") / "shop")


@pytest.fixture(scope="module")
def vault(home: Home) -> Vault:
    return open_vault(home)


def content(size: int) -> bytes:
    """Every chunk is another."""
    block = bytes(range(256)) * 4
    return b"".join(number.to_bytes(4, "big") + block[4:] for number in range(size // 1024 + 1))[:size]


def sealed(vault: Vault, file: Path, plain: bytes, place: str = "here") -> Path:
    with SealedWriter(file.open("wb"), vault, place=place) as out:
        for start in range(0, len(plain), 300_000):
            out.write(plain[start : start + 300_000])
    return file


def opened(vault: Vault, file: Path, place: str = "here") -> bytes:
    with io.BufferedReader(SealedReader(file.open("rb"), vault, place=place)) as stream:
        return stream.read()


def refused(vault: Vault, file: Path, place: str = "here") -> None:
    with pytest.raises(ZhikeError) as error:
        opened(vault, file, place)
    assert error.value.code == "vault.file_damaged"


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back_and_is_nowhere_in_the_file(
    vault: Vault, tmp_path: Path, size: int
) -> None:
    plain = content(size)
    file = sealed(vault, tmp_path / "file", plain)
    assert opened(vault, file) == plain
    assert size < 1000 or plain[:64] not in file.read_bytes()


@pytest.fixture(scope="module")
def long_file(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sealed(vault, tmp_path_factory.mktemp("long") / "file", content(2 * CHUNK_BYTES + 5000))


@given(
    places=st.lists(
        st.tuples(st.integers(0, 2 * CHUNK_BYTES + 6000), st.integers(0, CHUNK_BYTES + 9)), max_size=8
    )
)
def test_any_part_is_read_from_any_place(
    vault: Vault, long_file: Path, places: list[tuple[int, int]]
) -> None:
    plain = io.BytesIO(content(2 * CHUNK_BYTES + 5000))
    with io.BufferedReader(SealedReader(long_file.open("rb"), vault, place="here")) as stream:
        for place, count in places:
            assert stream.seek(place) == plain.seek(place)
            assert stream.read(count) == plain.read(count)
            assert stream.tell() == plain.tell()
        assert stream.seek(-5, os.SEEK_END) == plain.seek(-5, os.SEEK_END)
        assert stream.read() == plain.read()


@pytest.mark.parametrize(
    "cut",
    [0, 5, HEADER_BYTES, HEADER_BYTES + 3, HEADER_BYTES + SEALED_CHUNK, HEADER_BYTES + 2 * SEALED_CHUNK, -1],
)
def test_a_file_that_was_cut_off_is_refused_when_it_is_opened(
    vault: Vault, long_file: Path, tmp_path: Path, cut: int
) -> None:
    file = tmp_path / "cut"
    file.write_bytes(long_file.read_bytes()[:cut])
    with file.open("rb") as raw, pytest.raises(ZhikeError):
        SealedReader(raw, vault, place="here")


def chunks(whole: bytes) -> list[bytes]:
    return [whole[start : start + SEALED_CHUNK] for start in range(HEADER_BYTES, len(whole), SEALED_CHUNK)]


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [parts[1], parts[0], parts[2]],
        lambda parts: [parts[0], parts[0], parts[2]],
        lambda parts: [parts[0], parts[2]],
        lambda parts: [*parts, parts[2]],
        lambda parts: [*parts, b""],
        lambda parts: [parts[0], parts[1], parts[2] + b"\0"],
    ],
)
def test_chunks_that_are_moved_repeated_left_out_or_added_are_noticed(
    vault: Vault, long_file: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    whole = long_file.read_bytes()
    changed = change(chunks(whole))
    file = tmp_path / "changed"
    file.write_bytes(whole[:HEADER_BYTES] + b"".join(changed))
    if b"".join(changed) == b"".join(chunks(whole)):
        assert opened(vault, file) == content(2 * CHUNK_BYTES + 5000)
    else:
        refused(vault, file)


@pytest.mark.parametrize("position", [0, 9, 40, HEADER_BYTES, HEADER_BYTES + CHUNK_BYTES + 100, -1])
def test_one_changed_bit_is_noticed(vault: Vault, long_file: Path, tmp_path: Path, position: int) -> None:
    whole = bytearray(long_file.read_bytes())
    whole[position] ^= 1
    file = tmp_path / "changed"
    file.write_bytes(whole)
    refused(vault, file)


def test_a_file_under_the_name_of_another_and_chunks_of_another_file_are_noticed(
    vault: Vault, tmp_path: Path
) -> None:
    one = sealed(vault, tmp_path / "one", content(5000), "one")
    refused(vault, one, "other")
    same = sealed(vault, tmp_path / "same", content(5000), "one")
    mixed = tmp_path / "mixed"
    mixed.write_bytes(one.read_bytes()[:HEADER_BYTES] + same.read_bytes()[HEADER_BYTES:])
    refused(vault, mixed, "one")


def test_a_file_whose_writing_failed_or_never_ended_cannot_be_read(vault: Vault, tmp_path: Path) -> None:
    failed, dropped = tmp_path / "failed", tmp_path / "dropped"
    with pytest.raises(TypeError), SealedWriter(failed.open("wb"), vault, place="here") as out:
        out.writelines([content(CHUNK_BYTES * 2), "no bytes"])  # type: ignore[list-item]
    refused(vault, failed)
    writer = SealedWriter(dropped.open("wb"), vault, place="here")
    writer.write(content(CHUNK_BYTES * 2))
    del writer
    refused(vault, dropped)


def test_new_keys_take_the_old_ones_place_without_touching_the_content(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    file = sealed(open_vault(home), tmp_path / "file", content(5000))
    before = file.read_bytes()
    old_ring = open_key_ring(home)
    keep_key_ring(home, old_ring.with_new_key())
    assert seal_key_anew(file, open_vault(home), place="here")
    assert not seal_key_anew(file, open_vault(home), place="here")
    assert file.read_bytes()[HEADER_BYTES:] == before[HEADER_BYTES:]
    keep_key_ring(home, open_key_ring(home).only_current())
    assert opened(open_vault(home), file) == content(5000)
    keep_key_ring(home, old_ring)
    refused(open_vault(home), file)


def test_a_change_of_keys_that_was_cut_off_leaves_the_file_readable_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_shop(tmp_path / "shop")
    file = sealed(open_vault(home), tmp_path / "file", content(5000))
    keep_key_ring(home, open_key_ring(home).with_new_key())
    real, calls = os.fsync, []

    def dying(handle: int) -> None:
        real(handle)
        calls.append(handle)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("zhike.customers.vault.streams.os.fsync", dying)
        with pytest.raises(KeyboardInterrupt):
            seal_key_anew(file, open_vault(home), place="here")
    assert len(calls) == 1
    assert opened(open_vault(home), file) == content(5000)
    seal_key_anew(file, open_vault(home), place="here")
    keep_key_ring(home, open_key_ring(home).only_current())
    assert opened(open_vault(home), file) == content(5000)
