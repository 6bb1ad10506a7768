"""The site and two addresses that always refuse."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from zhike.accounts.rules import signed_in
from zhike.kernel.errors import UsageError, ZhikeError


@signed_in
def closed(request: HttpRequest) -> HttpResponse:
    raise ZhikeError("shop.closed", zh="店铺已关闭，请先开店", en="the shop is closed; open it first")


@signed_in
def mistaken(request: HttpRequest) -> HttpResponse:
    raise UsageError("shop.closed", zh="店铺已关闭，请先开店", en="the shop is closed; open it first")


urlpatterns = [path("closed/", closed), path("mistaken/", mistaken), path("", include("zhike.web.urls"))]
