"""What somebody writes down about a customer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from zhike.customers.models import Note
from zhike.customers.services.consents import primary_profile
from zhike.customers.vault import open_vault
from zhike.kernel.errors import UsageError

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

LONGEST = 2_000


@transaction.atomic
def add_note(*, customer_id: int, text: str, author: User | None) -> Note:
    """Seal a note and hang it on the first of the customer's profiles.

    Raises
    ------
    UsageError
        ``note.text`` if it is empty or too long; ``customer.unknown``, ``customer.erased``.
    """
    said = text.strip()
    if not 0 < len(said) <= LONGEST:
        raise UsageError(
            "note.text",
            zh=f"备注要有 1 到 {LONGEST} 个字；现在是 {len(said)} 个",
            en=f"a note has 1 to {LONGEST} characters; this one has {len(said)}",
        )
    profile = primary_profile(customer_id)
    note = Note(profile=profile, mark=uuid.uuid4().hex, author=author)
    note.sealed = open_vault(settings.ZHIKE_HOME).seal(said, place=note.place)
    note.save()
    return note
