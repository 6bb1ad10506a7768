"""What one thread gives in pieces another takes in pieces of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from zhike.collect.imports.destinations.handover import Handover


def test_numbers_come_in_their_order_whatever_the_pieces():
    handover = Handover()
    for piece in ([1], [2, None, 4], [], [5, 6]):
        handover.give(pa.array(piece, pa.int64()))
    assert [handover.take(count).to_pylist() for count in (0, 2, 3, 1)] == [[], [1, 2], [None, 4, 5], [6]]


def test_who_waits_is_let_go_when_no_more_comes():
    handover = Handover()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(handover.take, 2)
        handover.give(pa.array([1], pa.int64()))
        handover.end()
        with pytest.raises(EOFError):
            waiting.result()
