"""What is asked when somebody gets an account or a program a key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from zhike.accounts.access import Right, Role, may
from zhike.accounts.keys import KeyScope
from zhike.accounts.selectors import User


def role_choices(user: object) -> list[tuple[str, str]]:
    """The roles that this user may give."""
    return [
        (role.value, str(role.text))
        for role in Role
        if role is not Role.OWNER or may(user, Right.MANAGE_OWNERS)
    ]


class UserForm(forms.Form):
    """A new account; `giver` is who makes it."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={"invalid": _("Write an e-mail address, such as anna@example.com.")},
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    display_name = forms.CharField(
        label=_("Name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.Select(attrs={"class": "form-select"}))

    def __init__(self, *args: Any, giver: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = role_choices(giver)
        field.initial = Role.VIEWER.value


class RoleForm(forms.Form):
    """Another role for somebody; `giver` is who changes it."""

    role = forms.ChoiceField()

    def __init__(self, *args: Any, giver: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = role_choices(giver)


class PasswordForm(forms.Form):
    """A password of one's own; `user` is who chooses it."""

    present = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        help_text=_(
            "At least eight characters, not only digits, and not a common word. Other devices are signed out."
        ),
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self._user.check_password(present):
            raise ValidationError(_("The present password is not right."))
        return present

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise ValidationError(_("The two new passwords differ."))
        return again


class ScopesForm(forms.Form):
    """What an API key may send."""

    scopes = forms.MultipleChoiceField(
        label=_("What it may send"),
        error_messages={"required": _("Choose at least one.")},
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(scope.value, str(scope.text)) for scope in KeyScope]


class KeyForm(ScopesForm):
    """A new API key."""

    name = forms.CharField(
        label=_("Name of the key"),
        help_text=_("Who uses it, such as “website” or “till”."),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
