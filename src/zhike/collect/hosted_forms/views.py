"""The builder, what was sent in, and the public page of a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Max
from django.forms.formsets import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.accounts.access import Right
from zhike.accounts.rules import open_to_all, requires
from zhike.accounts.selectors import User
from zhike.collect.hosted_forms.editing import (
    NewForm,
    QuestionForm,
    TextsForm,
    questions_in,
    rows_of_questions,
)
from zhike.collect.hosted_forms.models import HostedForm, Submission
from zhike.collect.hosted_forms.public import HONEYPOT, PublicForm
from zhike.collect.hosted_forms.services import (
    change_form,
    create_form,
    open_or_close_form,
    questions_of,
    submit_form,
)
from zhike.collect.hosted_forms.throttle import is_too_often
from zhike.customers.selectors import people_shown
from zhike.customers.selectors.sensitive import definitions_by_code
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text
from zhike.pages.paging import Paging, paging
from zhike.pages.rendering import render_page


@dataclass(frozen=True)
class FormRow:
    id: int
    slug: str
    title: Text
    is_open: bool
    submissions: int
    last_sent_at: datetime | None


@dataclass(frozen=True)
class FormsPage:
    rows: tuple[FormRow, ...]
    form: NewForm


@dataclass(frozen=True)
class BuilderPage:
    id: int
    slug: str
    title: Text
    is_open: bool
    address: str
    texts: TextsForm
    rows: BaseFormSet[QuestionForm]
    error: str = ""


@dataclass(frozen=True)
class SubmissionRow:
    """`name` and `contact` are masked."""

    customer_id: int
    name: str
    contact: str
    answer_count: int
    sent_at: datetime


@dataclass(frozen=True)
class SubmissionsPage:
    id: int
    title: Text
    rows: tuple[SubmissionRow, ...]
    paging: Paging


@dataclass(frozen=True)
class PublicPage:
    """`form` is None where there is nothing to fill in any more; `message` says why."""

    title: Text
    intro: Text
    form: PublicForm | None = None
    honeypot: str = HONEYPOT
    message: str = ""


@requires(Right.MANAGE_SETTINGS)
@require_safe
def form_list(request: HttpRequest) -> HttpResponse:
    return _list(request, NewForm(auto_id="new_%s"))


@requires(Right.MANAGE_SETTINGS)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    asked = NewForm(request.POST, auto_id="new_%s")
    if not asked.is_valid():
        return _list(request, asked, status=422)
    try:
        made = create_form(
            slug=asked.cleaned_data["slug"],
            title_zh=asked.cleaned_data["title_zh"],
            actor=_actor(request),
        )
    except UsageError as error:
        asked.add_error("slug", str(error))
        return _list(request, asked, status=422)
    return HttpResponseRedirect(reverse("forms:edit", args=[made.pk]))


@requires(Right.MANAGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, form_id: int) -> HttpResponse:
    """What a form says and asks."""
    form = _form(form_id)
    if request.method != "POST":
        rows = rows_of_questions(_attributes(), questions_of(form))
        return _builder(request, form, TextsForm(instance=form), rows)
    texts, rows = TextsForm(request.POST), rows_of_questions(_attributes(), questions_of(form), request.POST)
    if not (texts.is_valid() and rows.is_valid()):
        return _builder(request, form, texts, rows, status=422)
    try:
        change_form(form=form, texts=texts.cleaned_data, questions=questions_in(rows), actor=_actor(request))
    except UsageError as error:
        return _builder(request, form, texts, rows, error=str(error), status=422)
    messages.success(request, _("The form is saved."))
    return HttpResponseRedirect(reverse("forms:edit", args=[form.pk]))


@requires(Right.MANAGE_SETTINGS)
@require_POST
def open_or_close(request: HttpRequest, form_id: int) -> HttpResponse:
    form = _form(form_id)
    open_or_close_form(form=form, is_open=request.POST.get("to") == "open", actor=_actor(request))
    return HttpResponseRedirect(reverse("forms:edit", args=[form.pk]))


@requires(Right.MANAGE_SETTINGS)
@never_cache
@require_safe
def submissions(request: HttpRequest, form_id: int) -> HttpResponse:
    form = _form(form_id)
    sent = Submission.objects.filter(form=form).select_related("profile").order_by("-pk")
    pages = paging(request, total=sent.count())
    some = list(sent[pages.offset : pages.offset + pages.size])
    people = people_shown({each.profile.customer_id for each in some})
    rows = []
    for each in some:
        person = people.get(each.profile.customer_id)
        first = person.first if person else {}
        contact = next((first[kind].value for kind in ("phone", "email") if kind in first), "")
        name = person.name if person else ""
        rows.append(SubmissionRow(each.profile.customer_id, name, contact, each.answer_count, each.sent_at))
    page = SubmissionsPage(form.pk, form.title, tuple(rows), pages)
    return render_page(request, "hosted_forms/submissions.html", page)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for everybody who has its address."""
    form = HostedForm.objects.filter(slug=slug).first()
    if form is None or not form.questions:
        raise Http404
    if not form.is_open:
        return _closed(request, form)
    if request.method != "POST":
        return _public(request, form, _asked(form))
    if is_too_often(request):
        asked, said = _asked(form, request), _("Too many were sent from here. Try again in ten minutes.")
        return _public(request, form, asked, message=said, status=429)
    asked = _asked(form, request)
    if not asked.is_from_a_machine:
        if not asked.is_valid():
            return _public(request, form, asked, status=422)
        submit_form(form=form, answers=asked.answers())
    return HttpResponseRedirect(reverse("forms:thanks", args=[slug]))


@open_to_all
@require_safe
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    form = get_object_or_404(HostedForm, slug=slug)
    words = Text(form.thanks_zh, form.thanks_en or form.thanks_zh)
    page = PublicPage(form.title, Text("", ""), message=str(words) or _("Thank you. We have received it."))
    return render_page(request, "hosted_forms/public.html", page)


def _asked(form: HostedForm, request: HttpRequest | None = None) -> PublicForm:
    data = request.POST if request is not None else None
    return PublicForm(data, questions=questions_of(form), definitions=definitions_by_code())


def _public(
    request: HttpRequest, form: HostedForm, asked: PublicForm, *, message: str = "", status: int = 200
) -> HttpResponse:
    intro = Text(form.intro_zh, form.intro_en or form.intro_zh)
    page = PublicPage(form.title, intro, asked, message=message)
    return render_page(request, "hosted_forms/public.html", page, status=status)


def _closed(request: HttpRequest, form: HostedForm) -> HttpResponse:
    page = PublicPage(form.title, Text("", ""), message=_("This form is closed."))
    return render_page(request, "hosted_forms/public.html", page, status=410)


def _list(request: HttpRequest, form: NewForm, *, status: int = 200) -> HttpResponse:
    found = HostedForm.objects.annotate(count=Count("submissions"), last=Max("submissions__sent_at"))
    rows = tuple(
        FormRow(each.pk, each.slug, each.title, each.is_open, each.count, each.last) for each in found
    )
    return render_page(request, "hosted_forms/list.html", FormsPage(rows, form), status=status)


def _builder(
    request: HttpRequest,
    form: HostedForm,
    texts: TextsForm,
    rows: BaseFormSet[QuestionForm],
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    page = BuilderPage(
        id=form.pk,
        slug=form.slug,
        title=form.title,
        is_open=form.is_open,
        address=request.build_absolute_uri(reverse("forms:public", args=[form.slug])),
        texts=texts,
        rows=rows,
        error=error,
    )
    return render_page(request, "hosted_forms/builder.html", page, status=status)


def _attributes() -> dict[str, Text]:
    """What can be asked of the business's own attributes, by code."""
    return {
        code: Text(each.label_zh, each.label_en)
        for code, each in sorted(definitions_by_code().items())
        if each.retired_at is None
    }


def _form(form_id: int) -> HostedForm:
    if form_id >= 2**63:
        raise Http404
    return get_object_or_404(HostedForm, pk=form_id)


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
