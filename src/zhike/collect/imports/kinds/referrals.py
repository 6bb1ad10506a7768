"""Who was brought by whom: one record a newcomer. The lake knows both by number only, never by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from zhike.collect.imports import cells
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.happenings import (
    CUSTOMER_ID,
    EVENT_CONFLICT,
    STAGED_EVENTS,
    event_id_of,
    event_row,
)
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    Together,
    moment_reader,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.schema import EVENTS
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

REFERRER = "referrer_id"
REFERRAL_FIELDS = (
    CUSTOMER_ID,
    Field(
        REFERRER,
        Text("推荐人的客户编号", "customer id of the referrer"),
        "id",
        True,
        (
            "推荐人",
            "推荐人编号",
            "推荐人id",
            "邀请人",
            "邀请人编号",
            "介绍人",
            "referrer",
            "referred by",
            "invited by",
        ),
        samples=("C09", "C09"),
    ),
    Field(
        "referred_at",
        Text("推荐时间", "time of the referral"),
        "date",
        True,
        ("推荐时间", "邀请时间", "加入时间", "注册时间", "referral date", "joined at"),
        samples=("2026-11-20", "2026-11-21"),
        loose_aliases=("日期", "时间", "date"),
    ),
)


class ReferralRow(NamedTuple):
    """An event `referred` of the newcomer as it is staged; the key of the referrer stands beside it until both are known."""

    number: int
    key_hash: int
    customer_id: str
    event_id: str
    occurred_at: int
    occurred_on: object
    name: str
    properties: str
    row_hash: int
    referrer_id: str


class ReferralReader:
    """Turns the cells of a record into a `ReferralRow`."""

    def __init__(self, layout: Layout, mapping: ColumnMapping, rules: ImportRules) -> None:
        readers: dict[str, CellReader] = {
            "customer_id": cells.id_text,
            REFERRER: cells.id_text,
            "referred_at": moment_reader(rules),
        }
        self._rules = rules
        together = (Together("is_another", ("customer_id", REFERRER), _is_another),)
        self._fields = FieldReaders(REFERRAL_FIELDS, layout, readers, rules, together)

    def read(self, number: int, values: Sequence[object]) -> ReferralRow:
        known = self._fields.known(values)
        newcomer, referrer = known["customer_id"], known[REFERRER]
        event = event_row(
            number,
            customer_id=newcomer,
            event_id=event_id_of(None, self._rules, "referral", [newcomer, referrer]),
            occurred=known["referred_at"],
            name="referred",
            properties={},
        )
        return ReferralRow(*event, referrer)


def _is_another(known: Mapping[str, Any]) -> bool:
    if known["customer_id"] != known[REFERRER]:
        return True
    raise RowFault(
        REFERRER,
        ZhikeError(
            "referrer.self",
            zh="推荐人就是客户本人；请写另一位客户的编号",
            en="the referrer is the customer; write the id of another customer",
        ),
    )


REFERRALS_KIND = Kind(
    "referrals",
    Text("推荐关系", "referrals"),
    REFERRAL_FIELDS,
    ReferralReader,
    STAGED_EVENTS.append(pa.field(REFERRER, pa.string())),
    ("event_id",),
    REFERRER,
    EVENT_CONFLICT,
    table=EVENTS,
    second_person=REFERRER,
)
