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
    assert "zhike import rejects" in done.stdout
    assert "date.unreadable" in done.stdout


def test_json_is_one_document_with_every_figure(shop, call):
    mapping = shop.file('[columns]\norder_id = "memo"\n', "map.toml")
    file = shop.file(f"{HEADER}\nA1,c1,2024-10-31,12,B1\n")
    report = json.loads(call(str(file), "--json", "--mapping", str(mapping), "--source", "jd").stdout)
    assert report.pop("run_id") > 0
    assert report == {
        "source": "jd",
        "file": str(file),
        "read_as": "CSV utf-8 ,",
        "records": 1,
        "inserted": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "skipped": 0,
        "walk_ins": 0,
        "rejects_file": None,
        "ignored_columns": ["order_id"],
        "reasons": {},
        "repairs": {},
    }
    assert shop.orders()["B1"]["source"] == "jd"


def test_a_wrong_request_is_left_to_the_command_line_to_say(shop, call):
    error = call(str(shop.files / "none.csv")).exception
    assert isinstance(error, UsageError)
    assert not isinstance(error, click.ClickException)


def test_a_dry_run_a_preset_and_a_repair_can_be_asked_for(shop):
    file = shop.file(
        "订单编号,买家会员名,订单创建时间,买家实际支付金额,订单状态\n1,c1,31/10/2024,12,交易成功\n"
    )
    arguments = ["orders", str(file), "--preset", "taobao", "--repair", "date_order=dmy"]
    with speaking("en"):
        dry = CliRunner().invoke(import_group, [*arguments, "--dry-run"], obj=shop.home)
    assert "a dry run: nothing was kept" in dry.stdout
    assert shop.version() == -1
    with speaking("en"):
        bare = CliRunner().invoke(import_group, [*arguments[:-2], "--dry-run"], obj=shop.home)
    assert "may be repaired by --repair date_order=dmy or --repair date_order=mdy" in bare.stdout
    for options, repairs in (
        (arguments[:-2], {"date.ambiguous": ["date_order=dmy", "date_order=mdy", "date_order=ymd"]}),
        (arguments, {}),
    ):
        told = CliRunner().invoke(import_group, [*options, "--dry-run", "--json"], obj=shop.home).stdout
        assert json.loads(told)["repairs"] == repairs
    report = json.loads(CliRunner().invoke(import_group, [*arguments, "--json"], obj=shop.home).stdout)
    assert (report["inserted"], shop.orders()["1"]["source"]) == (1, "taobao")


def test_new_people_are_to_be_searched_for_duplicates_and_that_is_said(shop):
    from zhike.customers.models import DuplicateScan

    file = shop.file("customer_id,name,phone\nC1,张伟,13917264530\n")
    arguments = ["customers", str(file), "--source", "till"]
    said = []
    with speaking("en"):
        for options in (["--dry-run"], [], []):
            said.append(CliRunner().invoke(import_group, [*arguments, *options], obj=shop.home).stdout)
    assert ["zhike customers scan" in each for each in said] == [False, True, False]
    assert DuplicateScan.objects.get().state == "queued"


def test_a_template_is_written_and_an_import_undone(shop):
    out = shop.files / "products.csv"
    done = CliRunner().invoke(import_group, ["template", "products", "--out", str(out)], obj=shop.home)
    assert done.exit_code == 0
    brought = CliRunner().invoke(import_group, ["products", str(out), "--json"], obj=shop.home)
    run = str(json.loads(brought.stdout)["run_id"])
    undone = CliRunner().invoke(import_group, ["undo", run, "--json"], obj=shop.home)
    assert json.loads(undone.stdout) == {"run_id": int(run), "removed": 2, "restored": 0}
    assert "撤销导入" in undone.stderr
    assert shop.facts("products") == []


def test_a_guessed_encoding_is_said_aloud(shop):
    header = "order_id,customer_id,ordered_at,amount,store\n"
    text = header + "A1,c1,2024-10-31,12,臺北忠孝東路門市與板橋倉庫\n"
    file = shop.file(text.encode("big5"))
    with speaking("en"):
        done = CliRunner().invoke(import_group, ["orders", str(file)], obj=shop.home)
    assert "the encoding is a guess" in done.stdout


def test_guesses_leave_an_import_that_is_under_way_alone(shop):
    from zhike.collect.services import guessed_columns

    busy = shop.home.path / "tmp" / "import-7"
    busy.mkdir(parents=True)
    file = shop.file(f"{HEADER}\nA1,c1,2024-10-31,12,x\n")
    guesses = guessed_columns(home=shop.home, kind="orders", file=file)
    assert [guess.field for guess in guesses] == ["order_id", "customer_id", "ordered_at", "amount", None]
    assert list((shop.home.path / "tmp").iterdir()) == [busy]
