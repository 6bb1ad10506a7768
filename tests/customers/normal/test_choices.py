"""Gender, education, occupation, income and interests become codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.customers.normal.refusals import tells_little
from zhike.customers.normal import (
    EDUCATIONS,
    GENDERS,
    INCOME_BANDS,
    OCCUPATIONS,
    education,
    gender,
    income_band,
    interests,
    occupation,
)
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

Door = Callable[[str], str | None]
DOORS: list[tuple[Door, Mapping[str, Text]]] = [
    (gender, GENDERS),
    (education, EDUCATIONS),
    (occupation, OCCUPATIONS),
    (income_band, INCOME_BANDS),
]


@pytest.mark.parametrize(("door", "labels"), DOORS)
def test_codes_and_labels_are_understood(door: Door, labels: Mapping[str, Text]) -> None:
    for code, label in labels.items():
        assert door(code) == door(label.zh) == door(label.en) == door(f" {label.en.upper()} ") == code


@pytest.mark.parametrize(("door", "labels"), DOORS)
@pytest.mark.parametrize("written", ["", " ", "-", "未知", "保密", "N/A"])
def test_what_is_not_said_is_none(door: Door, labels: Mapping[str, Text], written: str) -> None:
    assert door(written) is None


@pytest.mark.parametrize("written", ["1", "2", "0", "２", "1.0"])
def test_a_digit_for_a_gender_is_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        gender(written)
    assert caught.value.code == "attribute.gender_digit"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6500", "5000_7999"),
        ("¥6,500/月", "5000_7999"),
        ("5000-8000元", "5000_7999"),
        ("3-5千", "3000_4999"),
        ("8k~12k", "8000_11999"),
        ("1.2-2万", "12000_19999"),
        ("年薪20万", "12000_19999"),
        ("3000以下", "under_3000"),
        ("5万以上", "50000_plus"),
    ],
)
def test_incomes_fall_into_bands(written: str, expected: str) -> None:
    assert income_band(written) == expected


@pytest.mark.parametrize("written", ["5000-10000", "1万以上", "2万以下"])
def test_an_income_over_several_bands_is_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        income_band(written)
    assert caught.value.code == "attribute.income_range"


@pytest.mark.parametrize(("door", "labels"), DOORS)
@given(text=st.text("男女本科博士0123456789-千万k元年薪以上+. ", max_size=12) | st.text())
def test_any_text_is_a_code_or_refused(door: Door, labels: Mapping[str, Text], text: str) -> None:
    try:
        found = door(text)
    except ZhikeError as refused:
        assert refused.code.startswith("attribute.")
        assert tells_little(refused)
    else:
        assert found is None or found in labels


@given(st.text("茶、，,;；|/ a\n", max_size=20) | st.text())
def test_interests_are_trimmed_words_each_once(text: str) -> None:
    found = interests(text)
    assert interests("、".join(found)) == found
    assert len(set(found)) == len(found) and all(word == word.strip() != "" for word in found)
