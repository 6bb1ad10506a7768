"""What the codes of rejected records mean to people, and which repairs may help."""

from __future__ import annotations

from zhike.kernel.words import Text

_DATES = ("date_order=dmy", "date_order=mdy", "date_order=ymd")
_MONEY = ("money_signs", "spaces", "full_width_digits")
_NUMBERS = ("spaces", "full_width_digits")
# By the beginning of the code; the longest one that fits counts.
_REPAIRS: dict[str, tuple[str, ...]] = {
    "date.ambiguous": _DATES,
    "date.impossible": ("date_order=dmy", "date_order=mdy"),
    "date.unreadable": ("full_width_digits", *_DATES),
    "date.short_time": ("short_times",),
    "money.": _MONEY,
    "contact.birthday_ambiguous": ("date_order=dmy", "date_order=mdy"),
    "points.not_whole": _NUMBERS,
    "quantity.not_whole": _NUMBERS,
    "stars.not_whole": _NUMBERS,
    "contact.phone": ("spaces", "full_width_digits", "scientific_phone"),
    "contact.phone_scientific": ("scientific_phone",),
    "contact.email": ("spaces", "full_width_digits"),
    "id.scientific": ("scientific_phone",),
    "id.": _NUMBERS,
}
_TEXTS = {
    "answer": Text("答案不能导入", "answers that are not imported"),
    "attribute": Text("资料里的词看不懂", "words about a person that are not known"),
    "attribute.no_consent": Text("敏感信息没有单独同意", "sensitive data without a consent of its own"),
    "attribute.personal": Text("属性里有联系方式", "contacts in an attribute"),
    "birthday": Text("生日看不懂", "birthdays that are not understood"),
    "code": Text("代码不合规", "codes that are not allowed"),
    "consent": Text("授权没有时间", "consents without a time"),
    "contact.birthday": Text("生日看不懂", "birthdays that are not understood"),
    "contact.email": Text("邮箱格式不对", "e-mail addresses that are not whole"),
    "contact.masked": Text("联系方式打了码，不完整", "contacts that are masked"),
    "contact.name": Text("姓名看不懂", "names that are not understood"),
    "contact.phone": Text("手机号格式不对", "phone numbers that are not whole"),
    "currency": Text("币种与本店不同", "another currency"),
    "customer.conflict": Text("同一客户在文件里有两种内容", "a customer twice, with other content"),
    "date": Text("日期看不懂或不可能", "dates that are unclear or impossible"),
    "id": Text("编号缺失或已损坏", "ids that are missing or damaged"),
    "money": Text("金额看不懂", "amounts that are not understood"),
    "order.conflict": Text("同一订单在文件里有两种内容", "an order twice, with other content"),
    "order.missing": Text("订单还没有导入", "the order is not there yet"),
    "properties": Text("属性不能导入", "properties that are not imported"),
    "refund": Text("退款与订单矛盾", "refunds that contradict the order"),
    "region": Text("地区看不懂", "places that are not known"),
    "row": Text("这一行的结构坏了", "rows whose structure is broken"),
    "status": Text("状态词还没有对应", "status words without a meaning"),
    "tag": Text("标签太长", "tags that are too long"),
    "text": Text("文字太长", "texts that are too long"),
}
_OTHER = Text("值不能导入", "values that are not imported")
_CONFLICT = Text("同一条记录在文件里有两种内容", "a record twice, with other content")
_UNKNOWN = Text("这些词还没有对应", "words without a meaning")


def reason_text(code: str) -> Text:
    """What a code means, in a few words."""
    if code in _TEXTS:
        return _TEXTS[code]
    fitting = [name for name in _TEXTS if code.startswith((f"{name}.", f"{name}_"))]
    if fitting:
        return _TEXTS[max(fitting, key=len)]
    if code.endswith(".conflict"):
        return _CONFLICT
    return _UNKNOWN if code.endswith(".unknown") else _OTHER


def repairs_for(code: str) -> tuple[str, ...]:
    """Names of the repairs that may help, the likeliest first."""
    fitting = [start for start in _REPAIRS if code.startswith(start)]
    return _REPAIRS[max(fitting, key=len)] if fitting else ()
