"""The model card: what the forecast rests on, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from zhike.kernel.words import Text
from zhike.pages import formats
from zhike.value.analysis.backtest import BLEND, BLENDED, METHOD_NAMES, MODELS
from zhike.value.selectors.cards import Card, Fact, left_out
from zhike.value.selectors.published import Parameters

_DAYS_PER_WEEK = 7
LEAST_DAYS = 180


@dataclass(frozen=True)
class ModelCard:
    """`reason` says why a simpler method is used, None where the full model is; `is_short` if the data reach back
    less than 180 days. `basis` says whether values are margin or revenue. `warnings` change nothing in the figures; `not_for` says when not to use them.
    """

    is_model: bool
    reason: Text | None
    is_short: bool
    margin: float | None
    facts: tuple[Fact, ...]
    parameters: tuple[Fact, ...]
    warnings: tuple[Text, ...] = ()
    not_for: tuple[Text, ...] = ()
    basis: Text | None = None


def model_card(
    fitted: Parameters, *, first_day: date | None, as_of: date, published: Mapping[str, Card]
) -> ModelCard:
    """From `model_parameters` and the cards of all models."""
    code, card = method_code(fitted), published.get("clv", Card({}))
    days = (as_of - first_day).days if first_day else 0
    margin = fitted.value("clv", "margin")
    return ModelCard(
        is_model=code in MODELS or code == BLEND,
        reason=fitted.note("clv", "buyers"),
        is_short=days < LEAST_DAYS,
        margin=margin,
        facts=(
            Fact(_("Method"), _method(code, fitted.value("gamma_gamma", "p") is not None)),
            *_chosen(card),
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
            *left_out(card),
            Fact(_("Margin"), _margin(margin, fitted.value("clv", "margin_covered"))),
            Fact(
                _("Discounting"),
                _("%(rate)s a year: money later is worth less than money now")
                % {"rate": formats.percent(fitted.value("clv", "discount_rate_yearly"))},
            ),
        ),
        parameters=(*_purchase_words(fitted, code), *_estimates(published)),
        warnings=card.texts("warning")[_warnings_shown_elsewhere(fitted, days) :],
        not_for=card.texts("not_for"),
        basis=fitted.note("clv", "margin"),
    )


def method_code(fitted: Parameters) -> str:
    """The code of the method of expected orders and CLV."""
    note = fitted.note("clv", "method")
    if note is not None:
        return note.en
    return "rule" if fitted.value("bg_nbd", "r") is None else "bg_nbd"


def _method(code: str, has_amounts: bool) -> str:
    if code == "rule":
        return _("Simple rule: the next 365 days like the last 365 days")
    if code not in MODELS:
        return str(METHOD_NAMES[code])
    words = (
        _("%(model)s for how often and whether at all; Gamma-Gamma for how much")
        if has_amounts
        else _("%(model)s for how often; each customer's own mean for how much")
    )
    return words % {"model": METHOD_NAMES[code]}


def _margin(margin: float | None, covered: float | None) -> str:
    if margin is not None and covered is not None:
        words = _(
            "%(share)s of revenue on the whole, each customer by what they buy; cost is known for %(covered)s of the sales"
        )
        return words % {"share": formats.percent(margin), "covered": formats.percent(covered, 0)}
    if margin is None or margin >= 1:
        return _("not set: values are revenue, not profit")
    return _("%(share)s of revenue") % {"share": formats.percent(margin)}


def _chosen(card: Card) -> Iterator[Fact]:
    for name, item in ((_("Chosen"), "chosen_by"), (_("Probability alive by"), "alive_method")):
        if said := card.text(item):
            yield Fact(name, str(said))


def _purchase_words(fitted: Parameters, code: str) -> list[Fact]:
    """Orders come at rate r/α a week while active; BG/NBD: after each one a share a/(a+b) never returns."""
    code = BLENDED if code == BLEND else code
    r, alpha, a, b = (fitted.value(code, name) for name in ("r", "alpha", "a", "b"))
    if r is None or alpha is None:
        return []
    gap = f"{_DAYS_PER_WEEK * alpha / r:.1f}"
    words = [Fact(_("Typical gap while active"), _("%(days)s days") % {"days": gap})]
    if a is not None and b is not None:
        words.append(Fact(_("Lost after each order"), formats.percent(a / (a + b), 2)))
    return [*words, *_amount_words(fitted)]


def _amount_words(fitted: Parameters) -> list[Fact]:
    """Gamma-Gamma: the mean spend on a day with an order is p γ / (q − 1)."""
    p, q, gamma = (fitted.value("gamma_gamma", name) for name in ("p", "q", "gamma"))
    if p is None or q is None or gamma is None or q <= 1:
        return []
    mean = formats.money(round(p * gamma / (q - 1)), settings.ZHIKE_CURRENCY)
    return [Fact(_("Typical spend"), _("%(money)s on a day with an order") % {"money": mean})]


def _estimates(published: Mapping[str, Card]) -> Iterator[Fact]:
    """Parameters with their standard errors, one fact a model."""
    for model, card in published.items():
        figures = [
            f"{item.removeprefix('parameter_')} {_figure(row['value'])} ({card.text(item)})"
            for item, row in card.items.items()
            if item.startswith("parameter_")
        ]
        if figures:
            name = str(METHOD_NAMES[model]) if model in METHOD_NAMES else "Gamma-Gamma"
            yield Fact(name, " · ".join(figures))


def _warnings_shown_elsewhere(fitted: Parameters, days: int) -> int:
    """The reason and the short history, which come first, are notices at the top of the page."""
    return (fitted.note("clv", "buyers") is not None) + (days < LEAST_DAYS)


def _figure(value: float) -> str:
    return f"{value:,.3f}" if value < 1000 else f"{value:,.0f}"
