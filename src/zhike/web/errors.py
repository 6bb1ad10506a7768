"""Pages for a request that cannot be answered."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from zhike.kernel.errors import ZhikeError
from zhike.pages.rendering import render_page


@dataclass(frozen=True)
class ErrorPage:
    """`code` is for whoever is asked for help; `title` and `advice` are for the person."""

    status: int
    title: str
    advice: str
    code: str = ""
    back_href: str = "/"


def refused(request: HttpRequest, error: ZhikeError, *, status: int) -> HttpResponse:
    """The answer to a domain's refusal: a page, or a short notice where htmx swaps a part of one."""
    page = ErrorPage(
        status=status,
        title=_("This cannot be done"),
        advice=str(error.text),
        code=error.code,
        back_href=_where_from(request),
    )
    template = "web/error_notice.html" if request.headers.get("HX-Request") else "web/error.html"
    return render_page(request, template, page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(
        request,
        ErrorPage(400, _("The request could not be read"), _("Go back, reload the page and try again.")),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(
        request, ErrorPage(403, _("This is not open to you"), _("Ask the owner of this shop for access."))
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    advice = _(
        "This form was open for too long, or cookies are switched off. Reload the page and send it again."
    )
    return _plain(request, ErrorPage(403, _("The form has expired"), advice))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    advice = _("The address may be mistyped, or what it showed no longer exists.")
    return _plain(request, ErrorPage(404, _("There is no such page"), advice))


def server_error(request: HttpRequest) -> HttpResponse:
    advice = _("Nothing you entered before is lost. Try again; if it comes back, look at the server's log.")
    return _plain(request, ErrorPage(500, _("Something went wrong on our side"), advice))


def _where_from(request: HttpRequest) -> str:
    came_from = request.headers.get("Referer", "")
    return came_from if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) else "/"


def _plain(request: HttpRequest, page: ErrorPage) -> HttpResponse:
    # Without the request no context processor runs: an error page must not fail for the reason it reports.
    body = loader.render_to_string("web/error_plain.html", {"page": page})
    return HttpResponse(body, status=page.status)
