"""What follows from what sources say: the tier of a city, in the lake too, and the band of age, on the page only."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.customers.conftest import Shop
from tests.customers.people import listed, name_people
from zhike.customers.records import ProfileRecord
from zhike.customers.selectors import profile_map, profile_map_changes, profile_map_mark
from zhike.customers.services import record_profiles


def in_the_lake(rows: Any) -> list[dict[str, Any]]:
    return [json.loads(row["attributes"]) for row in rows.to_pylist() if row["attributes"]]


def test_the_page_shows_the_tier_of_the_city_and_the_band_of_age(shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    shown = {each.code: str(each.value) for each in panels(alice_client, regular).attributes}
    assert shown["city_tier"] == "新一线" and shown["age_band"] == "35–44 岁"
    assert "city_tier" not in {each.code for each in panels(alice_client, other).attributes}


def panels(client: Client, customer_id: int) -> Any:
    return client.get(f"/customers/{customer_id}/").context["page"].who


def test_the_lake_has_the_tier_of_a_city_and_no_age(shop: Shop) -> None:
    before = profile_map_mark()
    name_people(shop)
    said = {"city": '"上海市"', "remark": 'likes "city": "北京市"'}
    record_profiles(source="web", records=[ProfileRecord("odd", attributes=said)])
    told = in_the_lake(profile_map())
    assert [each["city_tier"] for each in told if each.get("city") == "杭州市"] == ["new_tier_1"]
    assert said in told and {"gender": "female"} in told and "age_band" not in str(told)
    assert in_the_lake(profile_map_changes(before).rows) == told


def test_a_map_made_before_tiers_were_added_is_made_anew(shop: Shop) -> None:
    name_people(shop)
    mark = profile_map_mark()
    earlier = mark[mark.index(":") + 1 :]
    assert profile_map_changes(earlier).rows.num_rows == profile_map().num_rows


def test_the_list_is_narrowed_by_gender_region_and_tier_of_city(shop: Shop, alice_client: Client) -> None:
    regular, other = name_people(shop)
    assert {regular, other} <= listed(alice_client, gender="female")
    assert listed(alice_client, gender="female", region="杭州市") == {regular}
    assert listed(alice_client, city_tier="new_tier_1") == {regular}
    assert listed(alice_client, city_tier="tier_1") == set()
