"""What staff type about a customer: kept as a record of its own, shown before what the sources say, taken back at will."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from zhike.accounts.access import Right, may
from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.customers.models import Profile, SensitiveValue, TypedValue
from zhike.customers.records import BY_HAND, Identifier, ProfileRecord
from zhike.customers.selectors.consents import is_agreed
from zhike.customers.selectors.profiles import profile_keys
from zhike.customers.services.links import PairEvidence, link_profiles
from zhike.customers.services.profile_contents import Contents
from zhike.customers.services.profiles import record_profiles
from zhike.customers.services.registering import register_profiles
from zhike.customers.services.sealed_attributes import keep_sealed
from zhike.customers.typed_fields import TypedField, typed_field
from zhike.customers.vault import open_vault
from zhike.kernel import clock
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

TYPED = action("customer.typed", zh="手工修改客户资料", en="typed a value of a customer")
TAKEN_BACK = action("customer.typed_taken_back", zh="撤回手工值", en="took a typed value back")


@transaction.atomic
def type_value(*, customer_id: int, name: str, typed: Sequence[str], actor: User) -> TypedField:
    """Keep what somebody typed about a customer; from now on it is shown before what the sources say.

    Parameters
    ----------
    name
        Of one of `typed_fields`.
    typed
        What stands in its control; several texts where several can be chosen.

    Raises
    ------
    UsageError
        ``field.unknown``, ``field.no_consent``, ``field.right``; ``customer.unknown``, ``customer.erased``.
    ZhikeError
        What the field's reader raises.
    """
    field = typed_field(name)
    _check_may_type(field, customer_id, actor)
    value = field.read(typed)
    profile_id = _hand_record(customer_id, actor)
    _keep(field, value, profile_id)
    kept = {"actor": actor, "made_at": clock.now()}
    for code in _codes(field, value):
        TypedValue.objects.update_or_create(profile_id=profile_id, field=code, defaults=kept)
    record_audit(
        actor=actor, action=TYPED, object=Target("customer", customer_id), details={"field": field.name}
    )
    return field


@transaction.atomic
def take_back_value(*, customer_id: int, name: str, actor: User) -> TypedField:
    """Forget what was typed of a field: what the sources say is shown again. Again changes nothing.

    Raises
    ------
    UsageError
        ``field.unknown``.
    """
    field = typed_field(name)
    typed = TypedValue.objects.filter(profile__customer=customer_id, field__in=field.codes)
    if not typed.exists():
        return field
    profile_ids = set(typed.values_list("profile", flat=True))
    contents = Contents.of(open_vault(settings.ZHIKE_HOME), profile_ids)
    for profile_id in profile_ids:
        contents.take_away(profile_id, names=field.codes)
    contents.write(batch="")
    SensitiveValue.objects.filter(profile__in=profile_ids, attribute__code__in=field.codes).delete()
    typed.delete()
    record_audit(
        actor=actor, action=TAKEN_BACK, object=Target("customer", customer_id), details={"field": field.name}
    )
    return field


def _check_may_type(field: TypedField, customer_id: int, actor: User) -> None:
    if field.kind == "sealed" and not may(actor, Right.REVEAL):
        raise UsageError(
            "field.right",
            zh=f"填写“{field.text.zh}”需要“查看完整联系方式”的权限，请找店主",
            en=f"“{field.text.en}” is typed by those who may reveal contacts; ask the owner",
        )
    if field.is_sensitive and not is_agreed(customer_id, purpose="sensitive", channel=""):
        raise UsageError(
            "field.no_consent",
            zh=f"“{field.text.zh}”是敏感信息，要本人单独同意；请先在客户页的“授权”登记对“敏感信息”的同意",
            en=f"“{field.text.en}” is sensitive and needs the customer's own consent; "
            "write down their consent to “Sensitive data” on the customer's page first",
        )


def _hand_record(customer_id: int, actor: User) -> int:
    """The record of what staff typed about a customer; made, and linked with the customer's first, if there is none."""
    profiles = Profile.objects.filter(customer=customer_id, erased_at=None).order_by("pk")
    first = profiles.first()
    if first is None:
        raise UsageError(
            "customer.erased",
            zh=f"客户 #{customer_id} 没有任何来源记录（可能已被抹除），不能填写资料",
            en=f"customer #{customer_id} has no record, perhaps erased; nothing can be typed",
        )
    if hand := profiles.filter(source=BY_HAND).first():
        return hand.pk
    # A key of nothing: after a split and another typing, two customers must not get the same record.
    key = uuid.uuid4().hex
    made = register_profiles(source=BY_HAND, source_keys=[key])[key]
    link_profiles(pairs=[PairEvidence(first.pk, made, BY_HAND)], actor=actor)
    return made


def _keep(field: TypedField, value: Any, profile_id: int) -> None:
    if field.kind == "sealed":
        keep_sealed(profile_id=profile_id, values={field.name: value})
        return
    if field.kind == "attributes":
        # A place that was typed before may have been deeper: its district must not stay below another city.
        contents = Contents.of(open_vault(settings.ZHIKE_HOME), [profile_id])
        contents.take_away(profile_id, names=field.codes)
        contents.write(batch="")
        TypedValue.objects.filter(profile=profile_id, field__in=field.codes).delete()
    key = profile_keys([profile_id])[profile_id][1]
    record_profiles(source=BY_HAND, records=[_record(field, key, value)])


def _record(field: TypedField, key: str, value: Any) -> ProfileRecord:
    if field.kind == "attributes":
        return ProfileRecord(key, attributes=value)
    if field.kind == "identifier":
        return ProfileRecord(key, identifiers=(Identifier(field.name, value),))  # type: ignore[arg-type]
    return ProfileRecord(key, **{field.name: value})


def _codes(field: TypedField, value: Any) -> tuple[str, ...]:
    """What of the field was typed: of a place perhaps no district."""
    return tuple(value) if field.kind == "attributes" else field.codes
