"""The search for duplicates against bare Splink with the same comparisons and blocking rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks.measuring import Measured, in_a_process

SOURCES = ("website", "counter", "wechat")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂辉鹏宇浩晨欣怡佳雪琪瑶璐婷倩颖慧玲燕红梅莉萍琳云凤洁晶妍茜秋珊莎锦黛青文雅诗涵梦宁悦嘉思雨泽轩博睿航凯峰毅俊帆晓东海波斌国庆建华志新春生"
_STREETS = (
    "青石街",
    "半壶路",
    "松烟里",
    "采青巷",
    "落盏巷",
    "听茗街",
    "问泉路",
    "焙火街",
    "云岫路",
    "新芽路",
)


def records(
    number: int, *, share_of_duplicates: float = 0.2, seed: int = 7
) -> Iterator[dict[str, str | None]]:
    """People as sources write them; a share of them are somebody else's record with slips of the pen. Seeded."""
    draw = np.random.default_rng(seed)
    firsts = number - int(number * share_of_duplicates)
    columns = _columns(draw, firsts)
    copied = draw.integers(0, firsts, number - firsts)
    slips = draw.random((number - firsts, 6))
    for place in range(firsts):
        yield {name: values[place] for name, values in columns.items()}
    for original, slip in zip(copied, slips, strict=True):
        yield _with_slips({name: values[original] for name, values in columns.items()}, slip)


def _columns(draw: np.random.Generator, n: int) -> dict[str, list[str | None]]:
    surnames, given = list(_SURNAMES), list(_GIVEN)
    weights = 1 / np.arange(1, len(surnames) + 1)
    family = draw.choice(len(surnames), n, p=weights / weights.sum())
    first, second = draw.integers(0, len(given), n), draw.integers(-len(given) // 4, len(given), n)
    names = [
        surnames[f] + given[a] + (given[b] if b >= 0 else "")
        for f, a, b in zip(family, first, second, strict=True)
    ]
    phones = 13_000_000_000 + draw.permutation(np.arange(n, dtype=np.int64) * 7919 % 900_000_000)
    born = draw.integers(0, 365 * 50, n)
    number, street, city = (
        draw.integers(1, 400, n),
        draw.integers(0, len(_STREETS), n),
        draw.integers(0, 300, n),
    )
    missing = draw.random((4, n)) < np.array([[0.1], [0.5], [0.4], [0.3]])
    return {
        "name": names,
        "phone": [None if m else f"+86{p}" for p, m in zip(phones, missing[0], strict=True)],
        "email": [None if m else _email(p) for p, m in zip(phones, missing[1], strict=True)],
        "birthday": [
            None if m else str(date(1955, 1, 1) + timedelta(days=int(d)))
            for d, m in zip(born, missing[2], strict=True)
        ],
        "city": [f"城市{c}" for c in city],
        "address": [
            None if m else f"{_STREETS[s]}{k}号{k % 17 + 1}幢{k % 29 + 1}室"
            for s, k, m in zip(street, number, missing[3], strict=True)
        ],
    }


def _email(phone: int) -> str:
    # No two begin alike because their phones do, and no domain of examples, which the search takes for “none”.
    return f"{int(phone) * 2_654_435_761 % 2**32:08x}@qq.com"


def _with_slips(record: dict[str, str | None], slip: np.ndarray) -> dict[str, str | None]:
    phone, name = record["phone"], str(record["name"])
    if slip[0] < 0.1:
        record["phone"] = None
    elif slip[0] < 0.15 and phone:
        record["phone"] = phone[:-1] + str((int(phone[-1]) + 1) % 10)
    if slip[1] < 0.08 and len(name) == 3:
        record["name"] = name[0] + name[2]
    for place, field in ((2, "email"), (3, "birthday"), (4, "address")):
        if slip[place] < 0.3:
            record[field] = None
    return record


def prepare_bare_splink(folder: Path, number: int, *, counts_u: bool) -> Callable[[], dict[str, float]]:
    """Splink with the same comparisons and blocking rules on the table that the search makes of the same records.

    With `counts_u` as its documentation begins.
    """
    _open_shop(folder, number)
    from splink import DuckDBAPI, Linker

    from zhike.customers.matching.likely import REVIEW_FROM, splink_settings
    from zhike.customers.matching.people import SCHEMA
    from zhike.customers.selectors.opened import fill_people
    from zhike.lake.engines import private_database

    with private_database(people=SCHEMA.empty_table()) as database:
        fill_people(database)
        table = database.sql("FROM people").to_arrow_table()

    def run() -> dict[str, float]:
        started = process_time()
        with private_database(people=table) as database:
            linker = Linker(
                DuckDBAPI(database).register("people"), splink_settings(number), log_level="ERROR"
            )
            if counts_u:
                linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
            found = linker.inference.predict(REVIEW_FROM, warning_mode="never")
            pairs = found.as_pyarrow_table().num_rows  # type: ignore[no-untyped-call]
        return {"pairs": pairs, "cpu_seconds": round(process_time() - started, 1)}

    return run


def prepare_search(folder: Path, number: int) -> Callable[[], dict[str, float]]:
    """The whole search of a shop's database: opening the vault, comparing, linking, proposing."""
    _open_shop(folder, number)
    import pandas  # noqa: F401  Splink and Arrow load it at their first use
    import splink  # noqa: F401

    from zhike.customers.models import LinkEntry, ProfileLink
    from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
    from zhike.jobs.progress import Silent

    _forget_links(LinkEntry, ProfileLink)

    def run() -> dict[str, float]:
        started = process_time()
        scan = scan_for_duplicates(scan=request_scan(), progress=Silent())
        counts = {"linked": scan.linked, "proposed": scan.proposed, "held_back": scan.held_back}
        return {**counts, "cpu_seconds": round(process_time() - started, 1)}

    return run


def _open_shop(folder: Path, number: int) -> None:
    """The shop with its records; made at the first call."""
    from zhike.kernel.home import BusinessSettings, create_home
    from zhike.web.boot import boot

    boot(create_home(folder, BusinessSettings(name="Bench")))
    from django.core.management import call_command

    from zhike.customers.models import Profile

    call_command("migrate", verbosity=0)
    if Profile.objects.count() != number:
        _record(number)


def _forget_links(*models: Any) -> None:
    from django.db.models import F

    from zhike.customers.models import Profile

    for model in models:
        model.objects.all().delete()
    Profile.objects.exclude(customer=F("home_customer")).update(customer=F("home_customer"))


def _record(number: int) -> None:
    from zhike.customers.records import Identifier, ProfileRecord
    from zhike.customers.services import record_profiles

    batches: dict[str, list[ProfileRecord]] = {source: [] for source in SOURCES}
    for place, each in enumerate(records(number), 1):
        source = SOURCES[place % 3]
        contacts = [("phone", each["phone"]), ("email", each["email"])]
        batches[source].append(
            ProfileRecord(
                f"K{place}",
                name=each["name"],
                identifiers=tuple(Identifier(kind, value) for kind, value in contacts if value),  # type: ignore[arg-type]
                birthday=each["birthday"],
                address=each["address"],
                attributes={"city": each["city"]},
            )
        )
        if len(batches[source]) == 5_000:
            record_profiles(source=source, records=batches[source])
            batches[source] = []
    for source, rest in batches.items():
        record_profiles(source=source, records=rest)


def measure(folder: Path, *, number: int) -> dict[str, Measured]:
    """Bare Splink both ways and the whole search, each in a process of its own."""
    shop = folder / f"identity-{number}"
    return {
        "Splink, weights given": in_a_process(_bare, shop, number, False),
        "search": in_a_process(prepare_search, shop, number),
        "Splink, u counted": in_a_process(_bare, shop, number, True),
    }


def _bare(folder: Path, number: int, counts_u: bool) -> Callable[[], dict[str, float]]:
    return prepare_bare_splink(folder, number, counts_u=counts_u)
