"""Taking a file from a browser: straight into the data folder, and no more of it than is allowed."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from zhike.collect.uploads import LARGEST_UPLOAD


class PrivateUploadHandler(FileUploadHandler):
    """Writes what comes into a folder that only its owner can read; stops at `LARGEST_UPLOAD`.

    The rest of a file that is too large is read and dropped, so that the browser gets an answer.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._size = 0
        self._out: Any = None
        self.is_too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._out = NamedTemporaryFile(dir=self._folder, prefix="upload-")  # noqa: SIM115 - closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > LARGEST_UPLOAD:
            self.is_too_large = True
            self._out.close()
            raise StopUpload(connection_reset=False)
        self._out.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        if self.is_too_large:
            return None
        self._out.seek(0)
        return UploadedFile(self._out, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        if self._out is not None:
            self._out.close()
