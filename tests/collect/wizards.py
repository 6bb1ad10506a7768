"""Short ways through the steps of an import, as a browser without JavaScript would go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.collect.models import ImportRun, Upload

if TYPE_CHECKING:
    from django.test import Client

ORDERS = "订单号,客户编号,下单时间,实付金额,订单状态\n" + "".join(
    f"A{number},C{number % 3},2026-10-{number:02d} 10:00,{number}.50,{'交易完成' if number % 2 else '已取消'}\n"
    for number in range(1, 10)
)


@dataclass(frozen=True)
class Wizard:
    """Somebody signed in, at the pages of the import."""

    client: Client

    def upload(
        self, content: str | bytes, name: str = "orders.csv", *, kind: str = "orders", **more: Any
    ) -> Any:
        """The answer to the first form."""
        raw = content.encode() if isinstance(content, str) else content
        said = {"kind": kind, "preset": "", "source": "", **more, "file": SimpleUploadedFile(name, raw)}
        return self.client.post("/data/import/upload/", said)

    def uploaded(self, content: str | bytes, name: str = "orders.csv", **more: Any) -> Upload:
        response = self.upload(content, name, **more)
        assert response.status_code == 302, response.content.decode()
        made = Upload.objects.first()
        assert made is not None and response["Location"] == f"/data/import/{made.pk}/reading/"
        return made

    def read(self, upload: Upload, **said: str) -> Any:
        """The answer to “this reads right”."""
        return self.client.post(self.at(upload, "reading"), {"encoding": "", "sheet": "", **said})

    def proposed(self, upload: Upload) -> dict[str, str]:
        """The fields of the page of columns as they stand there."""
        html = self.client.get(self.at(upload, "columns")).content.decode()
        said = {}
        for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
            chosen = re.search(r'<option value="([^"]*)" selected', inner)
            said[name] = chosen[1] if chosen else ""
        for name, value in re.findall(r'type="checkbox" name="([^"]+)" value="([^"]*)" checked', html):
            said[name] = value
        for name, value in re.findall(r'<input type="hidden" name="(s[^"]+)" value="([^"]*)"', html):
            said[name] = value
        if source := re.search(r'name="source" value="([^"]*)"', html):
            said["source"] = source[1]
        return said

    def choose(self, upload: Upload, **changes: str) -> Any:
        """The answer to the page of columns, as proposed but for the changes (`column_2="amount"`)."""
        said = self.proposed(upload) | {name.replace("_", "-", 1): value for name, value in changes.items()}
        return self.client.post(self.at(upload, "columns"), said)

    def checked(self, upload: Upload, **changes: str) -> ImportRun:
        """The check after reading and columns were taken as they are."""
        assert self.read(upload).status_code == 302
        response = self.choose(upload, **changes)
        assert response.status_code == 302, response.content.decode()
        if response["Location"].endswith("/columns/"):
            response = self.choose(upload, **changes)
        assert response["Location"] == self.at(upload, "check")
        return self.work()

    def imported(self, upload: Upload) -> ImportRun:
        """The import after the check."""
        self.checked(upload)
        response = self.client.post(self.at(upload, "import"))
        run = self.work()
        assert response["Location"] == f"/data/import/runs/{run.pk}/"
        return run

    def work(self) -> ImportRun:
        """Do what waits, as the worker would; the run that was done."""
        from zhike.collect.tasks import import_upload

        run = ImportRun.objects.filter(state="queued").get()
        import_upload.func(run.pk)
        run.refresh_from_db()
        return run

    def undo(self) -> None:
        """Take back what waits for it, as the worker would."""
        from zhike.collect.models import ImportUndo
        from zhike.collect.tasks import undo_import

        undo_import.func(ImportUndo.objects.get(state="queued").pk)

    def page(self, path: str) -> str:
        html: str = self.client.get(path).content.decode()
        return html

    @staticmethod
    def at(upload: Upload, step: str) -> str:
        return f"/data/import/{upload.pk}/{step}/"


__all__ = ["ORDERS", "Wizard"]
