"""Rows are of the source under which such files came in before, unless somebody says another: else they would count twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.collect.wizards import ORDERS, Wizard
from zhike.collect.commands import import_group
from zhike.collect.models import ImportRun, Upload
from zhike.customers.records import BY_HAND
from zhike.kernel.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "orders.csv"
    made.write_text(ORDERS, encoding="utf-8")
    return made


def brought(home: Home, file: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(import_group, ["orders", str(file), "--json", *options], obj=home)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def counts(report: dict[str, Any]) -> tuple[str, int, int]:
    return report["source"], report["inserted"], report["unchanged"]


def test_the_command_takes_the_source_of_the_last_such_file(home: Home, file: Path) -> None:
    assert counts(brought(home, file, "--source", "jd", "--dry-run")) == ("jd", 9, 0)
    # A dry run and a file that was taken back say nothing of the next.
    first = brought(home, file, "--source", "tmall")
    CliRunner().invoke(import_group, ["undo", str(first["run_id"])], obj=home)
    assert counts(brought(home, file, "--dry-run")) == ("orders", 9, 0)
    assert counts(brought(home, file, "--source", "jd")) == ("jd", 9, 0)
    assert counts(brought(home, file)) == ("jd", 0, 9)
    assert counts(brought(home, file, "--source", "tmall")) == ("tmall", 9, 0)
    other = file.with_name("other.csv")
    other.write_text(ORDERS.replace("订单状态", "status"), encoding="utf-8")
    assert counts(brought(home, other, "--dry-run")) == ("orders", 9, 0)


def test_a_preset_brings_its_source_and_the_next_file_has_it_without(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "taobao.csv"
    CliRunner().invoke(import_group, ["template", "taobao", "--out", str(file)], obj=home)
    assert counts(brought(home, file, "--preset", "taobao")) == ("taobao", 2, 0)
    assert counts(brought(home, file)) == ("taobao", 0, 2)


def test_the_page_of_columns_proposes_the_source_and_takes_another(
    wizard: Wizard, home: Home, file: Path
) -> None:
    brought(home, file, "--source", "jd")
    upload = wizard.uploaded(ORDERS)
    run = wizard.checked(upload)
    assert (run.source, run.unchanged) == ("jd", 9)
    # Said otherwise: checked anew, and imported as that.
    assert wizard.choose(upload, source="tmall").status_code == 302
    run = wizard.work()
    assert (run.source, run.inserted) == ("tmall", 9)
    wizard.client.post(wizard.at(upload, "import"))
    assert wizard.work().source == "tmall"


def test_what_was_said_with_the_file_stays(wizard: Wizard, home: Home, file: Path) -> None:
    brought(home, file, "--source", "jd")
    upload = wizard.uploaded(ORDERS, source="my shop")
    assert wizard.proposed(upload)["source"] == "my shop"
    assert wizard.client.get(wizard.at(upload, "columns"), {"preset": "youzan"}).status_code == 200
    assert wizard.checked(upload).source == "my shop"


def test_a_preset_chosen_with_the_columns_brings_its_source(wizard: Wizard) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    assert wizard.proposed(upload)["source"] == "orders"
    html = wizard.client.get(wizard.at(upload, "columns"), {"preset": "youzan"}).content.decode()
    assert 'name="source" value="youzan"' in html


@pytest.mark.parametrize("said", ["", "   ", BY_HAND, "x" * 41])
def test_a_source_that_is_none_is_refused_where_it_was_typed(wizard: Wizard, said: str) -> None:
    upload = wizard.uploaded(ORDERS)
    wizard.read(upload)
    response = wizard.choose(upload, source=said)
    assert response.status_code == 422 and "来源名" in response.content.decode()
    assert not ImportRun.objects.exists() and Upload.objects.get().mapping is None
