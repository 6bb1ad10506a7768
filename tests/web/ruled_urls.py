"""The site, an address without a rule, and one for programs."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from zhike.accounts.rules import requires_key


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody said who may read this")


@requires_key("orders")
def for_programs(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.api_key.name)  # type: ignore[attr-defined]


urlpatterns = [
    path("undeclared/", undeclared),
    path("for-programs/", for_programs),
    path("", include("zhike.web.urls")),
]
