"""What the churn forecast rests on and how well it did on later days, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.lake.snapshots import Snapshot
from zhike.pages import formats
from zhike.value.labels import CHURN_METHODS
from zhike.value.selectors.cards import Fact
from zhike.value.selectors.published import Parameters

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """Customers of the test with like probabilities."""

    bounds: str
    customers: int
    predicted: float
    actual: float


@dataclass(frozen=True, slots=True)
class ForecastCard:
    """One model; without a test `verdict` says so."""

    code: str
    title: str
    facts: tuple[Fact, ...]
    verdict: str
    reliability: tuple[ReliabilityRow, ...]


def forecast_cards(snapshot: Snapshot, fitted: Parameters) -> tuple[ForecastCard, ...]:
    """Of the model of staying away and of that of the next thirty days; none that was not learnt."""
    titles = {"churn": _("Who stays away"), "purchase_30d": _("Who orders within 30 days")}
    table = snapshot.table("churn_reliability")
    rows = snapshot.rows(table.order_by("model", "probability_tenth"))
    return tuple(
        ForecastCard(
            code=code,
            title=title,
            facts=tuple(_facts(code, fitted)),
            verdict=_verdict(code, fitted),
            reliability=tuple(
                ReliabilityRow(
                    f"{10 * row['probability_tenth'] - 10}–{10 * row['probability_tenth']}%",
                    row["customer_count"],
                    row["predicted_share"],
                    row["actual_share"],
                )
                for row in rows
                if row["model"] == code
            ),
        )
        for code, title in titles.items()
        if fitted.value(code, "customers") is not None
    )


def _facts(code: str, fitted: Parameters) -> list[Fact]:
    facts = [
        Fact(_("Method"), _method(fitted)) if code == "churn" else None,
        Fact(
            _("Learnt from"),
            _(
                "%(customers)s customers known on %(cut_off)s; of them %(quiet)s ordered nothing until %(until)s"
            )
            % {
                "customers": formats.count(fitted.value(code, "customers")),
                "quiet": formats.count(fitted.value(code, "quiet")),
                "cut_off": _day(fitted, code, "learnt_cut_off"),
                "until": _day(fitted, code, "learnt_until"),
            },
        ),
    ]
    if fitted.value(code, "tested_customers") is not None:
        facts += [_tested(code, fitted), *_measures(code, fitted)]
    return [fact for fact in facts if fact is not None]


def _method(fitted: Parameters) -> str:
    used = (text for code, text in CHURN_METHODS.items() if fitted.value("churn", f"is_{code}") is not None)
    return str(next(used, Text("—", "—")))


def _tested(code: str, fitted: Parameters) -> Fact:
    words = _(
        "%(customers)s customers, on the orders from %(from)s to %(until)s, by a twin that saw no day after %(seen)s"
    )
    if fitted.value(code, "tested_other_customers"):
        words = _(
            "%(customers)s customers whom its twin had not seen, on the orders from %(from)s to %(until)s; "
            "the twin learnt from others until %(seen)s"
        )
    after = fitted.value(code, "tested_cut_off") or 0.0
    return Fact(
        _("Tested on"),
        words
        % {
            "customers": formats.count(fitted.value(code, "tested_customers")),
            "from": formats.day(_EPOCH + timedelta(days=int(after) + 1)),
            "until": _day(fitted, code, "tested_until"),
            "seen": _day(fitted, code, "test_learnt_until"),
        },
    )


def _measures(code: str, fitted: Parameters) -> list[Fact]:
    names = {
        "auc": _("Order (AUC)"),
        "log_loss": _("Log loss"),
        "brier": _("Brier score"),
        "lift_10": _("Lift of the top 10%"),
    }
    found = (
        (name, fitted.value(code, key), fitted.value(code, f"rule_{key}")) for key, name in names.items()
    )
    return [
        Fact(name, _("%(model)s; simple rule %(rule)s") % {"model": f"{value:.3f}", "rule": f"{rule:.3f}"})
        for name, value, rule in found
        if value is not None and rule is not None
    ]


def _verdict(code: str, fitted: Parameters) -> str:
    loss, rule = fitted.value(code, "log_loss"), fitted.value(code, "rule_log_loss")
    if loss is None or rule is None:
        return _("The history is too short to test it on later days.")
    if loss < rule:
        return _("On later days it did better than the simple rule (customers as recent and as frequent).")
    return _("On later days it did no better than the simple rule: use the order, not the percentages.")


def _day(fitted: Parameters, code: str, name: str) -> str:
    number = fitted.value(code, name)
    return formats.day(None if number is None else _EPOCH + timedelta(days=int(number)))
