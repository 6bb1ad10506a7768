"""The customers that everybody is asked about: drawn from BG/NBD and Gamma-Gamma, seeded, in one Parquet file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.shop import DAYS

ORDERS = {"r": 0.8, "alpha": 12.0, "a": 0.9, "b": 2.5}
AMOUNTS = {"p": 6.25, "q": 3.74, "v": 15.44}
"""Of repeat orders, in whole units of money; those of CDNOW."""


def customers_file(folder: Path, customers: int) -> Path:
    """`customer_id, frequency, recency, T, monetary_value` in the usual names: weeks and units of money."""
    path = folder / f"customers-{customers}.parquet"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(drawn(customers), path)
    return path


def drawn(customers: int, seed: int = 11) -> pa.Table:
    """Repeat orders, time of the last and tenure to the day, mean amount of the repeat orders to the cent."""
    draw = np.random.default_rng(seed)
    frequency, last, tenure = _histories(draw, customers)
    ordered = np.maximum(frequency, 1)
    mean = (
        draw.gamma(AMOUNTS["p"] * ordered) / ordered / draw.gamma(AMOUNTS["q"], 1 / AMOUNTS["v"], customers)
    )
    return pa.table(
        {
            "customer_id": pa.array(np.arange(customers)),
            "frequency": pa.array(frequency.astype(np.int64)),
            "recency": pa.array(last),
            "T": pa.array(tenure),
            "monetary_value": pa.array(np.where(frequency > 0, np.maximum(np.round(mean, 2), 0.01), 0.0)),
        }
    )


def _histories(draw: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rate = draw.gamma(ORDERS["r"], 1 / ORDERS["alpha"], customers)
    leaving = draw.beta(ORDERS["a"], ORDERS["b"], customers)
    tenure = draw.integers(30, DAYS, customers) / 7
    frequency, last = np.zeros(customers), np.zeros(customers)
    clock, alive = np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        clock[alive] += draw.exponential(1 / rate[alive])
        alive &= clock < tenure
        frequency[alive] += 1
        last[alive] = clock[alive]
        alive[alive] = draw.random(alive.sum()) > leaving[alive]
    last = np.where(frequency > 0, np.clip(np.ceil(last * 7), 1, None) / 7, 0)
    return frequency, np.minimum(last, tenure), tenure
