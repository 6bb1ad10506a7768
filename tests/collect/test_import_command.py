"""`zhike import orders`: what is printed where, and the exit code."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner, Result

from zhike.collect.commands import import_group
from zhike.kernel.errors import UsageError
from zhike.kernel.words import speaking

HEADER = "order_id,customer_id,ordered_at,amount,memo"


@pytest.fixture
def call(shop):
    def called(*arguments: str) -> Result:
        return CliRunner().invoke(import_group, ["orders", *arguments], obj=shop.home)

    return called


def test_a_clean_import_ends_with_zero_and_prints_the_figures_on_standard_output(shop, call):
    with speaking("en"):
        done = call(str(shop.file(f"{HEADER}\nA1,c1,2024-10-31,12,x\n")))
    assert done.exit_code == 0
    assert "1 records (CSV utf-8 ,)" in done.stdout
    assert "columns not used: memo" in done.stdout
    assert "Reading the file" in done.stderr
    assert "Reading the file" not in done.stdout


def test_rejects_end_with_three_and_name_the_file(shop, call):
    file = str(shop.file(f"{HEADER}\nA1,c1,2024-10-31,12,x\nA2,c1,nie,12,x\n"))
    with speaking("zh"):
        done = call(file)
    assert done.exit_code == 3
    assert "拒绝的记录及原因" in done.stdout
    assert "date.unreadable" in done.stdout


def test_json_is_one_document_with_every_figure(shop, call):
    mapping = shop.file('[columns]\norder_id = "memo"\n', "map.toml")
    file = shop.file(f"{HEADER}\nA1,c1,2024-10-31,12,B1\n")
    report = json.loads(call(str(file), "--json", "--mapping", str(mapping), "--source", "jd").stdout)
    assert report.pop("run_id") > 0
    assert report == {
        "file": str(file),
        "read_as": "CSV utf-8 ,",
        "records": 1,
        "inserted": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "skipped": 0,
        "rejects_file": None,
        "ignored_columns": ["order_id"],
        "reasons": {},
    }
    assert shop.orders()["B1"]["source"] == "jd"


def test_a_wrong_request_is_left_to_the_command_line_to_say(shop, call):
    error = call(str(shop.files / "none.csv")).exception
    assert isinstance(error, UsageError)
    assert not isinstance(error, click.ClickException)
