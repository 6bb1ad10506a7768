"""What people write about people, in one form: the doors through which every source comes.

Each takes a text and returns its canonical form, or raises a `ZhikeError` that names the value only masked. Applied to
its own result (or to `str` of it) each returns the same again.
"""

from __future__ import annotations

from zhike.customers.normal.birthday_texts import birthday
from zhike.customers.normal.birthdays import (
    AGE_BANDS,
    Birthday,
    age_band,
    age_on,
    next_occurrence,
    occurrence_in,
)
from zhike.customers.normal.choices import (
    EDUCATIONS,
    GENDERS,
    OCCUPATIONS,
    education,
    gender,
    interests,
    occupation,
)
from zhike.customers.normal.city_tiers import CITY_TIERS, cities_of_tier, city_tier
from zhike.customers.normal.emails import email, is_placeholder_email
from zhike.customers.normal.identifiers import KINDS, Kind, identifier
from zhike.customers.normal.incomes import INCOME_BANDS, income_band
from zhike.customers.normal.names import PersonName, name, name_tokens, search_tokens
from zhike.customers.normal.phones import is_mobile, is_placeholder_phone, phone, written_phone
from zhike.customers.normal.regions import Region, region, region_names
from zhike.customers.normal.writing import masked, names_a_person, reads_like_a_street

__all__ = [
    "AGE_BANDS",
    "CITY_TIERS",
    "EDUCATIONS",
    "GENDERS",
    "INCOME_BANDS",
    "KINDS",
    "OCCUPATIONS",
    "Birthday",
    "Kind",
    "PersonName",
    "Region",
    "age_band",
    "age_on",
    "birthday",
    "cities_of_tier",
    "city_tier",
    "education",
    "email",
    "gender",
    "identifier",
    "income_band",
    "interests",
    "is_mobile",
    "is_placeholder_email",
    "is_placeholder_phone",
    "masked",
    "name",
    "name_tokens",
    "names_a_person",
    "next_occurrence",
    "occupation",
    "occurrence_in",
    "phone",
    "reads_like_a_street",
    "region",
    "region_names",
    "search_tokens",
    "written_phone",
]
