"""A shop is opened as it was published, is never written to, and what is wrong is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import zhike
from tests.counted_shop import AS_OF
from tests.shops import Order, add_orders, open_shop, refresh
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.catalog import Column
from zhike.lake.snapshots import Lake


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with size and time of change."""
    stats = ((path, path.stat()) for path in folder.rglob("*"))
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in stats}


@pytest.fixture
def three_snapshots(db: None, tmp_path: Path) -> Home:
    """Snapshots 1 and 2 are of two days, 3 looks back at a day before them."""
    home = open_shop(tmp_path / "shop")
    add_orders(home, [Order("C1", date(2026, 1, 5), 10_000), Order("C2", date(2026, 2, 1), 250)])
    for day in (date(2026, 2, 10), date(2026, 3, 10), date(2026, 1, 10)):
        refresh(home, as_of=day)
    return home


def test_a_shop_says_what_it_is(shop: zhike.Shop) -> None:
    assert (shop.name, shop.currency, shop.as_of) == ("山茶小铺", "CNY", AS_OF)
    assert "as_of=2026-06-30" in repr(shop)


def test_tables_are_listed_with_their_grain(shop: zhike.Shop) -> None:
    listed = shop.tables()
    assert {"orders", "rfm_scores", "clv_forecasts", "customer_overview"} <= set(listed.names)
    (scores,) = (table for table in listed if table.name == "rfm_scores")
    assert (scores.kind, scores.key, scores.rows) == ("published", ("customer_id",), 120)
    assert scores.grain.en == "one row a customer with at least one order that counts"
    assert scores.grain.en not in repr(listed)
    zhike.speak("en")
    try:
        assert scores.grain.en in repr(listed)
        assert "rfm_scores" in listed._repr_html_()
    finally:
        zhike.speak("zh")


def test_every_table_that_is_listed_can_be_read(shop: zhike.Shop) -> None:
    for table in shop.tables():
        assert table.to_arrow().num_rows == table.rows == len(table), table.name
        assert table.head(2).table.column_names == [column.name for column in table.columns]


def test_columns_have_units_and_say_what_they_are(shop: zhike.Shop) -> None:
    columns = {column.name: column for column in shop.table("rfm_scores").columns}
    assert columns["spend_amount"].unit == "minor_units"
    assert columns["recency_days"].text.en == "days since the last order"
    assert columns["rfm_segment"].label("lost").en == "Lost"
    assert "minor_units" in repr(shop.table("rfm_scores").columns)


def test_rows_open_in_every_kind_of_data_frame(shop: zhike.Shop) -> None:
    table = shop.table("rfm_scores")
    arrow = table.to_arrow().sort_by("customer_id")
    frame, polars = table.to_pandas(), table.to_polars()
    assert isinstance(frame, pd.DataFrame)
    assert str(frame["as_of"].dtype).startswith("datetime64")
    assert sorted(frame["customer_id"]) == arrow["customer_id"].to_pylist()
    assert polars.sort("customer_id").to_arrow().to_pylist() == arrow.to_pylist()
    assert pl.DataFrame(table).shape == polars.shape
    assert "<table>" in table._repr_html_()


def test_amounts_are_minor_units_until_major_ones_are_asked_for(shop: zhike.Shop) -> None:
    minor = shop.table("rfm_scores").to_arrow().sort_by("customer_id")
    major = shop.table("rfm_scores").in_major_units().to_arrow().sort_by("customer_id")
    assert major["spend_amount"].to_pylist() == [v / 100 for v in minor["spend_amount"].to_pylist()]
    assert major["recency_days"] == minor["recency_days"]


def test_a_select_reads_the_tables_and_own_frames(shop: zhike.Shop) -> None:
    counted = shop.sql("SELECT count(*) AS n FROM RFM_Scores").table["n"][0].as_py()
    assert counted == 120
    some = pd.DataFrame({"customer_id": shop.table("rfm_scores").to_pandas()["customer_id"][:3]})
    assert len(shop.sql("FROM rfm_scores JOIN mine USING (customer_id)", mine=some)) == 3
    assert "3 × " in repr(shop.sql("FROM rfm_scores LIMIT 3"))


def test_an_own_frame_goes_before_a_table_of_its_name(shop: zhike.Shop) -> None:
    assert shop.sql("FROM orders", orders={"x": [7]}).table.to_pylist() == [{"x": 7}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("DROP TABLE orders", "sql.not_a_select"),
        ("COPY (SELECT 1) TO 'written.csv'", "sql.not_a_select"),
        ("SELECT 1; SELECT 2", "sql.not_a_select"),
        ("", "sql.not_a_select"),
        ("SELCT 1", "sql.refused"),
        ("SELECT nothing FROM orders", "sql.refused"),
        ("FROM rfm_score", "sql.refused"),
        ("FROM query", "sql.refused"),
    ],
)
def test_what_is_no_select_is_refused(shop: zhike.Shop, query: str, code: str) -> None:
    with pytest.raises(zhike.ZhikeError) as refused:
        shop.sql(query)
    assert refused.value.code == code


def test_a_table_that_is_not_there_is_refused_with_near_names_in_both_languages(shop: zhike.Shop) -> None:
    with pytest.raises(zhike.ZhikeError) as refused:
        shop.table("rfm_score")
    assert refused.value.code == "table.unknown"
    assert "相近的有：rfm_scores" in str(refused.value)
    assert "near names: rfm_scores" in refused.value.__notes__[0]


def test_nothing_is_written_below_the_folder(shop: zhike.Shop, counted_shop: Home) -> None:
    before = files_of(counted_shop.path)
    with zhike.open(counted_shop.path) as opened:
        for table in opened.tables():
            table.to_arrow()
        opened.sql("SELECT customer_id, count(*) FROM orders JOIN profiles USING (profile_id) GROUP BY ALL")
        opened.snapshots(), opened.at(opened.snapshot_id), opened.newest()
    assert files_of(counted_shop.path) == before


def test_a_shop_is_read_and_models_are_fitted_without_django(counted_shop: Home) -> None:
    program = f"""
import sys, zhike
shop = zhike.open({str(counted_shop.path)!r})
orders = shop.sql("SELECT customer_id, ordered_on, amount / 100 AS amount FROM orders JOIN profiles USING (profile_id)")
shop.table("customer_overview").to_arrow()
zhike.rfm(orders, as_of=shop.as_of), zhike.clv(orders, as_of=shop.as_of), zhike.histories(orders)
assert "django" not in sys.modules
"""
    # Where no data folder is named.
    named = ("ZHIKE_HOME", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in named}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr


def test_snapshots_are_opened_by_number_and_by_date(three_snapshots: Home) -> None:
    shop = zhike.open(three_snapshots.path)
    assert (shop.snapshot_id, shop.as_of) == (2, date(2026, 3, 10))
    assert [(each.id, each.is_historical, each.is_open) for each in shop.snapshots()] == [
        (1, False, False),
        (2, False, True),
        (3, True, False),
    ]
    assert shop.at(1).as_of == date(2026, 2, 10)
    assert shop.at("2026-01-10").snapshot_id == shop.at(date(2026, 1, 10)).snapshot_id == 3
    assert len(shop.at(3).table("rfm_scores")) == 1
    assert codes_of(lambda: shop.at(9), lambda: shop.at("2026-05-05")) == [
        "snapshot.missing",
        "snapshot.no_such_date",
    ]


def codes_of(*calls: Any) -> list[str]:
    codes = []
    for call in calls:
        with pytest.raises(zhike.ZhikeError) as refused:
            call()
        codes.append(refused.value.code)
        assert refused.value.text.zh != refused.value.text.en
    return codes


def test_an_open_shop_stays_as_it_is_while_others_are_published(three_snapshots: Home) -> None:
    shop = zhike.open(three_snapshots.path)
    before = shop.table("rfm_scores").to_arrow()
    add_orders(three_snapshots, [Order("C3", date(2026, 3, 9), 500)])
    refresh(three_snapshots, as_of=date(2026, 3, 10))
    assert shop.table("rfm_scores").to_arrow().sort_by("customer_id") == before.sort_by("customer_id")
    assert (len(shop.table("rfm_scores")), len(shop.newest().table("rfm_scores"))) == (2, 3)


def test_a_snapshot_that_was_cleared_away_says_so(three_snapshots: Home) -> None:
    shop = zhike.open(three_snapshots.path).at(1)
    Lake(three_snapshots.lake).prune(keep=1)
    calls = (lambda: shop.table("rfm_scores").to_arrow(), lambda: shop.sql("FROM rfm_scores"))
    assert codes_of(*calls) == ["snapshot.gone", "snapshot.gone"]
    assert shop.newest().as_of == date(2026, 3, 10)


def test_a_damaged_snapshot_says_which_file(three_snapshots: Home) -> None:
    shop = zhike.open(three_snapshots.path)
    for each in (three_snapshots.lake / "tables" / "kpi_daily").glob("*.parquet"):
        each.write_bytes(b"broken")
    with pytest.raises(zhike.ZhikeError) as refused:
        shop.table("kpi_daily").to_arrow()
    assert refused.value.code == "snapshot.damaged"
    assert ".parquet" in str(refused.value)
    assert codes_of(lambda: zhike.open(three_snapshots.path), lambda: shop.at(2)) == ["snapshot.damaged"] * 2


def test_a_manifest_that_cannot_be_read_is_passed_over(three_snapshots: Home) -> None:
    shop = zhike.open(three_snapshots.path)
    (three_snapshots.lake / "manifests" / "00000002.json").write_text("{")
    assert zhike.open(three_snapshots.path).snapshot_id == 1
    assert [each.id for each in shop.snapshots()] == [1, 3]
    assert codes_of(lambda: shop.at(2)) == ["snapshot.damaged"]


def test_a_folder_that_is_no_shop_or_has_no_snapshot_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    home = open_shop(tmp_path / "new")
    assert codes_of(
        lambda: zhike.open(tmp_path / "nowhere"),
        lambda: zhike.open(str(tmp_path / "empty")),
        lambda: zhike.open(home.path),
    ) == ["home.no_folder", "home.missing", "snapshot.none"]


def test_a_table_of_another_version_is_refused_with_the_way_out(shop: zhike.Shop) -> None:
    wider = catalog.table("kpi_daily")
    wider = replace(wider, columns=(*wider.columns, Column("later", "int64", Text("以后", "later"))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalog._tables, "kpi_daily", wider)
        patch.setitem(catalog._tables, "later", replace(wider, name="later"))
        assert codes_of(
            lambda: shop.table("kpi_daily").to_arrow(),
            lambda: shop.sql("FROM kpi_daily"),
            lambda: shop.table("later"),
        ) == ["table.older_columns", "table.older_columns", "table.not_in_snapshot"]
