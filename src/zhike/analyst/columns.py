"""Which column of a data frame is the customer, the date and the amount."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhike.analyst.frames import Frame
from zhike.kernel.errors import UsageError
from zhike.kernel.near_names import near_names
from zhike.kernel.words import Text

# Compared without case, blanks and signs.
_NAMES = {
    "customer": (
        *("customerid", "customer", "customernumber", "custid", "clientid", "client", "userid", "user"),
        *("memberid", "member", "buyerid", "buyer", "客户编号", "客户号", "客户", "客户id", "会员编号", "会员号"),
        *("会员", "会员id", "用户编号", "用户id", "用户"),
    ),
    "date": (
        *("date", "day", "orderedat", "orderedon", "orderdate", "ordertime", "invoicedate", "purchasedate"),
        *("transactiondate", "createdat", "日期", "下单时间", "下单日期", "订单时间", "订单日期", "购买日期"),
    ),
    "amount": (
        *("amount", "orderamount", "amountpaid", "total", "totalamount", "ordertotal", "spend", "revenue"),
        *("sales", "金额", "订单金额", "实付金额", "实付款", "实付", "消费金额"),
    ),
    "order": (
        *("orderid", "orderno", "ordernumber", "order", "invoice", "invoiceno", "invoiceid", "transactionid"),
        *("订单号", "订单编号", "订单id"),
    ),
}  # fmt: skip
_SAID = {
    "customer": Text("客户", "customer"),
    "date": Text("日期", "date"),
    "amount": Text("金额", "amount"),
    "order": Text("订单号", "order id"),
}


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """Names of columns; `order` is empty where each row is an order of its own."""

    customer: str
    date: str
    amount: str
    order: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(name for name in (self.customer, self.date, self.amount, self.order) if name)


def order_columns(
    frame: Frame, *, customer: str | None, date: str | None, amount: str | None, order: str | None
) -> OrderColumns:
    """The columns as named, or where None, as their names tell; `order` may be missing, ``""`` is none.

    Raises
    ------
    UsageError
        ``column.unknown`` for a name that is not there, ``column.not_found`` and ``column.ambiguous`` where the
        names do not tell, ``column.same`` where one column would be two things.
    """
    found = OrderColumns(
        customer=_column(frame, "customer", customer),
        date=_column(frame, "date", date),
        amount=_column(frame, "amount", amount),
        order=_column(frame, "order", order, is_optional=True),
    )
    if len(set(found.all)) < len(found.all):
        raise UsageError(
            "column.same",
            zh=f"同一列不能既是一项又是另一项：{'、'.join(found.all)}",
            en=f"one column cannot be two things: {', '.join(found.all)}",
        )
    return found


def _column(frame: Frame, role: str, named: str | None, *, is_optional: bool = False) -> str:
    if named is not None:
        return named if named == "" and is_optional else _known(frame, role, named)
    likely = [name for name in frame.names if _bare(name) in _NAMES[role]]
    if len(likely) == 1:
        return likely[0]
    if not likely and is_optional:
        return ""
    said = _SAID[role]
    listed = likely or frame.names
    if likely:
        raise UsageError(
            "column.ambiguous",
            zh=f'有几列都可能是{said.zh}：{"、".join(listed)}。请用 {role}="列名" 指定',
            en=f'several columns may be the {said.en}: {", ".join(listed)}; name one by {role}="…"',
        )
    raise UsageError(
        "column.not_found",
        zh=f'看不出哪一列是{said.zh}；现有的列：{"、".join(listed)}。请用 {role}="列名" 指定',
        en=f'no column looks like the {said.en}; there are: {", ".join(listed)}. Name it by {role}="…"',
    )


def _known(frame: Frame, role: str, named: str) -> str:
    if named in frame.names:
        return named
    near = near_names(named, frame.names)
    raise UsageError(
        "column.unknown",
        zh=f"{role}=：没有“{named}”这一列；{near.zh}",
        en=f"{role}=: there is no column “{named}”; {near.en}",
    )


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
