"""Pairs that may be one person, with a probability: the Fellegi–Sunter model, run by Splink.

How often records of one person agree on a field (m), from what clerks and customers get wrong, and how often those of
strangers do (u), are set here, not learned: the smallest shop is judged by the same measure as the largest, nothing depends
on where a search for parameters happened to end, and counting u in the data took ten times as long as the comparison itself.
What does depend on the size of the shop is how likely any two records are one person.

A score is not enough to link by: fields of strangers are less independent than the model takes them for (an e-mail is made
from the name, a family has an address and a phone). `_is_beyond_doubt` says what else there must be.

References
----------
Fellegi, I. P., Sunter, A. B. (1969), A theory for record linkage, JASA 64 (328), 1183–1210.
Linacre, R. et al. (2022), Splink: free software for probabilistic record linkage at scale, IJPDS 7 (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhike.customers.matching.certain import FAMILY, PART_OF_THE_OTHER, SAME_SOUND

LINK_FROM = 0.999
REVIEW_FROM = 0.5
_MOST_LIKELY_AT_RANDOM = 1e-3
_PAIRS_A_RECORD = 0.5
"""About so many true pairs a record: two or three sources, and some who are in one source twice.

Of n (n − 1) / 2 pairs that makes 1 in n − 1, which falls with the size of the shop as Splink's prior is to.
"""


@dataclass(frozen=True, slots=True)
class _Level:
    """One degree of agreement: what it is called, when it holds, how often it does for one person and for two."""

    name: str
    sql: str
    m: float
    u: float


_CLOSE_EMAIL = "damerau_levenshtein(email_l, email_r) <= 2"
_SAME_BUT_DIGITS = "regexp_replace(email_l, '[0-9]', '', 'g') = regexp_replace(email_r, '[0-9]', '', 'g')"

# What a pair must have beside its score to be linked without a person: a name that fits …
_NAMES_THAT_FIT = ("exact", "same_sound", "part_of_the_other")
# … and something that is equal, not nearly so.
_SUPPORT = {
    "phone": ("exact",),
    "email": ("exact",),
    "birthday": ("exact", "same_day"),
    "place": ("same_address",),
}


def _either(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


_COMPARISONS: dict[str, tuple[str, Sequence[_Level]]] = {
    "name": (
        "latin_name",
        (
            # A family name alone says little, and who lives together has the same one.
            _Level("family_name_only", f"least(length(name_l), length(name_r)) = 1 AND {FAMILY}", 0.02, 0.03),
            _Level("exact", "name_l = name_r", 0.70, 0.0005),
            _Level("same_sound", SAME_SOUND, 0.17, 0.0015),
            _Level("part_of_the_other", PART_OF_THE_OTHER, 0.07, 0.004),
            _Level(
                "one_letter",
                "length(latin_name_l) > 5 AND damerau_levenshtein(latin_name_l, latin_name_r) <= 1",
                0.02,
                0.004,
            ),
            _Level("other_given_name", FAMILY, 0.002, 0.05),
            _Level("different", "", 0.01, 0.91),
        ),
    ),
    "phone": (
        "phone",
        (
            _Level("exact", "phone_l = phone_r", 0.85, 0.00001),
            _Level("one_digit", "damerau_levenshtein(phone_l, phone_r) <= 1", 0.05, 0.0001),
            _Level("different", "", 0.10, 0.99989),
        ),
    ),
    "email": (
        "email",
        (
            _Level("exact", "email_l = email_r", 0.80, 0.00001),
            # Only records of one name get here without an equal field, and an address is made from the name:
            # lina1 and lina2 are as often two people of that name as one who has two addresses.
            _Level("other_digits", f"{_CLOSE_EMAIL} AND {_SAME_BUT_DIGITS}", 0.05, 0.02),
            _Level("close", _CLOSE_EMAIL, 0.05, 0.002),
            _Level("different", "", 0.10, 0.97799),
        ),
    ),
    "birthday": (
        "day_of_birth",
        (
            _Level("exact", "birthday_l = birthday_r", 0.55, 0.0001),
            _Level("same_day", "day_of_birth_l = day_of_birth_r", 0.30, 0.0027),
            _Level("one_digit", "damerau_levenshtein(birthday_l, birthday_r) <= 1", 0.09, 0.002),
            _Level("different", "", 0.06, 0.9952),
        ),
    ),
    "gender": (
        "gender",
        (
            _Level("exact", "gender_l = gender_r", 0.97, 0.5),
            _Level("different", "", 0.03, 0.5),
        ),
    ),
    "place": (
        "city",
        (
            _Level(
                "same_address",
                "city_l = city_r AND coalesce(jaro_winkler_similarity(address_l, address_r) >= 0.92, false)",
                0.45,
                0.0005,
            ),
            _Level("same_city", "city_l = city_r", 0.45, 0.1),
            _Level("different", "", 0.10, 0.8995),
        ),
    ),
}

_BLOCKING = (
    "l.phone = r.phone",
    "l.email = r.email",
    "l.latin_name = r.latin_name AND l.birthday = r.birthday",
    "l.latin_name = r.latin_name AND l.city = r.city AND l.address[1:4] = r.address[1:4]",
    "l.birthday = r.birthday AND l.city = r.city AND l.latin_name[1:2] = r.latin_name[1:2]",
    "l.latin_name = r.latin_name AND right(l.phone, 4) = right(r.phone, 4)",
    "l.latin_name = r.latin_name AND left(l.phone, 9) = left(r.phone, 9)",
    "l.latin_name = r.latin_name AND l.email[1:4] = r.email[1:4]",
)


def likely_pairs(records: int, connection: Any) -> pa.Table:
    """Pairs with a probability of at least `REVIEW_FROM`.

    Parameters
    ----------
    records
        How many there are.
    connection
        A DuckDB connection of its own, in memory, with the records in it as ``people``, `people.SCHEMA`.

    Returns
    -------
    pyarrow.Table
        `left_id, right_id, score`, `is_sure` (it may be linked without a person) and `evidence`, the level of each
        comparison by its name as JSON.
    """
    if records < 2:
        return _SCHEMA.empty_table()
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    linker = Linker(api.register("people"), splink_settings(records), log_level="ERROR")
    found = linker.inference.predict(threshold_match_probability=REVIEW_FROM, warning_mode="never")

    return _named(found.as_pyarrow_table())  # type: ignore[no-untyped-call]


def splink_settings(records: int) -> Any:
    """What Splink is told: comparisons with their weights, blocking rules, and the prior for so many records."""
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="profile_id",
        probability_two_random_records_match=min(_MOST_LIKELY_AT_RANDOM, 2 * _PAIRS_A_RECORD / (records - 1)),
        blocking_rules_to_generate_predictions=[CustomRule(rule) for rule in _BLOCKING],
        comparisons=[_comparison(name) for name in _COMPARISONS],
        # With the values Splink gives their levels, which are wanted.
        retain_matching_columns=True,
    )


def _comparison(name: str) -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons

    column, known = _COMPARISONS[name]
    made: list[Any] = [levels.CustomLevel(_either(column), "missing").configure(is_null_level=True)]
    for level in known:
        each = levels.CustomLevel(level.sql, level.name) if level.sql else levels.ElseLevel()
        made.append(each.configure(m_probability=level.m, u_probability=level.u))
    return comparisons.CustomComparison(made, output_column_name=name)


def _named(found: pa.Table) -> pa.Table:
    """Splink's columns under our names, its numbers of levels as words."""
    columns = {
        "left_id": pc.min_element_wise(found["profile_id_l"], found["profile_id_r"]),
        "right_id": pc.max_element_wise(found["profile_id_l"], found["profile_id_r"]),
        "score": found["match_probability"],
        "is_sure": pc.and_(pc.greater_equal(found["match_probability"], LINK_FROM), _is_beyond_doubt(found)),
        "evidence": _evidence(found),
    }
    return pa.table(columns).cast(_SCHEMA)


def _is_beyond_doubt(found: pa.Table) -> Any:
    """A name that fits, something that is equal, and no other sex or birthday.

    Only where the same name has the same contact another birthday does not count: it was mistyped or made up
    more often than two people of one name share a number.
    """
    has_contact = pc.or_(_is_at(found, "phone", "exact"), _is_at(found, "email", "exact"))
    is_supported = reduce(pc.or_, (_is_at(found, name, *levels) for name, levels in _SUPPORT.items()))
    born_apart = pc.or_(_differ(found, "birthday"), _differ(found, "day_of_birth"))
    excused = pc.and_(has_contact, _is_at(found, "name", "exact"))
    return reduce(
        pc.and_,
        (
            _is_at(found, "name", *_NAMES_THAT_FIT),
            is_supported,
            pc.invert(_differ(found, "gender")),
            pc.or_(pc.invert(born_apart), excused),
        ),
    )


def _is_at(found: pa.Table, name: str, *levels: str) -> Any:
    """Which pairs agree on a field by one of these levels."""
    known = [level.name for level in reversed(_COMPARISONS[name][1])]
    numbers = pa.array([known.index(level) for level in levels], found[f"gamma_{name}"].type)
    return pc.is_in(found[f"gamma_{name}"], value_set=numbers)


def _differ(found: pa.Table, column: str) -> Any:
    """Of which pairs both sides say something, and not the same."""
    return pc.fill_null(pc.not_equal(found[f"{column}_l"], found[f"{column}_r"]), False)


def _evidence(found: pa.Table) -> pa.Array:
    parts: list[Any] = []
    for name, (_, known) in _COMPARISONS.items():
        # Splink counts down from the strongest level to 0; −1 is a missing value.
        words = pa.array(["missing", *(level.name for level in reversed(known))])
        level = words.take(pc.add(found[f"gamma_{name}"].combine_chunks(), 1))
        parts += [f'", "{name}": "' if parts else f'{{"{name}": "', level]
    return pc.binary_join_element_wise(*parts, '"}', "")


_SCHEMA = pa.schema(
    [
        ("left_id", pa.int64()),
        ("right_id", pa.int64()),
        ("score", pa.float64()),
        ("is_sure", pa.bool_()),
        ("evidence", pa.string()),
    ]
)
