"""The command line as its users meet it: real processes, exit codes, standard output and error."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zhike import __version__
from zhike.cli.root import COMMANDS

ORDERS = "order_id,customer_id,ordered_at,amount\nA1,张三,2024-03-01,12.50\nA2,李四,2024-03-05 13:00,7\nA3,张三,2024-03-09,30\n"


def zhike(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("ZHIKE", "DJANGO", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "zhike", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=outside | environment,
    )


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A new data folder, not to be changed, and what was said when it was made."""
    folder = tmp_path_factory.mktemp("fresh") / "shop"
    made = zhike("init", str(folder), "--owner-email", "alice@example.com", "--lang", "en")
    assert made.returncode == 0, made.stderr
    return folder, made.stdout


@pytest.fixture
def shop(fresh: tuple[Path, str], tmp_path: Path) -> Path:
    """A new data folder."""
    return Path(shutil.copytree(fresh[0], tmp_path / "shop"))


def test_help_and_version_say_what_there_is() -> None:
    helped = zhike("--help", ZHIKE_LANG="en")
    assert helped.returncode == 0
    assert all(name in helped.stdout for name in COMMANDS)
    assert __version__ in zhike("--version").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_without_a_data_folder(name: str, tmp_path: Path) -> None:
    if name == "manage":  # hands its help to Django
        return
    helped = zhike(name, "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "Usage" in helped.stdout


def test_commands_without_a_database_load_neither_django_nor_an_engine() -> None:
    script = (
        "import sys; from zhike.cli.root import main\n"
        "try: main(['tables', '--json'])\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'django', 'ibis', 'duckdb', 'pyarrow', 'numpy', 'deltalake'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_tables_describe_grain_key_columns_and_units() -> None:
    tables = {table["name"]: table for table in json.loads(zhike("tables", "--json").stdout)}
    rfm = tables["rfm_scores"]
    assert rfm["key"] == ["customer_id"]
    assert [c["name"] for c in rfm["columns"]] == [
        *("customer_id", "as_of", "recency_days", "order_count", "spend_amount"),
        *("r_score", "f_score", "m_score", "rfm_segment", "rfm_class"),
    ]
    assert {c["name"]: c["unit"] for c in rfm["columns"]}["spend_amount"] == "minor_units"
    assert rfm["grain"]["zh"]
    assert rfm["grain"]["en"]


def test_from_a_file_to_an_export_in_four_commands(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    imported = zhike("import", "orders", str(file), "--json", "--dir", str(shop))
    assert imported.returncode == 0, imported.stderr
    assert json.loads(imported.stdout)["inserted"] == 3
    again = zhike("--dir", str(shop), "import", "orders", str(file), "--json")
    assert json.loads(again.stdout)["unchanged"] == 3
    run = zhike("refresh", "--json", ZHIKE_HOME=str(shop))
    report = json.loads(run.stdout)
    assert report["as_of"] == "2024-03-10"
    assert report["tables"]["rfm_scores"] == 2
    assert {"run_id", "as_of", "seconds", "stages", "tables"} <= report.keys()
    assert {"name", "seconds", "rows"} == set(report["stages"][0])
    assert run.stderr
    out = tmp_path / "rfm.csv"
    assert zhike("export", "rfm_scores", "--out", str(out), cwd=shop).returncode == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    assert {(row["source_keys"], row["spend_amount"]) for row in rows} == {
        ("张三", "42.50"),
        ("李四", "7.00"),
    }


def test_rejects_are_written_down_and_the_exit_code_says_so(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS + "A4,王五,someday,3\n", encoding="utf-8")
    out = tmp_path / "rejects.csv"
    imported = zhike("import", "orders", str(file), "--rejects", str(out), "--json", "--dir", str(shop))
    assert imported.returncode == 3, imported.stderr
    report = json.loads(imported.stdout)
    assert (report["records"], report["inserted"], report["rejected"]) == (4, 3, 1)
    assert report["rejects_file"] == str(out)
    assert "someday" in out.read_text(encoding="utf-8-sig")
    again = tmp_path / "again.csv"
    taken = zhike("import", "rejects", str(report["run_id"]), "--out", str(again), "--dir", str(shop))
    assert taken.returncode == 0, taken.stderr
    assert again.read_bytes() == out.read_bytes()
    assert again.stat().st_mode & 0o077 == 0
    assert zhike("import", "rejects", "99", "--out", str(again), "--dir", str(shop)).returncode == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wrong_folder_is_a_sentence_and_exit_code_2(tmp_path: Path, language: str) -> None:
    refused = zhike("refresh", "--dir", str(tmp_path), "--lang", language)
    assert refused.returncode == 2
    assert "zhike init" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert ("不是" in refused.stderr) == (language == "zh")


def test_no_folder_at_all_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    refused = zhike("refresh", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--dir" in refused.stderr


def test_a_refresh_without_orders_fails_with_exit_code_1(shop: Path) -> None:
    refused = zhike("--dir", str(shop), "--lang", "en", "refresh")
    assert refused.returncode == 1
    assert "import orders" in refused.stderr


def test_unknown_commands_and_options_are_usage_errors() -> None:
    assert zhike("frobnicate").returncode == 2
    assert zhike("tables", "--frobnicate").returncode == 2


def test_the_owner_is_made_once_and_the_password_is_not_printed_again(
    fresh: tuple[Path, str], shop: Path
) -> None:
    made, said = fresh
    again = zhike("init", str(shop), "--lang", "en")
    assert again.returncode == 0
    assert "shown only once" in said
    assert "shown only once" not in again.stdout
    assert (made / "secret_key").stat().st_mode & 0o077 == 0


def test_a_broken_settings_file_names_the_file_and_the_key(shop: Path) -> None:
    with (shop / "zhike.toml").open("a", encoding="utf-8") as settings:
        settings.write('[value]\nmargin = "a lot"\n')
    refused = zhike("--dir", str(shop), "--lang", "en", "doctor")
    assert refused.returncode == 1
    assert "zhike.toml" in refused.stdout
    assert "margin" in refused.stdout


def test_a_shop_in_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    refused = zhike("init", str(tmp_path / "s"), "--time-zone", "Asia/Atlantis", "--lang", "en")
    assert refused.returncode == 1
    assert "Asia/Atlantis" in refused.stderr
