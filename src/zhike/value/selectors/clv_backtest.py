"""The page of the back-test: what would have been forecast, against what came."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kernel.words import current_language
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.pages.charts import Columns, Series
from zhike.value.analysis.backtest import BLEND, METHOD_NAMES, MODELS, measured
from zhike.value.selectors.backtests import published_rows
from zhike.value.selectors.cards import Fact

BACKTEST_TITLE = gettext_lazy("Back-test of the forecast")
_AMOUNTS = ("orders", "spend")
_Methods = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_better` if the model in question beats every rule; `words` says it with both figures."""

    is_better: bool
    words: str


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method with its figures as they are shown, in the order of the columns."""

    name: str
    is_champion: bool
    is_model: bool
    cells: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class TargetPart:
    """What was forecast: `chart` is None for a ranking, `columns` head the cells of each row."""

    code: str
    title: str
    verdict: Verdict
    columns: tuple[str, ...]
    rows: tuple[MethodRow, ...]
    chart: Columns | None
    chart_words: str


@dataclass(frozen=True)
class BacktestPage:
    """`parts` is empty where the history was too short or the customers too few."""

    as_of: date
    customers: int
    first_on: date | None
    known_until: date | None
    until: date | None
    parts: tuple[TargetPart, ...]


def backtest_page(request: HttpRequest, snapshot: Snapshot) -> BacktestPage:
    """Reads two small tables."""
    rows = published_rows(snapshot, "backtests")
    if not rows:
        return BacktestPage(snapshot.as_of, 0, None, None, None, ())
    deciles = published_rows(snapshot, "backtest_deciles")
    champions = {row["target"]: row["method"] for row in rows if row["is_champion"]}
    first = rows[0]
    return BacktestPage(
        as_of=snapshot.as_of,
        customers=first["customers"],
        first_on=first["calibration_first_on"],
        known_until=first["calibration_last_on"],
        until=first["holdout_last_on"],
        parts=tuple(
            _part(target, methods, champions.get(target, ""), deciles)
            for target, methods in measured(rows).items()
        ),
    )


def spend_verdict(snapshot: Snapshot) -> Verdict | None:
    """The sentence for the CLV page; None without a back-test."""
    methods = measured(published_rows(snapshot, "backtests")).get("spend", {})
    return _verdict("spend", methods) if methods else None


def _part(target: str, methods: _Methods, champion: str, deciles: Sequence[Mapping[str, Any]]) -> TargetPart:
    metrics = _metrics(target)
    ordered = sorted(methods, key=lambda code: (code != champion, list(METHOD_NAMES).index(code)))
    chart = _chart(target, champion, deciles) if target in _AMOUNTS else None
    return TargetPart(
        code=target,
        title=_titles()[target],
        verdict=_verdict(target, methods),
        columns=tuple(metrics.values()),
        rows=tuple(
            MethodRow(
                str(METHOD_NAMES[code]),
                code == champion,
                code in MODELS,
                tuple(
                    Fact(title, _cell(target, name, methods[code].get(name, math.nan)))
                    for name, title in metrics.items()
                ),
            )
            for code in ordered
        ),
        chart=chart,
        chart_words=_chart_words(target, champion, deciles) if chart else "",
    )


def _titles() -> dict[str, str]:
    return {
        "orders": _("Order days of each customer"),
        "spend": _("Spend of each customer"),
        "alive": _("Who comes back"),
    }


def _metrics(target: str) -> dict[str, str]:
    ranking = {"gini": _("Gini"), "lift_10": _("Lift of the top 10%")}
    if target not in _AMOUNTS:
        return ranking
    return {
        "mae": _("Mean error"),
        "rmse": _("RMSE"),
        "total_bias": _("Total off by"),
        "error": _("Score (lower is better)"),
        **ranking,
    }


def _cell(target: str, metric: str, value: float) -> str:
    if math.isnan(value):
        return formats.MISSING
    if metric == "total_bias":
        return f"{'+' if value > 0 else ''}{formats.percent(value)}"
    if target == "spend" and metric in ("mae", "rmse", "error"):
        return formats.money(round(value), settings.ZHIKE_CURRENCY)
    if metric == "lift_10":
        return f"{value:.1f}×"
    return f"{value:.2f}"


def _verdict(target: str, methods: _Methods) -> Verdict:
    """The best model against the best rule, by the measure that chooses champions."""
    metric = "error" if target in _AMOUNTS else "gini"
    sign = 1 if target in _AMOUNTS else -1

    def best(codes: Sequence[str]) -> str:
        known = [code for code in codes if not math.isnan(methods[code].get(metric, math.nan))]
        return min(known, key=lambda code: sign * methods[code][metric], default="")

    model = best([code for code in methods if code in (*MODELS, BLEND)])
    rule = best([code for code in methods if code not in (*MODELS, BLEND)])
    if not model or not rule:
        return Verdict(False, _("No model could be fitted to what was known then; only rules were compared."))
    values = {
        "model": METHOD_NAMES[model],
        "rule": METHOD_NAMES[rule],
        "first": _cell(target, metric, methods[model][metric]),
        "second": _cell(target, metric, methods[rule][metric]),
    }
    is_better = sign * methods[model][metric] < sign * methods[rule][metric]
    if is_better:
        words = _("Yes: %(model)s beats the best simple rule (%(rule)s): %(first)s against %(second)s.")
    else:
        words = _(
            "No: the simple rule (%(rule)s) did as well or better: %(second)s against %(first)s of %(model)s."
        )
    return Verdict(is_better, words % values)


def _of(target: str, method: str, deciles: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = [row for row in deciles if row["target"] == target and row["method"] == method]
    return sorted(found, key=lambda row: row["decile"])


def _chart(target: str, method: str, deciles: Sequence[Mapping[str, Any]]) -> Columns | None:
    rows = _of(target, method, deciles)
    if not rows:
        return None
    return Columns(
        _("Forecast and real, by decile of the forecast"),
        "money" if target == "spend" else "count",
        tuple(f"{10 * row['decile'] - 10}–{10 * row['decile']}%" for row in rows),
        (
            Series(_("Forecast"), tuple(round(row["predicted"]) for row in rows), "blue"),
            Series(_("Real"), tuple(round(row["actual"]) for row in rows), "slate"),
        ),
    )


def _chart_words(target: str, method: str, deciles: Sequence[Mapping[str, Any]]) -> str:
    rows = _of(target, method, deciles)
    predicted, actual = (sum(row[name] for row in rows) for name in ("predicted", "actual"))
    if target == "spend":
        currency, language = settings.ZHIKE_CURRENCY, current_language()
        said = [formats.money_short(round(value), currency, language) for value in (predicted, actual)]
    else:
        said = [formats.count(round(value)) for value in (predicted, actual)]
    return _("%(model)s forecast %(predicted)s in all; it became %(actual)s.") % {
        "model": METHOD_NAMES[method],
        "predicted": said[0],
        "actual": said[1],
    }
