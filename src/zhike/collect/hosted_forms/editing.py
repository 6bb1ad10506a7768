"""What the builder asks about a form and each of its questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from zhike.collect.hosted_forms.models import HostedForm
from zhike.collect.hosted_forms.questions import (
    KIND_TEXTS,
    MOST_QUESTIONS,
    PERSONAL,
    SURVEY_KINDS,
    Option,
    Question,
)
from zhike.customers.normal.codes import code_of
from zhike.customers.records import PURPOSES
from zhike.customers.services.attributes import option_lines, options_in
from zhike.customers.words import CONSENT_CHANNEL_TEXTS, PURPOSE_TEXTS
from zhike.kernel.words import Text

_CONTROL = {"class": "form-control"}
_BOX = {"class": "form-check-input"}
_AREA = _CONTROL | {"rows": 2}
_EMPTY_ROWS = 3


class NewForm(forms.Form):
    title_zh = forms.CharField(label=_("Title"), max_length=80, widget=forms.TextInput(attrs=_CONTROL))
    slug = forms.CharField(
        label=_("Address"),
        max_length=34,
        required=False,
        help_text=_(
            "Lower-case letters, digits and hyphens, such as sign-up; made of the title if empty. It stays."
        ),
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
    """One question; a row that asks nothing is none."""

    asks = forms.ChoiceField(
        label=_("What is asked"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    label_zh = forms.CharField(
        label=_("Words (Chinese)"), max_length=500, required=False, widget=forms.Textarea(attrs=_AREA)
    )
    label_en = forms.CharField(
        label=_("Words (English)"), max_length=500, required=False, widget=forms.Textarea(attrs=_AREA)
    )
    options = forms.CharField(
        label=_("Options of a choice, one a line: Chinese | English"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs=_CONTROL | {"rows": 3}),
    )
    is_required = forms.BooleanField(
        label=_("must be answered"),
        required=False,
        widget=forms.CheckboxInput(attrs=_BOX),
    )
    code = forms.CharField(
        label=_("Code in tables (may stay empty)"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=_CONTROL | {"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, attributes: Mapping[str, Text], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asks = self.fields["asks"]
        assert isinstance(asks, forms.ChoiceField)
        asks.choices = _choices(attributes, self.initial.get("asks", ""))

    @property
    def title(self) -> str:
        """What the question says, else what it asks; empty for a row that is none yet."""
        if not self.initial:
            return ""
        said = str(Text(self.initial["label_zh"], self.initial["label_en"] or self.initial["label_zh"]))
        return said or _called(self.fields["asks"].choices, self.initial["asks"])  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        has_words = any(said.get(name) for name in ("label_zh", "label_en", "options"))
        if has_words and not said.get("asks") and not said.get("DELETE") and "asks" not in self.errors:
            self.add_error("asks", _("Choose what is asked, or take the words out."))
        return said

    def question(self, *, taken: Collection[str]) -> Question | None:
        """What the row asks; a question of one's own without a code gets one that is not `taken`."""
        said = self.cleaned_data
        if not said.get("asks") or said.get("DELETE"):
            return None
        kind, _dot, code = said["asks"].partition(".")
        zh, en = said["label_zh"] or said["label_en"], said["label_en"] or said["label_zh"]
        if kind in SURVEY_KINDS:
            code = said["code"] or code_of(zh, taken=taken)
        options = [Option(each["code"], Text(each["zh"], each["en"])) for each in options_in(said["options"])]
        return Question(kind, code, Text(zh, en), said["is_required"], tuple(options))


class _Rows(BaseFormSet[QuestionForm]):
    @classmethod
    def get_ordering_widget(cls) -> forms.Widget:  # type: ignore[override]
        return forms.NumberInput(attrs=_CONTROL)

    @classmethod
    def get_deletion_widget(cls) -> forms.Widget:  # type: ignore[override]
        return forms.CheckboxInput(attrs=_BOX)


QuestionForms: type[BaseFormSet[QuestionForm]] = forms.formset_factory(
    QuestionForm, formset=_Rows, extra=_EMPTY_ROWS, can_order=True, can_delete=True, max_num=MOST_QUESTIONS
)


def rows_of_questions(
    attributes: Mapping[str, Text], questions: Sequence[Question] = (), posted: QueryDict | None = None
) -> BaseFormSet[QuestionForm]:
    """The rows of the builder: those of a form, or what came back.

    Parameters
    ----------
    attributes
        What can be asked of one's own attributes: code → what it is called.
    """
    initial = [_as_initial(question) for question in questions]
    return QuestionForms(posted, initial=initial, prefix="q", form_kwargs={"attributes": attributes})


def questions_in(rows: BaseFormSet[QuestionForm]) -> list[Question]:
    """The questions in their order; rows without a number come last."""
    numbered = sorted(
        (row.cleaned_data.get("ORDER") or 10_000, place, row) for place, row in enumerate(rows.forms)
    )
    taken = {row.cleaned_data.get("code", "") for row in rows.forms}
    questions: list[Question] = []
    for _number, _place, row in numbered:
        if (question := row.question(taken=taken)) is not None:
            questions.append(question)
            taken.add(question.code)
    return questions


def _as_initial(question: Question) -> dict[str, Any]:
    is_own = question.kind in SURVEY_KINDS
    return {
        "asks": question.kind if is_own else f"{question.kind}.{question.code}",
        "code": question.code if is_own else "",
        "label_zh": question.label.zh,
        "label_en": "" if question.label.en == question.label.zh else question.label.en,
        "options": option_lines(
            {"code": each.code, "zh": each.label.zh, "en": each.label.en} for each in question.options
        ),
        "is_required": question.is_required,
    }


def _choices(attributes: Mapping[str, Text], standing: str) -> list[Any]:
    """What can be asked, in groups; what the row asks now stays among it."""
    about = [(f"personal.{code}", str(text)) for code, text in PERSONAL.items()]
    own = [(f"attribute.{code}", str(text)) for code, text in attributes.items()]
    boxes = [
        (f"consent.{purpose}.{channel}".rstrip("."), f"{PURPOSE_TEXTS[purpose]} · {text}")
        for purpose in PURPOSES
        for channel, text in CONSENT_CHANNEL_TEXTS.items()
    ]
    groups: list[Any] = [
        ("", _("— nothing —")),
        (str(KIND_TEXTS["personal"]), about),
        (_("A question of your own"), [(kind, str(KIND_TEXTS[kind])) for kind in SURVEY_KINDS]),
        (str(KIND_TEXTS["consent"]), boxes),
    ]
    if own:
        groups.insert(2, (str(KIND_TEXTS["attribute"]), own))
    return groups if _called(groups, standing) else [*groups, (standing, standing)]


def _called(groups: Iterable[Any], asked: str) -> str:
    """What a choice is called; empty where there is no such choice."""
    for value, text in groups:
        if isinstance(text, list | tuple):
            if found := _called(text, asked):
                return found
        elif value == asked:
            return str(text)
    return ""
