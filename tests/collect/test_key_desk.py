"""One thread asks for the profiles of keys, another registers them: each key once, whatever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.collect.imports.destinations import key_desk
from zhike.collect.imports.destinations.key_desk import KeyDesk
from zhike.collect.imports.hashing import KEY_HASHES, TextHashes


class Register:
    """Gives every key a profile, and notes for which it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, keys: list[str]) -> list[int]:
        self.asked += keys
        return [self.profile(key) for key in keys]

    @staticmethod
    def profile(key: str | None) -> int | None:
        return None if key is None else int(key, 36)


def profiles_of(pieces: list[list[str | None]], register: Register) -> list[list[int | None]]:
    desk = KeyDesk()

    def ask() -> list[list[int | None]]:
        try:
            asked = [desk.ask(pa.array(piece, pa.string())) for piece in pieces]
        finally:
            desk.leave()
        return [desk.profiles(numbers).to_pylist() for numbers in asked]

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        desk.serve(register)
        return asking.result()


keys = st.one_of(st.none(), st.text("0123456789ABCDEF", min_size=1, max_size=3))


@settings(deadline=None)
@given(st.lists(st.lists(keys, max_size=30), max_size=6), st.integers(1, 40))
def test_every_key_gets_its_profile_and_is_asked_for_once(pieces, together):
    register = Register()
    wanted = [[register.profile(key) for key in piece] for piece in pieces]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_desk, "_TOGETHER", together)
        assert profiles_of(pieces, register) == wanted
    assert sorted(register.asked) == sorted({key for piece in pieces for key in piece if key is not None})


def test_keys_with_one_hash_are_told_apart_by_the_other(monkeypatch):
    def colliding(self: TextHashes, texts: pa.Array, *, place: int = 0) -> np.ndarray:
        firsts = [len(text) for text in texts.to_pylist()]
        return np.array([firsts, [int(text, 36) for text in texts.to_pylist()]], np.uint64)

    monkeypatch.setattr(TextHashes, "of_column", colliding)
    pieces = [["A", "B", "A", "CC"], ["B", "C", None, "CC", "A"], ["C", "B"]]
    register = Register()
    assert profiles_of(pieces, register) == [[register.profile(key) for key in piece] for piece in pieces]
    assert set(register.asked) == {"A", "B", "C", "CC"}


def test_who_waits_is_let_go_when_registering_fails():
    desk = KeyDesk()

    def fail(_: list[str]) -> list[int]:
        raise OSError("no room")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: desk.profiles(desk.ask(pa.array(["a"]))))
        with pytest.raises(OSError, match="no room"):
            desk.serve(fail)
        with pytest.raises(EOFError):
            waiting.result()


def test_a_key_is_not_kept():
    desk = KeyDesk()
    desk.ask(pa.array(["13912345678"]))
    desk.leave()
    desk.serve(lambda keys: [1 for _ in keys])
    assert "13912345678" not in repr(vars(desk))
    assert KEY_HASHES.of_text("13912345678")[0] in desk._hashes[0].tolist()
