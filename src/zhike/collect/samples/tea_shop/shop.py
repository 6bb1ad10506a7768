"""The whole shop: generated, written, and with its truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from zhike.collect.samples.tea_shop.accounts import Account, accounts
from zhike.collect.samples.tea_shop.exports import Export
from zhike.collect.samples.tea_shop.files import write_export, write_truth
from zhike.collect.samples.tea_shop.happenings import event_export
from zhike.collect.samples.tea_shop.lives import DAYS_BEFORE, lives
from zhike.collect.samples.tea_shop.lunar import LAST_YEAR
from zhike.collect.samples.tea_shop.orders import orders
from zhike.collect.samples.tea_shop.persons import Person, persons
from zhike.collect.samples.tea_shop.products import assortment
from zhike.collect.samples.tea_shop.seasons import Calendar
from zhike.collect.samples.tea_shop.tills import order_exports, product_export, profile_exports
from zhike.collect.samples.tea_shop.truth import ProfileKey, TruePerson, Truth
from zhike.collect.samples.tea_shop.voices import consent_export, review_export, survey_export
from zhike.kernel.errors import UsageError

SEED, SIZE, LAST_DAY = 20240501, 5000, date(2026, 10, 31)
YEARS = 2
SMALLEST = 200
# Customers are up to 75 years old, and the lunar calendar must know the day they were born.
_FIRST_LAST_DAY, _LAST_LAST_DAY = date(2020, 1, 31), date(LAST_YEAR, 12, 31)


@dataclass(frozen=True)
class TeaShop:
    """What three systems of one shop export for `first_on` to `last_on`, and what is behind it."""

    seed: int
    first_on: date
    last_on: date
    exports: tuple[Export, ...]
    truth: Truth

    def __getitem__(self, name: str) -> Export:
        """The export of a name such as ``website_orders``."""
        return next(export for export in self.exports if export.name == name)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all cells of all exports and of the truth; the same wherever the seed is the same."""
        digest = hashlib.sha256()
        for export in self.exports:
            content = [export.name, export.header, export.rows]
            digest.update(json.dumps(content, ensure_ascii=False).encode())
        for person in self.truth.people:
            digest.update(repr(person).encode())
        return digest.hexdigest()

    def write(self, folder: Path) -> list[Path]:
        """Every export and ``truth.parquet``, in a folder that is made if need be; files of these names are replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        return [*(write_export(export, folder) for export in self.exports), write_truth(self.truth, folder)]


def generate(*, seed: int = SEED, size: int = SIZE, last_day: date = LAST_DAY) -> TeaShop:
    """A shop of `size` persons over the two years that end on `last_day`.

    The same arguments give the same shop on every machine. About a quarter of the orders are of passers-by
    whom nobody knows and who are no persons of the truth.

    Raises
    ------
    UsageError
        ``sample.size``, ``sample.last_day``.
    """
    _refuse_impossible(size, last_day)
    first_on = _first_day(last_day)
    calendar = Calendar(first_on - timedelta(days=DAYS_BEFORE), last_day)
    courses = lives(seed=seed, size=size, calendar=calendar)
    people = persons(seed=seed, lives=courses, last_day=last_day)
    known = accounts(seed=seed, people=people, last_day=last_day)
    bought = orders(seed=seed, lives=courses, accounts=known, calendar=calendar, first_on=first_on)
    exports = (
        *profile_exports(known),
        *order_exports(bought),
        product_export(assortment()),
        event_export(seed=seed, accounts=known, orders=bought, first_on=first_on, last_on=last_day),
        survey_export(seed=seed, accounts=known, last_on=last_day),
        review_export(seed=seed, accounts=known, orders=bought, last_on=last_day),
        consent_export(seed=seed, accounts=known, last_on=last_day),
    )
    return TeaShop(seed, first_on, last_day, exports, _truth(people, known))


def _truth(people: Sequence[Person], known: Sequence[Account]) -> Truth:
    keys: dict[int, list[ProfileKey]] = {}
    for account in known:
        keys.setdefault(account.person.person_id, []).append(ProfileKey(account.source, account.key))
    return Truth(tuple(_true_person(person, keys[person.person_id]) for person in people))


def _true_person(person: Person, keys: Sequence[ProfileKey]) -> TruePerson:
    life = person.life
    return TruePerson(
        person_id=person.person_id,
        keys=tuple(sorted(keys)),
        archetype=life.archetype.code,
        acquired_on=life.acquired_on,
        lost_on=life.lost_on,
        family_id=person.family_id,
        phone_before_of=person.phone_before_of,
    )


def _first_day(last_day: date) -> date:
    """Two years before the day after the last one."""
    after = last_day + timedelta(days=1)
    day = min(after.day, 28) if after.month == 2 else after.day
    return after.replace(year=after.year - YEARS, day=day)


def _refuse_impossible(size: int, last_day: date) -> None:
    if size < SMALLEST:
        raise UsageError(
            "sample.size",
            zh=f"示例店至少要有 {SMALLEST} 位客户，现在是 {size}",
            en=f"the sample shop needs at least {SMALLEST} persons, not {size}",
        )
    if not _FIRST_LAST_DAY <= last_day <= _LAST_LAST_DAY:
        raise UsageError(
            "sample.last_day",
            zh=f"示例店的最后一天须在 {_FIRST_LAST_DAY} 至 {_LAST_LAST_DAY} 之间，现在是 {last_day}",
            en=f"the last day of the sample shop must lie from {_FIRST_LAST_DAY} to {_LAST_LAST_DAY}, not {last_day}",
        )
