"""The period of a page, in its address: `?period=30`."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from zhike.kernel.words import Text
from zhike.pages.links import same_page

CHOICES_DAYS = (7, 30, 90, 365)
DEFAULT_DAYS = 30
PARAMETER = "period"
_LAST_DAYS = Text(zh="近 {days} 天", en="Last {days} days")
# Four stand side by side on a phone.
_CHOICE = Text(zh="近 {days} 天", en="{days} days")


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    days: int
    text: Text
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PeriodPicker:
    """The last `days` days of a page, and links to the same page with another period."""

    days: int
    choices: tuple[PeriodChoice, ...]

    @property
    def text(self) -> Text:
        return _LAST_DAYS.format(days=self.days)


def period_picker(request: HttpRequest) -> PeriodPicker:
    """Read `?period=`; what is not offered means the default, so that an old link still opens."""
    asked = request.GET.get(PARAMETER, "")
    days = int(asked) if asked in {str(choice) for choice in CHOICES_DAYS} else DEFAULT_DAYS
    return PeriodPicker(days=days, choices=tuple(_choice(request, each, days) for each in CHOICES_DAYS))


def _choice(request: HttpRequest, days: int, chosen: int) -> PeriodChoice:
    # A new period starts at the first page of a list.
    href = same_page(request, **{PARAMETER: days, "page": None})
    return PeriodChoice(days=days, text=_CHOICE.format(days=days), href=href, is_chosen=days == chosen)
