"""Making forms, and taking what people send in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.selectors import User
from zhike.accounts.services import record_audit
from zhike.collect.hosted_forms.models import ConsentWording, HostedForm, Submission
from zhike.collect.hosted_forms.questions import (
    CHOSEN,
    SURVEY_KINDS,
    Question,
    checked_question,
    checked_questions,
    question_of,
)
from zhike.collect.imports.kinds.happenings import event_row
from zhike.collect.intake.receiving import keep_own_events
from zhike.customers import normal
from zhike.customers.normal.codes import code_of
from zhike.customers.records import ConsentGiven, Identifier, ProfileRecord
from zhike.customers.selectors.sensitive import definitions_by_code
from zhike.customers.services import record_profiles
from zhike.customers.services.notes import add_note
from zhike.customers.services.sealed_attributes import keep_sealed
from zhike.customers.surveys import Asked
from zhike.kernel import clock
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.words import Text

FORM_MADE = action("form.made", zh="新建表单", en="made a form")
FORM_CHANGED = action("form.changed", zh="修改表单", en="changed a form")
FORM_OPENED = action("form.opened", zh="开放表单", en="opened a form")
FORM_CLOSED = action("form.closed", zh="关闭表单", en="closed a form")

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z", re.ASCII)
_LONGEST_SLUG = 34
_TITLE_IN_SLUG = 8


@transaction.atomic
def create_form(*, slug: str, title_zh: str, actor: User | None) -> HostedForm:
    """A new form that is closed and asks nothing yet.

    Parameters
    ----------
    slug
        Empty: one is made of the title.

    Raises
    ------
    UsageError
        ``form.slug``, ``form.title``.
    """
    slug = slug or _slug_of(title_zh)
    if not _SLUG.match(slug) or len(slug) > _LONGEST_SLUG or HostedForm.objects.filter(slug=slug).exists():
        raise UsageError(
            "form.slug",
            zh=f"地址应由小写字母、数字和连字符组成，最多 {_LONGEST_SLUG} 个字符，且没有用过，例如 sign-up",
            en=f"an address is lower-case letters, digits and hyphens, at most {_LONGEST_SLUG}, and not in use, such as sign-up",
        )
    if not title_zh.strip():
        raise UsageError("form.title", zh="请写表单标题", en="write a title")
    form = HostedForm.objects.create(slug=slug, title_zh=title_zh.strip())
    record_audit(actor=actor, action=FORM_MADE, object=Target("form", slug))
    return form


def _slug_of(title: str) -> str:
    taken = {slug.replace("-", "_") for slug in HostedForm.objects.values_list("slug", flat=True)}
    return code_of(title[:_TITLE_IN_SLUG], taken=taken).replace("_", "-")[:_LONGEST_SLUG].strip("-")


@transaction.atomic
def change_form(
    *, form: HostedForm, texts: Mapping[str, str], questions: Sequence[Question], actor: User | None
) -> None:
    """Replace what a form says and asks; what was sent in before stays as it is.

    Parameters
    ----------
    texts
        `title_zh`, `title_en`, `intro_…`, `thanks_…`.

    Raises
    ------
    UsageError
        ``form.code``, ``form.label``, ``form.options``, ``form.empty``, ``form.repeated``.
    """
    in_use = {code: each for code, each in definitions_by_code().items() if each.retired_at is None}
    sensitive = [code for code, each in in_use.items() if each.sensitivity == "sensitive"]
    checked = checked_questions(
        [checked_question(question, attributes=list(in_use), sensitive=sensitive) for question in questions]
    )
    for name, text in texts.items():
        setattr(form, name, text)
    form.questions = [question.as_plain() for question in checked]
    form.save()
    for question in checked:
        if question.kind == "consent" or question.code in sensitive:
            wording = {"text_zh": question.label.zh, "text_en": question.label.en}
            ConsentWording.objects.get_or_create(version=question.text_version, defaults=wording)
    record_audit(actor=actor, action=FORM_CHANGED, object=Target("form", form.slug))


@transaction.atomic
def open_or_close_form(*, form: HostedForm, is_open: bool, actor: User | None) -> None:
    """Show the form to everybody who has its address, or take nothing more.

    Raises
    ------
    UsageError
        ``form.empty`` if it asks nothing.
    """
    if is_open:
        checked_questions(questions_of(form))
    if form.is_open != is_open:
        form.is_open = is_open
        form.save(update_fields=["is_open", "changed_at"])
        done = FORM_OPENED if is_open else FORM_CLOSED
        record_audit(actor=actor, action=done, object=Target("form", form.slug))


def questions_of(form: HostedForm) -> tuple[Question, ...]:
    return tuple(question_of(plain) for plain in form.questions)


def questions_asked(source: str) -> dict[str, Asked]:
    """The questions by code of the form that has this source, as they are asked today; none if there is no such form."""
    kind, _colon, slug = source.partition(":")
    form = HostedForm.objects.filter(slug=slug).first() if kind == "form" else None
    return {
        each.code: Asked(each.asked, {option.code: option.label for option in each.options})
        for each in (questions_of(form) if form else ())
        if each.kind in SURVEY_KINDS
    }


def words_agreed_to(versions: Collection[str]) -> dict[str, Text]:
    """The words of consents by version, of those that a form showed."""
    known = ConsentWording.objects.filter(version__in=versions)
    return {each.version: Text(each.text_zh, each.text_en or each.text_zh) for each in known}


@dataclass(frozen=True)
class Answers:
    """What somebody sent in, checked and normalised: by the code of the question, without what was left empty.

    Parameters
    ----------
    attributes, sealed
        Values of attributes that may lie open, and of those that must not.
    agreed, sensitive_agreed
        The boxes that were ticked, and the sensitive attributes whose own box was.
    """

    personal: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)
    survey: Mapping[str, int | str | list[str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    agreed: tuple[Question, ...] = ()
    sensitive_agreed: tuple[Question, ...] = ()


@transaction.atomic
def submit_form(*, form: HostedForm, answers: Answers) -> Submission:
    """Keep what somebody sent in: all of it or nothing. Every submission is a profile of its own."""
    key, now = secrets.token_hex(12), clock.now()
    record = ProfileRecord(
        source_key=key,
        name=answers.personal.get("name"),
        identifiers=tuple(_identifiers(answers.personal)),
        birthday=answers.personal.get("birthday"),
        attributes={**_known(answers.personal), **answers.attributes},
        consents=(
            *(_consent(q.purpose, q.channel, q.text_version) for q in answers.agreed),
            *(_consent("sensitive", "", q.text_version) for q in answers.sensitive_agreed),
        ),
    )
    (recorded,) = record_profiles(source=form.source, records=[record])
    keep_sealed(profile_id=recorded.profile_id, values=answers.sealed)
    count = sum(
        1
        for question in questions_of(form)
        if question.kind in SURVEY_KINDS and _is_answered(question, answers)
    )
    sent = Submission.objects.create(
        form=form, profile_id=recorded.profile_id, answer_count=count, sent_at=now
    )
    _keep_survey(form, key, answers)
    for code, text in answers.texts.items():
        add_note(customer_id=sent.profile.customer_id, text=f"[{form.slug} · {code}] {text}", author=None)
    return sent


def _keep_survey(form: HostedForm, key: str, answers: Answers) -> None:
    """The answers in codes, as an event; texts stay out of the lake."""
    if not answers.survey:
        return
    now = clock.now()
    occurred = (now, now.astimezone(settings.ZHIKE_BUSINESS.zone).date())
    said = {"survey": form.slug, "answers": dict(answers.survey)}
    row = event_row(
        0,
        customer_id=key,
        event_id=f"answer:{key}",
        occurred=occurred,
        name="survey_answered",
        properties=said,
    )
    keep_own_events(source=form.source, customer=key, events=[row])


def _is_answered(question: Question, answers: Answers) -> bool:
    return question.code in answers.survey or question.code in answers.texts


def _identifiers(personal: Mapping[str, str]) -> Iterable[Identifier]:
    if "phone" in personal:
        yield Identifier("phone", personal["phone"])
    if "email" in personal:
        yield Identifier("email", personal["email"])


def _known(personal: Mapping[str, str]) -> dict[str, Any]:
    """What is said about the person that may lie open, by the code of its attribute."""
    known: dict[str, Any] = {code: personal[code] for code in CHOSEN if code in personal}
    if "interests" in personal:
        known["interests"] = list(normal.interests(personal["interests"]))
    return {**_region(personal.get("city")), **known}


def _region(city: str | None) -> dict[str, str]:
    """Province, city and district as other sources write them; what nobody knows stays as it was written."""
    if city is None:
        return {}
    try:
        found = normal.region(city)
    except ZhikeError:
        return {"city": city}
    named = {"province": found.province, "city": found.city, "district": found.district}
    return {name: value for name, value in named.items() if value}


def _consent(purpose: str, channel: str, version: str) -> ConsentGiven:
    return ConsentGiven(purpose, channel, True, clock.now(), version)  # type: ignore[arg-type]
