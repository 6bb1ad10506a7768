"""What a person can say in the steps of an import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.collect.imports.kinds import Kind
from zhike.collect.imports.presets import preset_named
from zhike.collect.imports.reading import ENDINGS
from zhike.collect.imports.records import folded
from zhike.collect.imports.vocabularies import vocabulary
from zhike.collect.selectors.columns import QUESTION, question_code
from zhike.collect.selectors.kinds import kind_choices, preset_choices
from zhike.collect.uploads import LARGEST_UPLOAD, check_ending
from zhike.kernel.errors import UsageError

_MOST_WORDS = 500
_LONGEST_WORD = 100
_LONGEST_CODE = 40


class FileForm(forms.Form):
    """A file, for an import that has been decided about already."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=False,
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty; choose another one."),
        },
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ",".join(ENDINGS)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "CSV, Excel, Parquet or NDJSON, or a ZIP of one; up to %(size)s MB. You can also drop it here."
        ) % {"size": LARGEST_UPLOAD >> 20}

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        try:
            check_ending(file.name or "")
        except UsageError as error:
            raise ValidationError(str(error)) from error
        return file


class UploadForm(FileForm):
    """A file, what it is and where it comes from."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What the file has"),
        error_messages={"required": gettext_lazy("Choose what the file has.")},
    )
    preset = forms.ChoiceField(
        label=gettext_lazy("Export of a system (optional)"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Name of the source"),
        help_text=gettext_lazy(
            "Where the ids come from. Files of one system always get the same name; empty: the preset's own, else as such files had it before; you can change it with the columns."
        ),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    field_order = ("kind", "preset", "source", "file")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds, presets = kind_choices(), preset_choices()
        self.fields["kind"].choices = [(each.name, str(each.text)) for each in kinds]  # type: ignore[attr-defined]
        listed = [(each.name, f"{each.text} · {each.kind_text}") for each in presets]
        self.fields["preset"].choices = [("", _("None, or my own table")), *listed]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        preset, kind = said.get("preset"), said.get("kind")
        if preset and kind and (found := preset_named(preset)).kind.name != kind:
            words = {"preset": found.text, "kind": found.kind.text}
            self.add_error("preset", _("“%(preset)s” is an export of %(kind)s.") % words)
        return said


class UndoForm(forms.Form):
    """Why an import is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        min_length=2,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("Yes, take back everything that this import brought"),
        error_messages={"required": gettext_lazy("Tick this to confirm.")},
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )


@dataclass(frozen=True)
class PostedColumns:
    """What was sent for the columns; `error` is the first thing that is wrong with it."""

    mapping: dict[str, Any]
    error: UsageError | None


def posted_columns(posted: QueryDict, header: Sequence[str], kind: Kind, *, currency: str) -> PostedColumns:
    """The mapping in the fields `column-PLACE`, `also-PLACE`, `said-FIELD-N`, `word-FIELD-N` and `option-NAME`."""
    columns: dict[str, str] = {}
    questions: dict[str, str] = {}
    error = None
    for place, title in enumerate(header):
        name = posted.get(f"column-{place}", "")
        if not name:
            continue
        wrong = _wrong(name, title, header, columns, kind)
        error = error or wrong
        if wrong is not None:
            continue
        if name == QUESTION:
            questions[question_code(place)] = title
        else:
            columns[name] = title
    columns |= _posted_also(posted, header, columns, kind)
    coded = {*questions, *(name for name in columns if name in kind.names.coded)}
    values: dict[str, dict[str, str]] = {}
    for name in coded:
        found, wrong = _posted_words(posted, name, kind, currency)
        error = error or wrong
        if found:
            values[name] = found
    mapping: dict[str, Any] = {"columns": columns, "values": values}
    if questions:
        mapping["questions"] = questions
    return PostedColumns(mapping | _posted_options(posted, kind), error)


def _posted_also(
    posted: QueryDict, header: Sequence[str], columns: Mapping[str, str], kind: Kind
) -> dict[str, str]:
    """Further fields of columns that are one already, in the fields `also-PLACE`; a column of their own goes before."""
    return {
        name: title
        for place, title in enumerate(header)
        if title in columns.values()
        for name in posted.getlist(f"also-{place}")
        if name in kind.names.all and name not in columns
    }


def _posted_options(posted: QueryDict, kind: Kind) -> dict[str, Any]:
    """What was decided about the rows; a word that the kind does not have is left out."""
    words = {each.name: (posted.get(f"option-{each.name}", ""), each.choices) for each in kind.options}
    said = {name: word for name, (word, choices) in words.items() if word in choices}
    return {"options": said} if said else {}


def _wrong(
    name: str, title: str, header: Sequence[str], columns: Mapping[str, str], kind: Kind
) -> UsageError | None:
    if name not in (*kind.names.all, *([QUESTION] if kind.has_questions else [])):
        return UsageError(
            "columns.unknown",
            zh=f"“{name[:40]}”不是{kind.text.zh}的字段，请重新选择",
            en=f"“{name[:40]}” is no field of {kind.text.en}; choose again",
        )
    if name in columns:
        label = kind.field(name).text
        return UsageError(
            "columns.twice",
            zh=f"“{columns[name]}”和“{title}”都选成了{label.zh}，请只留一列",
            en=f"“{columns[name]}” and “{title}” are both the {label.en}; keep one of them",
        )
    if sum(folded(other) == folded(title) for other in header) > 1:
        return UsageError(
            "columns.duplicate",
            zh=f"文件里有几列都叫“{title}”，分不清用哪一列；请改名后重新上传",
            en=f"several columns are called “{title}”, so it cannot be told which is meant; rename them and upload again",
        )
    return None


def _posted_words(
    posted: QueryDict, name: str, kind: Kind, currency: str
) -> tuple[dict[str, str], UsageError | None]:
    choices = vocabulary(kind, name, currency=currency).choices
    found: dict[str, str] = {}
    for said, ours in _pairs(posted, name):
        if (choices and ours not in choices) or len(ours) > _LONGEST_CODE:
            return found, UsageError(
                "words.unknown",
                zh=f"“{ours[:40]}”不是可用的词，请重新选择",
                en=f"“{ours[:40]}” is not one of the words; choose again",
            )
        found[said] = ours
    return found, None


def _pairs(posted: QueryDict, name: str) -> Iterator[tuple[str, str]]:
    for place in range(_MOST_WORDS):
        said, ours = posted.get(f"said-{name}-{place}"), posted.get(f"word-{name}-{place}", "").strip()
        if said is None:
            return
        if ours and said and len(said) <= _LONGEST_WORD:
            yield said, ours
