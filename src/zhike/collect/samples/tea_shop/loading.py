"""The tea shop brought in as its owner would: files through the import, then the search for duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from zhike.collect.imports.report import ImportReport
from zhike.collect.samples.tea_shop.deliveries import Delivery, facts, people
from zhike.collect.samples.tea_shop.exports import Export
from zhike.collect.samples.tea_shop.files import write_export
from zhike.collect.samples.tea_shop.shop import LAST_DAY, TeaShop, generate
from zhike.collect.services import import_file
from zhike.customers.records import ConsentChannel, ConsentGiven, ProfileRecord, Purpose
from zhike.customers.selectors.links import newest_scan
from zhike.customers.services import record_profiles, register_profiles
from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
from zhike.jobs.progress import Progress
from zhike.jobs.tracking import JobState
from zhike.kernel import clock
from zhike.kernel.home import Home
from zhike.kernel.words import Text

_CONSENTS = Text("授权记录", "Consents")
_PURPOSES: Mapping[str, Purpose] = {
    "服务通知": "service",
    "营销推广": "marketing",
    "个性化分析": "profiling",
}
_CHANNELS: Mapping[str, ConsentChannel] = {"": "", "短信": "sms", "邮件": "email", "微信": "wechat"}
_CONSENTS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Brought:
    """One file that was brought in; `left_out` rows of the export were of nobody that is known."""

    delivery: Delivery
    report: ImportReport


def load(*, home: Home, progress: Progress, shop: TeaShop | None = None) -> list[Brought] | None:
    """Bring the shop in and find its duplicates; None if that was done already.

    Cut off at any moment, it can simply be run again.

    Parameters
    ----------
    shop
        The default shop unless given; none of its days may lie in the future.
    """
    # The search comes last: where one is done, everything is.
    last = newest_scan()
    if last is not None and last.state == JobState.DONE:
        return None
    shop = shop or generate(last_day=last_day(clock.today(home.business().zone)))
    # Only the owner of the process may look into it.
    with TemporaryDirectory(prefix="zhike-tea-shop-") as name:
        brought = list(_brought(home, shop, Path(name), progress))
    _record_consents(shop["consents"], home.business().zone, progress)
    scan_for_duplicates(scan=request_scan(), progress=progress)
    return brought


def last_day(today: date) -> date:
    """The last day of the shop: always the same, unless that is still to come."""
    return min(LAST_DAY, today - timedelta(days=1))


def _brought(home: Home, shop: TeaShop, folder: Path, progress: Progress) -> Iterator[Brought]:
    for delivery in people(shop):
        yield _one_brought(home, delivery, folder, progress)
    for delivery in facts(shop, _profile_ids):
        yield _one_brought(home, delivery, folder, progress)


def _one_brought(home: Home, delivery: Delivery, folder: Path, progress: Progress) -> Brought:
    file = write_export(delivery.export, folder)
    report = import_file(
        home=home,
        kind=delivery.kind,
        file=file,
        mapping=delivery.mapping,
        source=delivery.source,
        progress=progress,
    )
    file.unlink()
    return Brought(delivery, report)


def _profile_ids(source: str, keys: Iterable[str]) -> Mapping[str, int]:
    return register_profiles(source=source, source_keys=keys)


def _record_consents(export: Export, zone: ZoneInfo, progress: Progress) -> None:
    """Every yes and no, a record for each customer of a source."""
    said: dict[str, dict[str, list[ConsentGiven]]] = {}
    for row in export.records():
        of_source = said.setdefault(str(row["来源"]), {})
        of_source.setdefault(str(row["会员编号"]), []).append(_consent(row, zone))
    done, total = 0, sum(map(len, said.values()))
    for source, own in said.items():
        records = [ProfileRecord(key, consents=tuple(given)) for key, given in own.items()]
        for start in range(0, len(records), _CONSENTS_AT_ONCE):
            progress.report(_CONSENTS, done, total)
            some = records[start : start + _CONSENTS_AT_ONCE]
            record_profiles(source=source, records=some)
            done += len(some)
    progress.report(_CONSENTS, done, total)


def _consent(row: Mapping[str, object], zone: ZoneInfo) -> ConsentGiven:
    return ConsentGiven(
        purpose=_PURPOSES[str(row["用途"])],
        channel=_CHANNELS[str(row["渠道"])],
        is_granted=row["是否同意"] == "是",
        given_at=datetime.fromisoformat(str(row["时间"])).replace(tzinfo=zone),
        text_version=str(row["文本版本"]),
    )
