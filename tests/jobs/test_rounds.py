"""Short work that the worker does again and again."""

from __future__ import annotations

import threading

from zhike.jobs.rounds import Round, RoundThreads, registered_rounds


def test_a_round_that_fails_is_tried_again() -> None:
    calls: list[int] = []
    is_done = threading.Event()

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the first time")
        is_done.set()

    threads = RoundThreads((Round("test", 0.001, work),))
    threads.start()
    assert is_done.wait(30)
    threads.stop()
    assert len(calls) >= 2


def test_stopping_waits_for_the_round_that_is_under_way() -> None:
    has_begun, may_end = threading.Event(), threading.Event()
    ended: list[bool] = []

    def work() -> None:
        has_begun.set()
        may_end.wait(30)
        ended.append(True)

    threads = RoundThreads((Round("test", 0.001, work),))
    threads.start()
    assert has_begun.wait(30)
    may_end.set()
    threads.stop()
    assert ended


def test_what_arrives_by_http_is_moved_by_a_round() -> None:
    assert "intake" in {round.name for round in registered_rounds()}
