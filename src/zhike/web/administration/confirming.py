"""A page that says what a step means before it is taken; the same address takes it, by POST."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from zhike.pages.rendering import render_page


@dataclass(frozen=True, slots=True)
class MoreToDo:
    """What had better be done first, and where."""

    text: str
    href: str


@dataclass(frozen=True)
class ConfirmPage:
    """Parameters
    ----------
    consequences
        What happens, a sentence each.
    button
        What the button says: the step itself, never “OK”.
    posted
        Name and value that the button sends; empty for none.
    """

    title: str
    pretitle: str
    consequences: tuple[str, ...]
    button: str
    back_href: str
    posted: tuple[str, str] = ("", "")
    more: MoreToDo | None = None


@never_cache
def confirmation(request: HttpRequest, page: ConfirmPage) -> HttpResponse:
    return render_page(request, "web/administration/confirm.html", page)


def renewed_password(name: str, *, is_self: bool, back_href: str) -> ConfirmPage:
    whose = _(
        "%(name)s is signed out everywhere at once and can no longer sign in with the present password."
    )
    if is_self:
        whose = _("You are signed out everywhere, here too, and sign in with the new password.")
    return ConfirmPage(
        title=_("A new password for %(name)s?") % {"name": name},
        pretitle=_("Users"),
        consequences=(
            whose % {"name": name},
            _("A password is made up and shown to you once: hand it over yourself."),
            _("With the next sign-in it is replaced by one that only they know."),
        ),
        button=_("Make a new password"),
        back_href=back_href,
    )


def switched_off(name: str, *, customers: int, customers_href: str, back_href: str) -> ConfirmPage:
    more = None
    if customers:
        said = ngettext(
            "%(count)s customer is looked after by %(name)s: give them to somebody else.",
            "%(count)s customers are looked after by %(name)s: give them to somebody else.",
            customers,
        )
        more = MoreToDo(said % {"count": f"{customers:,}", "name": name}, customers_href)
    return ConfirmPage(
        title=_("Switch %(name)s off?") % {"name": name},
        pretitle=_("Users"),
        consequences=(
            _("%(name)s is signed out everywhere with the next click and can no longer sign in.")
            % {"name": name},
            _("What they did stays as it is: tags, notes, customers they look after, the audit trail."),
            _("You can switch them on again at any time, with the same role and password."),
        ),
        button=_("Switch off"),
        back_href=back_href,
        posted=("to", "off"),
        more=more,
    )


def revoked_key(name: str, *, last_used: str, back_href: str) -> ConfirmPage:
    used = _("It was last used %(when)s.") % {"when": last_used} if last_used else _("It was never used.")
    return ConfirmPage(
        title=_("Revoke the key “%(name)s”?") % {"name": name},
        pretitle=_("API keys"),
        consequences=(
            _(
                "Whatever program uses it is refused from its next request on, and its data no longer comes in."
            ),
            used,
            _("This cannot be taken back: the program then needs a new key."),
        ),
        button=_("Revoke the key"),
        back_href=back_href,
    )
