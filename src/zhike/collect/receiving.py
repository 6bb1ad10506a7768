"""Taking a file from a browser: sealed as it comes, and no more of it than is allowed."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from zhike.collect.imports.storage import open_private, write_private
from zhike.collect.uploads import LARGEST_UPLOAD


class PrivateUploadHandler(FileUploadHandler):
    """Seals what comes in a folder that only its owner can read; stops at `LARGEST_UPLOAD`.

    The rest of a file that is too large is read and dropped, so that the browser gets an answer.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._size = 0
        self._place: Path | None = None
        self._out: BinaryIO | None = None
        self.is_too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._place = self._folder / f"upload-{secrets.token_hex(16)}"
        self._out = write_private(self._place)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._out is not None
        self._size += len(raw_data)
        if self._size > LARGEST_UPLOAD:
            self.is_too_large = True
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        self._out.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        if self.is_too_large or self._out is None or self._place is None:
            return None
        self._out.close()
        return _Sealed(self._place, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        if self._out is not None:
            self._out.close()
        if self._place is not None:
            self._place.unlink(missing_ok=True)


class _Sealed(UploadedFile[Any]):
    """A file of the request, gone with it."""

    def __init__(self, place: Path, name: Any, content_type: Any, size: int, charset: Any) -> None:
        super().__init__(open_private(place), name, content_type, size, charset)
        self._place = place

    def close(self) -> None:
        super().close()
        self._place.unlink(missing_ok=True)
