"""What a file is called in a sentence: by the name that its owner knows, not by the one it is stored under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhike.kernel.errors import ZhikeError


@contextmanager
def called(file: Path, name: str, *, folder: Path) -> Iterator[None]:
    """Say `name` for the file, and for what is unpacked from it into `folder`, in every refusal."""
    try:
        yield
    except ZhikeError as error:
        stored = re.compile(rf"{re.escape(str(file))}|{re.escape(str(folder))}/unpacked\.\w+")
        zh, en = (stored.sub(lambda _: name, text) for text in (error.text.zh, error.text.en))
        raise type(error)(error.code, zh=zh, en=en) from error
