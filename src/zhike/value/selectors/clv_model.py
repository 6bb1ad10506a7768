"""The model card: what the forecast rests on, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.pages import formats
from zhike.value.selectors.published import Parameters

_DAYS_PER_WEEK = 7
LEAST_DAYS = 180


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    text: str


@dataclass(frozen=True)
class ModelCard:
    """`reason` says why a simpler method is used, None where the full model is; `is_short` if the data reach back less than 180 days."""

    is_model: bool
    reason: Text | None
    is_short: bool
    margin: float | None
    facts: tuple[Fact, ...]
    parameters: tuple[Fact, ...]


def model_card(fitted: Parameters, *, first_day: date | None, as_of: date) -> ModelCard:
    is_model = fitted.value("bg_nbd", "r") is not None
    days = (as_of - first_day).days if first_day else 0
    margin = fitted.value("clv", "margin")
    return ModelCard(
        is_model=is_model,
        reason=fitted.note("clv", "buyers"),
        is_short=days < LEAST_DAYS,
        margin=margin,
        facts=(
            Fact(_("Method"), _method(is_model, fitted.value("gamma_gamma", "p") is not None)),
            Fact(
                _("Orders used"),
                _("%(first)s to %(last)s (%(days)s days)")
                % {"first": formats.day(first_day), "last": formats.day(as_of), "days": formats.count(days)},
            ),
            Fact(
                _("Buyers"),
                _("%(buyers)s, of whom %(repeat)s ordered on two or more days")
                % {
                    "buyers": formats.count(fitted.value("clv", "buyers")),
                    "repeat": formats.count(fitted.value("clv", "repeat_buyers")),
                },
            ),
            Fact(_("Margin"), _margin(margin)),
            Fact(
                _("Discounting"),
                _("%(rate)s a year: money later is worth less than money now")
                % {"rate": formats.percent(fitted.value("clv", "discount_rate_yearly"))},
            ),
        ),
        parameters=(*_purchase_words(fitted), *_amount_words(fitted)),
    )


def _method(is_model: bool, has_amounts: bool) -> str:
    if not is_model:
        return _("Simple rule: the next 365 days like the last 365 days")
    if not has_amounts:
        return _("BG/NBD for how often; each customer's own mean for how much")
    return _("BG/NBD for how often and whether at all; Gamma-Gamma for how much")


def _margin(margin: float | None) -> str:
    if margin is None or margin >= 1:
        return _("not set: values are revenue, not profit")
    return _("%(share)s of revenue") % {"share": formats.percent(margin)}


def _purchase_words(fitted: Parameters) -> list[Fact]:
    """BG/NBD: orders come at rate r/α a week while active; after each one a share a/(a+b) never returns."""
    r, alpha, a, b = (fitted.value("bg_nbd", name) for name in ("r", "alpha", "a", "b"))
    if r is None or alpha is None or a is None or b is None:
        return []
    return [
        Fact(
            _("Typical gap while active"),
            _("%(days)s days") % {"days": f"{_DAYS_PER_WEEK * alpha / r:.1f}"},
        ),
        Fact(_("Lost after each order"), formats.percent(a / (a + b), 2)),
        Fact(_("BG/NBD (weeks)"), _figures(r=r, α=alpha, a=a, b=b)),
    ]


def _amount_words(fitted: Parameters) -> list[Fact]:
    """Gamma-Gamma: the mean spend on a day with an order is p γ / (q − 1)."""
    p, q, gamma = (fitted.value("gamma_gamma", name) for name in ("p", "q", "gamma"))
    if p is None or q is None or gamma is None or q <= 1:
        return []
    mean = formats.money(round(p * gamma / (q - 1)), settings.ZHIKE_CURRENCY)
    return [
        Fact(_("Typical spend"), _("%(money)s on a day with an order") % {"money": mean}),
        Fact("Gamma-Gamma", _figures(p=p, q=q, γ=gamma)),
    ]


def _figures(**values: float) -> str:
    return " · ".join(
        f"{name} {value:,.3f}" if value < 1000 else f"{name} {value:,.0f}" for name, value in values.items()
    )
