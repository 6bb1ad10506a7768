"""Who has an account, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.accounts import services
from zhike.accounts.access import RIGHTS, SCOPES, Right, Role, Scope, may
from zhike.accounts.rules import requires
from zhike.accounts.selectors import User, user_with_id, users
from zhike.accounts.services import NewAccount
from zhike.customers.selectors.assignments import customers_owned_by
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.pages.links import with_query
from zhike.pages.rendering import render_page
from zhike.web.administration.confirming import confirmation, renewed_password, switched_off
from zhike.web.administration.forms import RoleForm, UserForm, role_choices


@dataclass(frozen=True)
class UserRow:
    """One account; `roles` are those it can be given by who looks, none if they may not change it."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    is_self: bool
    last_login: datetime | None
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RoleRow:
    """What a role may do, in words."""

    role: Role
    is_for_own_customers: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True)
class UsersPage:
    rows: tuple[UserRow, ...]
    roles: tuple[RoleRow, ...]
    form: UserForm


@dataclass(frozen=True)
class PasswordPage:
    """The one time that a new password is shown."""

    name: str
    email: str
    password: str
    is_new_account: bool


@requires(Right.MANAGE_USERS)
@require_safe
def user_list(request: HttpRequest) -> HttpResponse:
    return _list(request, UserForm(giver=request.user, auto_id="new_%s"))


@requires(Right.MANAGE_USERS)
@require_POST
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Make an account and show its password once."""
    form = UserForm(request.POST, giver=request.user, auto_id="new_%s")
    if not form.is_valid():
        return _list(request, form, status=422)
    asked = form.cleaned_data
    try:
        made = services.add_user(
            actor=_actor(request),
            email=asked["email"],
            role=Role(asked["role"]),
            display_name=asked["display_name"],
        )
    except UsageError as error:
        form.add_error("email", str(error))
        return _list(request, form, status=422)
    return _show_password(request, made, is_new_account=True)


@requires(Right.MANAGE_USERS)
@require_POST
def change_role(request: HttpRequest, user_id: int) -> HttpResponse:
    user = _user_or_404(user_id)
    form = RoleForm(request.POST, giver=request.user)
    if not form.is_valid():
        raise UsageError(
            "account.role",
            zh="没有这个角色，或者你不能授予它；请从列表中选择",
            en="there is no such role, or you may not give it; choose one of the list",
        )
    role = Role(form.cleaned_data["role"])
    services.set_role(actor=_actor(request), user=user, role=role)
    said = _("%(name)s is now: %(role)s.") % {"name": user, "role": role.text}
    return _back(request, said)


@requires(Right.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Say what switching somebody off means; by POST let them in no more, or again."""
    user = _user_or_404(user_id)
    if request.method != "POST":
        _check_may_change(request, user)
        list_href = reverse("customers:list")
        page = switched_off(
            str(user),
            customers=customers_owned_by(user.pk),
            customers_href=with_query(list_href, owner=user.pk, view="all"),
            back_href=reverse("settings:users"),
        )
        return confirmation(request, page)
    change: Callable[..., None] = (
        services.switch_on if request.POST.get("to") == "on" else services.switch_off
    )
    change(actor=_actor(request), user=user)
    said = _("%(name)s can sign in again.") if user.is_active else _("%(name)s can no longer sign in.")
    return _back(request, said % {"name": user})


@requires(Right.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def renew_password(request: HttpRequest, user_id: int) -> HttpResponse:
    """Say what a new password means; by POST give it to somebody and show it once."""
    user = _user_or_404(user_id)
    if request.method != "POST":
        _check_may_change(request, user)
        back_href = reverse("settings:users")
        page = renewed_password(str(user), is_self=user == request.user, back_href=back_href)
        return confirmation(request, page)
    made = services.renew_password(actor=_actor(request), user=user)
    return _show_password(request, made, is_new_account=False)


def _list(request: HttpRequest, form: UserForm, *, status: int = 200) -> HttpResponse:
    page = UsersPage(
        rows=tuple(_row(user, request) for user in users()),
        roles=tuple(_role_row(role) for role in Role),
        form=form,
    )
    return render_page(request, "web/administration/users.html", page, status=status)


def _row(user: User, request: HttpRequest) -> UserRow:
    role = Role(user.role)
    may_change = _may_change(request, user)
    return UserRow(
        id=user.pk,
        name=str(user),
        email=user.email,
        role=role,
        is_active=user.is_active,
        is_self=user == request.user,
        last_login=user.last_login,
        roles=tuple(role_choices(request.user)) if may_change else (),
    )


def _may_change(request: HttpRequest, user: User) -> bool:
    is_owner = user.role == Role.OWNER
    return may(request.user, Right.MANAGE_OWNERS if is_owner else Right.MANAGE_USERS)


def _check_may_change(request: HttpRequest, user: User) -> None:
    """As the services do when it is done: nobody is asked to confirm what will be refused."""
    if not _may_change(request, user):
        raise ZhikeError(
            "account.right",
            zh="店主的账号只有店主能改",
            en="only an owner can change the account of an owner",
        )


def _role_row(role: Role) -> RoleRow:
    return RoleRow(role, SCOPES[role] is Scope.OWN, tuple(right for right in Right if right in RIGHTS[role]))


def _show_password(request: HttpRequest, made: NewAccount, *, is_new_account: bool) -> HttpResponse:
    page = PasswordPage(str(made.user), made.user.email, made.password, is_new_account)
    return render_page(request, "web/administration/password.html", page)


def _user_or_404(user_id: int) -> User:
    user = user_with_id(user_id)
    if user is None:
        raise Http404
    return user


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _back(request: HttpRequest, said: str) -> HttpResponseRedirect:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("settings:users"))
