"""ZIP containers, looked at before anything is unpacked: sizes, ratios and names that cannot be trusted."""

from __future__ import annotations

import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from zhike.collect.imports.storage import InputFile, SealedFile, write_private
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

LARGEST_FILE = 4 << 30
_LARGEST_WORKBOOK = 768 << 20
# Text packs ten times, a table of one repeated row a hundred times; bombs a thousand times and more.
_HIGHEST_RATIO = 250
_SMALL = 8 << 20
_BLOCK_BYTES = 1 << 20
_MOST_CELLS = 25_000_000
_MOST_COLUMNS = 16_384
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"')
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_OVERLAP = 256
_NO_CONTENTS = Text("文件末尾的目录读不出来", "the list of its contents, at its end, cannot be read")


def is_workbook(file: InputFile) -> bool:
    """Whether a ZIP container is an Excel workbook.

    Raises
    ------
    ZhikeError
        ``file.damaged``.
    """
    with _opened(file) as archive:
        names = set(archive.namelist())
        return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def check_workbook(file: InputFile) -> None:
    """Refuse a workbook whose content is out of proportion, before it is opened.

    Every part is unpacked once to nowhere: the sizes that a container states may be false, and so may the
    dimension that a sheet states.

    Raises
    ------
    ZhikeError
        ``file.too_large``, ``file.unsafe``, ``file.damaged``.
    """
    with _opened(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _refuse_bomb(file, members, _LARGEST_WORKBOOK)
        total = 0
        for member in members:
            is_sheet = member.filename.startswith("xl/worksheets/")
            extent = _Extent(file)
            for block in _blocks(file, archive, member):
                total += len(block)
                if total > _LARGEST_WORKBOOK:
                    raise _too_large(file)
                if member.filename.endswith((".xml", ".rels")):
                    extent.look_at(block, with_cells=is_sheet)


def unpacked(file: InputFile, folder: Path, *, endings: tuple[str, ...]) -> SealedFile:
    """The one file of a known kind in an archive, sealed in `folder` under a name of our own.

    Raises
    ------
    UsageError
        ``archive.content`` for none or several files.
    ZhikeError
        ``file.too_large``, ``file.unsafe``, ``file.locked``, ``file.damaged``.
    """
    with _opened(file) as archive:
        members = [member for member in archive.infolist() if not _is_beside(member)]
        wanted = _of_data([each for each in members if _ending(each) in endings])
        if len(wanted) != 1 or len(members) > 1000:
            raise _not_one(file, [each.filename for each in wanted], endings)
        (member,) = wanted
        _refuse_bomb(file, [member], LARGEST_FILE)
        place = folder / f"unpacked-{secrets.token_hex(8)}.sealed"
        with write_private(place) as out:
            for block in _blocks(file, archive, member):
                out.write(block)
    return SealedFile(place, str(file), _ending(member))


def _of_data(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files without the notes beside them: a text file is one where there is a file of another kind."""
    return [each for each in members if _ending(each) != ".txt"] or members


def _ending(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def file_count(file: InputFile) -> int:
    """How many files an archive has, but for what systems put beside them."""
    with _opened(file) as archive:
        return sum(not _is_beside(member) for member in archive.infolist())


class _Extent:
    """How far the cells of a sheet reach: a cell far out makes a reader hold all that lies between."""

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self._rest = b""
        self._columns = self._rows = 0
        self._first_row = 0

    def look_at(self, block: bytes, *, with_cells: bool) -> None:
        text = self._rest + block
        self._rest = text[-_OVERLAP:]
        if _DOCTYPE.search(text):
            raise ZhikeError(
                "file.unsafe",
                zh=f"{self._file} 里有文档类型声明，正常的工作簿没有；没有打开",
                en=f"{self._file} declares a document type, which no proper workbook does; it was not opened",
            )
        if not with_cells:
            return
        for letters, digits in _CELL.findall(text):
            row = int(digits)
            self._first_row = self._first_row or row
            self._rows = max(self._rows, row - self._first_row + 1)
            self._columns = max(self._columns, _column_number(letters))
        if self._columns > _MOST_COLUMNS or self._rows * self._columns > _MOST_CELLS:
            raise _too_large(self._file)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _refuse_bomb(file: InputFile, members: list[zipfile.ZipInfo], largest: int) -> None:
    for member in members:
        if member.flag_bits & 1:
            raise locked(file)
        if member.file_size > _SMALL and member.file_size > _HIGHEST_RATIO * max(member.compress_size, 1):
            raise _too_large(file)
    if sum(member.file_size for member in members) > largest:
        raise _too_large(file)


def _blocks(file: InputFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    size, name = 0, PurePosixPath(member.filename).name[:80]
    place = Text(f"里面的“{name}”读不完", f"“{name}” in it cannot be read to its end")
    with _said_clearly(file, place), archive.open(member) as stream:
        while block := stream.read(_BLOCK_BYTES):
            size += len(block)
            if size > _SMALL and size > _HIGHEST_RATIO * max(member.compress_size, 1):
                raise _too_large(file)
            yield block


def _is_beside(member: zipfile.ZipInfo) -> bool:
    """Folders, and what systems put beside the file."""
    path = PurePosixPath(member.filename)
    return member.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name.startswith(".")


@contextmanager
def _opened(file: InputFile) -> Iterator[zipfile.ZipFile]:
    with file.open("rb") as stream:
        with _said_clearly(file, _NO_CONTENTS):
            archive = zipfile.ZipFile(stream)
        with archive:
            yield archive


@contextmanager
def _said_clearly(file: InputFile, place: Text) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, zipfile.LargeZipFile) as error:
        raise damaged(file, place) from error
    except RuntimeError as error:  # zipfile asks for a password.
        raise locked(file) from error
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma"):
            raise damaged(file, place) from error
        raise


def damaged(file: InputFile, place: Text) -> ZhikeError:
    """A file that is not whole; `place` says where that shows, in words of ours: those of libraries help nobody."""
    return ZhikeError(
        "file.damaged",
        zh=f"{file} 已损坏或没有下载完整：{place.zh}。没有导入任何数据；请重新下载，或从原来的系统重新导出后再导入",
        en=f"{file} is damaged or was not downloaded whole: {place.en}. Nothing was imported; download it again, or "
        "export it again from where it comes from",
    )


def locked(file: InputFile) -> ZhikeError:
    """A file behind a password."""
    return ZhikeError(
        "file.locked",
        zh=f"{file} 有密码。请在 Excel 或压缩软件里去掉密码后再导入",
        en=f"{file} has a password. Take it off in Excel or in the archiver, then import it",
    )


def _too_large(file: InputFile) -> ZhikeError:
    return ZhikeError(
        "file.too_large",
        zh=f"{file} 解开后过大，或压缩比不正常，没有打开。请拆成几个文件，或导出为 CSV",
        en=f"unpacked, {file} is too large or out of proportion, so it was not opened. Split it, or export CSV",
    )


def _not_one(file: InputFile, found: list[str], endings: tuple[str, ...]) -> UsageError:
    names = ", ".join(name[-60:] for name in found[:5]) or "–"
    return UsageError(
        "archive.content",
        zh=f"{file} 里应恰好有一个数据文件（{' '.join(endings)}），现在有：{names}",
        en=f"{file} must have exactly one file of data ({' '.join(endings)}); it has: {names}",
    )
