"""Files that show which columns a kind, or the export of a system, has: a header and two sample rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import xlsxwriter

from zhike.collect.imports.kinds import KINDS, Kind, kind_named
from zhike.collect.imports.presets import Preset, is_preset, preset_named, presets
from zhike.kernel.errors import UsageError, ZhikeError


def write_template(name: str, out: Path) -> None:
    """Write the template of a kind or preset as .csv or .xlsx.

    Raises
    ------
    UsageError
        ``template.unknown``, ``file.ending``.
    ZhikeError
        ``file.unwritable``.
    """
    rows = template_rows(name)
    writers = {".csv": _write_csv, ".xlsx": _write_workbook}
    write = writers.get(out.suffix.lower())
    if write is None:
        raise UsageError(
            "file.ending",
            zh=f"{out} 应以 .csv 或 .xlsx 结尾",
            en=f"{out} must end in .csv or .xlsx",
        )
    try:
        write(out, rows)
    except OSError as error:
        raise ZhikeError(
            "file.unwritable",
            zh=f"无法写入 {out}：{error.strerror}",
            en=f"cannot write {out}: {error.strerror}",
        ) from error


def template_rows(name: str) -> list[list[str]]:
    """The header and the sample rows.

    Raises
    ------
    UsageError
        ``template.unknown``.
    """
    if is_preset(name):
        return _preset_rows(preset_named(name))
    if name in KINDS:
        return _kind_rows(kind_named(name))
    known = ", ".join([*KINDS, *(preset.name for preset in presets())])
    raise UsageError(
        "template.unknown",
        zh=f"没有“{name}”的模板；可用：{known}",
        en=f"there is no template “{name}”; known: {known}",
    )


def _kind_rows(kind: Kind) -> list[list[str]]:
    shown = [each for each in kind.fields if each.is_required or any(each.samples)]
    return [[each.name for each in shown], *([each.samples[row] for each in shown] for row in (0, 1))]


def _preset_rows(preset: Preset) -> list[list[str]]:
    # Two fields of ours may be one column of the export.
    names: dict[str, str] = {}
    for name, titles in preset.columns.items():
        names.setdefault(titles[0], name)
    samples = [preset.samples.get(name, preset.kind.field(name).samples) for name in names.values()]
    return [list(names), *(list(row) for row in zip_longest(*samples, fillvalue=""))]


def _write_csv(out: Path, rows: Sequence[Sequence[str]]) -> None:
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _write_workbook(out: Path, rows: Sequence[Sequence[str]]) -> None:
    with xlsxwriter.Workbook(out, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row, as_text)
        # Text for everything below as well, or a spreadsheet would eat leading zeros.
        sheet.set_column(0, len(rows[0]) - 1, 18, as_text)
