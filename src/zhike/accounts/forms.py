"""The sign-in form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _(
            "The e-mail address or the password is not right. Capitals matter in the password."
        ),
        "inactive": _("This account is switched off. Ask the owner."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = forms.EmailField(
            label=_("E-mail"),
            max_length=254,
            widget=forms.EmailInput(
                attrs={"class": "form-control", "autocomplete": "username", "autofocus": True}
            ),
        )
        self.fields["password"].label = _("Password")
        self.fields["password"].widget.attrs.update({"class": "form-control"})
