"""Which customers something that somebody typed means, and which have what only the database knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.customers.models import ConsentEntry, Customer, Identity, NameToken, Profile
from zhike.customers.normal import email, phone, search_tokens
from zhike.customers.selectors.people import visible_customer_ids
from zhike.customers.selectors.profiles import customer_ids_found
from zhike.customers.selectors.tags import customers_with_tag
from zhike.customers.vault import open_vault
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.lake.snapshots import Snapshot

_MOST_FOUND = 10_000


def customers_searched(text: str, snapshot: Snapshot, viewer: User | None) -> set[int]:
    """Customers whose number, key, order, phone, e-mail or name this is; for `viewer` None, of whatever kind.

    Whoever sees no names and keys cannot look for one either: finding somebody would tell that it is theirs.
    """
    is_named = viewer is None or may(viewer, Right.SEE_CONTACTS)
    found = people_called(text) if is_named else set[int]()
    return found | set(customer_ids_found(text, snapshot, by_key=is_named))


def people_called(text: str) -> set[int]:
    """Customers with exactly this phone or e-mail, else those of whom a record has a name with all of its parts."""
    contacts = [(kind, value) for kind, value in (("phone", _phone(text)), ("email", _email(text))) if value]
    if contacts:
        return _with_contact(contacts)
    # A few digits are no name, and the end of a number is no way to find people.
    return set() if text.removeprefix("#").isdigit() else _with_name(text)


def database_ids(name: str, value: str) -> set[int]:
    """The customers that a filter on tag, source, owner or consent leaves."""
    match name:
        case "tag":
            return customers_with_tag(value)
        case "source":
            profiles = Profile.objects.filter(source=value, erased_at=None)
            return set(profiles.values_list("customer", flat=True))
        case "owner":
            owned = Customer.objects.filter(owner=None if value == "none" else int(value))
            return set(owned.values_list("pk", flat=True))
        case "consent":
            return customers_agreeing(purpose="marketing", channel=value)
        case _:
            raise ValueError(name)


def customers_agreeing(*, purpose: str, channel: str) -> set[int]:
    """Customers who agreed, and of whom no record says otherwise later or elsewhere (as `consents.is_agreed`)."""
    entries = ConsentEntry.objects.filter(purpose=purpose, channel__in=("", channel), undone_at=None)
    rows = entries.order_by("given_at", "pk").values_list(
        "profile", "channel", "profile__customer", "is_granted", "expires_at"
    )
    now = clock.now()
    newest = {
        (row[0], row[1]): (row[2], row[3] and (row[4] is None or row[4] > now)) for row in rows.iterator()
    }
    refused = {customer for customer, is_granted in newest.values() if not is_granted}
    return {customer for customer, _ in newest.values()} - refused


def ids_in_sight(viewer: User | None) -> list[int] | None:
    """What a list is narrowed to for somebody; None for no limit."""
    return None if viewer is None else visible_customer_ids(viewer)


def _with_contact(contacts: Iterable[tuple[str, str]]) -> set[int]:
    vault = open_vault(settings.ZHIKE_HOME)
    found: set[int] = set()
    for kind, value in contacts:
        index = vault.fingerprint(kind, value)
        same = Identity.objects.filter(kind=kind, value_index=index)
        found.update(same.values_list("profile__customer", flat=True)[:_MOST_FOUND])
    return found


def _with_name(text: str) -> set[int]:
    vault = open_vault(settings.ZHIKE_HOME)
    indexes = [vault.fingerprint("name", token) for token in search_tokens(text)]
    if not indexes:
        return set()
    profiles = Profile.objects.filter(erased_at=None)
    for index in indexes:
        profiles = profiles.filter(pk__in=NameToken.objects.filter(token_index=index).values("profile"))
    return set(profiles.values_list("customer", flat=True)[:_MOST_FOUND])


def _phone(text: str) -> str:
    try:
        return phone(text)
    except ZhikeError:
        return ""


def _email(text: str) -> str:
    try:
        return email(text) if "@" in text else ""
    except ZhikeError:
        return ""
