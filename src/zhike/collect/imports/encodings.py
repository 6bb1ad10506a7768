"""Which encoding a text file is in, proven over the whole of it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhike.collect.imports.likeliest import likelier_than_utf_8, likeliest
from zhike.collect.imports.storage import InputFile
from zhike.kernel.errors import UsageError, ZhikeError

# What is looked at more than once stays near the processor.
_BLOCK_BYTES = 1 << 18
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TWO_HAN = re.compile(
    "[\u2e80-\u9fff\uff00-\uffef][^\u2e80-\u9fff\uff00-\uffef]*[\u2e80-\u9fff\uff00-\uffef]"
)


# What `--encoding` takes, folded → Python's name.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "cp950",
    "cp950": "cp950",
    "big5-hkscs": "big5hkscs",
    "euc-kr": "cp949",
    "cp949": "cp949",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "latin-1": "latin-1",
    "cp1252": "cp1252",
}
_FEW_BYTES = 16
# What people call them, where that is not Python's name.
_NAMES = {"utf-8-sig": "utf-8", "cp950": "big5", "cp949": "euc-kr", "cp932": "shift_jis"}
_PLAIN = np.isin(np.arange(256), [*range(0x20, 0x7F), *b"\t\r\n"])


@dataclass(frozen=True, slots=True)
class TextFormat:
    """What the bytes told.

    `is_guessed` where other encodings would decode them as well and nothing but likelihood speaks against them; `others`
    are those that are nearly as likely.
    """

    encoding: str
    newline_count: int
    has_nul: bool
    is_guessed: bool = False
    others: tuple[str, ...] = ()


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


def text_format(file: InputFile, encoding: str | None = None) -> TextFormat:
    """The encoding that decodes every byte: a byte order mark decides, else strict UTF-8, else what is likeliest.

    UTF-16 without a mark is known by the NULs beside its commas, digits and line ends.

    GB18030, Big5, EUC-KR, Shift JIS and Windows-1252 are told by the characters that come out (`likeliest`); all but a
    GB18030 beyond doubt are marked as guessed.

    Parameters
    ----------
    encoding
        The only one to be tried, by a name of `ENCODINGS`.

    Raises
    ------
    UsageError
        ``encoding.unknown``.
    ZhikeError
        ``file.encoding``, with the offset of the first byte that does not fit.
    """
    if encoding is not None:
        return _told_format(file, encoding)
    with file.open("rb") as stream:
        start = stream.read(_BLOCK_BYTES)
    marked = [name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)]
    if not marked and (unmarked := _unmarked_utf_16(start)):
        marked = [unmarked]
    failures: dict[str, int] = {}
    for encoding in marked or ("utf-8",):
        if encoding.startswith("utf-8") and (found := _utf_8(file, encoding)):
            return found
        scan = _scan(file, encoding)
        if scan.failed_at is None:
            return TextFormat(encoding, scan.newline_count, scan.has_nul)
        failures[encoding] = scan.failed_at
        # Chinese that is valid UTF-8 is UTF-8: GB18030 would accept nearly any bytes and import nonsense.
        if marked or scan.has_han:
            raise _not_text(file, failures)
    return _without_mark(file, failures)


def _without_mark(file: InputFile, failures: dict[str, int]) -> TextFormat:
    """The likeliest of the encodings that give no sign of themselves; it must decode all of the file."""
    found = likeliest(file)
    if found.encoding in failures:
        raise _not_text(file, failures)
    scan = _scan(file, found.encoding)
    if scan.failed_at is not None:
        raise _not_text(file, {**failures, found.encoding: scan.failed_at})
    others = tuple(name for name in found.others if _scan(file, name).failed_at is None)
    # Only GB18030 is taken without a word: of the others hardly any file comes here.
    is_guessed = found.encoding != "gb18030" or not found.is_sure
    return TextFormat(found.encoding, scan.newline_count, scan.has_nul, is_guessed, others)


def _utf_8(file: InputFile, name: str) -> TextFormat | None:
    """What `_scan` tells of a file that is UTF-8 throughout, at a third of the time; None if it is not."""
    newline_count, has_nul, high_count, rest = 0, False, 0, b""
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            bytes_ = np.frombuffer(block, np.uint8)
            newline_count += int(np.count_nonzero(bytes_ == ord("\n")))
            if high_count <= _FEW_BYTES:
                high_count += int(np.count_nonzero(bytes_ >= 0x80))
            has_nul = has_nul or b"\0" in block
            block = rest + block
            # No character goes on after a line feed.
            cut = block.rfind(b"\n") + 1
            rest = block[cut:]
            if len(rest) > _BLOCK_BYTES or not _is_utf_8(block[:cut]):
                return None
    if not _is_utf_8(rest):
        return None
    # A character or two of another encoding may happen to be valid.
    is_little = name == "utf-8" and 0 < high_count <= _FEW_BYTES
    others = likelier_than_utf_8(file) if is_little else ()
    return TextFormat(name, newline_count, has_nul, bool(others), others)


def _is_utf_8(text: bytes) -> bool:
    whole = pa.array([0, len(text)], pa.int32()).buffers()[1]
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, whole, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _told_format(file: InputFile, name: str) -> TextFormat:
    encoding = ENCODINGS.get(name.strip().lower())
    if encoding is None:
        raise UsageError(
            "encoding.unknown",
            zh=f"不认识编码“{name}”；可用：{'、'.join(ENCODINGS)}",
            en=f"unknown encoding “{name}”; known: {', '.join(ENCODINGS)}",
        )
    if encoding == "utf-8":
        with file.open("rb") as stream:
            encoding = "utf-8-sig" if stream.read(3) == codecs.BOM_UTF8 else encoding
    if encoding.startswith("utf-16"):
        encoding = _told_utf_16(file, encoding)
    scan = _scan(file, encoding)
    if scan.failed_at is not None:
        raise _not_text(file, {encoding: scan.failed_at})
    return TextFormat(encoding, scan.newline_count, scan.has_nul)


def _told_utf_16(file: InputFile, encoding: str) -> str:
    """With the byte order that the file shows: its mark decides, then what was told, then its NULs."""
    with file.open("rb") as stream:
        start = stream.read(_BLOCK_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return (_unmarked_utf_16(start) or encoding) if encoding == "utf-16" else encoding


def _unmarked_utf_16(start: bytes) -> str | None:
    """The byte order of UTF-16, if at least a quarter of the pairs are a NUL and an ASCII character of text."""
    pairs = np.frombuffer(start[: len(start) // 2 * 2], np.uint8).reshape(-1, 2)
    little = int(np.count_nonzero(_PLAIN[pairs[:, 0]] & (pairs[:, 1] == 0)))
    big = int(np.count_nonzero(_PLAIN[pairs[:, 1]] & (pairs[:, 0] == 0)))
    if max(little, big) < max(len(pairs) / 4, 2) or min(little, big) * 10 > max(little, big):
        return None
    return "utf-16-le" if little > big else "utf-16-be"


def known_name(encoding: str) -> str:
    """What people call an encoding that Python has another name for."""
    return _NAMES.get(encoding, encoding)


def _scan(file: InputFile, encoding: str) -> _Scan:
    scan = _Scan()
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with file.open("rb") as stream:
        offset = 0
        while True:
            block = stream.read(_BLOCK_BYTES)
            pending = decoder.getstate()[0]
            try:
                scan.take(decoder.decode(block, final=not block))
            except UnicodeError as error:
                if not isinstance(error, UnicodeDecodeError):
                    # UTF-16 without a byte order mark: nothing of it was read.
                    scan.failed_at = offset
                    return scan
                good = error.object[: error.start]
                scan.failed_at = offset - len(pending) + error.start
                scan.take(good.decode(encoding, "ignore"))
                return scan
            if not block:
                return scan
            offset += len(block)


def _not_text(file: InputFile, failures: dict[str, int]) -> ZhikeError:
    zh = "，".join(
        f"按 {known_name(name).upper()} 读到第 {offset} 字节出错" for name, offset in failures.items()
    )
    en = ", ".join(
        f"as {known_name(name).upper()} it breaks at byte offset {offset}"
        for name, offset in failures.items()
    )
    return ZhikeError(
        "file.encoding",
        zh=f"{file} 的文字编码无法识别：{zh}。请用 Excel 另存为“CSV UTF-8”后再导入",
        en=f"the text encoding of {file} cannot be told: {en}. Save it as “CSV UTF-8” and import that",
    )
