"""What a refusal may say about the value that it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from zhike.kernel.errors import ZhikeError

_QUOTED = re.compile("“(.*?)”")


def refusal(door: Callable[..., object], *arguments: object, **named: object) -> ZhikeError:
    with pytest.raises(ZhikeError) as caught:
        door(*arguments, **named)
    return caught.value


def tells_little(refused: ZhikeError) -> bool:
    """Whether every value that the sentences quote is masked: two of its characters at most."""
    quoted = _QUOTED.findall(refused.text.zh) + _QUOTED.findall(refused.text.en)
    return all("***" in value and len(value) <= 5 for value in quoted)
