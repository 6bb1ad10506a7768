"""The corpus of bad files: nothing is lost silently, nothing becomes another value, nothing crashes."""

from __future__ import annotations

import csv
import io

import pytest

from tests.collect.bad_files.corpus import BadFile, corpus
from tests.collect.taken_rejects import rejects_text
from zhike.kernel.errors import ZhikeError

FILES = list(corpus())
COUNTED = {"+": "inserted", "=": "unchanged", ".": "skipped"}


def test_there_are_many_of_every_family():
    assert len(FILES) >= 120
    assert len({str(file) for file in FILES}) == len(FILES)


@pytest.mark.parametrize("bad", FILES, ids=str)
def test_every_record_of_a_bad_file_gets_its_verdict(shop, bad: BadFile):
    file = shop.file(bad.content, f"bad.{bad.ending}")
    if bad.refused:
        with pytest.raises(ZhikeError) as caught:
            shop.bring_kind(bad.kind, file, encoding=bad.encoding)
        assert caught.value.code == bad.refused
        assert caught.value.text.zh and caught.value.text.en
        assert shop.version() == -1
        return
    report = shop.bring_kind(bad.kind, file, encoding=bad.encoding)
    assert bad.verdicts is not None
    assert report.records == len(bad.verdicts)
    for mark, name in COUNTED.items():
        assert getattr(report, name) == bad.verdicts.count(mark), (name, report.reasons)
    codes = [verdict for verdict in bad.verdicts if verdict not in COUNTED]
    assert rejected_codes(report) == codes
    if bad.kind == "orders":
        orders = shop.orders()
        assert len(orders) == bad.verdicts.count("+")
        for key, expected in bad.values.items():
            assert {name: orders[key][name] for name in expected} == expected


def rejected_codes(report) -> list[str]:
    """The codes in the file of rejects, in the order of the records."""
    if report.rejects_file is None:
        return []
    rows = csv.DictReader(io.StringIO(rejects_text(report), newline=""))
    return [row["code"] for row in rows]
