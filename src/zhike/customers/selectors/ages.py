"""Which customers are of an age: birthdays are sealed, so each is opened for it, four microseconds apiece."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.db import connection

from zhike.customers.models import Profile, personal_place
from zhike.customers.normal import age_band, age_on, birthday
from zhike.customers.vault import open_vault
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError

UNKNOWN_AGE = "unknown"
"""In the place of a band: nobody knows the year of their birth."""


# Whoever was erased has no fields.
_SEALED = (
    "SELECT f.profile_id, p.customer_id, f.sealed FROM customers_personalfield f "
    "JOIN customers_profile p ON p.id = f.profile_id WHERE f.field = 'birthday'"
)


def customers_of_age(band: str) -> set[int]:
    """Customers of whom a record has a birthday by which they are of that age today; or of whom none says a year."""
    known = dict[int, set[str]]()
    for customer_id, of_record in _bands():
        known.setdefault(customer_id, set()).add(of_record)
    if band == UNKNOWN_AGE:
        return set(Profile.objects.filter(erased_at=None).values_list("customer_id", flat=True)) - set(known)
    return {customer_id for customer_id, bands in known.items() if band in bands}


def _bands() -> Iterator[tuple[int, str]]:
    """Customer and band of every record whose birthday has a year."""
    today, vault = clock.today(settings.ZHIKE_BUSINESS.zone), open_vault(settings.ZHIKE_HOME)
    with connection.cursor() as cursor:
        # Plain tuples: Django takes longer to prepare a row than the vault to open it.
        cursor.execute(_SEALED)
        rows = cursor.fetchall()
    opened = vault.open_all((personal_place(pk, "birthday"), bytes(sealed)) for pk, _, sealed in rows)
    bands: dict[bytes, str] = {}
    for (_, customer_id, _), said in zip(rows, opened, strict=True):
        # People share their days: each is reckoned once.
        if said not in bands:
            bands[said] = _band(said.decode(), today)
        if bands[said]:
            yield customer_id, bands[said]


def _band(said: str, today: date) -> str:
    """The band of a birthday as it is kept; empty without a year."""
    try:
        age = age_on(birthday(said, today=today), today)
    except ZhikeError:
        # A lunar day beyond the tables.
        return ""
    return "" if age is None else age_band(age)
