"""Which encoding a text file is in, proven over the whole of it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from zhike.kernel.errors import ZhikeError

_BLOCK_BYTES = 1 << 20
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TWO_HAN = re.compile(
    "[\u2e80-\u9fff\uff00-\uffef][^\u2e80-\u9fff\uff00-\uffef]*[\u2e80-\u9fff\uff00-\uffef]"
)


@dataclass(frozen=True, slots=True)
class TextFormat:
    """What one pass over the bytes told."""

    encoding: str
    newline_count: int
    has_nul: bool


@dataclass(slots=True)
class _Scan:
    newline_count: int = 0
    has_nul: bool = False
    has_han: bool = False
    failed_at: int | None = None

    def take(self, text: str) -> None:
        self.newline_count += text.count("\n")
        self.has_nul = self.has_nul or "\0" in text
        if not self.has_han and not text.isascii():
            self.has_han = _TWO_HAN.search(text) is not None


def text_format(file: Path) -> TextFormat:
    """The encoding that decodes every byte: a byte order mark decides, else strict UTF-8, else strict GB18030.

    Raises
    ------
    ZhikeError
        ``file.encoding``, with the offset of the first byte that does not fit.
    """
    with file.open("rb") as stream:
        start = stream.read(4)
    marked = [name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)]
    failures: dict[str, int] = {}
    for encoding in marked or ("utf-8", "gb18030"):
        scan = _scan(file, encoding)
        if scan.failed_at is None:
            return TextFormat(encoding, scan.newline_count, scan.has_nul)
        failures[encoding] = scan.failed_at
        if scan.has_han:
            # Chinese that is valid UTF-8 is UTF-8: GB18030 would accept nearly any bytes and import nonsense.
            break
    raise _not_text(file, failures)


def _scan(file: Path, encoding: str) -> _Scan:
    scan = _Scan()
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with file.open("rb") as stream:
        offset = 0
        while True:
            block = stream.read(_BLOCK_BYTES)
            pending = decoder.getstate()[0]
            try:
                scan.take(decoder.decode(block, final=not block))
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                scan.failed_at = offset - len(pending) + error.start
                scan.take(good.decode(encoding, "ignore"))
                return scan
            if not block:
                return scan
            offset += len(block)


def _not_text(file: Path, failures: dict[str, int]) -> ZhikeError:
    names = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}
    zh = "，".join(f"按 {names[name]} 读到第 {offset} 字节出错" for name, offset in failures.items())
    en = ", ".join(f"as {names[name]} it breaks at byte offset {offset}" for name, offset in failures.items())
    return ZhikeError(
        "file.encoding",
        zh=f"{file} 的文字编码无法识别：{zh}。请用 Excel 另存为“CSV UTF-8”后再导入",
        en=f"the text encoding of {file} cannot be told: {en}. Save it as “CSV UTF-8” and import that",
    )
