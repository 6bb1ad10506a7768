"""Marks for what one engine cannot do yet: each says why, and fails on the day that it can.

`notimpl`: Ibis could compile it, but does not. `notyet`: the engine itself cannot. `never`: it makes no sense there.
"""

from __future__ import annotations

from functools import partial

import pytest


def _gap(kind: str, reason: str, *, raises: type[Exception]) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, raises=raises, reason=f"{kind}: {reason}")


notimpl = partial(_gap, "notimpl")
notyet = partial(_gap, "notyet")
never = partial(_gap, "never")
