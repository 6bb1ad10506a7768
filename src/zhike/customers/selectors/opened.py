"""All records opened, for comparing them in memory; nobody is shown this."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.conf import settings

from zhike.customers.matching.people import KnownProfile
from zhike.customers.models import Identity, PersonalField, Profile, identity_place, personal_place
from zhike.customers.normal import is_placeholder_email, is_placeholder_phone
from zhike.customers.vault import open_vault

_PLACEHOLDERS = {"phone": is_placeholder_phone, "email": is_placeholder_email}


def known_profiles(*, without: Collection[tuple[str, str]] = ()) -> Iterator[KnownProfile]:
    """What every profile says of a person.

    Parameters
    ----------
    without
        Identifiers, by kind and fingerprint, that many share and that say nothing; placeholders like
        13800000000 are left out in any case.
    """
    vault = open_vault(settings.ZHIKE_HOME)
    found = {
        pk: KnownProfile(pk, source, attributes.get("gender"), attributes.get("city"))
        for pk, source, attributes in Profile.objects.filter(erased_at=None).values_list(
            "pk", "source", "attributes"
        )
    }
    for pk, field, sealed in PersonalField.objects.values_list("profile_id", "field", "sealed").iterator():
        if pk in found:
            found[pk].values[field] = vault.open(sealed, place=personal_place(pk, field))
    identities = Identity.objects.values_list("profile_id", "kind", "value_index", "sealed")
    for pk, kind, index, sealed in identities.order_by("pk").iterator():
        if pk not in found or (kind, index) in without:
            continue
        value = vault.open(sealed, place=identity_place(pk, kind, index))
        if kind not in _PLACEHOLDERS or not _PLACEHOLDERS[kind](value):
            found[pk].values[kind] = value
    yield from found.values()
