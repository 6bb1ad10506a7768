"""Choosing a password of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from zhike.accounts.rules import signed_in
from zhike.accounts.selectors import User
from zhike.accounts.services import set_password
from zhike.kernel.errors import UsageError
from zhike.pages.rendering import render_page
from zhike.web.administration.forms import PasswordForm


@dataclass(frozen=True)
class OwnPasswordPage:
    """`is_due`: the present one was made up by a colleague, and no other page opens before it is replaced."""

    form: PasswordForm
    is_due: bool


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def own_password(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = PasswordForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and _is_kept(request, request.user, form):
        messages.success(request, _("The new password is kept."))
        return HttpResponseRedirect(reverse("web:home"))
    page = OwnPasswordPage(form=form, is_due=request.user.has_temporary_password)
    status = 422 if request.method == "POST" else 200
    return render_page(request, "web/administration/own_password.html", page, status=status)


def _is_kept(request: HttpRequest, user: User, form: PasswordForm) -> bool:
    if not form.is_valid():
        return False
    try:
        set_password(user=user, password=form.cleaned_data["password"], actor=user)
    except UsageError as error:
        form.add_error("password", str(error))
        return False
    update_session_auth_hash(request, user)
    return True
