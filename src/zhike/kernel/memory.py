"""What the process does with memory that it no longer needs."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Of `mallopt`, from <malloc.h>.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_EVERYTHING = 1 << 30
# Where glibc itself arrives after a while with large blocks; it takes no larger number for the second.
_USUAL_TRIM, _MOST_MMAP = 64 << 20, 32 << 20


def choose_arrow_memory() -> None:
    """What one thread frees another one takes again: an import needs 50 MB less than with Arrow's usual allocator.

    Before Arrow is loaded, which looks for these names.
    """
    if sys.platform == "linux":
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
        os.environ.setdefault("JE_ARROW_MALLOC_CONF", "narenas:1")


@contextmanager
def keeping_memory() -> Iterator[None]:
    """For work that takes and frees gigabytes: what is freed stays here for the next step, and is given back at the end.

    Otherwise glibc gives large blocks back at once, and the system has to find and empty pages for the next ones, which in a
    virtual machine may take as long as the work. Where the allocator is another one, nothing happens.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    c = ctypes.CDLL(None)
    c.mallopt(_TRIM_THRESHOLD, _EVERYTHING)
    c.mallopt(_MMAP_THRESHOLD, _MOST_MMAP)
    try:
        yield
    finally:
        c.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM)
        c.malloc_trim(0)
