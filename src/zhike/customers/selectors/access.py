"""Everything that is known of one person, to hand to them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.forms.models import model_to_dict

from zhike.customers.models import ConsentEntry, Note, Profile, ProfileLink, ProfileTag, SensitiveValue
from zhike.customers.selectors.people import person_of
from zhike.customers.selectors.profiles import profile_keys
from zhike.customers.stores import Person, registered_stores
from zhike.customers.vault import open_vault
from zhike.customers.wordings import wordings_of
from zhike.lake import catalog
from zhike.lake.engines import WEB_BUDGET
from zhike.lake.snapshots import Draft, open_lake

# Told by many people at once: it names nobody.
_SHARED = ("birthday",)


def everything_of(customer_id: int) -> dict[str, Any]:
    """What database and lake hold of a customer, under the names of the tables; values as plain JSON knows them.

    The facts are those of now, the computed tables those of the snapshot in force. `elsewhere` has by name what
    other stores have of them: rows on their way, uploads, rejected records.
    """
    profiles = list(Profile.objects.filter(customer=customer_id, erased_at=None).order_by("pk"))
    ids = [profile.pk for profile in profiles]
    return {
        "customer_id": customer_id,
        "records": _records(profiles),
        "personal": [
            {
                "record": s.profile_id,
                "field": s.field,
                "value": s.value,
                "source": s.source,
                "changed_at": s.changed_at,
            }
            for s in person_of(customer_id, is_masked=False).all
        ],
        "sensitive": _sensitive(ids),
        "consents": _consents(ids),
        "tags": list(ProfileTag.objects.filter(profile__in=ids).values_list("tag__name", flat=True)),
        "notes": _notes(ids),
        "links": list(
            ProfileLink.objects.filter(left__in=ids, right__in=ids).values(
                "left_id", "right_id", "state", "rule"
            )
        ),
        "facts": _facts(ids),
        "computed": _computed(customer_id),
        "elsewhere": _elsewhere(customer_id),
    }


def known_person(customer_id: int) -> Person:
    """A customer as other stores are asked about them; values in full."""
    ids = tuple(Profile.objects.filter(customer=customer_id).order_by("pk").values_list("pk", flat=True))
    said = [each.value for each in person_of(customer_id, is_masked=False).all if each.field not in _SHARED]
    said += [str(each["value"]) for each in _sensitive(list(ids))]
    return Person(customer_id, ids, tuple(dict.fromkeys(said)), tuple(profile_keys(ids).values()))


def _elsewhere(customer_id: int) -> dict[str, list[dict[str, Any]]]:
    person = known_person(customer_id)
    found = {store.name: store.known(person) for store in registered_stores()}
    return {name: rows for name, rows in found.items() if rows}


def _records(profiles: list[Profile]) -> list[dict[str, Any]]:
    keys = profile_keys([profile.pk for profile in profiles])
    return [
        {
            "record": profile.pk,
            "source": profile.source,
            "source_key": keys[profile.pk][1],
            "attributes": profile.attributes,
            "created_at": profile.created_at,
            "changed_at": profile.changed_at,
        }
        for profile in profiles
    ]


def _sensitive(ids: list[int]) -> list[dict[str, Any]]:
    vault = open_vault(settings.ZHIKE_HOME)
    rows = SensitiveValue.objects.filter(profile__in=ids).select_related("attribute")
    return [
        {"record": r.profile_id, "attribute": r.attribute.code, "value": vault.open(r.sealed, place=r.place)}
        for r in rows
    ]


def _notes(ids: list[int]) -> list[dict[str, Any]]:
    vault = open_vault(settings.ZHIKE_HOME)
    notes = Note.objects.filter(profile__in=ids).order_by("made_at")
    return [{"made_at": n.made_at, "text": vault.open(n.sealed, place=n.place)} for n in notes]


def _consents(ids: list[int]) -> list[dict[str, Any]]:
    """The whole ledger, with the words that were agreed to where they are known."""
    entries = list(ConsentEntry.objects.filter(profile__in=ids).order_by("pk"))
    words = wordings_of([entry.text_version for entry in entries])
    return [
        model_to_dict(entry, exclude=["id", "profile", "actor"])
        | {"recorded_at": entry.recorded_at}
        | ({"text": asdict(words[entry.text_version])} if entry.text_version in words else {})
        for entry in entries
    ]


def _facts(ids: list[int]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with open_lake(settings.ZHIKE_HOME.lake).reading_facts(budget=WEB_BUDGET) as facts:
        for table in catalog.tables("fact"):
            if "profile_id" in table.column_names and table.name != "profiles":
                found[table.name] = _rows(facts, table.name, ids)
    return found


def _rows(facts: Draft, name: str, ids: list[int]) -> list[dict[str, Any]]:
    table = facts.table(name)
    rows: list[dict[str, Any]] = facts.fetch(table.filter(table.profile_id.isin(ids))).to_pylist()
    return rows


def _computed(customer_id: int) -> dict[str, list[dict[str, Any]]]:
    snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
    if snapshot is None:
        return {}
    found = {}
    for table in catalog.tables("published"):
        if "customer_id" in table.column_names:
            rows = snapshot.table(table.name)
            found[table.name] = snapshot.rows(rows.filter(rows.customer_id == customer_id))
    return found
