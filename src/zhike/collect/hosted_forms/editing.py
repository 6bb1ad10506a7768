"""What the builder asks about a form and each of its questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy as _

from zhike.collect.hosted_forms.models import HostedForm
from zhike.collect.hosted_forms.questions import KIND_TEXTS, KINDS, MOST_QUESTIONS, Option, Question
from zhike.customers.services.attributes import options_in
from zhike.kernel.words import Text

_CONTROL = {"class": "form-control"}
_AREA = _CONTROL | {"rows": 2}
_EMPTY_ROWS = 3


class NewForm(forms.Form):
    title_zh = forms.CharField(label=_("Title"), max_length=80, widget=forms.TextInput(attrs=_CONTROL))
    slug = forms.CharField(
        label=_("Address"),
        max_length=34,
        help_text=_("Lower-case letters, digits and hyphens, such as sign-up. It stays."),
        widget=forms.TextInput(attrs=_CONTROL | {"autocomplete": "off"}),
    )


class TextsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = HostedForm
        fields = ("title_zh", "title_en", "intro_zh", "intro_en", "thanks_zh", "thanks_en")
        labels = {
            "title_zh": _("Title (Chinese)"),
            "title_en": _("Title (English)"),
            "intro_zh": _("Introduction (Chinese)"),
            "intro_en": _("Introduction (English)"),
            "thanks_zh": _("Thanks (Chinese)"),
            "thanks_en": _("Thanks (English)"),
        }
        widgets = {
            name: forms.TextInput(attrs=_CONTROL) if name.startswith("title") else forms.Textarea(attrs=_AREA)
            for name in fields
        }


class QuestionForm(forms.Form):
    """One question; a row whose code is empty is none."""

    kind = forms.ChoiceField(label=_("Kind"), widget=forms.Select(attrs={"class": "form-select"}))
    code = forms.CharField(
        label=_("Code"), max_length=40, required=False, widget=forms.TextInput(attrs=_CONTROL)
    )
    label_zh = forms.CharField(
        label=_("Words (Chinese)"), max_length=500, required=False, widget=forms.Textarea(attrs=_AREA)
    )
    label_en = forms.CharField(
        label=_("Words (English)"), max_length=500, required=False, widget=forms.Textarea(attrs=_AREA)
    )
    options = forms.CharField(
        label=_("Options, one a line: code | Chinese | English"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs=_CONTROL | {"rows": 3}),
    )
    is_required = forms.BooleanField(
        label=_("must be answered"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(each, str(KIND_TEXTS[each])) for each in KINDS]

    def question(self) -> Question | None:
        said = self.cleaned_data
        if not said.get("code") or said.get("DELETE"):
            return None
        zh, en = said["label_zh"], said["label_en"]
        options = [Option(each["code"], Text(each["zh"], each["en"])) for each in options_in(said["options"])]
        return Question(
            said["kind"], said["code"], Text(zh or en, en or zh), said["is_required"], tuple(options)
        )


QuestionForms: type[BaseFormSet[QuestionForm]] = forms.formset_factory(
    QuestionForm, extra=_EMPTY_ROWS, can_order=True, can_delete=True, max_num=MOST_QUESTIONS
)


def as_initial(question: Question) -> dict[str, Any]:
    """A question as its row shows it."""
    return {
        "kind": question.kind,
        "code": question.code,
        "label_zh": question.label.zh,
        "label_en": question.label.en,
        "options": "\n".join(f"{o.code} | {o.label.zh} | {o.label.en}" for o in question.options),
        "is_required": question.is_required,
    }


def questions_in(rows: BaseFormSet[QuestionForm]) -> list[Question]:
    """The questions in their order; rows without a number come last."""
    numbered = sorted(
        (row.cleaned_data.get("ORDER") or 10_000, place, row) for place, row in enumerate(rows.forms)
    )
    return [question for _, _, row in numbered if (question := row.question()) is not None]
