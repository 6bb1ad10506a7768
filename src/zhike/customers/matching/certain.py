"""Pairs that are one person beyond doubt: one account, or one contact with nothing that speaks against it."""

from __future__ import annotations

from zhike.customers.matching.people import CONTACTS, KEYS

MOST_RECORDS_OF_A_CONTACT = 8
"""A phone or e-mail in more records is an office's or the shop's."""

# Of two records with the suffixes _l and _r, in DuckDB's words.
FAMILY = "(family_l IN (family_r, other_family_r) OR other_family_l = family_r)"
SAME_SOUND = "latin_name_l IN (latin_name_r, turned_name_r)"
_SIGNS_L, _SIGNS_R = "string_split(name_l, '')", "string_split(name_r, '')"
PART_OF_THE_OTHER = (
    f"({FAMILY} AND least(length(name_l), length(name_r)) > 1 "
    f"AND (list_has_all({_SIGNS_L}, {_SIGNS_R}) OR list_has_all({_SIGNS_R}, {_SIGNS_L})))"
)
# A clerk who heard the family name only has no name either.
_NO_NAME = f"name_l IS NULL OR name_r IS NULL OR (least(length(name_l), length(name_r)) = 1 AND {FAMILY})"
_SAME_NAME = f"(least(length(name_l), length(name_r)) > 1 AND ({SAME_SOUND} OR {PART_OF_THE_OTHER}))"

# Two accounts of one platform, two birthdays, two sexes, two cities: nobody should decide alone.
_NO_CONTRADICTION = " AND ".join(
    f"coalesce({column}_l = {column}_r, true)"
    for column in ("birthday", "day_of_birth", "gender", "city", "unionid")
)


def certain_pairs_sql(table: str) -> str:
    """`left_id, right_id, rule` of every certain pair of a table of `people.SCHEMA`, by the first rule that says so."""
    rules = [_same_account(table, kind, place) for place, kind in enumerate(KEYS)]
    rules += [_same_contact(table, kind, len(KEYS) + place) for place, kind in enumerate(CONTACTS)]
    return (
        "SELECT left_id, right_id, arg_min(rule, priority) AS rule FROM ("
        + " UNION ALL ".join(rules)
        + ") GROUP BY left_id, right_id"
    )


def _same_account(table: str, kind: str, priority: int) -> str:
    """Equal keys, each with the first profile that has it: a key of n profiles needs n − 1 pairs, not n²."""
    # A member card is a number of one shop system; other keys are unique in the whole platform.
    group = f"{kind}, source" if kind == "member_card" else kind
    firsts = (
        f"SELECT profile_id, min(profile_id) OVER (PARTITION BY {group}) AS first_id "
        f"FROM {table} WHERE {kind} IS NOT NULL"
    )
    return (
        f"SELECT first_id AS left_id, profile_id AS right_id, '{kind}' AS rule, {priority} AS priority "
        f"FROM ({firsts}) WHERE first_id < profile_id"
    )


def _same_contact(table: str, kind: str, priority: int) -> str:
    """An equal contact of which all names agree: those pairs, and records without a name.

    Where two names of a contact do not agree, a family or an office shares it, or it was handed on: then
    only records with the same name are one person, and those without a name are left to the reviewers.
    """
    columns = (
        "name",
        "latin_name",
        "turned_name",
        "family",
        "other_family",
        "gender",
        "birthday",
        "day_of_birth",
        "city",
        "unionid",
    )
    both = ", ".join(f"l.{c} AS {c}_l, r.{c} AS {c}_r" for c in columns)
    # Most contacts are in one record: only the others are worth joining.
    shared = (
        f"SELECT {kind}, profile_id, {', '.join(columns)} FROM {table} WHERE {kind} IN "
        f"(SELECT {kind} FROM {table} WHERE {kind} IS NOT NULL "
        f"GROUP BY {kind} HAVING count(*) BETWEEN 2 AND {MOST_RECORDS_OF_A_CONTACT})"
    )
    pairs = (
        f"WITH shared AS MATERIALIZED ({shared}) "
        f"SELECT {kind} AS contact, l.profile_id AS left_id, r.profile_id AS right_id, {both} "
        f"FROM shared l JOIN shared r USING ({kind}) WHERE l.profile_id < r.profile_id"
    )
    judged = (
        f"SELECT *, ({_NO_NAME}) AS is_nameless, coalesce({_SAME_NAME}, false) AS is_same_name, "
        f"({_NO_CONTRADICTION}) AS is_possible, "
        "bool_and(is_possible AND (is_same_name OR is_nameless)) OVER (PARTITION BY contact) AS is_private "
        f"FROM ({pairs})"
    )
    return (
        f"SELECT left_id, right_id, '{kind}' AS rule, {priority} AS priority FROM ({judged}) "
        "WHERE is_possible AND (is_same_name OR (is_nameless AND is_private))"
    )
