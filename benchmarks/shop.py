"""A generated shop: orders of customers who buy at their own rate and drop out, as BG/NBD has it. Seeded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from zhike.kernel.home import BusinessSettings, Home, create_home

# Not the first of a month: then the orders of yesterday would belong to a closed month.
FIRST_DAY = datetime(2023, 1, 15, tzinfo=UTC)
DAYS = 3 * 365
SOURCE = "bench"
_FILES = 12


def shop(folder: Path, *, customers: int, orders_each: float) -> Home:
    """The folder with that shop in it; made once, reused after."""
    from zhike.web.boot import boot

    home = create_home(folder, BusinessSettings(name="Bench", time_zone="Asia/Shanghai"))
    boot(home)
    from django.core.management import call_command

    from zhike.collect.schema import ORDERS
    from zhike.customers.services import register_profiles
    from zhike.lake.snapshots import open_lake

    call_command("migrate", verbosity=0)
    deltas = open_lake(home.lake).deltas
    if deltas.pinned(ORDERS.name) is None:
        register_profiles(source=SOURCE, source_keys=(f"K{number}" for number in range(customers)))
        for part in orders(customers=customers, orders_each=orders_each):
            deltas.append(ORDERS, part)
    return home


def orders(*, customers: int, orders_each: float, seed: int = 7) -> Iterator[pa.Table]:
    """About `customers × orders_each` orders in the order of time, in the shape of the `orders` fact, in a dozen parts.

    Numbers are kept narrow and only parts are given the shape: a hundred million orders take some 5 GB.
    """
    draw = np.random.default_rng(seed)
    joined = draw.integers(0, DAYS * 86400 * 9 // 10, customers)
    left = joined + (draw.exponential(2.2, customers) * DAYS / 2 * 86400).astype(np.int64)
    alive = np.minimum(left, DAYS * 86400) - joined
    rate = draw.gamma(0.8, 1.0, customers) * alive
    counts = 1 + draw.poisson(rate * (orders_each - 1) / rate.mean())
    who = np.repeat(np.arange(customers, dtype=np.int32), counts)
    first = np.r_[0, np.cumsum(counts)[:-1]]
    offsets = draw.random(len(who))
    offsets *= alive[who]
    offsets[first] = 0
    seconds = offsets.astype(np.int32)
    seconds += joined.astype(np.int32)[who]
    del offsets
    spend = draw.gamma(6.0, 1.0, customers) * 1500
    drawn = draw.gamma(4.0, 0.25, len(who))
    drawn *= spend[who]
    amounts = drawn.astype(np.int32) + 100
    del drawn
    by_time = np.argsort(seconds, kind="stable")
    flags = _flags(len(who), draw)
    part = -(-len(who) // _FILES)
    for start in range(0, len(who), part):
        rows = by_time[start : start + part]
        some = [flag[start : start + part] for flag in flags]
        numbers = start + np.arange(len(rows))
        yield _shaped(
            numbers,
            who[rows].astype(np.int64),
            seconds[rows].astype(np.int64),
            amounts[rows].astype(np.int64),
            some,
        )


def once_more(customers: int, *, number: int) -> pa.Table:
    """An order on the business date of one customer in a thousand; ids start at `number`."""
    draw = np.random.default_rng(number)
    who = draw.choice(customers, customers // 1000, replace=False)
    seconds, amounts = np.full(len(who), DAYS * 86400 - 3600), draw.integers(1_000, 90_000, len(who))
    drawn = _shaped(np.arange(len(who)), who, seconds, amounts, _flags(len(who), draw))
    ids = pa.array([f"N{number + place}" for place in range(len(who))])
    return drawn.set_column(drawn.column_names.index("order_id"), "order_id", ids)


def _flags(n: int, draw: np.random.Generator) -> list[np.ndarray]:
    """Which orders are refunded, cancelled, discounted."""
    return [draw.random(n) < share for share in (0.02, 0.03, 0.3)]


def _shaped(
    numbers: np.ndarray,
    who: np.ndarray,
    seconds: np.ndarray,
    amounts: np.ndarray,
    flags: Sequence[np.ndarray],
) -> pa.Table:
    from zhike.collect.schema import ORDERS

    n = len(who)
    is_refunded, is_cancelled, is_discounted = flags
    moments = seconds + int(FIRST_DAY.timestamp())
    local_days = ((moments + 8 * 3600) // 86400).astype(np.int32)
    columns = {
        "source": pa.repeat(SOURCE, n),
        "order_id": pa.array(np.char.add("O", numbers.astype("U9"))),
        "profile_id": pa.array(who + 1),
        "ordered_at": pa.array(moments * 1_000_000, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "ordered_on": pa.array(local_days, pa.int32()).cast(pa.date32()),
        "amount": pa.array(amounts),
        "status": pa.array(np.where(is_cancelled, "cancelled", "completed")),
        "refund_amount": pa.array(np.where(is_refunded, amounts // 2, 0)),
        "refunded_on": pa.array(local_days + 5, pa.int32(), mask=~is_refunded).cast(pa.date32()),
        "discount_amount": pa.array(np.where(is_discounted, amounts // 10, 0)),
        "channel": pa.repeat("online", n),
        "row_hash": pa.repeat(0, n),
    }
    schema = ORDERS.arrow_schema()
    arrays = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema]
    return pa.table(arrays, schema=schema)
