"""What the frame around every page shows: where one is, how fresh the data is, the sample banner."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from zhike.accounts.rules import is_met, rule_of
from zhike.kernel.words import current_language
from zhike.lake.snapshots import open_lake
from zhike.pages.freshness import Freshness

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the navigation; with `children` it is their heading and leads nowhere itself."""

    text: str
    icon: str = ""
    href: str = ""
    is_current: bool = False
    children: tuple[NavItem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    text: StrOrPromise
    url_name: str = ""
    icon: str = ""
    children: tuple[_Place, ...] = ()


# In the order in which people work. A place whose page does not exist yet, or is not open to who looks, is left out.
_PLACES = (
    _Place(_("Home"), "web:home", "home"),
    _Place(_("Customers"), "customers:list", "users"),
    _Place(
        _("Value analysis"),
        icon="chart-treemap",
        children=(
            _Place(_("RFM groups"), "value:rfm"),
            _Place(_("Migration"), "measure:migration"),
            _Place(_("Cohorts"), "measure:cohorts"),
            _Place(_("CLV forecast"), "value:clv"),
            _Place(_("Value score"), "value:score"),
            _Place(_("Forecast"), "value:forecast"),
        ),
    ),
    _Place(
        _("Data"),
        icon="database",
        children=(
            _Place(_("Import"), "collect:start"),
            _Place(_("Forms"), "forms:list"),
            _Place(_("Webhooks"), "hooks"),
            _Place(_("Refreshes"), "pipeline:runs"),
        ),
    ),
    _Place(
        _("Settings"),
        icon="lock",
        children=(
            _Place(_("Users"), "settings:users"),
            _Place(_("Attributes"), "customers:attributes"),
            _Place(_("Do not contact"), "customers:suppressions"),
            _Place(_("API keys"), "settings:api_keys"),
            _Place(_("Audit trail"), "settings:audit"),
        ),
    ),
)
_REFRESH_URL_NAME = "pipeline:start"


class Shell:
    """Read by templates/web/base.html; each part is worked out only where it is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.business = settings.ZHIKE_BUSINESS
        self.language = translation.get_language() or settings.LANGUAGE_CODE
        self.other_language = "en" if self.language != "en" else "zh-hans"
        self.html_lang = "en" if self.language == "en" else "zh-Hans"
        self.rise_colour = settings.ZHIKE_DISPLAY.rise_colour_in(current_language())

    @cached_property
    def nav(self) -> tuple[NavItem, ...]:
        items = (self._item(place) for place in _PLACES)
        return tuple(item for item in items if item is not None)

    @cached_property
    def freshness(self) -> Freshness | None:
        """Of the snapshot that pages read; None before the first refresh."""
        try:
            snapshot = open_lake(settings.ZHIKE_HOME.lake).current()
        except Exception:  # the stamp must not take down the page that explains what is wrong
            logger.exception("the current snapshot could not be read")
            return None
        if snapshot is None:
            return None
        return Freshness(
            as_of=snapshot.as_of,
            computed_at=snapshot.created_at,
            is_sample=self.business.is_sample,
            snapshot_id=snapshot.id,
        )

    @cached_property
    def refresh_href(self) -> str:
        """Where a refresh is started; empty for whoever may not."""
        return self._open_href(_REFRESH_URL_NAME)

    def _item(self, place: _Place) -> NavItem | None:
        children = tuple(item for child in place.children if (item := self._item(child)))
        href = self._open_href(place.url_name) if place.url_name else ""
        if not href and not children:
            return None
        is_current = bool(href) and (
            self._request.path == href or (href != "/" and self._request.path.startswith(href))
        )
        return NavItem(str(place.text), place.icon, href, is_current, children)

    def _open_href(self, url_name: str) -> str:
        """The address of a view whose rule this visitor meets, else nothing."""
        href = _href(url_name)
        return href if href and is_met(rule_of(resolve(href).func), self._request.user) else ""


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: the frame's content, as `shell`."""
    return {"shell": Shell(request)}


def _href(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
