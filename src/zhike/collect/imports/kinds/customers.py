"""Customers: one record a person, as one source knows them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from zhike.collect.imports import cells
from zhike.collect.imports.attribute_values import Definition
from zhike.collect.imports.kinds.consents import (
    CONSENT_FIELDS,
    REJECT,
    UNDATED_CONSENTS,
    consent_readers,
    consents_of,
)
from zhike.collect.imports.kinds.faults import RowFault
from zhike.collect.imports.kinds.kind import (
    CellReader,
    Field,
    FieldReaders,
    ImportRules,
    Kind,
    Together,
    moment_reader,
    row_hash,
    unless_nothing,
)
from zhike.collect.imports.kinds.orders import CUSTOMER_ID_ALIASES
from zhike.collect.imports.kinds.own_attributes import (
    SENSITIVE_VALUES,
    attribute_fields,
    attribute_readers,
    with_attributes,
)
from zhike.collect.imports.mapping import ColumnMapping, Layout
from zhike.collect.imports.records import folded, trimmed
from zhike.collect.imports.rejects import original_text
from zhike.customers import normal
from zhike.customers.records import IDENTIFIER_KINDS, ConsentGiven, Identifier, IdentifierKind, ProfileRecord
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

_BETWEEN = re.compile(r"[,，;；|、]")
CUSTOMER_FIELDS = (
    Field(
        "customer_id",
        Text("客户编号", "customer id"),
        "id",
        True,
        CUSTOMER_ID_ALIASES,
        samples=("C01", "C02"),
    ),
    Field(
        "name",
        Text("姓名", "name"),
        aliases=("姓名", "客户姓名", "会员姓名", "客户名称", "full name", "customer name"),
        samples=("陈晓", "林一"),
    ),
    Field(
        "family_name",
        Text("姓", "family name"),
        aliases=("姓", "姓氏", "last name", "surname", "family name"),
    ),
    Field(
        "given_name",
        Text("名（与姓分列）", "given name"),
        aliases=("名", "first name", "given name", "forename"),
    ),
    Field(
        "phone",
        Text("手机", "phone"),
        "phone",
        aliases=(
            "手机",
            "手机号",
            "手机号码",
            "电话",
            "联系电话",
            "联络电话",
            "行动电话",
            "手提电话",
            "mobile",
            "phone number",
            "telephone",
        ),
        samples=("13912345678", "13612345678"),
    ),
    Field(
        "email",
        Text("邮箱", "e-mail"),
        "email",
        aliases=("邮箱", "电子邮箱", "邮件", "电子邮件", "电邮", "信箱", "e-mail", "email address"),
        samples=("chen@shop.cn", ""),
    ),
    Field(
        "phone_verified_at",
        Text("手机何时验证", "when the phone was verified"),
        "date",
        aliases=("手机验证时间", "手机号验证时间", "phone verified at"),
    ),
    Field(
        "email_verified_at",
        Text("邮箱何时验证", "when the e-mail was verified"),
        "date",
        aliases=("邮箱验证时间", "email verified at", "e-mail verified at"),
    ),
    Field("unionid", Text("UnionID", "UnionID"), "id", aliases=("微信unionid", "union id")),
    Field("openid", Text("OpenID", "OpenID"), "id", aliases=("微信openid", "open id")),
    Field(
        "external_userid", Text("企业微信客户 ID", "WeCom user id"), "id", aliases=("外部联系人id", "企微id")
    ),
    Field("member_card", Text("会员卡号", "member card"), "id", aliases=("会员卡号", "卡号", "card number")),
    Field("nickname", Text("昵称", "nickname"), aliases=("昵称", "微信昵称", "买家昵称")),
    Field(
        "gender", Text("性别", "gender"), aliases=("性别", "sex"), is_coded=True, samples=("female", "male")
    ),
    Field(
        "birthday",
        Text("生日", "birthday"),
        "birthday",
        aliases=("生日", "出生日期", "出生年月日", "date of birth", "birth date"),
        samples=("1990-05-20", ""),
    ),
    Field("province", Text("省", "province"), aliases=("省", "省份", "state"), samples=("浙江省", "上海市")),
    Field("city", Text("市", "city"), aliases=("市", "城市", "县市"), samples=("杭州市", "上海市")),
    Field("district", Text("区县", "district"), aliases=("区", "区县", "区/县", "乡镇市区", "行政区")),
    Field(
        "address",
        Text("详细地址", "street address"),
        aliases=("地址", "详细地址", "收货地址", "收件地址", "通讯地址", "住址", "address1"),
    ),
    Field("occupation", Text("职业", "occupation"), aliases=("职业",), is_coded=True),
    Field("income", Text("月收入", "monthly income"), aliases=("收入", "月收入"), is_coded=True),
    Field("education", Text("学历", "education"), aliases=("学历", "教育程度"), is_coded=True),
    Field("interests", Text("兴趣", "interests"), aliases=("兴趣", "爱好", "兴趣爱好")),
    Field("tags", Text("标签", "tags"), aliases=("标签", "客户标签"), samples=("老客;爱喝茶", "")),
    *CONSENT_FIELDS,
)
_CHOICES: Mapping[str, Callable[[str], str | None]] = {
    "gender": normal.gender,
    "occupation": normal.occupation,
    "education": normal.education,
    "income": normal.income_band,
}
_ATTRIBUTES = (*_CHOICES, "interests")
_DIVISIONS = ("province", "city", "district")
_NAMES = ("name", "family_name", "given_name")
_CONSENTS = tuple(each.name for each in CONSENT_FIELDS)


class CustomerRow(NamedTuple):
    """One customer as it is staged; `record` is the profile record as JSON."""

    number: int
    key_hash: int
    customer_id: str
    record: str
    row_hash: int


class CustomerReader:
    """Turns the cells of a record into a `CustomerRow`."""

    def __init__(
        self,
        layout: Layout,
        mapping: ColumnMapping,
        rules: ImportRules,
        attributes: Sequence[Definition] = (),
    ) -> None:
        readers = {**_field_readers(mapping, rules), **attribute_readers(attributes, mapping)}
        fields = (*CUSTOMER_FIELDS, *attribute_fields(attributes, CUSTOMER_FIELDS))
        undated = mapping.options.get("undated_consents", REJECT)
        together = (
            Together("whole_name", _NAMES, _name),
            Together("place", (*_DIVISIONS, "address"), _place),
            Together("consents", _CONSENTS, partial(consents_of, undated=undated)),
        )
        self._fields = FieldReaders(fields, layout, readers, rules, together)
        self._attributes = attributes

    def read(self, number: int, values: Sequence[object]) -> CustomerRow:
        """The customer in a record.

        Raises
        ------
        RowFault
            With the fields that cannot be taken.
        """
        known = self._fields.known(values)
        record = with_attributes(_record(known), known, self._attributes)
        text = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True, default=str)
        return CustomerRow(number, hash(known["customer_id"]), known["customer_id"], text, row_hash((text,)))


def profile_record(text: str) -> ProfileRecord:
    """The record that a `CustomerRow` carries as text."""
    said = json.loads(text)
    consents = [
        ConsentGiven(**{**each, "given_at": each["given_at"] and datetime.fromisoformat(each["given_at"])})
        for each in said.pop("consents")
    ]
    identifiers = [Identifier(**each) for each in said.pop("identifiers")]
    tags = tuple(said.pop("tags"))
    return ProfileRecord(**said, identifiers=tuple(identifiers), consents=tuple(consents), tags=tags)


def _field_readers(mapping: ColumnMapping, rules: ImportRules) -> dict[str, CellReader]:
    readers: dict[str, CellReader] = {each.name: cells.optional_text for each in CUSTOMER_FIELDS}
    for kind in IDENTIFIER_KINDS:
        readers[kind] = unless_nothing(partial(_identifier, kind))
    return {
        **readers,
        **dict.fromkeys(_DIVISIONS, cells.open_text),
        "customer_id": cells.id_text,
        **{name: unless_nothing(_choice_reader(name, mapping)) for name in _CHOICES},
        "interests": unless_nothing(_interests),
        **consent_readers(mapping),
        **{
            name: unless_nothing(moment_reader(rules))
            for name in ("consented_at", "phone_verified_at", "email_verified_at")
        },
        "name": unless_nothing(lambda value: str(normal.name(original_text(value)))),
        "birthday": unless_nothing(partial(_birthday, today=rules.now.astimezone(rules.zone).date())),
        "tags": unless_nothing(_tags),
    }


def _choice_reader(name: str, mapping: ColumnMapping) -> CellReader:
    translated = mapping.values.get(name, {})

    def read(value: object) -> str | None:
        text = original_text(value)
        return _CHOICES[name](translated.get(folded(text), text))

    return read


def _proved(kind: IdentifierKind, known: Mapping[str, Any]) -> Identifier:
    """An identifier, verified if the record says when that was."""
    moment = known.get(f"{kind}_verified_at")
    return Identifier(kind, known[kind], moment is not None, moment[0].isoformat() if moment else "")


def _name(known: Mapping[str, Any]) -> str | None:
    """The name, else the two parts of one: Chinese ones as 姓名, others with the given name first."""
    whole: str | None = known["name"]
    family, given = known["family_name"], known["given_name"]
    if whole is not None or not (family or given):
        return whole
    parts = [part for part in (given, family) if part]
    try:
        found = normal.name(" ".join(parts))
        return str(normal.name("".join(reversed(parts))) if found.script == "han" else found)
    except ZhikeError as error:
        raise RowFault("family_name" if family else "given_name", error) from None


def _identifier(kind: IdentifierKind, value: object) -> str:
    return str(normal.identifier(kind, original_text(value)))


def _birthday(value: object, *, today: date) -> str:
    text = value.date().isoformat() if isinstance(value, datetime) else original_text(value)
    return str(normal.birthday(text, today=today))


def _interests(value: object) -> object:
    text = original_text(value)
    cells.require_nobodys(text)
    return normal.interests(text) or None


def _tags(value: object) -> tuple[str, ...]:
    cells.require_nobodys(str(value))
    tags = {trimmed(tag) for tag in _BETWEEN.split(str(value))} - {""}
    if long := [tag for tag in tags if len(tag) > 40]:
        raise ZhikeError(
            "tag.too_long",
            zh=f"标签有 {len(long[0])} 个字符，最多 40 个；多个标签用分号隔开",
            en=f"a tag has {len(long[0])} characters, 40 is the most; put semicolons between tags",
        )
    return tuple(sorted(tags))


def _record(known: Mapping[str, Any]) -> ProfileRecord:
    divisions, address = known["place"]
    return ProfileRecord(
        source_key=known["customer_id"],
        name=known["whole_name"],
        identifiers=tuple(_proved(kind, known) for kind in IDENTIFIER_KINDS if known[kind] is not None),
        birthday=known["birthday"],
        address=address,
        attributes={**{name: known[name] for name in _ATTRIBUTES if known[name] is not None}, **divisions},
        consents=known["consents"],
        tags=known["tags"] or (),
    )


def _place(known: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """Province, city and district by their full names, and what stands below them."""
    parts, address = [known[name] for name in _DIVISIONS], known["address"]
    try:
        found = normal.region(parts if any(parts) else address or "")
    except ZhikeError as error:
        # Abroad, and in addresses without a province, what was written stays.
        if any(parts) and error.code != "region.unknown":
            raise RowFault("province" if known["province"] else "city", error) from None
        return _unknown_place(parts, address)
    divisions = {name: value for name in _DIVISIONS if (value := getattr(found, name))}
    if any(parts) and found.remainder:
        # A new district, a town of a city without districts: what has no place of its own stays with the street.
        left = tuple(found.remainder.split())
        below = "".join(part for part in parts if part and part.endswith(left))
        return divisions, address if address and address.startswith(below) else below + (address or "")
    return divisions, address if any(parts) else found.remainder or None


def _unknown_place(parts: Sequence[str | None], address: str | None) -> tuple[dict[str, str], str | None]:
    """What no list of ours knows, as it was written; what reads like a street and house goes to the sealed address."""
    named = [(name, part) for name, part in zip(_DIVISIONS, parts, strict=True) if part]
    streets = [part for _, part in named if normal.reads_like_a_street(part)]
    below = " ".join(part for part in [*streets, address] if part)
    return {name: part for name, part in named if part not in streets}, below or None


CUSTOMERS_KIND = Kind(
    "customers",
    Text("客户", "customers"),
    CUSTOMER_FIELDS,
    CustomerReader,
    pa.schema(
        [
            ("number", pa.int64()),
            ("key_hash", pa.int64()),
            ("customer_id", pa.string()),
            ("record", pa.string()),
            ("row_hash", pa.int64()),
        ]
    ),
    ("customer_id",),
    "customer_id",
    (
        "customer.conflict",
        Text(
            "同一客户编号在第 {first} 行已有，内容不同；请只保留正确的一行",
            "row {first} has the same customer id with other content; keep the right one of the two",
        ),
    ),
    destination="profiles",
    options=(UNDATED_CONSENTS,),
)


def customers_kind(definitions: Iterable[Definition]) -> Kind:
    """The kind with the attributes in use as further fields."""
    defined = tuple(definitions)
    known = {field.name: field for field in attribute_fields(defined, CUSTOMER_FIELDS)}
    own = tuple(each for each in defined if each.code in known)
    is_asked = any(each.sensitivity == "sensitive" for each in own)
    return replace(
        CUSTOMERS_KIND,
        fields=(*CUSTOMER_FIELDS, *known.values()),
        reader=partial(CustomerReader, attributes=own),
        options=(UNDATED_CONSENTS, *[SENSITIVE_VALUES] * is_asked),
    )
