"""`zhike demo --sample tea-shop`: three systems of one shop, through the import that users have."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.shops import open_shop
from tests.tea_shop_demo import loaded_tea_shop, run_demo, tea_shop
from zhike.collect.samples.tea_shop import TEA_SHOP, ProfileKey, TeaShop, generate
from zhike.kernel.home import Home, create_home
from zhike.lake.snapshots import Lake, Snapshot

# The columns of orders have the same order in every system.
NUMBER, KEY, AMOUNT, STATUS = 0, 1, 3, 4
SOURCES = ("website", "wechat", "counter")
WORDS = (("website", "已取消", "已退款"), ("wechat", "交易关闭", "全额退款"), ("counter", "作废", "退单"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loaded_tea_shop(tmp_path_factory)


@pytest.fixture(scope="module")
def snapshot(root: Path) -> Snapshot:
    found = Lake(root / "shop" / "lake").current()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def generated() -> TeaShop:
    return tea_shop()


def known_orders(shop: TeaShop, source: str) -> list[tuple[Any, ...]]:
    return [row for row in shop[f"{source}_orders"].rows if row[KEY]]


def facts(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    return snapshot.rows(snapshot.table(name))


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{root / 'shop' / 'zhike.sqlite3'}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def column(root: Path, query: str) -> list[Any]:
    return [row[0] for row in rows(root, query)]


def test_it_is_a_shop_of_its_own_with_a_sample_s_mark(root: Path) -> None:
    business = Home(root / "shop").business()
    assert business == TEA_SHOP
    assert (business.name, business.currency, business.time_zone) == ("山月茶坊", "CNY", "Asia/Shanghai")
    assert business.is_sample


def test_every_order_of_somebody_arrives_with_its_lines_and_no_other(
    snapshot: Snapshot, generated: TeaShop
) -> None:
    orders = facts(snapshot, "orders")
    expected = {
        (source, row[NUMBER]): int(Decimal(str(row[AMOUNT])) * 100)
        for source in SOURCES
        for row in known_orders(generated, source)
    }
    assert {(order["source"], order["order_id"]): order["amount"] for order in orders} == expected
    lines = sum(
        (source, row[0]) in expected for source in SOURCES for row in generated[f"{source}_order_lines"].rows
    )
    assert len(facts(snapshot, "order_lines")) == lines
    assert len(facts(snapshot, "products")) == 3 * len(generated["products"].rows)


def test_the_words_of_each_system_become_ours(snapshot: Snapshot, generated: TeaShop) -> None:
    orders = facts(snapshot, "orders")
    for source, cancelled, refunded in WORDS:
        theirs = [row[STATUS] for row in known_orders(generated, source)]
        ours = [order["status"] for order in orders if order["source"] == source]
        assert ours.count("cancelled") == theirs.count(cancelled)
        assert ours.count("refunded") == theirs.count(refunded) > 0
    assert all(order["refund_amount"] > 0 for order in orders if order["status"] == "refunded")


def test_what_people_did_and_said_arrives(snapshot: Snapshot, generated: TeaShop) -> None:
    events = facts(snapshot, "events")
    counts = {
        name: sum(each["name"] == name for each in events) for name in {each["name"] for each in events}
    }
    assert counts.pop("product_reviewed") == len(generated["reviews"].rows)
    assert counts.pop("survey_answered") == sum(map(bool, generated["surveys"].column("会员编号")))
    assert sum(counts.values()) == sum(map(bool, generated["events"].column("customer")))
    answers = [
        json.loads(each["properties"])["answers"] for each in events if each["name"] == "survey_answered"
    ]
    assert all(0 <= answer["nps"] <= 10 for answer in answers)
    chosen = {code for answer in answers for code in _as_list(answer["cares"])}
    assert chosen == {"taste", "price", "origin", "gift", "health", "delivery", "service"}


def _as_list(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def test_a_referral_names_the_profile_and_not_the_key_of_who_referred(
    root: Path, snapshot: Snapshot, generated: TeaShop
) -> None:
    from zhike.customers.vault import key_index, open_vault

    vault = open_vault(Home(root / "shop"))
    ids = dict(rows(root, "SELECT key_index, id FROM customers_profile"))
    expected = {
        row["event_id"]: ids[key_index(vault, said["referrer_source"], said["referrer"])]
        for row in generated["events"].records()
        if "referrer" in (said := dict(row["properties"]))  # type: ignore[call-overload]
    }
    referred = {
        each["event_id"]: json.loads(each["properties"])
        for each in facts(snapshot, "events")
        if each["name"] == "referred"
    }
    assert len(referred) > 50
    assert referred == {event: {"referrer_profile_id": number} for event, number in expected.items()}


def test_every_yes_and_no_is_in_the_ledger(root: Path, generated: TeaShop) -> None:
    (kept,) = column(root, "SELECT count(*) FROM customers_consententry")
    assert kept == len(generated["consents"].rows)
    given = set(column(root, "SELECT purpose || ':' || channel FROM customers_consententry"))
    contact = {
        f"{purpose}:{way}" for purpose in ("service", "marketing") for way in ("sms", "email", "wechat")
    }
    assert given == {"profiling:", *contact}


def test_it_says_what_it_took_what_it_left_out_and_what_came_of_it(root: Path, generated: TeaShop) -> None:
    said = (root / "said.txt").read_text(encoding="utf-8").splitlines()
    (counter,) = [line for line in said if line.startswith("counter_orders.csv")]
    passers_by = sum(not row[KEY] for row in generated["counter_orders"].rows)
    assert f"{passers_by:,} of nobody that is known left out" in counter
    (members,) = [line for line in said if line.startswith("counter_members.csv")]
    assert "contact.phone" in members
    records = len(generated.truth.persons_by_key)
    assert re.fullmatch(
        rf"{records:,} records · [\d,]+ customers \([\d,]+ pairs linked, \d+ to review\)", said[-2]
    )
    assert re.fullmatch(
        r"[\d,]+ customers who bought · 35,\d+ orders · sales ¥[\d,.]+ · business date 2026-11-01", said[-1]
    )


def test_rejected_rows_are_kept_and_the_files_of_the_shop_are_not(root: Path) -> None:
    rejects = sorted(file.name for file in (root / "shop" / "rejects").iterdir())
    assert any(name.endswith("counter_members.csv.sealed") for name in rejects)
    assert list((root / "scratch").glob("zhike-tea-shop-*")) == []


def test_again_loads_nothing_twice(root: Path) -> None:
    before = column(root, "SELECT max(id) FROM collect_importrun")
    again = run_demo(root / "shop", "--sample", "tea-shop")
    assert again.returncode == 0, again.stderr
    said = again.stdout.splitlines()
    assert said[-2:] == (root / "said.txt").read_text(encoding="utf-8").splitlines()[-2:]
    assert "shown only once" not in again.stdout
    assert column(root, "SELECT max(id) FROM collect_importrun") == before
    assert Lake(root / "shop" / "lake").manifests.ids() == [1]


@pytest.mark.parametrize("sample", ["tea-shop", "complete-journey"])
def test_a_sample_is_never_mixed_into_a_shop_of_one_s_own(tmp_path: Path, sample: str) -> None:
    open_shop(tmp_path / "own")
    refused = run_demo(tmp_path / "own", "--sample", sample)
    assert refused.returncode == 2
    assert "another shop" in refused.stderr
    assert not (tmp_path / "own" / "zhike.sqlite3").exists()


def test_two_samples_do_not_share_a_folder(root: Path) -> None:
    assert run_demo(root / "shop").returncode == 2


def test_cut_off_it_can_be_run_again(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    from zhike.collect.samples.tea_shop import loading
    from zhike.jobs.progress import Silent

    home = settings.ZHIKE_HOME = create_home(tmp_path / "small", TEA_SHOP)
    small = generate(size=200)
    with monkeypatch.context() as patched:
        patched.setattr(loading, "scan_for_duplicates", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            loading.load(home=home, progress=Silent(), shop=small)
    again = loading.load(home=home, progress=Silent(), shop=small)
    assert again is not None
    changed = [each.report for each in again if each.report.inserted]
    assert changed == []
    assert loading.load(home=home, progress=Silent(), shop=small) is None


def _cut_off(**_: Any) -> None:
    raise KeyboardInterrupt


def test_a_day_that_is_still_to_come_is_never_in_it() -> None:
    from zhike.collect.samples.tea_shop.loading import last_day

    assert last_day(date(2027, 5, 1)) == date(2026, 10, 31)
    assert last_day(date(2026, 2, 1)) == date(2026, 1, 31)


def test_every_person_of_the_truth_has_a_profile_for_each_record(root: Path, generated: TeaShop) -> None:
    from zhike.customers.vault import key_index, open_vault

    vault = open_vault(Home(root / "shop"))
    known = set(column(root, "SELECT key_index FROM customers_profile"))
    keys: list[ProfileKey] = [key for person in generated.truth.people for key in person.keys]
    assert {key_index(vault, key.source, key.key) for key in keys} == known
