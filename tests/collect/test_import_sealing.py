"""Whatever is imported, and however: nothing of it stands open in the data folder, at any moment."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.canaries import found_in
from tests.collect.wizards import Wizard
from zhike.collect.imports import storage
from zhike.collect.keeping import keep_tidy
from zhike.collect.models import ImportRun, Upload
from zhike.customers.services.key_rotation import rotate_keys
from zhike.customers.vault import open_key_ring
from zhike.jobs.progress import Silent
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text

pytestmark = pytest.mark.django_db

NAME, PHONE, BAD = "柳如烟波", "13900007777", "call-13900007777-x"
HEADER = ["客户编号", "姓名", "手机号"]
ROWS = [["C1", NAME, PHONE], ["C2", NAME, BAD]]
TEXT = "\n".join(",".join(row) for row in [HEADER, *ROWS]) + "\n"


def zipped(content: bytes, name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def workbook() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADER, *ROWS]):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def parquet() -> bytes:
    made = io.BytesIO()
    columns = zip(*ROWS, strict=True)
    pq.write_table(pa.table(dict(zip(HEADER, map(list, columns), strict=True))), made, compression="none")
    return made.getvalue()


def ndjson() -> bytes:
    import json

    lines = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ROWS]
    return "\n".join(lines).encode()


FILES = {
    "people.csv": TEXT.encode(),
    "gbk.csv": TEXT.encode("gb18030"),
    "people.ndjson": ndjson(),
    "people.xlsx": workbook(),
    "people.parquet": parquet(),
    "csv.zip": zipped(TEXT.encode(), "会员.csv"),
    "xlsx.zip": zipped(workbook(), "会员.xlsx"),
    "parquet.zip": zipped(parquet(), "会员.parquet"),
}


class Watch:
    """Looks into every file whenever an import reports how far it is."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.found, self.seen = folder, set[tuple[str, str]](), set[str]()

    def report(self, stage: Text, done: int, total: int, message: str = "") -> None:
        self.found |= found_in(self._folder, (NAME, PHONE))
        self.seen |= {each.name.partition("-")[0] for each in self._folder.glob("tmp/*/*")}


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_an_upload_is_open_before_while_and_after_it_is_imported(
    wizard: Wizard, home: Home, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(home.path)
    monkeypatch.setattr("zhike.collect.tasks.LogProgress", lambda: watch)
    upload = wizard.uploaded(FILES[name], name, kind="customers")
    watch.report(Text("", ""), 0, 0)
    run = wizard.imported(upload)
    watch.report(Text("", ""), 0, 0)
    assert (run.inserted, run.rejected) == (1, 1)
    assert watch.found == set()
    assert {"staged", "rejects"} <= watch.seen
    assert ("unpacked" in watch.seen) == name.endswith(".zip")
    response = wizard.client.post(f"/data/import/runs/{run.pk}/rejects/")
    assert BAD in b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_an_upload_is_sealed_while_it_comes(
    wizard: Wizard, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(home.path)
    from zhike.collect.receiving import PrivateUploadHandler

    real = PrivateUploadHandler.file_complete

    def watched(self: PrivateUploadHandler, size: int) -> Any:
        done = real(self, size)
        assert [each.name.partition("-")[0] for each in home.path.glob("tmp/*")] == ["upload"]
        watch.report(Text("", ""), 0, 0)
        return done

    monkeypatch.setattr(PrivateUploadHandler, "file_complete", watched)
    wizard.uploaded(TEXT, "people.csv", kind="customers")
    assert watch.found == set()
    assert list(home.path.glob("tmp/*")) == []


def test_an_upload_in_the_place_of_another_is_refused(wizard: Wizard, home: Home) -> None:
    one, other = wizard.uploaded(TEXT, kind="customers"), wizard.uploaded(TEXT, kind="customers")
    folder = home.path / "uploads"
    (folder / one.stored_name).replace(folder / other.stored_name)
    html = wizard.page(wizard.at(other, "reading"))
    assert 'role="alert"' in html and NAME not in html
    (folder / other.stored_name).write_text(TEXT, encoding="utf-8")
    html = wizard.page(wizard.at(other, "reading"))
    assert 'role="alert"' in html and NAME not in html


def test_files_outlive_a_change_of_keys(wizard: Wizard, home: Home) -> None:
    run = wizard.imported(wizard.uploaded(TEXT, kind="customers"))
    waiting = wizard.uploaded(TEXT.replace("C1", "C3"), kind="customers")
    rotate_keys(home=home, progress=Silent())
    assert set(open_key_ring(home).keys) == {2}
    response = wizard.client.post(f"/data/import/runs/{run.pk}/rejects/")
    assert BAD in b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert wizard.imported(waiting).inserted == 1


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    real = clock.now()
    monkeypatch.setattr("zhike.kernel.clock.now", lambda: real + timedelta(days=days))


def test_rejected_records_are_deleted_after_their_time_and_the_page_says_so(
    wizard: Wizard, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = wizard.imported(wizard.uploaded(TEXT, kind="customers"))
    page = f"/data/import/runs/{run.pk}/"
    assert "这些记录保存到" in wizard.page(page)
    later(monkeypatch, 29)
    keep_tidy(home=home)
    assert wizard.client.post(f"{page}rejects/").status_code == 200
    later(monkeypatch, 2)
    keep_tidy(home=home)
    assert wizard.client.post(f"{page}rejects/").status_code == 404
    html = wizard.page(page)
    assert "已不再保存" in html and f"{page}rejects/" not in html and PHONE not in html
    run.refresh_from_db()
    assert (run.rejected, run.reasons) == (1, {"contact.phone": 1})
    assert list(home.rejects.iterdir()) == []


def test_how_long_files_are_kept_is_a_setting(
    wizard: Wizard, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.settings_file.open("a", encoding="utf-8") as settings_file:
        settings_file.write("[imports]\nupload_days = 1\nreject_days = 2\n")
    run = wizard.imported(wizard.uploaded(TEXT, kind="customers"))
    upload = wizard.uploaded(TEXT.replace("C1", "C3"), kind="customers")
    later(monkeypatch, 1)
    Upload.objects.filter(pk=upload.pk).update(uploaded_at=clock.now() - timedelta(days=1, hours=1))
    keep_tidy(home=home)
    upload.refresh_from_db()
    run.refresh_from_db()
    assert upload.removed_at is not None and run.rejects_file
    later(monkeypatch, 2)
    keep_tidy(home=home)
    run.refresh_from_db()
    assert run.rejects_file == ""
    with home.settings_file.open("a", encoding="utf-8") as settings_file:
        settings_file.write("reject_days = 0\n".replace("reject_days", "other_days"))
    with pytest.raises(ZhikeError):
        keep_tidy(home=home)


def test_what_was_cut_off_is_cleared_away_and_what_is_young_or_wanted_stays(
    wizard: Wizard, home: Home
) -> None:
    run = wizard.imported(wizard.uploaded(TEXT, kind="customers"))
    upload = wizard.uploaded(TEXT.replace("C1", "C3"), kind="customers")
    wanted = {home.rejects / run.rejects_file, home.path / "uploads" / upload.stored_name}
    litter = {
        home.path / "uploads" / "litter.sealed",
        home.rejects / "99-litter.csv.sealed",
        home.path / "tmp" / "upload-litter",
    }
    for file in litter:
        file.write_bytes(b"x")
    for folder in ("look-litter", "import-99"):
        (home.path / "tmp" / folder).mkdir()
        (home.path / "tmp" / folder / "file").write_bytes(b"x")
    keep_tidy(home=home)
    assert all(file.exists() for file in wanted | litter)
    assert not (home.path / "tmp" / "import-99").exists()
    for file in [*wanted, *litter, home.path / "tmp" / "look-litter"]:
        os.utime(file, (0, 0))
    keep_tidy(home=home)
    assert all(file.exists() for file in wanted)
    assert not any(file.exists() for file in litter)
    assert list((home.path / "tmp").iterdir()) == []


def test_a_sealed_file_that_was_never_finished_is_refused(home: Home, settings: Any) -> None:
    settings.ZHIKE_HOME = home
    file = home.path / "cut"
    with pytest.raises(TypeError), storage.write_private(file) as out:
        out.writelines([b"x" * 5_000_000, "no bytes"])  # type: ignore[list-item]
    with pytest.raises(ZhikeError) as refused:
        storage.open_private(file)
    assert refused.value.code == "vault.file_damaged"


def test_an_import_of_the_command_line_leaves_the_file_of_the_user_as_it_is(shop: Any, settings: Any) -> None:
    settings.ZHIKE_HOME = shop.home
    file = shop.file(TEXT, "people.csv")
    report = shop.bring_kind("customers", file)
    assert report.rejected == 1 and file.read_text(encoding="utf-8") == TEXT
    assert found_in(shop.home.path, (NAME, PHONE)) == set()
    assert ImportRun.objects.get(pk=report.run_id).rejects_file == report.rejects_file.name
