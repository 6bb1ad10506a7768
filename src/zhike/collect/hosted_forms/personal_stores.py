"""Who sent in a form."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from zhike.collect.hosted_forms.models import Submission
from zhike.customers.stores import Person, Store
from zhike.kernel.words import Text


def submissions_store() -> Store:
    """That somebody sent in a form and when; what they said hangs on their profile."""
    return Store(
        "form_submissions", Text("表单提交", "forms sent in"), known=_known, forget=_forget, keeps=_who_sent
    )


def _known(person: Person) -> list[dict[str, Any]]:
    found = Submission.objects.filter(profile__in=person.profile_ids).order_by("pk")
    return [dict(row) for row in found.values("form__slug", "sent_at", "answer_count")]


def _who_sent(profile_ids: Collection[int]) -> set[int]:
    return set(Submission.objects.filter(profile__in=profile_ids).values_list("profile", flat=True))


def _forget(person: Person) -> int:
    return Submission.objects.filter(profile__in=person.profile_ids).delete()[0]
