"""The whole tea shop: how right the search for duplicates is, and that nothing personal lies about."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.canaries import places
from tests.tea_shop_demo import loaded_tea_shop, tea_shop
from zhike.collect.samples.tea_shop import TeaShop, pairwise_scores
from zhike.customers.vault import key_index, open_vault
from zhike.kernel.home import Home

PRECISION, RECALL = 0.995, 0.95
# Of each export: the columns whose every value names, reaches or locates a person.
PLANTED_COLUMNS = {
    "website_customers": ("姓名", "手机号", "邮箱", "详细地址", "微信UnionID"),
    "wechat_customers": ("openid", "unionid", "nickname", "phone"),
    "counter_members": ("卡号", "姓名", "手机", "地址"),
    "surveys": ("4、您的手机号（选填）",),
}
PHONES = ("手机号", "phone", "手机", "4、您的手机号（选填）")
FIRST_BYTES = 6


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loaded_tea_shop(tmp_path_factory) / "shop"


@pytest.fixture(scope="module")
def generated() -> TeaShop:
    return tea_shop()


def say(figures: str) -> None:
    """For whoever runs the tests with -s."""
    sys.stdout.write(f"\n{figures}\n")


def clusters(shop: Path, generated: TeaShop) -> list[list[tuple[str, str]]]:
    """The records of each customer, by the fingerprint of their keys: nothing needs to be opened for it."""
    vault = open_vault(Home(shop))
    known = {key_index(vault, *key): tuple(key) for key in generated.truth.persons_by_key}
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    with sqlite3.connect(f"file:{shop / 'zhike.sqlite3'}?mode=ro", uri=True) as database:
        for index, customer in database.execute("SELECT key_index, customer_id FROM customers_profile"):
            found[customer].append(known[index])
    return list(found.values())


def test_records_of_one_person_are_found_and_strangers_are_left_apart(shop: Path, generated: TeaShop) -> None:
    found = clusters(shop, generated)
    scores = pairwise_scores(generated.truth, found)
    records = sum(map(len, found))
    say(
        f"{records:,} records of {len(generated.truth.people):,} persons in {len(found):,} customers: "
        f"precision {scores.precision:.4f}, recall {scores.recall:.4f}, F1 {scores.f1:.4f}"
    )
    assert records == len(generated.truth.persons_by_key)
    assert scores.precision >= PRECISION
    assert scores.recall >= RECALL


def planted(generated: TeaShop) -> set[str]:
    """Everything personal of the shop, as it was typed and as it might be written after that."""
    typed: set[str] = set()
    for name, titles in PLANTED_COLUMNS.items():
        for title in titles:
            values = {str(value) for value in generated[name].column(title) if value}
            typed |= values
            if title in PHONES:
                typed |= {re.sub(r"\D", "", unicodedata.normalize("NFKC", value)) for value in values}
            if title == "地址":
                # Province, city and district may be known; the street below them may not.
                typed |= {re.split("[省市区县]", value)[-1] for value in values}
    folded = {value.casefold().replace(" ", "") for value in typed}
    return {value for value in typed | folded if len(value.encode()) >= FIRST_BYTES}


def spellings(values: Iterable[str]) -> dict[bytes, str]:
    """Each value in UTF-8, in GBK, and as JSON escapes it."""
    spelled = {}
    for value in values:
        escaped = json.dumps(value)[1:-1]
        for text in (value.encode(), escaped.encode(), value.encode("gb18030")):
            if len(text) >= FIRST_BYTES:
                spelled[text] = value
    return spelled


MOMENT = re.compile(rb"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Haystack:
    """What is searched: the bytes of a file, or what its cells say."""

    name: str
    content: bytes

    def found(self, needles: dict[bytes, str]) -> set[str]:
        """The values that occur anywhere in it."""
        first = np.unique(np.array([_number(needle) for needle in needles], np.uint64))
        by_first: dict[int, list[bytes]] = defaultdict(list)
        for needle in needles:
            by_first[_number(needle)].append(needle)
        found = set()
        for start in range(0, len(self.content), 1 << 22):
            # Windows that begin in this part and end in the next one count here.
            part = np.frombuffer(self.content[start : start + (1 << 22) + FIRST_BYTES - 1], np.uint8)
            windows = np.zeros(max(len(part) - FIRST_BYTES + 1, 0), np.uint64)
            for place in range(FIRST_BYTES):
                windows = windows << np.uint64(8) | part[place : place + len(windows)].astype(np.uint64)
            for place in np.flatnonzero(np.isin(windows, first)).tolist():
                for needle in by_first[int(windows[place])]:
                    at = start + place
                    # Eight digits may be the end of one moment in SQLite and the year of the next.
                    is_moment = needle.isdigit() and MOMENT.match(self.content, at + len(needle) - 4)
                    if self.content.startswith(needle, at) and not is_moment:
                        found.add(needles[needle])
        return found


def _number(needle: bytes) -> int:
    return int.from_bytes(needle[:FIRST_BYTES], "big")


def haystacks(shop: Path) -> Iterator[Haystack]:
    """Every file of the data folder, as bytes and as what it says when it is read."""
    for name, content in places(shop):
        yield Haystack(name, content)


def test_nothing_personal_stands_open_in_any_file_of_the_data_folder(shop: Path, generated: TeaShop) -> None:
    values = planted(generated)
    needles = spellings(values)
    searched = list(haystacks(shop))
    assert any(each.name.startswith("rejects/") for each in searched)
    found = {(each.name, value) for each in searched for value in each.found(needles)}
    size = sum(len(each.content) for each in searched)
    say(f"{len(values):,} planted values, {len(searched)} places of {size:,} bytes: {len(found)} found")
    assert len(values) >= 6_000
    assert found == set()


def test_the_search_finds_what_is_there(shop: Path, generated: TeaShop) -> None:
    searched = list(haystacks(shop))
    # A product is in the lake, packed; a tag and the name of a file are in the database.
    for control in ("龙井 雨前 50g", "爱聊天", "website_customers.csv"):
        places = {each.name for each in searched if each.found(spellings([control]))}
        assert any("read" in place for place in places), control
    value = "落盏巷207号"
    for text in (value.encode(), json.dumps({"at": value}).encode()):
        for before in (0, 5, (1 << 22) - 3):
            assert Haystack("made", b"x" * before + text).found(spellings([value])) == {value}
