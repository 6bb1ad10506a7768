"""Tables and customer lists as files, with names, contacts and the sources' ids for whoever may have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum, unique
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis.expr.types as ir
import pyarrow as pa

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.selectors import User
from zhike.accounts.services import record_audit
from zhike.customers.choosing import chosen_customers
from zhike.customers.filters import OVERVIEW, Selection
from zhike.customers.normal import written_phone
from zhike.customers.selectors import Person, source_keys_of
from zhike.customers.selectors.people import people_of
from zhike.customers.selectors.suppressions import suppressed_kinds_of
from zhike.customers.services.revealing import needed_reason
from zhike.customers.slices import slices
from zhike.customers.sorting import ordered
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import Home
from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.catalog import Column, Table
from zhike.lake.files import Extract, batches_of, write_file, writer_for
from zhike.lake.snapshots import Snapshot, open_lake

PEOPLE_EXPORTED = action("customer.exported", zh="导出个人信息", en="exported personal data")

SOURCE_KEYS = Column(
    "source_keys", "string", Text("客户在各来源中的编号", "the sources' own ids of the customer, by comma")
)
SUPPRESSED = Column(
    "never_write_to",
    "string",
    Text("在拒收名单上、不得联系的", "which of the contacts nobody may write to, by the list of those"),
    labels={
        "phone": Text("手机", "phone"),
        "email": Text("邮箱", "e-mail"),
        "email, phone": Text("手机和邮箱", "both"),
    },
)
PERSONAL = (
    Column("name", "string", Text("姓名", "name")),
    Column("phone", "string", Text("手机", "phone")),
    Column("email", "string", Text("邮箱", "e-mail")),
    SUPPRESSED,
)
_SHOWN = ("name", "phone", "email")


@unique
class Personal(StrEnum):
    """What a file says of the people in it.

    `NONE` figures only, `MASKED` names and contacts with their middle covered, `KEYS` the sources' own ids,
    `FULL` those and names and contacts in full.
    """

    NONE = "none"
    MASKED = "masked"
    KEYS = "keys"
    FULL = "full"

    @property
    def columns(self) -> tuple[Column, ...]:
        return {
            Personal.NONE: (),
            Personal.MASKED: PERSONAL,
            Personal.KEYS: (SOURCE_KEYS,),
            Personal.FULL: (*PERSONAL, SOURCE_KEYS),
        }[self]


_FOR_PEOPLE = (".csv", ".xlsx")
_EVERYTHING = Text("无，全部行", "none, all rows")


def export_table(*, home: Home, table_name: str, out: Path, personal: Personal) -> int:
    """Write a whole table of the current snapshot, a fact or a published one; the number of rows.

    What identifies people, in tables of customers, goes into the audit trail first.

    Raises
    ------
    UsageError
        ``table.unknown``, and as `lake.files.write_file`.
    ZhikeError
        ``snapshot.none`` before the first refresh.
    """
    table = catalog.table(table_name)
    writer_for(out)
    snapshot = current_snapshot(home)
    rows = snapshot.table(table.name).order_by(list(table.key))
    if "customer_id" not in table.column_names:
        personal = Personal.NONE
    _record(personal, None, out, "", table=table.name)
    return _write(home, snapshot, table, rows, out, filter=_EVERYTHING, personal=personal)


def export_customers(
    *,
    home: Home,
    snapshot: Snapshot,
    selection: Selection,
    out: Path,
    viewer: User,
    personal: Personal,
    reason: str = "",
    most_workbook_rows: int | None = None,
) -> int:
    """Write what is known about the customers of a selection, in its order; the number of rows.

    Only those whom `viewer` may see; what identifies people goes into the audit trail first, with the reason.

    Raises
    ------
    UsageError
        ``export.too_many_rows`` for an Excel file of more than `most_workbook_rows`; of people in full
        ``reason.missing``, and ``audit.reason`` for a reason that itself names a contact.
    """
    if personal is Personal.FULL:
        reason = needed_reason(reason)
    chosen = chosen_customers(snapshot, selection, viewer)
    if most_workbook_rows is not None and out.suffix == ".xlsx":
        _check_workbook_rows(snapshot, chosen, most_workbook_rows)
    rows = ordered(chosen, selection.sort)
    table = catalog.table(OVERVIEW)
    filters = sorted({piece.name for piece in selection.pieces})
    _record(personal, viewer, out, reason, table=table.name, filters=filters)
    return _write(home, snapshot, table, rows, out, filter=selection.sentence, personal=personal)


def current_snapshot(home: Home) -> Snapshot:
    """The snapshot in force.

    Raises
    ------
    ZhikeError
        ``snapshot.none`` before the first refresh.
    """
    snapshot = open_lake(home.lake).current()
    if snapshot is None:
        raise ZhikeError(
            "snapshot.none",
            zh="还没有计算结果可以导出。先导入订单，再运行 zhike refresh",
            en="there is nothing computed yet to export; import orders, then run zhike refresh",
        )
    return snapshot


def _check_workbook_rows(snapshot: Snapshot, rows: ir.Table, most: int) -> None:
    count = int(str(snapshot.rows(rows.aggregate(rows=rows.count()))[0]["rows"]))
    if count > most:
        raise UsageError(
            "export.too_many_rows",
            zh=f"{count:,} 行太多，网页最多导出 {most:,} 行 Excel；请缩小筛选，改用 CSV 或 Parquet，"
            f"或运行 zhike export {OVERVIEW} --out 文件.xlsx",
            en=f"{count:,} rows are too many, a page exports at most {most:,} to Excel; narrow the filter, "
            f"choose CSV or Parquet, or run zhike export {OVERVIEW} --out file.xlsx",
        )


def _record(personal: Personal, actor: User | None, out: Path, reason: str, **details: object) -> None:
    if personal in (Personal.KEYS, Personal.FULL):
        said = {**details, "personal": personal.value, "format": out.suffix}
        record_audit(
            actor=actor, action=PEOPLE_EXPORTED, object=Target("export"), reason=reason, details=said
        )


def _write(
    home: Home,
    snapshot: Snapshot,
    table: Table,
    rows: ir.Table,
    out: Path,
    *,
    filter: Text,
    personal: Personal,
) -> int:
    batches = batches_of(snapshot.fetch(rows))
    is_for_people = out.suffix.lower() in _FOR_PEOPLE
    if personal.columns:
        table = replace(table, columns=(*table.columns, *personal.columns))
        batches = _with_people(batches, personal, is_for_people=is_for_people)
    business = home.business()
    zone: ZoneInfo = business.zone
    return write_file(out, Extract(table, batches, business.currency, zone, snapshot.as_of, filter))


def _with_people(
    batches: Iterable[pa.RecordBatch], personal: Personal, *, is_for_people: bool
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = _identifying(batch.column("customer_id").to_pylist(), personal)
        if is_for_people and "phone" in columns:
            columns["phone"] = [written_phone(value) if value else value for value in columns["phone"]]
        for column in personal.columns:
            batch = batch.append_column(column.name, pa.array(columns[column.name], pa.string()))
        yield batch


def _identifying(ids: list[int], personal: Personal) -> dict[str, list[str | None]]:
    """The columns by name, each in the order of the ids."""
    columns: dict[str, list[str | None]] = {}
    if SOURCE_KEYS in personal.columns:
        keys = {pk: key for some in slices(ids) for pk, key in source_keys_of(some).items()}
        columns[SOURCE_KEYS.name] = [keys.get(pk) for pk in ids]
    if personal in (Personal.MASKED, Personal.FULL):
        is_masked = personal is Personal.MASKED
        people = {
            pk: person for some in slices(ids) for pk, person in people_of(some, is_masked=is_masked).items()
        }
        for name in _SHOWN:
            columns[name] = [_first(people[pk], name) for pk in ids]
        kinds = suppressed_kinds_of(ids)
        columns[SUPPRESSED.name] = [", ".join(sorted(kinds[pk])) if pk in kinds else None for pk in ids]
    return columns


def _first(person: Person, name: str) -> str | None:
    return person.first[name].value if name in person.first else None
