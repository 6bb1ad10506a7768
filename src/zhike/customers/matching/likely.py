"""Pairs that may be one person, with a probability: the Fellegi–Sunter model, run by Splink.

How often records of one person agree on a field (m), from what clerks and customers get wrong, and how often those of
strangers do (u), are set here, not learned: the smallest shop is judged by the same measure as the largest, nothing depends
on where a search for parameters happened to end, and counting u in the data took ten times as long as the comparison itself.
What does depend on the size of the shop is how likely any two records are one person.

References
----------
Fellegi, I. P., Sunter, A. B. (1969), A theory for record linkage, JASA 64 (328), 1183–1210.
Linacre, R. et al. (2022), Splink: free software for probabilistic record linkage at scale, IJPDS 7 (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhike.customers.matching.certain import FAMILY, PART_OF_THE_OTHER, SAME_SOUND

LINK_FROM = 0.999
REVIEW_FROM = 0.5
_MOST_LIKELY_AT_RANDOM = 1e-3
_PAIRS_A_RECORD = 0.5
"""About so many true pairs a record: two or three sources, and some who are in one source twice."""


@dataclass(frozen=True, slots=True)
class _Level:
    """One degree of agreement: what it is called, when it holds, how often it does for one person and for two."""

    name: str
    sql: str
    m: float
    u: float


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
            _Level("close", "damerau_levenshtein(email_l, email_r) <= 2", 0.10, 0.0005),
            _Level("different", "", 0.10, 0.99949),
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
        `left_id, right_id, score` and `evidence`, the level of each comparison by its name as JSON.
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
        "evidence": _evidence(found),
    }
    return pa.table(columns).cast(_SCHEMA)


def _evidence(found: pa.Table) -> pa.Array:
    parts: list[Any] = []
    for name, (_, known) in _COMPARISONS.items():
        # Splink counts down from the strongest level to 0; −1 is a missing value.
        words = pa.array(["missing", *(level.name for level in reversed(known))])
        level = words.take(pc.add(found[f"gamma_{name}"].combine_chunks(), 1))
        parts += [f'", "{name}": "' if parts else f'{{"{name}": "', level]
    return pc.binary_join_element_wise(*parts, '"}', "")


_SCHEMA = pa.schema(
    [("left_id", pa.int64()), ("right_id", pa.int64()), ("score", pa.float64()), ("evidence", pa.string())]
)
