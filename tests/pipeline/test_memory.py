"""Memory that a refresh keeps for its next step goes back at the end, however it ended."""

from __future__ import annotations

import ctypes
import platform

import pytest

from zhike.kernel.memory import keeping_memory


class Allocator:
    """glibc's, as far as it is asked here."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def mallopt(self, parameter: int, value: int) -> int:
        self.calls.append(("mallopt", parameter, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.calls.append(("malloc_trim", pad, 0))
        return 1


@pytest.fixture
def allocator(monkeypatch: pytest.MonkeyPatch) -> Allocator:
    fake = Allocator()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: fake)
    return fake


def test_memory_goes_back_after_work_that_failed(
    allocator: Allocator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    with pytest.raises(ZeroDivisionError), keeping_memory():
        len(allocator.calls) // 0
    assert allocator.calls == [
        ("mallopt", -1, 1 << 30),
        ("mallopt", -3, 32 << 20),
        ("mallopt", -1, 64 << 20),
        ("malloc_trim", 0, 0),
    ]


def test_another_allocator_is_left_alone(allocator: Allocator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    with keeping_memory():
        pass
    assert allocator.calls == []


def test_the_allocator_of_this_machine_takes_the_settings() -> None:
    if platform.libc_ver()[0] == "glibc":
        c = ctypes.CDLL(None)
        assert c.mallopt(-1, 1 << 30) == c.mallopt(-3, 32 << 20) == c.mallopt(-1, 64 << 20) == 1
    with keeping_memory():
        assert len(bytes(50 << 20)) == 50 << 20
