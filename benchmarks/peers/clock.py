"""What every `with_*.py` does around its task: read, warm up, time, tell. Runs without anything of Zhike."""

import json
import os
import resource
import sys
import time

WARM_UP = 10_000
"""Customers of the run before the measured one: what is compiled and loaded at the first call is told apart."""

YEARLY_DISCOUNT = 0.1


class Clock:
    """Seconds of the steps of a task."""

    def __init__(self):
        self.seconds = {}
        self._since = time.perf_counter()

    def done(self, step):
        now = time.perf_counter()
        self.seconds[step] = round(now - self._since, 4)
        self._since = now


def measured(task):
    """Run `task(customers, clock) -> answer` twice, on a few rows of the file named first and on all; print JSON.

    The answer: `orders` and `amounts`, the parameters by name; `total` CLV; `steps`, the ends of the periods in weeks
    after which orders are discounted by `discount` each, none where it is continuous; `versions`.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(sys.argv[1])
    first, everybody = table.slice(0, WARM_UP).to_pandas(), table.to_pandas()
    started = time.perf_counter()
    task(first, Clock())
    warm_up = time.perf_counter() - started
    before = _processor_seconds()
    started, clock = time.perf_counter(), Clock()
    answer = task(everybody, clock)
    answer |= {
        "seconds": time.perf_counter() - started,
        "warm_up_seconds": warm_up,
        "steps_seconds": clock.seconds,
    }
    answer["cpu_seconds"] = _processor_seconds() - before
    answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Libraries print; what they say stays above.
    print("\n" + json.dumps(answer))


def _processor_seconds():
    return sum(os.times()[:2])
