"""Which customers something that somebody typed means, and which have what only the database knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from zhike.accounts.access import Right, may
from zhike.accounts.selectors import User
from zhike.customers.models import Customer, Identity, NameToken, Profile, ProfileTag
from zhike.customers.normal import cities_of_tier, email, phone, search_tokens
from zhike.customers.pieces import Listed
from zhike.customers.selectors.ages import customers_of_age
from zhike.customers.selectors.consents import reached_by
from zhike.customers.selectors.listed_ids import listed, listed_by
from zhike.customers.selectors.people import visible_customers
from zhike.customers.selectors.profiles import customer_ids_found
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


def database_ids(name: str, value: str) -> Listed:
    """The customers that a filter on tag, source, owner, consent, gender, age or place leaves: one record's word will do."""
    match name:
        case "tag":
            return listed(ProfileTag.objects.filter(tag__name=value), "profile__customer")
        case "source":
            return listed(Profile.objects.filter(source=value, erased_at=None), "customer")
        case "owner":
            return listed(Customer.objects.filter(owner=None if value == "none" else int(value)), "pk")
        case "consent":
            return customers_agreeing(purpose="marketing", channel=value)
        case "gender":
            return listed(_alive().filter(attributes__gender=value), "customer")
        case "age_band":
            return Listed(",".join(map(str, customers_of_age(value))))
        case "city_tier":
            return listed(_alive().filter(attributes__city__in=cities_of_tier(value)), "customer")
        case "region":
            named = Q(attributes__province=value) | Q(attributes__city=value) | Q(attributes__district=value)
            return listed(_alive().filter(named), "customer")
        case _:
            raise ValueError(name)


def _alive() -> QuerySet[Profile]:
    return Profile.objects.filter(erased_at=None)


def customers_agreeing(*, purpose: str, channel: str) -> Listed:
    """Customers who agreed, and of whom no record says otherwise later or elsewhere (as `consents.is_agreed`)."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    kinds = reached_by(purpose, channel)
    suppressed = f" EXCEPT {_SUPPRESSED.format(', '.join(['%s'] * len(kinds)))}" if kinds else ""
    return listed_by(_AGREEING + suppressed, (now, purpose, channel, *kinds))


# The newest word of each record for each channel; of a customer, all of these must agree.
_AGREEING = """
SELECT customer_id AS listed_id FROM (
    SELECT p.customer_id,
        CASE WHEN e.is_granted AND (e.expires_at IS NULL OR e.expires_at > %s) THEN 0 ELSE 1 END AS is_refused,
        row_number() OVER (PARTITION BY e.profile_id, e.channel ORDER BY e.given_at DESC, e.id DESC) AS place
    FROM customers_consententry e JOIN customers_profile p ON p.id = e.profile_id
    WHERE e.purpose = %s AND e.channel IN ('', %s) AND e.undone_at IS NULL
) AS said WHERE place = 1 GROUP BY customer_id HAVING sum(is_refused) = 0
"""


# Whose contacts of some kinds nobody may write to.
_SUPPRESSED = """
SELECT p.customer_id FROM customers_suppression s
JOIN customers_identity i ON i.kind = s.kind AND i.value_index = s.value_index
JOIN customers_profile p ON p.id = i.profile_id WHERE s.kind IN ({})
"""


def ids_in_sight(viewer: User | None) -> Listed | None:
    """What a list is narrowed to for somebody; None for no limit."""
    mine = None if viewer is None else visible_customers(viewer)
    return None if mine is None else listed(mine, "pk")


def customers_gone_since(moment: datetime) -> Listed | None:
    """Customers nothing of whom is in sight since then, as imports were taken back; None for nobody."""
    found = listed_by(_GONE, (connection.ops.adapt_datetimefield_value(moment),))
    return found if found.text else None


# Without DISTINCT, which would be served by reading everybody; whoever is named twice is gone once.
_GONE = """
SELECT p.customer_id AS listed_id FROM customers_profile p WHERE p.erased_at >= %s AND NOT EXISTS (
    SELECT 1 FROM customers_profile alive WHERE alive.customer_id = p.customer_id AND alive.erased_at IS NULL
)
"""


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
