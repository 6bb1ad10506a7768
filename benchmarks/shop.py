"""A generated shop: orders of customers who buy at their own rate and drop out, as BG/NBD has it. Seeded."""

from __future__ import annotations

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
        drawn = orders(customers=customers, orders_each=orders_each)
        for start in range(0, drawn.num_rows, -(-drawn.num_rows // _FILES)):
            deltas.append(ORDERS, drawn.slice(start, -(-drawn.num_rows // _FILES)))
    return home


def orders(*, customers: int, orders_each: float, seed: int = 7) -> pa.Table:
    """About `customers × orders_each` orders in the order of time, in the shape of the `orders` fact."""
    draw = np.random.default_rng(seed)
    joined = draw.integers(0, DAYS * 86400 * 9 // 10, customers)
    left = joined + (draw.exponential(2.2, customers) * DAYS / 2 * 86400).astype(np.int64)
    alive = np.minimum(left, DAYS * 86400) - joined
    rate = draw.gamma(0.8, 1.0, customers) * alive
    counts = 1 + draw.poisson(rate * (orders_each - 1) / rate.mean())
    who = np.repeat(np.arange(customers), counts)
    first = np.r_[0, np.cumsum(counts)[:-1]]
    offsets = draw.random(len(who)) * alive[who]
    offsets[first] = 0
    seconds = joined[who] + offsets.astype(np.int64)
    spend = draw.gamma(6.0, 1.0, customers) * 1500
    amounts = (spend[who] * draw.gamma(4.0, 0.25, len(who))).astype(np.int64) + 100
    by_time = np.argsort(seconds, kind="stable")
    return _shaped(who[by_time], seconds[by_time], amounts[by_time], draw)


def once_more(customers: int, *, number: int) -> pa.Table:
    """An order on the business date of one customer in a thousand; ids start at `number`."""
    draw = np.random.default_rng(number)
    who = draw.choice(customers, customers // 1000, replace=False)
    drawn = _shaped(who, np.full(len(who), DAYS * 86400 - 3600), draw.integers(1_000, 90_000, len(who)), draw)
    ids = pa.array([f"N{number + place}" for place in range(len(who))])
    return drawn.set_column(drawn.column_names.index("order_id"), "order_id", ids)


def _shaped(who: np.ndarray, seconds: np.ndarray, amounts: np.ndarray, draw: np.random.Generator) -> pa.Table:
    from zhike.collect.schema import ORDERS

    n = len(who)
    moments = seconds + int(FIRST_DAY.timestamp())
    local_days = ((moments + 8 * 3600) // 86400).astype(np.int32)
    is_refunded = draw.random(n) < 0.02
    columns = {
        "source": pa.repeat(SOURCE, n),
        "order_id": pa.array(np.char.add("O", np.arange(n).astype("U9"))),
        "profile_id": pa.array(who + 1),
        "ordered_at": pa.array(moments * 1_000_000, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "ordered_on": pa.array(local_days, pa.int32()).cast(pa.date32()),
        "amount": pa.array(amounts),
        "status": pa.array(np.where(draw.random(n) < 0.03, "cancelled", "completed")),
        "refund_amount": pa.array(np.where(is_refunded, amounts // 2, 0)),
        "refunded_on": pa.array(local_days + 5, pa.int32(), mask=~is_refunded).cast(pa.date32()),
        "discount_amount": pa.array(np.where(draw.random(n) < 0.3, amounts // 10, 0)),
        "channel": pa.repeat("online", n),
        "row_hash": pa.repeat(0, n),
    }
    schema = ORDERS.arrow_schema()
    arrays = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema]
    return pa.table(arrays, schema=schema)
