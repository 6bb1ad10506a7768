"""What `--engine` and the setting `engine` take, and what is said where Spark is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.shops import open_shop
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.lake.engines import Budget, open_engine, require_known_engine
from zhike.lake.engines.spark_addresses import address_of
from zhike.pipeline.settings import RefreshSettings


@pytest.mark.parametrize(
    ("url", "master"),
    [
        ("spark://10.0.0.5:7077", "spark://10.0.0.5:7077"),
        ("spark://one:7077,two:7078", "spark://one:7077,two:7078"),
        ("spark://[::1]:7077", "spark://[::1]:7077"),
        ("spark://local", "local[*]"),
        ("spark://local:2", "local[2]"),
    ],
)
def test_an_address_is_taken_as_spark_writes_it(url: str, master: str) -> None:
    assert address_of(url).master == master


@pytest.mark.parametrize(
    "url",
    [
        "spark://",
        "spark://host",
        "spark://host:0",
        "spark://host:99999",
        "spark://host:x",
        "spark://me@host:7077",
        "spark://local[2]",
        "spark://a:1,",
        "spark://host:7077/path",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_known_engine(url)
    assert refused.value.code == "engine.address"
    for text in (refused.value.text.zh, refused.value.text.en):
        assert url in text
        assert "spark://10.0.0.5:7077" in text


@pytest.mark.parametrize("url", ["", "spark", "postgres://host:1", "DuckDB"])
def test_an_unknown_engine_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_known_engine(url)
    assert refused.value.code == "engine.unknown"
    assert "spark://local" in refused.value.text.zh


def test_the_setting_is_checked_when_it_is_read(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop", sections='[refresh]\nengine = "spark"\n')
    with pytest.raises(UsageError) as refused:
        home.section("refresh", RefreshSettings)
    assert "zhike.toml" in refused.value.text.en
    assert open_shop(tmp_path / "other").section("refresh", RefreshSettings).engine == "duckdb"


def test_without_pyspark_the_way_to_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ZhikeError) as refused:
        open_engine("spark://local", Budget(), spill=tmp_path / "spill")
    assert refused.value.code == "engine.not_installed"
    assert "pip install 'zhike[spark]'" in refused.value.text.en
