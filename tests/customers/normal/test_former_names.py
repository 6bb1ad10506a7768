"""Districts that were merged are still found under the names that addresses keep."""

from __future__ import annotations

import pytest

from zhike.customers.normal import region
from zhike.customers.normal.divisions import FORMER_NAMES, divisions


@pytest.mark.parametrize(
    ("code", "name"), [(code, name) for code, names in FORMER_NAMES.items() for name in names]
)
def test_a_former_name_leads_to_the_district_of_today(code: str, name: str) -> None:
    today = divisions().by_code["district", code]
    city = divisions().parent(today)
    assert city is not None
    found = region(f"{city.name}{name}青石街7号")
    assert (found.district, found.remainder) == (today.name, "青石街7号")


def test_a_name_that_another_city_still_has_is_told_apart_by_the_city() -> None:
    assert region("重庆市江北区").city == "重庆市"
    assert region("宁波市江北区").district == "江北区"
