"""The attributes that a business invents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import AttributeDefinition
from zhike.customers.normal.codes import CODE, code_of
from zhike.customers.records import FIELDS_OF_FILES, IDENTIFIER_KINDS, PERSONAL_FIELDS
from zhike.customers.words import is_builtin_attribute
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

ATTRIBUTE_CREATED = action("attribute.created", zh="新建属性", en="made an attribute")
ATTRIBUTE_CHANGED = action("attribute.changed", zh="修改属性", en="changed an attribute")
ATTRIBUTE_RETIRED = action("attribute.retired", zh="停用属性", en="retired an attribute")
ATTRIBUTE_RESTORED = action("attribute.restored", zh="恢复属性", en="restored an attribute")

Type = AttributeDefinition.Type
Sensitivity = AttributeDefinition.Sensitivity
_LONGEST_LABEL = 60
_CHOICES = (Type.CHOICE, Type.CHOICES)


@transaction.atomic
def create_attribute(
    *,
    code: str,
    type: str,
    label_zh: str,
    label_en: str,
    options: Sequence[Mapping[str, str]] = (),
    sensitivity: str = Sensitivity.ORDINARY,
    actor: User | None,
) -> AttributeDefinition:
    """A new attribute; its code, type and sensitivity stay. A sensitive one is never usable in conditions.

    Parameters
    ----------
    code
        Empty: one is made of the label.
    options
        ``code``, ``zh`` and ``en`` of each choice; for choices only.

    Raises
    ------
    UsageError
        ``attribute.code``, ``attribute.type``, ``attribute.label``, ``attribute.options``.
    """
    labels = _labels(label_zh, label_en)
    code = code or code_of(labels["label_zh"], taken=_taken_codes())
    _check_code(code)
    if type not in Type or sensitivity not in Sensitivity:
        raise UsageError(
            "attribute.type", zh="请选类型和敏感程度", en="choose a type and how sensitive it is"
        )
    made = AttributeDefinition.objects.create(
        code=code,
        type=type,
        options=_checked_options(type, options),
        sensitivity=sensitivity,
        is_usable_in_conditions=sensitivity != Sensitivity.SENSITIVE,
        **labels,
    )
    record_audit(actor=actor, action=ATTRIBUTE_CREATED, object=Target("attribute", code))
    return made


@transaction.atomic
def relabel_attribute(
    *,
    code: str,
    label_zh: str,
    label_en: str,
    options: Sequence[Mapping[str, str]] = (),
    actor: User | None,
) -> AttributeDefinition:
    """Call an attribute and its choices something else; choices can be added, none taken away.

    Raises
    ------
    UsageError
        ``attribute.unknown``, ``attribute.label``, ``attribute.options``.
    """
    definition = _definition(code)
    checked = _checked_options(definition.type, options)
    gone = {option["code"] for option in definition.options} - {option["code"] for option in checked}
    if gone:
        raise _bad_options(
            f"选项 {'、'.join(sorted(gone))} 可能已被使用，不能删去",
            f"the choices {', '.join(sorted(gone))} may be in use and cannot be taken away",
        )
    definition.options = checked
    for name, label in _labels(label_zh, label_en).items():
        setattr(definition, name, label)
    definition.save()
    record_audit(actor=actor, action=ATTRIBUTE_CHANGED, object=Target("attribute", code))
    return definition


@transaction.atomic
def retire_attribute(*, code: str, is_retired: bool, actor: User | None) -> None:
    """Stop offering an attribute, or offer it again; values that are there stay.

    Raises
    ------
    UsageError
        ``attribute.unknown``.
    """
    definition = _definition(code)
    definition.retired_at = clock.now() if is_retired else None
    definition.save(update_fields=["retired_at"])
    done = ATTRIBUTE_RETIRED if is_retired else ATTRIBUTE_RESTORED
    record_audit(actor=actor, action=done, object=Target("attribute", code))


def options_in(text: str) -> list[dict[str, str]]:
    """Choices as somebody types them, one a line: ``code | Chinese | English``.

    English may be left out, and the code, too: then it is made of the Chinese words.

    >>> options_in("green | 绿茶 | Green tea")
    [{'code': 'green', 'zh': '绿茶', 'en': 'Green tea'}]
    >>> [option["code"] for option in options_in("红茶\\n白茶 | White tea")]
    ['hong_cha', 'bai_cha']
    """
    lines = [[part.strip() for part in line.replace("｜", "|").split("|")] for line in text.splitlines()]
    options: list[dict[str, str]] = []
    for parts in (parts for parts in lines if any(parts)):
        has_code = len(parts) > 2 or bool(CODE.match(parts[0]))
        taken = {option["code"] for option in options}
        code, zh, en = (*(parts if has_code else (code_of(parts[0], taken=taken), *parts)), "", "")[:3]
        options.append({"code": code, "zh": zh or code, "en": en or zh or code})
    return options


def option_lines(options: Iterable[Mapping[str, str]]) -> str:
    """Options as `options_in` reads them back; English that is the Chinese is left out.

    >>> option_lines([{"code": "green", "zh": "绿茶", "en": "Green tea"}, {"code": "vip", "zh": "VIP", "en": "VIP"}])
    'green | 绿茶 | Green tea\\nvip | VIP'
    """
    return "\n".join(
        f"{each['code']} | {each['zh']}" + (f" | {each['en']}" if each["en"] != each["zh"] else "")
        for each in options
    )


def _definition(code: str) -> AttributeDefinition:
    definition = AttributeDefinition.objects.filter(code=code).first()
    if definition is None:
        raise UsageError("attribute.unknown", zh=f"没有属性“{code}”", en=f"there is no attribute “{code}”")
    return definition


def _check_code(code: str) -> None:
    if not CODE.match(code):
        raise UsageError(
            "attribute.code",
            zh="代码用小写字母、数字和下划线，以字母开头，最多 40 个字符，例如 tea_preference",
            en="a code has small letters, digits and underscores, begins with a letter and has at most 40 "
            "characters, such as tea_preference",
        )
    if code in _taken_codes() or is_builtin_attribute(code):
        raise UsageError(
            "attribute.code",
            zh=f"代码“{code}”已经在用，请换一个",
            en=f"the code “{code}” is taken; choose another",
        )


def _taken_codes() -> frozenset[str]:
    own = AttributeDefinition.objects.values_list("code", flat=True)
    return frozenset((*own, *PERSONAL_FIELDS, *IDENTIFIER_KINDS, *FIELDS_OF_FILES))


def _labels(zh: str, en: str) -> dict[str, str]:
    zh, en = " ".join(zh.split()), " ".join(en.split())
    zh, en = zh or en, en or zh
    if not 0 < len(zh) <= _LONGEST_LABEL or len(en) > _LONGEST_LABEL:
        raise UsageError(
            "attribute.label",
            zh=f"名称要有 1 到 {_LONGEST_LABEL} 个字",
            en=f"a label has 1 to {_LONGEST_LABEL} characters",
        )
    return {"label_zh": zh, "label_en": en}


def _checked_options(type: str, options: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if type not in _CHOICES:
        return []
    codes = [option["code"] for option in options]
    if not codes or len(set(codes)) != len(codes) or not all(CODE.match(code) for code in codes):
        raise _bad_options(
            "每行一个选项，写作“中文 | English”或“代码 | 中文 | English”，不能重复",
            "one choice a line, as “中文 | English” or “code | 中文 | English”, each once",
        )
    return [dict(option) for option in options]


def _bad_options(zh: str, en: str) -> UsageError:
    return UsageError("attribute.options", zh=zh, en=en)
