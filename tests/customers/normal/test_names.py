"""Names come into one form, and the tokens of a search find them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.customers.normal.refusals import tells_little
from zhike.customers.normal import name, name_tokens, search_tokens
from zhike.kernel.errors import ZhikeError

WRITTEN = st.text("张欧阳修娜·. 先生女士MrDrs,Smith（）()＊*1", max_size=14) | st.text()


@pytest.mark.parametrize(
    ("written", "full", "family", "given_name", "title"),
    [
        (" 张 三 ", "张三", "张", "三", None),
        ("张三先生", "张三", "张", "三", "mr"),
        ("王女士", "王", "王", "", "ms"),
        ("李四（小姐）", "李四", "李", "四", "miss"),
        ("欧阳 娜娜", "欧阳娜娜", "欧阳", "娜娜", None),
        ("诸葛亮", "诸葛亮", "诸葛", "亮", None),
        ("上官婉儿", "上官婉儿", "上官", "婉儿", None),
        ("阿依古丽•买买提", "阿依古丽·买买提", None, None, None),
        ("Mr. John  Smith", "John Smith", "Smith", "John", "mr"),
        ("Smith, John", "John Smith", "Smith", "John", None),
        ("ZHANG San", "ZHANG San", "ZHANG", "San", None),
        ("Drake", "Drake", None, "Drake", None),
        ("李雷 Leo", "李雷 Leo", None, None, None),
    ],
)
def test_names_are_taken_apart(
    written: str, full: str, family: str | None, given_name: str | None, title: str | None
) -> None:
    found = name(written)
    assert (found.full, found.family, found.given, found.title) == (full, family, given_name, title)


@pytest.mark.parametrize(("written", "script"), [("张三", "han"), ("John", "latin"), ("Tom张", "mixed")])
def test_the_script_of_a_name_is_told(written: str, script: str) -> None:
    assert name(written).script == script


@pytest.mark.parametrize(
    "written", ["", "先生", "Mr.", "匿名", "N/A", "13912345678", "😀", "张" * 61, "张\x07三"]
)
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(ZhikeError) as caught:
        name(written)
    assert caught.value.code == "contact.name"


def test_a_masked_name_is_refused() -> None:
    with pytest.raises(ZhikeError) as caught:
        name("张**")
    assert caught.value.code == "contact.masked"


@pytest.mark.parametrize(
    ("written", "reading"),
    [
        ("单雄信", "shanxiongxin"),
        ("仇英", "qiuying"),
        ("曾国藩", "zengguofan"),
        ("解缙", "xiejin"),
        ("查良镛", "zhaliangyong"),
        ("区志航", "ouzhihang"),
        ("尉迟恭", "yuchigong"),
        ("万俟卨", "moqixie"),
        ("任盈盈", "renyingying"),
        ("盖聂", "genie"),
        ("朴树", "piaoshu"),
    ],
)
def test_surnames_are_read_as_surnames(written: str, reading: str) -> None:
    assert reading in name_tokens(written)


def test_the_tokens_of_a_name_are_its_characters_pairs_and_readings() -> None:
    assert name_tokens("王 小明先生") == {
        "王", "小", "明", "王小", "小明", "王小明", "wangxiaoming", "wxm",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["zs", "ZhangSan", "张", "三", "张三", " 张 三 "])
def test_what_people_type_finds_zhang_san(typed: str) -> None:
    assert search_tokens(typed)
    assert search_tokens(typed) <= name_tokens("张三")


def test_half_of_a_long_name_finds_it() -> None:
    assert search_tokens("阳娜娜") <= name_tokens("欧阳娜娜")
    assert not search_tokens("欧娜娜") <= name_tokens("欧阳娜娜")


@given(WRITTEN)
def test_name_returns_a_fixed_point_or_refuses(text: str) -> None:
    try:
        found = name(text)
    except ZhikeError as refused:
        assert tells_little(refused)
    else:
        assert name(found.full).full == found.full
        assert name_tokens(found.full) == name_tokens(text) == name_tokens(text)


@given(WRITTEN)
def test_a_search_takes_any_text(text: str) -> None:
    assert all(token == token.casefold() for token in search_tokens(text))
