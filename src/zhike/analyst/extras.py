"""Libraries that Zhike itself does not need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text


def extra(module: str, *, said: str, install: str, instead: Text) -> Any:
    """A library that may not be there.

    Raises
    ------
    ZhikeError
        ``NAME.missing``, with how to install it and what does without it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ZhikeError(
            f"{module.partition('.')[0]}.missing",
            zh=f"没有安装 {said}。运行 pip install {install} 安装，或改用 {instead.zh}",
            en=f"{said} is not installed. Install it by pip install {install}, or use {instead.en}",
        ) from error
