"""Addresses and columns name a province, a city and a district."""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.customers.normal.refusals import tells_little
from zhike.customers.normal import CITY_TIERS, city_tier, region, region_names
from zhike.customers.normal.divisions import divisions
from zhike.kernel.errors import ZhikeError

NAMES = [
    "广东省",
    "广东",
    "深圳",
    "深圳市",
    "南山",
    "南山区",
    "粤",
    "上海",
    "浦东新区",
    "吉林",
    "市",
    "北区",
    "青岛",
    "县",
    "·",
]


@pytest.mark.parametrize(
    ("written", "expected", "code"),
    [
        ("广东省深圳市南山区科技园路1号", "广东省深圳市南山区科技园路1号", "440305"),
        ("广东 深圳 南山", "广东省深圳市南山区", "440305"),
        ("广东-深圳-宝安", "广东省深圳市宝安区", "440306"),
        ("中国广东省广州市天河区体育西路", "广东省广州市天河区体育西路", "440106"),
        ("上海市浦东新区", "上海市浦东新区", "310115"),
        ("上海市上海市浦东新区张江路1号", "上海市浦东新区张江路1号", "310115"),
        ("北京市市辖区东城区", "北京市东城区", "110101"),
        ("内蒙古呼和浩特", "内蒙古自治区呼和浩特市", "150100"),
        ("内蒙", "内蒙古自治区", "150000"),
        ("粤", "广东省", "440000"),
        ("粤深圳", "广东省深圳市", "440300"),
        ("京海淀", "北京市海淀区", "110108"),
        ("吉林", "吉林省", "220000"),
        ("吉林吉林", "吉林省吉林市", "220200"),
        ("海南州", "青海省海南藏族自治州", "632500"),
        ("天津河北区", "天津市河北区", "120105"),
        ("江西南昌县", "江西省南昌市南昌县", "360121"),
        ("青岛市北区", "山东省青岛市市北区", "370203"),
        ("湖北省省直辖县级行政区划仙桃市", "湖北省仙桃市", "429004"),
        ("昆山", "江苏省苏州市昆山市", "320583"),
        ("西安", "陕西省西安市", "610100"),
        ("云南大理大理", "云南省大理白族自治州大理市", "532901"),
        ("香港", "香港特别行政区", "810000"),
        ("台湾省台北市", "台湾省台北市", "710000"),
        ("青岛市杭州路1号", "山东省青岛市杭州路1号", "370200"),
        ("广东省杭州路5号", "广东省杭州路5号", "440000"),
    ],
)
def test_addresses_are_read_to_the_smallest_division(written: str, expected: str, code: str) -> None:
    found = region(written)
    assert str(found) == expected
    assert (found.district_code or found.city_code or found.province_code) == code


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["广东省", "深圳市", "南山区", "科技园路1号"], "广东省深圳市南山区科技园路1号"),
        (["广东", "深圳", ""], "广东省深圳市"),
        ([None, "深圳", None], "广东省深圳市"),
        (["上海", "上海", "浦东"], "上海市浦东新区"),
        (["广东省", None, "南山区"], "广东省深圳市南山区"),
        (["吉林", "吉林", "船营"], "吉林省吉林市船营区"),
    ],
)
def test_columns_are_read_like_one_address(columns: list[str | None], expected: str) -> None:
    assert str(region(columns)) == expected


@pytest.mark.parametrize("written", ["浙江省深圳市", "浙江 深圳", "深圳市 海淀区", "广东省 海淀区"])
def test_divisions_that_do_not_belong_together_are_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        region(written)
    assert caught.value.code == "region.contradiction"


@pytest.mark.parametrize("written", ["朝阳", "朝阳区", "鼓楼区"])
def test_a_name_with_several_bearers_is_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        region(written)
    assert caught.value.code == "region.ambiguous"


@pytest.mark.parametrize("written", ["", "hello", "重庆路5号", "中山路", "火星"])
def test_a_text_without_a_division_is_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        region(written)
    assert caught.value.code == "region.unknown"


def test_the_table_has_every_division_of_the_official_list() -> None:
    levels = Counter(level for level, _ in divisions().by_code)
    assert levels["province"] == len(list(region_names("province"))) == 34
    assert levels["city"] > 333
    assert levels["district"] > 2_700
    for division in divisions().by_code.values():
        assert division.level == "province" or divisions().parent(division) is not None


def test_every_full_name_of_the_official_list_is_found_again() -> None:
    for (level, code), division in divisions().by_code.items():
        written, above = division.name, divisions().parent(division) if level != "province" else None
        while above:
            written = above.name + written
            above = divisions().parent(above) if above.level != "province" else None
        found = region(written)
        assert (
            found.district_code if level == "district" else found.city_code or found.province_code
        ) == code


@given(st.lists(st.sampled_from(NAMES), max_size=6).map("".join) | st.text())
def test_region_returns_a_fixed_point_or_refuses(text: str) -> None:
    try:
        found = region(text)
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert region(str(found)) == found


def test_the_tiers_of_cities_are_those_of_the_ranking() -> None:
    text = resources.files("zhike.customers.normal").joinpath("city_tiers.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert Counter(row["tier"] for row in rows) == {
        "tier_1": 4, "new_tier_1": 15, "tier_2": 30, "tier_3": 70, "tier_4": 90, "tier_5": 128,
    }  # fmt: skip
    assert set(CITY_TIERS) == {row["tier"] for row in rows}
    cities = set(region_names("city"))
    assert all(row["city"] in cities and city_tier(row["city"]) == row["tier"] for row in rows)


def test_a_city_is_known_by_its_short_name_and_others_have_no_tier() -> None:
    assert [city_tier(city) for city in ("上海", "成都", "佛山", "昆明", "吉林")] == [
        "tier_1", "new_tier_1", "new_tier_1", "tier_2", "tier_4",
    ]  # fmt: skip
    assert [city_tier(city) for city in ("海南", "香港特别行政区", "仙桃市", "纽约", "")] == [None] * 5
