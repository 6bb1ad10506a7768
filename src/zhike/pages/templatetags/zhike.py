"""Filters and tags of every page; built in, so templates need no `{% load %}`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from zhike.kernel import clock
from zhike.kernel.words import current_language
from zhike.pages import formats
from zhike.pages.charts import Chart
from zhike.pages.kpis import spark_points

register = template.Library()


@register.filter
def money(minor: int | None) -> str:
    return formats.money(minor, settings.ZHIKE_CURRENCY)


@register.filter
def money_short(minor: int | None) -> str:
    return formats.money_short(minor, settings.ZHIKE_CURRENCY, current_language())


@register.filter
def count(value: int | float | None) -> str:
    return formats.count(value)


@register.filter
def count_short(value: int | float | None) -> str:
    return formats.count_short(value, current_language())


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    return formats.percent(share, digits)


@register.filter
def points(difference: float | None) -> str:
    return formats.points(difference, current_language())


@register.filter
def day(value: date | datetime | None) -> str:
    """A date; a moment is taken in the shop's time zone."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return formats.day(value)


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-21 18:05 in the shop's time zone."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else formats.MISSING


@register.filter
def ago(value: datetime | None) -> str:
    now = clock.now().astimezone(timezone.get_current_timezone())
    return formats.ago(value, now, current_language())


@register.filter
def spark(values: tuple[float | None, ...]) -> str:
    return spark_points(tuple(values))


@register.simple_tag
def chart_data(chart: Chart, chart_id: str) -> SafeString:
    """The chart as a JSON script element, from which the browser draws it."""
    return json_script(chart.spec(), f"{chart_id}-data")


@register.filter
def plain(value: float) -> str:
    """A number for an attribute: a decimal point, no thousands, whatever the language."""
    return f"{value:.6g}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite (its names: ICONS in web/assets/build.mjs); decoration unless it has a label."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="#icon-{}"></use></svg>', label, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="#icon-{}"></use></svg>', name)


@register.filter
def heat(value: float | None, highest: Any) -> str:
    """The class of a cell's depth of colour, `kz-heat-0` to `kz-heat-9`; nothing for an unknown value."""
    if value is None:
        return ""
    share = float(value) / float(highest) if highest else 0.0
    return f"kz-heat-{min(9, max(0, round(share * 9)))}"
