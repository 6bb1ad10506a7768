"""The counted shop opened as an analyst does, and its orders as a data frame."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

import zhike
from tests.counted_shop import _built, counted_shop  # noqa: F401 - fixtures
from zhike.kernel.home import Home

ORDERS = """
    SELECT customer_id, ordered_on AS date, amount / 100 AS amount
    FROM orders JOIN profiles USING (profile_id) WHERE status <> 'cancelled'
    UNION ALL
    SELECT customer_id, refunded_on, -refund_amount / 100
    FROM orders JOIN profiles USING (profile_id) WHERE status <> 'cancelled' AND refund_amount > 0
"""


@pytest.fixture
def shop(db: None, counted_shop: Home) -> Iterator[zhike.Shop]:  # noqa: F811
    with zhike.open(counted_shop.path) as opened:
        yield opened


@pytest.fixture
def orders(shop: zhike.Shop) -> pa.Table:
    """`customer_id, date, amount` in yuan; refunds are rows below 0."""
    return shop.sql(ORDERS).to_arrow()
