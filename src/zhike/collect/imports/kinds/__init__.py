"""The kinds of file that can be brought in; another one is a file here and a line in `KINDS`."""

from __future__ import annotations

from zhike.collect.imports.kinds.answers import ANSWERS_KIND
from zhike.collect.imports.kinds.customers import CUSTOMERS_KIND
from zhike.collect.imports.kinds.events import EVENTS_KIND
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.kind import Field, ImportRules, Kind
from zhike.collect.imports.kinds.order_lines import ORDER_LINES_KIND
from zhike.collect.imports.kinds.orders import ORDERS_KIND
from zhike.collect.imports.kinds.points import POINTS_KIND
from zhike.collect.imports.kinds.products import PRODUCTS_KIND
from zhike.collect.imports.kinds.referrals import REFERRALS_KIND
from zhike.collect.imports.kinds.reviews import REVIEWS_KIND
from zhike.collect.imports.kinds.social import SOCIAL_KIND
from zhike.kernel.errors import UsageError
from zhike.kernel.near_names import near_names

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        CUSTOMERS_KIND,
        ORDERS_KIND,
        ORDER_LINES_KIND,
        PRODUCTS_KIND,
        EVENTS_KIND,
        POINTS_KIND,
        ANSWERS_KIND,
        REVIEWS_KIND,
        SOCIAL_KIND,
        REFERRALS_KIND,
    )
}

__all__ = ["KINDS", "Field", "ImportRules", "Kind", "RowFault", "kind_named"]


def kind_named(name: str) -> Kind:
    """The kind of that name.

    Raises
    ------
    UsageError
        ``kind.unknown``, with near names.
    """
    if name not in KINDS:
        near = near_names(name, KINDS)
        raise UsageError(
            "kind.unknown",
            zh=f"没有“{name}”这种数据；{near.zh}",
            en=f"there is no kind “{name}”; {near.en}",
        )
    return KINDS[name]
