"""What a user can ask of a refresh."""

from __future__ import annotations

from datetime import date

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kernel import clock


class StartForm(forms.Form):
    """A refresh, for today's figures or as they were at the end of an earlier day."""

    as_of = forms.DateField(
        label=gettext_lazy("Business date (optional)"),
        help_text=gettext_lazy(
            "Empty: today's figures. A past date makes a historical snapshot; pages keep showing the present one."
        ),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the date like 2026-11-21.")},
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date", "autocomplete": "off"}),
    )

    def clean_as_of(self) -> date | None:
        asked: date | None = self.cleaned_data["as_of"]
        today = clock.today(settings.ZHIKE_BUSINESS.zone)
        if asked is not None and asked > today:
            raise ValidationError(
                _("%(day)s has not happened yet: choose today or earlier.") % {"day": asked}
            )
        return asked
