"""The tea shop is as real as a shop without real people can be, and it knows the truth about itself."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from tests.tea_shop_demo import tea_shop
from zhike.collect.samples.tea_shop import (
    ProfileKey,
    Scores,
    TeaShop,
    TruePerson,
    Truth,
    generate,
    pairwise_scores,
)
from zhike.collect.samples.tea_shop.exports import Export
from zhike.collect.samples.tea_shop.lunar import lunar_day, solar_day
from zhike.collect.samples.tea_shop.persons import PHONE_PREFIX, PLACEHOLDER_PHONES
from zhike.kernel.errors import UsageError

FINGERPRINT = "952cc54c46eabdd0fcbca010c18c892bc73b8b8019cb02124543d31f453aef48"
PROFILES = {"website": "website_customers", "wechat": "wechat_customers", "counter": "counter_members"}
KEYS = {"website": "会员编号", "wechat": "openid", "counter": "卡号"}
PHONES = {"website": "手机号", "wechat": "phone", "counter": "手机"}
# Columns of orders, in their order: number, key, moment, amount, status, refund, day of refund, discount.
NUMBER, KEY, AT, AMOUNT, STATUS, REFUND, REFUNDED_ON, DISCOUNT = range(8)
CANCELLED = {"已取消", "交易关闭", "作废"}


@pytest.fixture(scope="module")
def shop() -> TeaShop:
    return tea_shop()


@pytest.fixture(scope="module")
def small_shop() -> TeaShop:
    return generate(size=200)


def order_rows(shop: TeaShop, *sources: str) -> Iterable[tuple[str, tuple[object, ...]]]:
    for source in sources or KEYS:
        for row in shop[f"{source}_orders"].rows:
            yield source, row


def placed_on(row: tuple[object, ...]) -> date:
    return parsed_day(str(row[AT]).split(" ")[0])


def parsed_day(text: str) -> date:
    year, month, day = map(int, re.split("[-/]", text))
    return date(year, month, day)


def bare_phone(text: object) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", str(text or ""))).removeprefix("86")


def phones_by_key(shop: TeaShop, spelled: Callable[[object], str]) -> dict[ProfileKey, str]:
    return {
        ProfileKey(source, str(record[KEYS[source]])): spelled(record[PHONES[source]])
        for source, name in PROFILES.items()
        for record in shop[name].records()
        if record[PHONES[source]]
    }


def bought_by_person(shop: TeaShop) -> dict[int, list[Decimal]]:
    """What was left of each order of each person, without cancelled ones."""
    bought: dict[int, list[Decimal]] = defaultdict(list)
    for source, row in order_rows(shop):
        if row[KEY] and row[STATUS] not in CANCELLED:
            person = shop.truth.persons_by_key[ProfileKey(source, str(row[KEY]))]
            bought[person].append(Decimal(str(row[AMOUNT])) - Decimal(str(row[REFUND] or 0)))
    return bought


class TestDeterminism:
    def test_the_default_shop_is_the_same_on_every_machine(self, shop: TeaShop) -> None:
        assert shop.fingerprint == FINGERPRINT

    def test_the_same_seed_writes_the_same_bytes(self, small_shop: TeaShop, tmp_path: Path) -> None:
        first = small_shop.write(tmp_path / "first")
        second = generate(size=200).write(tmp_path / "second")
        assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]

    def test_another_seed_gives_another_shop(self, small_shop: TeaShop) -> None:
        assert generate(seed=1, size=200).fingerprint != small_shop.fingerprint


class TestRealism:
    def test_there_are_as_many_people_and_orders_as_promised(self, shop: TeaShop) -> None:
        assert len(shop.truth.people) == 5000
        assert 45_000 <= sum(1 for _ in order_rows(shop)) <= 60_000
        assert len(shop["products"].rows) == 120
        assert 45_000 <= len(shop["events"].rows) <= 70_000
        assert (len(shop["surveys"].rows), len(shop["reviews"].rows)) == (900, 1500)

    def test_all_orders_lie_in_the_two_years_and_reach_both_ends(self, shop: TeaShop) -> None:
        days = {placed_on(row) for _, row in order_rows(shop)}
        assert (min(days), max(days)) == (date(2024, 11, 1), date(2026, 10, 31))

    def test_a_fifth_of_the_buyers_brings_most_of_the_money(self, shop: TeaShop) -> None:
        totals = sorted(map(sum, bought_by_person(shop).values()), reverse=True)
        assert 0.55 <= sum(totals[: len(totals) // 5]) / sum(totals) <= 0.75

    def test_many_buy_only_once(self, shop: TeaShop) -> None:
        counts = [len(orders) for orders in bought_by_person(shop).values()]
        assert 0.35 <= counts.count(1) / len(counts) <= 0.55

    def test_a_third_of_the_people_is_in_more_than_one_source(self, shop: TeaShop) -> None:
        several = [person for person in shop.truth.people if len({key.source for key in person.keys}) > 1]
        assert 0.25 <= len(several) / len(shop.truth.people) <= 0.40

    @pytest.mark.parametrize(
        "feast", [date(2024, 11, 11), date(2025, 6, 18), date(2025, 11, 11), date(2026, 6, 18)]
    )
    def test_sales_days_stand_out_online(self, shop: TeaShop, feast: date) -> None:
        by_day = Counter(placed_on(row) for _, row in order_rows(shop, "website", "wechat"))
        around = sorted(by_day[feast + timedelta(days=days)] for days in range(20, 80))
        assert by_day[feast] >= 3 * around[30]

    @pytest.mark.parametrize(
        "feast", [date(2025, 1, 29), date(2026, 2, 17), date(2025, 10, 6), date(2026, 9, 25)]
    )
    def test_gift_boxes_go_before_spring_festival_and_mid_autumn(self, shop: TeaShop, feast: date) -> None:
        boxes = {row[0] for row in shop["products"].rows if row[2] == "礼盒"}
        shares = {}
        for name, first_day in (
            ("before", feast - timedelta(days=18)),
            ("later", feast + timedelta(days=20)),
        ):
            numbers = {
                row[NUMBER] for _, row in order_rows(shop) if 0 <= (placed_on(row) - first_day).days < 14
            }
            with_box = {
                line[0]
                for source in KEYS
                for line in shop[f"{source}_order_lines"].rows
                if line[0] in numbers and line[2] in boxes
            }
            shares[name] = len(with_box) / len(numbers)
        assert shares["before"] > 1.5 * shares["later"]

    def test_the_counter_is_quiet_at_spring_festival_and_busy_at_weekends(self, shop: TeaShop) -> None:
        by_day = Counter(placed_on(row) for _, row in order_rows(shop, "counter"))
        week = [date(2026, 2, 17) + timedelta(days=days) for days in range(6)]
        assert sum(by_day[day] for day in week) < 0.7 * sum(by_day[day + timedelta(days=21)] for day in week)
        weekend = sum(count for day, count in by_day.items() if day.weekday() >= 5) / 2
        assert weekend > 1.2 * sum(count for day, count in by_day.items() if day.weekday() < 5) / 5

    def test_some_orders_are_refunded_later_and_not_always_in_full(self, shop: TeaShop) -> None:
        rows = [row for _, row in order_rows(shop)]
        refunds = [row for row in rows if row[REFUND]]
        assert 0.02 <= len(refunds) / len(rows) <= 0.04
        assert all(placed_on(row) < parsed_day(str(row[REFUNDED_ON])) <= shop.last_on for row in refunds)
        full = [Decimal(str(row[REFUND])) / Decimal(str(row[AMOUNT])) for row in refunds]
        assert max(full) == 1
        assert 0.3 <= sum(share < 1 for share in full) / len(full) <= 0.7

    def test_cancelled_orders_coupons_and_discounts_occur(self, shop: TeaShop) -> None:
        rows = [row for _, row in order_rows(shop, "website", "wechat")]
        cancelled = [row for row in rows if row[STATUS] in CANCELLED]
        assert 0.01 <= len(cancelled) / len(rows) <= 0.05
        assert not any(row[REFUND] for row in cancelled)
        coupons = {str(row[8]) for row in rows if row[8]}
        assert {"D1125", "TEA61826", "D1225", "NIANHUO26", "ZHONGQIU26", "WELCOME10"} <= coupons
        assert all(Decimal(str(row[DISCOUNT])) > 0 for row in rows if row[8])

    def test_who_is_lost_never_comes_again(self, shop: TeaShop) -> None:
        people = {person.person_id: person for person in shop.truth.people}
        for source, row in order_rows(shop):
            if row[KEY]:
                lost_on = people[shop.truth.persons_by_key[ProfileKey(source, str(row[KEY]))]].lost_on
                assert lost_on is None or placed_on(row) <= lost_on
        lost = len(shop.truth.lost_by(shop.last_on)) / len(people)
        assert 0.4 <= lost <= 0.7
        assert len(shop.truth.lost_by(date(2025, 10, 31))) < lost * len(people)

    def test_passers_by_leave_orders_but_no_key(self, shop: TeaShop) -> None:
        unknown = [row for row in shop["counter_orders"].rows if not row[KEY]]
        assert 0.2 <= len(unknown) / len(shop["counter_orders"].rows) <= 0.55
        assert all(row[KEY] for _, row in order_rows(shop, "website", "wechat"))

    def test_those_who_stay_recommend_the_shop_more_than_those_who_are_lost(self, shop: TeaShop) -> None:
        persons = {key.key: key_person for key, key_person in shop.truth.persons_by_key.items()}
        lost = shop.truth.lost_by(shop.last_on)
        scores: dict[bool, list[int]] = defaultdict(list)
        for row in shop["surveys"].rows:
            if row[6]:
                scores[persons[str(row[6])] in lost].append(int(str(row[7])))
        assert sum(scores[False]) / len(scores[False]) > sum(scores[True]) / len(scores[True]) + 0.5


class TestTraps:
    def test_families_share_a_phone_and_are_different_persons(self, shop: TeaShop) -> None:
        persons_by_phone = defaultdict(set)
        for key, phone in phones_by_key(shop, bare_phone).items():
            persons_by_phone[phone].add(shop.truth.persons_by_key[key])
        families = {person.person_id: person.family_id for person in shop.truth.people}
        shared = [
            persons
            for phone, persons in persons_by_phone.items()
            if phone not in PLACEHOLDER_PHONES and len(persons) > 1
        ]
        in_family = [
            persons
            for persons in shared
            if len({families[each] for each in persons}) == 1 and families[min(persons)]
        ]
        assert 20 <= len(in_family) <= 80
        assert len(shared) - len(in_family) >= 2, "phones that were handed out again"

    def test_phones_change_hands_only_after_the_first_owner_is_gone(self, shop: TeaShop) -> None:
        people = {person.person_id: person for person in shop.truth.people}
        after = [person for person in shop.truth.people if person.phone_before_of]
        assert len(after) == 5
        for person in after:
            lost_on = people[person.phone_before_of or 0].lost_on
            assert lost_on and (person.acquired_on - lost_on).days > 120

    def test_clerks_type_placeholders_to_get_on(self, shop: TeaShop) -> None:
        typed = Counter(map(str, shop["counter_members"].column("手机")))
        assert all(5 <= typed[phone] <= 100 for phone in PLACEHOLDER_PHONES)

    def test_some_have_two_records_in_one_source(self, shop: TeaShop) -> None:
        doubled = Counter(
            source
            for person in shop.truth.people
            for source, count in Counter(key.source for key in person.keys).items()
            if count > 1
        )
        assert doubled["website"] >= 50 and doubled["counter"] >= 50 and doubled["wechat"] >= 5

    def test_equal_phones_as_written_find_only_a_part_and_not_only_the_truth(self, shop: TeaShop) -> None:
        raw, bare = (scores_by_phone(shop, spelled) for spelled in (str, bare_phone))
        assert 0.2 < raw.recall < bare.recall < 0.97
        assert 0.9 < bare.precision < 0.985

    def test_names_are_spelled_in_many_ways(self, shop: TeaShop) -> None:
        names = [str(name) for name in shop["counter_members"].column("姓名")]
        for way in (r"^[A-Z][a-z]+ [A-Z][a-z]+$", r"(先生|女士)$", r"^ . "):
            assert sum(bool(re.search(way, name)) for name in names) > len(names) / 100
        assert any(str(birthday).startswith("农历") for birthday in shop["counter_members"].column("生日"))
        assert "" in shop["website_customers"].column("区县")


def scores_by_phone(shop: TeaShop, spelled: Callable[[object], str]) -> Scores:
    clusters = defaultdict(list)
    for key, phone in phones_by_key(shop, spelled).items():
        clusters[phone].append(key)
    return pairwise_scores(shop.truth, clusters.values())


class TestReferences:
    def test_keys_are_unique_in_their_source_and_all_in_the_truth(self, shop: TeaShop) -> None:
        for source, name in PROFILES.items():
            keys = shop[name].column(KEYS[source])
            assert len(set(keys)) == len(keys)
            assert {key.key for key in shop.truth.persons_by_key if key.source == source} == set(keys)
        for name in (
            "website_orders",
            "wechat_orders",
            "counter_orders",
            "products",
            "events",
            "surveys",
            "reviews",
        ):
            numbers = [row[0] for row in shop[name].rows]
            assert len(set(numbers)) == len(numbers), name

    def test_orders_refer_to_known_keys_and_their_lines_add_up(self, shop: TeaShop) -> None:
        products = set(shop["products"].column("商品编号"))
        for source, name in PROFILES.items():
            keys = {*shop[name].column(KEYS[source]), ""}
            paid = {row[NUMBER]: Decimal(str(row[AMOUNT])) for _, row in order_rows(shop, source)}
            assert {row[KEY] for _, row in order_rows(shop, source)} <= keys
            sums: dict[object, Decimal] = defaultdict(Decimal)
            for line in shop[f"{source}_order_lines"].rows:
                assert line[2] in products and int(str(line[4])) >= 1
                sums[line[0]] += Decimal(str(line[5]))
            assert sums == paid

    def test_nobody_orders_before_the_account_is_opened(self, shop: TeaShop) -> None:
        opened = {row["会员编号"]: str(row["注册时间"]) for row in shop["website_customers"].records()}
        assert all(str(row[AT]) > opened[row[KEY]] for _, row in order_rows(shop, "website"))

    def test_events_reviews_consents_and_referrers_are_of_known_customers(self, shop: TeaShop) -> None:
        names = Counter()
        for event in shop["events"].records():
            names[event["name"]] += 1
            if event["customer"]:
                shop.truth.matches([(str(event["source"]), str(event["customer"]))])
        assert set(names) == {"page_viewed", "product_viewed", "cart_added", "coupon_redeemed", "referred"}
        assert names["referred"] > 50
        for name in ("reviews", "consents"):
            rows = shop[name].records()
            shop.truth.matches((str(row["来源"]), str(row["会员编号"])) for row in rows)
        bought = {row[NUMBER] for _, row in order_rows(shop, "website", "wechat")}
        assert set(shop["reviews"].column("订单号")) <= bought

    def test_nobody_is_referred_by_themselves_or_by_somebody_who_came_later(self, shop: TeaShop) -> None:
        people = {person.person_id: person for person in shop.truth.people}
        for event in shop["events"].records():
            if event["name"] == "referred":
                named = event["properties"]
                assert isinstance(named, dict)
                new_key = (str(event["source"]), str(event["customer"]))
                old_key = (named["referrer_source"], named["referrer"])
                new, old = (people[person] for person in shop.truth.matches([new_key, old_key]).values())
                assert old.acquired_on < new.acquired_on and (old.lost_on or date.max) >= new.acquired_on

    def test_a_consent_is_withdrawn_only_after_it_was_given(self, shop: TeaShop) -> None:
        said: dict[object, list[object]] = defaultdict(list)
        for row in shop["consents"].rows:
            said[row[:4]].append((row[5], row[4]))
        assert all(answers == sorted(answers) for answers in said.values())
        withdrawn = [answers for answers in said.values() if len(answers) == 2]
        assert 300 < len(withdrawn) < 3000
        assert all((first[1], second[1]) == ("是", "否") for first, second in withdrawn)  # type: ignore[index]


class TestPrivacy:
    def test_identifiers_stand_only_in_the_declared_columns(self, shop: TeaShop) -> None:
        names = {name for name in map(str, shop["website_customers"].column("姓名")) if len(name) == 3}
        phone = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
        for export in shop.exports:
            for title in export.header:
                if title not in export.personal:
                    for text in {unicodedata.normalize("NFKC", str(cell)) for cell in export.column(title)}:
                        assert "@" not in text and not phone.search(text) and text not in names, (
                            export.name,
                            title,
                        )

    def test_every_address_and_number_is_from_the_ranges_made_for_it(self, shop: TeaShop) -> None:
        for email in shop["website_customers"].column("邮箱"):
            domain = unicodedata.normalize("NFKC", str(email)).casefold().rpartition("@")[2]
            assert domain in ("", "example.com", "example.cn")
        for phone in phones_by_key(shop, bare_phone).values():
            assert phone in PLACEHOLDER_PHONES or (phone.startswith(PHONE_PREFIX) and len(phone) in (10, 11))
        assert all(str(cell).startswith("203.0.113.") for cell in shop["surveys"].column("来自IP"))


class TestFiles:
    def test_every_file_reads_back_as_it_was(self, small_shop: TeaShop, tmp_path: Path) -> None:
        small_shop.write(tmp_path)
        for export in small_shop.exports:
            header, *rows = read_back(export, tmp_path / export.file_name)
            assert tuple(header) == export.header
            assert rows == [["" if cell is None else as_text(cell) for cell in row] for row in export.rows]

    def test_the_tills_write_gbk(self, small_shop: TeaShop, tmp_path: Path) -> None:
        small_shop.write(tmp_path)
        with pytest.raises(UnicodeDecodeError):
            (tmp_path / "counter_members.csv").read_text(encoding="utf-8")

    def test_the_truth_reads_back(self, small_shop: TeaShop, tmp_path: Path) -> None:
        small_shop.write(tmp_path)
        rows = pq.read_table(tmp_path / "truth.parquet").to_pylist()
        assert len(rows) == 200
        for row, person in zip(rows, small_shop.truth.people, strict=True):
            keys = [ProfileKey(source, key) for source in KEYS for key in row[f"{source}_keys"]]
            assert (row["person_id"], row["lost_on"], sorted(keys)) == (
                person.person_id,
                person.lost_on,
                list(person.keys),
            )


def read_back(export: Export, path: Path) -> list[list[str]]:
    if export.form == "ndjson":
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            list(export.header),
            *([("" if each is None else as_text(each)) for each in record.values()] for record in records),
        ]
    if export.form == "xlsx":
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        return [[as_text(int(cell) if isinstance(cell, float) else cell) for cell in row] for row in rows]
    with path.open(encoding="gbk" if export.form == "csv_gbk" else "utf-8", newline="") as file:
        return list(csv.reader(file))


def as_text(cell: object) -> str:
    return json.dumps(cell) if isinstance(cell, dict) else str(cell)


class TestScores:
    truth = Truth(
        (
            TruePerson(
                1,
                (ProfileKey("a", "1"), ProfileKey("a", "2"), ProfileKey("b", "1")),
                "loyal",
                date(2025, 1, 1),
            ),
            TruePerson(2, (ProfileKey("b", "2"),), "loyal", date(2025, 1, 1), lost_on=date(2025, 3, 1)),
        )
    )

    def test_the_truth_itself_scores_one(self) -> None:
        scores = pairwise_scores(self.truth, [person.keys for person in self.truth.people])
        assert (scores.precision, scores.recall, scores.f1) == (1, 1, 1)

    def test_a_wrong_join_costs_precision_and_a_missed_one_recall(self) -> None:
        # Joined: a1-a2 (right) and b1-b2 (wrong); true are a1-a2, a1-b1, a2-b1.
        scores = pairwise_scores(self.truth, [[("a", "1"), ("a", "2")], [("b", "1"), ("b", "2")]])
        assert (scores.precision, scores.recall) == (1 / 2, 1 / 3)
        assert scores.f1 == pytest.approx(0.4)

    def test_everybody_in_one_cluster_finds_all_pairs_and_half_of_them_are_right(self) -> None:
        scores = pairwise_scores(self.truth, [list(self.truth.persons_by_key)])
        assert (scores.precision, scores.recall) == (1 / 2, 1)

    def test_nothing_joined_is_precise_and_finds_nothing(self) -> None:
        scores = pairwise_scores(self.truth, [])
        assert (scores.precision, scores.recall, scores.f1) == (1, 0, 0)

    def test_the_pairs_are_those_of_one_person(self) -> None:
        assert self.truth.pairs == {
            (ProfileKey("a", "1"), ProfileKey("a", "2")),
            (ProfileKey("a", "1"), ProfileKey("b", "1")),
            (ProfileKey("a", "2"), ProfileKey("b", "1")),
        }
        assert self.truth.lost_by(date(2025, 2, 28)) == frozenset()
        assert self.truth.lost_by(date(2025, 3, 1)) == {2}

    def test_a_key_that_nobody_has_is_refused(self) -> None:
        with pytest.raises(UsageError) as refused:
            pairwise_scores(self.truth, [[("a", "9")]])
        assert refused.value.code == "truth.unknown_key"

    def test_a_key_in_two_clusters_is_refused(self) -> None:
        with pytest.raises(UsageError) as refused:
            pairwise_scores(self.truth, [[("a", "1")], [("a", "1"), ("b", "1")]])
        assert refused.value.code == "truth.repeated_key"


class TestArguments:
    def test_the_last_day_moves_the_two_years(self) -> None:
        shop = generate(size=200, last_day=date(2023, 6, 30))
        assert (shop.first_on, shop.last_on) == (date(2021, 7, 1), date(2023, 6, 30))
        days = [placed_on(row) for _, row in order_rows(shop)]
        assert shop.first_on <= min(days) and max(days) <= shop.last_on
        moments = [datetime.fromisoformat(str(at)).date() for at in shop["events"].column("occurred_at")]
        assert shop.first_on <= min(moments) and max(moments) <= shop.last_on

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [({"size": 10}, "sample.size"), ({"last_day": date(2051, 1, 1)}, "sample.last_day")],
    )
    def test_what_cannot_be_made_is_refused(self, arguments: dict[str, object], code: str) -> None:
        with pytest.raises(UsageError) as refused:
            generate(**arguments)  # type: ignore[arg-type]
        assert refused.value.code == code

    @pytest.mark.parametrize(
        ("lunar", "solar"),
        [
            ((2024, 1, 1), date(2024, 2, 10)),
            ((2025, 1, 1), date(2025, 1, 29)),
            ((2026, 1, 1), date(2026, 2, 17)),
            ((2025, 5, 5), date(2025, 5, 31)),
            ((2026, 5, 5), date(2026, 6, 19)),
            ((2025, 8, 15), date(2025, 10, 6)),
            ((2026, 8, 15), date(2026, 9, 25)),
        ],
    )
    def test_feasts_are_on_their_published_days(self, lunar: tuple[int, int, int], solar: date) -> None:
        assert solar_day(*lunar) == solar
        found = lunar_day(solar)
        assert (found.year, found.month, found.day, found.is_leap) == (*lunar, False)

    def test_a_day_of_a_repeated_month_says_so(self) -> None:
        assert str(lunar_day(date(2025, 7, 25))) == "农历闰六月初一"
