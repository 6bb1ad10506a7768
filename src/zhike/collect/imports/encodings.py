"""Which encoding a text file is in, proven over the whole of it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
_SAMPLE_BYTES = 1 << 18
_FEWEST_PAIRS = 12
_PLAIN = np.isin(np.arange(256), [*range(0x20, 0x7F), *b"\t\r\n"])


@dataclass(frozen=True, slots=True)
class TextFormat:
    """What one pass over the bytes told; `is_guessed` where other encodings would decode them as well."""

    encoding: str
    newline_count: int
    has_nul: bool
    is_guessed: bool = False


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
    """The encoding that decodes every byte: a byte order mark decides, else strict UTF-8, else strict GB18030.

    UTF-16 without a mark is known by the NULs beside its commas, digits and line ends.

    Big5 and EUC-KR are guessed by which characters GB18030 would make of the bytes, and marked as guessed.

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
    for encoding in marked or ("utf-8", "gb18030"):
        if encoding.startswith("utf-8") and (found := _utf_8(file, encoding)):
            return found
        scan = _scan(file, encoding)
        if scan.failed_at is None:
            if encoding == "gb18030":
                likeliest, is_guessed = _of_two_bytes(file)
                return TextFormat(likeliest, scan.newline_count, scan.has_nul, is_guessed)
            return TextFormat(encoding, scan.newline_count, scan.has_nul)
        failures[encoding] = scan.failed_at
        if scan.has_han:
            # Chinese that is valid UTF-8 is UTF-8: GB18030 would accept nearly any bytes and import nonsense.
            break
    raise _not_text(file, failures)


def _utf_8(file: InputFile, name: str) -> TextFormat | None:
    """What `_scan` tells of a file that is UTF-8 throughout, at a third of the time; None if it is not."""
    newline_count, has_nul, rest = 0, False, b""
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            newline_count += int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))
            has_nul = has_nul or b"\0" in block
            block = rest + block
            # No character goes on after a line feed.
            cut = block.rfind(b"\n") + 1
            rest = block[cut:]
            if len(rest) > _BLOCK_BYTES or not _is_utf_8(block[:cut]):
                return None
    return TextFormat(name, newline_count, has_nul) if _is_utf_8(rest) else None


def _is_utf_8(text: bytes) -> bool:
    try:
        pc.cast(pa.array([text], pa.binary()), pa.string())
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


def _of_two_bytes(file: InputFile) -> tuple[str, bool]:
    """GB18030, or what the bytes look like rather: Big5, EUC-KR, Windows-1252; and whether that is a guess.

    Chinese in GBK is nearly all of GB 2312, whose second bytes are all above A0: a third of those of Big5 are
    below. Korean stays within the first half of the Chinese characters, where Chinese text never stays for long.
    Letters with accents stand alone between letters, which pairs of GB 2312 never look like.
    """
    pairs, low, late, lead = 0, 0, 0, 0
    with file.open("rb") as stream:
        for byte in stream.read(_SAMPLE_BYTES):
            if lead:
                pairs, low, late = pairs + 1, low + (byte < 0xA1), late + (lead >= 0xC9)
                lead = 0
            elif byte >= 0x81:
                lead = byte
    if pairs and low == pairs and _has_lone_letters(file):
        return "cp1252", True
    if pairs < _FEWEST_PAIRS:
        # Too little to tell Big5 by: what is not of GB 2312 alone is said to be a guess, and can be chosen otherwise.
        return "gb18030", low > 0
    if low > pairs * 0.2 and _scan(file, "cp950").failed_at is None:
        return "cp950", True
    if low == 0 and late < pairs * 0.02 and _scan(file, "euc_kr").failed_at is None:
        return "cp949", True
    return "gb18030", False


def _has_lone_letters(file: InputFile) -> bool:
    """Whether every byte above ASCII is a letter of Windows-1252 next to one of ASCII, as in Müller or café."""
    if _scan(file, "cp1252").failed_at is not None:
        return False
    with file.open("rb") as stream:
        high = re.findall(rb"(.?)([\x80-\xff]+)(.?)", stream.read(_SAMPLE_BYTES), re.DOTALL)
    return all(
        len(letter) == 1 and letter >= b"\xc0" and (before.isalpha() or after.isalpha())
        for before, letter, after in high
    )


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
    names = {"utf-8-sig": "UTF-8"}
    zh = "，".join(
        f"按 {names.get(name, name.upper())} 读到第 {offset} 字节出错" for name, offset in failures.items()
    )
    en = ", ".join(
        f"as {names.get(name, name.upper())} it breaks at byte offset {offset}"
        for name, offset in failures.items()
    )
    return ZhikeError(
        "file.encoding",
        zh=f"{file} 的文字编码无法识别：{zh}。请用 Excel 另存为“CSV UTF-8”后再导入",
        en=f"the text encoding of {file} cannot be told: {en}. Save it as “CSV UTF-8” and import that",
    )
