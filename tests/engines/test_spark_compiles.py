"""Every expression of the refresh compiles for Spark too; no Java is needed to find that out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.config import Config

from zhike.lake import catalog
from zhike.lake.engines import Fold
from zhike.measure.analysis import kpis
from zhike.pipeline.scores import Models, scored_customers
from zhike.pipeline.stages import STAGES, Refresh
from zhike.segments.analysis import lifecycle, membership
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.analysis.membership import tier_members
from zhike.tiers.settings import TierSettings
from zhike.value.analysis import aggregates, clv, features, rfm
from zhike.value.analysis.btyd import BgNbdParameters, GammaGammaParameters
from zhike.value.analysis.purchases import DAYS, PEOPLE, purchases
from zhike.value.settings import ValueSettings

AS_OF = date(2026, 3, 1)


def t(name: str) -> ir.Table:
    return catalog.table(name).unbound()


def bought(of: str) -> ir.Table:
    nobody = features.person_orders(t("orders"), merged(), as_of=AS_OF).schema().to_pyarrow().empty_table()
    windows = (
        features.feature_windows(AS_OF)
        | rfm.rfm_windows(AS_OF, ValueSettings(rfm_look_back_days=90))
        | kpis.period_windows(AS_OF)
    )
    return ibis.table(ibis.schema(purchases(nobody, windows=windows)[of].schema), name=of)


def merged() -> ir.Table:
    return ibis.table({"profile_id": "int64", "person_id": "int64"}, name="merged_profiles")


def everyone() -> ir.Table:
    return features.people(t("profiles"), merged())


def rfm_inputs(look_back: bool) -> ir.Table:
    if look_back:
        return rfm.rfm_inputs_of_look_back(t("customer_features"), bought(PEOPLE), everyone())
    return rfm.rfm_inputs(t("customer_features"))


def favourites() -> ir.Table:
    return ibis.table(
        {"customer_id": "int64", "favourite_category": "string", "favourite_categories": "string"},
        name="favourites",
    )


def by_history() -> ir.Table:
    floats = ("probability_alive", "expected_orders_365d", "discounted_orders_365d")
    return ibis.table(
        dict.fromkeys(clv.INPUTS[:3], "int64") | dict.fromkeys(floats, "float64"), name="by_history"
    )


RFM = rfm.RfmParameters("quantile", 9, (1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), 2.0, 3.0, 4.0)
MODEL = clv.ClvParameters(
    buyers=9,
    repeat_buyers=9,
    orders=BgNbdParameters(r=0.2, alpha=4.0, a=0.8, b=2.4, log_likelihood=-1.0, time_unit="W"),
    amounts=GammaGammaParameters(p=6.0, q=3.7, gamma=15.4, log_likelihood=-1.0, customers=9.0),
    reason=None,
    margin=0.3,
    discount_rate_yearly=0.1,
)
RULE = clv.ClvParameters(9, 0, None, None, None, 0.3, 0.1)
THRESHOLDS = lifecycle.LifecycleThresholds(30, 10, 20, 40, from_rhythm=True)


def scored(*, look_back: bool = False) -> ir.Table:
    inputs = rfm_inputs(look_back) if look_back else None
    models = Models(RFM, MODEL, THRESHOLDS)
    return scored_customers(t("customer_features"), t("clv_forecasts"), inputs, models, TierSettings())


PRODUCED: dict[str, Callable[[], ir.Table]] = {
    "customer_features": lambda: features.customer_features(
        bought(PEOPLE), everyone(), favourites(), as_of=AS_OF
    ),
    "rfm_scores": lambda: rfm.rfm_scores(scored()),
    "clv_forecasts": lambda: clv.clv_forecasts(t("customer_features"), by_history(), MODEL, as_of=AS_OF),
    "value_scores": scored,
    "tier_members": lambda: tier_members(scored()),
    "customer_overview": lambda: scored(look_back=True),
    "segment_members": lambda: membership.segment_members(t("customer_overview")),
    "segment_summaries": lambda: membership.segment_summaries(t("customer_overview")),
    "rfm_cells": lambda: aggregates.rfm_cells(t("customer_overview")),
    "clv_deciles": lambda: aggregates.clv_deciles(t("customer_overview")),
    "alive_value_cells": lambda: aggregates.alive_value_cells(t("customer_overview")),
    "kpi_daily": lambda: kpis.kpi_daily(bought(DAYS), t("customer_features")),
    "kpi_periods": lambda: kpis.kpi_periods(
        bought(PEOPLE), t("kpi_daily"), t("customer_features"), as_of=AS_OF
    ),
}

KEPT: dict[str, Callable[[], ir.Table]] = {
    "merged_profiles": lambda: features.merged_profiles(t("profiles")),
    "person_orders": lambda: features.person_orders(t("orders"), merged(), as_of=AS_OF),
    "favourite_categories": lambda: features.favourite_categories(
        t("order_lines"), t("orders"), t("products"), t("profiles"), as_of=AS_OF
    ),
    "rfm_inputs_with_look_back": lambda: rfm_inputs(True),
    "clv_inputs": lambda: clv.clv_inputs(t("customer_features")),
    "clv_by_rule": lambda: clv.clv_forecasts(t("customer_features"), None, RULE, as_of=AS_OF),
    "lifecycle_inputs": lambda: lifecycle.lifecycle_inputs(t("customer_features")),
}


class _SparkOptions(Config):
    treat_nan_as_null: bool = False


@pytest.fixture(autouse=True)
def _spark_options(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ibis reads this option while it compiles, but sets its default only when a Spark session is opened.
    monkeypatch.setattr(ibis.options, "pyspark", _SparkOptions())


ENGINES = ("duckdb", "pyspark")
WRITTEN_BY_THE_DRIVER = {"model_parameters"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PRODUCED)
def test_a_published_table_compiles(engine: str, name: str) -> None:
    sql = ibis.to_sql(catalog.table(name).shaped(PRODUCED[name]()), dialect=engine)
    assert str(sql).lstrip().upper().startswith(("SELECT", "WITH"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", KEPT)
def test_an_intermediate_expression_compiles(engine: str, name: str) -> None:
    assert ibis.to_sql(KEPT[name](), dialect=engine)


def test_every_table_that_a_refresh_publishes_is_compiled_here() -> None:
    assert set(PRODUCED) | WRITTEN_BY_THE_DRIVER == {table.name for table in catalog.tables("published")}


def test_every_expression_that_the_stages_hand_to_the_engine_compiles_for_spark() -> None:
    seen = _Recorder()
    refresh = Refresh(
        draft=seen,  # type: ignore[arg-type]
        as_of=AS_OF,
        value_settings=ValueSettings(),
        lifecycle_settings=LifecycleSettings(),
        tier_settings=TierSettings(),
        profile_map_mark="",
        read_profile_map=lambda: pa.table({}),
    )
    for stage in STAGES:
        stage.run(refresh)
    assert len(seen.compiled) >= len(PRODUCED)
    assert set(PRODUCED) <= set(seen.compiled)


class _Recorder:
    """Stands where the draft does: compiles what it is given for Spark instead of running it."""

    def __init__(self) -> None:
        self.compiled: dict[str, str] = {}

    def table(self, name: str) -> ir.Table:
        return t(name)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        self.compiled[name] = str(ibis.to_sql(expression, dialect="pyspark"))
        return ibis.table(expression.schema(), name=name)

    def fold(self, rows: ir.Table, by: str, function: Fold) -> dict[str, ir.Table]:
        nothing = self.fetch(rows)
        return {name: self.load(name, given) for name, given in function(nothing).items()}

    def fetch(self, expression: ir.Table) -> pa.Table:
        ibis.to_sql(expression, dialect="pyspark")
        return expression.schema().to_pyarrow().empty_table()

    def produce(self, name: str, expression: ir.Table) -> int:
        self.compiled[name] = str(ibis.to_sql(catalog.table(name).shaped(expression), dialect="pyspark"))
        return 0

    def load(self, name: str, rows: pa.Table) -> ir.Table:
        return ibis.table(ibis.schema(rows.schema), name=name)

    def produce_rows(self, name: str, rows: pa.Table) -> int:
        return 0

    def copy_fact(self, name: str, mark: str, read: Callable[[], pa.Table]) -> int:
        return 0
