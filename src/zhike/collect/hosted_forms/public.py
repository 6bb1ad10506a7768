"""The form that visitors fill in, made from its questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from zhike.collect.hosted_forms.questions import CHOSEN, PERSONAL, Question
from zhike.collect.hosted_forms.services import Answers
from zhike.collect.imports.attribute_values import Definition, checked_value
from zhike.customers import normal
from zhike.customers.normal import names_a_person
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.kernel.words import Text

HONEYPOT = "website"
_LONGEST_TEXT = 1_000
_CONTROL = {"class": "form-control"}
_PERSONAL_HINTS: Mapping[str, tuple[str, str]] = {
    "name": ("text", "name"),
    "phone": ("tel", "tel"),
    "email": ("email", "email"),
    "birthday": ("date", "bday"),
    "city": ("text", "address-level2"),
    "interests": ("text", "off"),
}
_READERS: Mapping[str, Callable[[str], object]] = {
    "name": normal.name,
    "phone": normal.phone,
    "email": normal.email,
    "birthday": lambda text: normal.birthday(text, today=clock.today(settings.ZHIKE_BUSINESS.zone)),
    "interests": lambda text: "、".join(normal.interests(_nobodys(text))),
}


class PublicForm(forms.Form):
    """Checks and normalises what a visitor sends; `answers` is what it says.

    The field `website` is hidden from people: whatever fills it in is a machine.
    """

    def __init__(
        self,
        *args: Any,
        questions: Sequence[Question],
        definitions: Mapping[str, Definition],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._definitions = definitions
        self._questions = [q for q in questions if q.kind != "attribute" or q.code in definitions]
        for question in self._questions:
            self.fields[question.name] = self._field(question)
            if self._is_sensitive(question):
                self.fields[_own_box(question)] = forms.BooleanField(
                    label=str(question.label), required=False, widget=_box()
                )
        self.fields[HONEYPOT] = forms.CharField(
            label=_("Leave this empty"),
            required=False,
            widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
        )

    @property
    def is_from_a_machine(self) -> bool:
        return bool(self.data.get(HONEYPOT))

    def shown_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name != HONEYPOT]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for question in self._questions:
            self._clean_question(question, cleaned)
        return cleaned

    def answers(self) -> Answers:
        """What was sent in; only after `is_valid`."""
        said = {
            q: self.cleaned_data[q.name] for q in self._questions if _says_something(self.cleaned_data, q)
        }
        of_kind = {
            kind: {q.code: v for q, v in said.items() if q.kind == kind} for kind in ("personal", "text")
        }
        attributes = {q: value for q, value in said.items() if q.kind == "attribute"}
        closed = ("choice", "multi", "rating", "nps")
        return Answers(
            personal=of_kind["personal"],
            attributes={q.code: v for q, v in attributes.items() if self._sensitivity(q) == "ordinary"},
            sealed={q.code: v for q, v in attributes.items() if self._sensitivity(q) != "ordinary"},
            survey={q.code: _coded(q, value) for q, value in said.items() if q.kind in closed},
            texts=of_kind["text"],
            agreed=tuple(q for q in said if q.kind == "consent"),
            sensitive_agreed=tuple(q for q in attributes if self._is_sensitive(q)),
        )

    def _field(self, question: Question) -> forms.Field:
        match question.kind:
            case "personal":
                return _personal_field(question)
            case "attribute":
                return _attribute_field(question, self._definitions[question.code])
            case "consent":
                return forms.BooleanField(
                    label=str(question.label), required=question.is_required, widget=_box()
                )
            case "text":
                return forms.CharField(
                    label=str(question.label),
                    required=question.is_required,
                    max_length=_LONGEST_TEXT,
                    widget=forms.Textarea(attrs=_CONTROL | {"rows": 4}),
                )
            case _:
                return _closed_field(question)

    def _clean_question(self, question: Question, cleaned: dict[str, Any]) -> None:
        value = cleaned.get(question.name)
        if not _says_something(cleaned, question):
            return
        try:
            if question.kind == "personal":
                cleaned[question.name] = _read_personal(question.code, str(value))
            elif question.kind == "attribute":
                cleaned[question.name] = self._read_attribute(question, value)
        except ZhikeError as error:
            self.add_error(question.name, str(error))
        if self._is_sensitive(question) and not cleaned.get(_own_box(question)):
            self.add_error(
                _own_box(question),
                _("Tick this box so that we may keep the answer, or leave the answer empty."),
            )

    def _read_attribute(self, question: Question, value: Any) -> Any:
        definition = self._definitions[question.code]
        if definition.type == "boolean":
            value = value == "yes"
        elif definition.type == "date":
            value = value.isoformat()
        elif definition.type == "number":
            value = int(value) if value == int(value) else float(value)
        if definition.sensitivity == "ordinary":
            _nobodys(str(value))
        return checked_value(definition, value)

    def _sensitivity(self, question: Question) -> str:
        return self._definitions[question.code].sensitivity

    def _is_sensitive(self, question: Question) -> bool:
        return question.kind == "attribute" and self._sensitivity(question) == "sensitive"


def _own_box(question: Question) -> str:
    return f"agree_{question.code}"


def _box() -> forms.CheckboxInput:
    return forms.CheckboxInput(attrs={"class": "form-check-input"})


def _nobodys(text: str) -> str:
    """The text, which goes to the lake.

    Raises
    ------
    ZhikeError
        ``attribute.value`` for one that names a person.
    """
    if names_a_person(text):
        raise ZhikeError(
            "attribute.value",
            zh="这里请不要写手机号、邮箱或证件号",
            en="write no phone number, e-mail address or identity number here",
        )
    return text


def _personal_field(question: Question) -> forms.Field:
    label = str(question.label) or str(PERSONAL[question.code])
    asked: dict[str, Any] = {"label": label, "required": question.is_required}
    if labels := CHOSEN.get(question.code):
        options = [("", "—"), *((code, str(text)) for code, text in labels.items())]
        return forms.ChoiceField(
            **asked, choices=options, widget=forms.Select(attrs={"class": "form-select"})
        )
    kind, autocomplete = _PERSONAL_HINTS[question.code]
    return forms.CharField(
        **asked,
        max_length=100,
        widget=forms.TextInput(attrs=_CONTROL | {"type": kind, "autocomplete": autocomplete}),
    )


def _attribute_field(question: Question, definition: Definition) -> forms.Field:
    label = str(Text(definition.label_zh, definition.label_en))
    asked: dict[str, Any] = {"label": label, "required": question.is_required}
    options = [(o["code"], str(Text(o["zh"], o["en"]))) for o in definition.options]
    match definition.type:
        case "number":
            return forms.FloatField(**asked, widget=forms.NumberInput(attrs=_CONTROL | {"step": "any"}))
        case "date":
            return forms.DateField(**asked, widget=forms.DateInput(attrs=_CONTROL | {"type": "date"}))
        case "boolean":
            return _radio(asked, [("yes", _("Yes")), ("no", _("No"))])
        case "choice":
            return _radio(asked, options)
        case "choices":
            return forms.MultipleChoiceField(**asked, choices=options, widget=_boxes())
        case _:
            return forms.CharField(**asked, max_length=200, widget=forms.TextInput(attrs=_CONTROL))


def _closed_field(question: Question) -> forms.Field:
    asked: dict[str, Any] = {"label": str(question.label), "required": question.is_required}
    options = [(option.code, str(option.label)) for option in question.options]
    match question.kind:
        case "multi":
            return forms.MultipleChoiceField(**asked, choices=options, widget=_boxes())
        case "rating":
            return _radio(asked, [(str(n), str(n)) for n in range(1, 6)])
        case "nps":
            return _radio(asked, [(str(n), str(n)) for n in range(11)])
        case _:
            return _radio(asked, options)


def _radio(asked: dict[str, Any], options: Sequence[tuple[str, str]]) -> forms.Field:
    widget = forms.RadioSelect(attrs={"class": "form-check-input"})
    return forms.ChoiceField(**asked, choices=options, widget=widget)


def _boxes() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


def _says_something(cleaned: Mapping[str, Any], question: Question) -> bool:
    value = cleaned.get(question.name)
    return value not in (None, "", [], False)


def _coded(question: Question, value: Any) -> int | str | list[str]:
    if question.kind in ("rating", "nps"):
        return int(value)
    return sorted(value) if isinstance(value, list) else str(value)


def _read_personal(code: str, value: str) -> str:
    if code in CHOSEN:
        return value
    if code in _READERS:
        return str(_READERS[code](value))
    try:
        normal.region(value)
    except ZhikeError:
        # A place abroad, perhaps; it goes to the lake, so it must be no address.
        if len(value) > 40 or any(character.isdigit() or character == "@" for character in value):
            raise ZhikeError(
                "city.refused", zh="请只写城市名", en="write only the name of the city"
            ) from None
    return value
