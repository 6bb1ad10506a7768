"""Signing in and out, and choosing a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from zhike.accounts import services
from zhike.accounts.audit.actions import SIGN_IN_FAILED, SIGNED_IN, Target
from zhike.accounts.forms import SignInForm
from zhike.accounts.models import User
from zhike.accounts.rules import open_to_all, signed_in
from zhike.accounts.selectors import account_of

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class SignInPage:
    form: AuthenticationForm
    next: str


@method_decorator(open_to_all, name="dispatch")
class SignIn(auth_views.LoginView):
    http_method_names = ["get", "head", "post", "options"]
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or self.get_form()
        return {"page": SignInPage(form=form, next=self.get_redirect_url())}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        services.record_audit(actor=user, action=SIGNED_IN, object=Target("user", user.pk))
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # Somebody who is locked out already adds nothing: a stranger must not be able to fill the disk.
        if not getattr(self.request, "axes_locked_out", False):
            tried = account_of(form.data.get("username", "").strip())
            target = Target("user", tried.pk if tried else "")
            services.record_audit(actor=None, action=SIGN_IN_FAILED, object=target)
        return super().form_invalid(form)


@signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    return auth_views.LogoutView.as_view(next_page="accounts:sign_in")(request)


@open_to_all
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in a cookie for this browser, and with the user if there is one."""
    response = HttpResponseRedirect(_way_back(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=LANGUAGE_COOKIE_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
        if isinstance(request.user, User):
            services.remember_language(user=request.user, language=language)
    return response


def _way_back(request: HttpRequest) -> str:
    next_url = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(
        next_url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return next_url if allowed else "/"
