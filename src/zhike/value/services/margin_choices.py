"""Choosing what stays of the spend where no cost is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from zhike.accounts.audit.actions import Target, action
from zhike.accounts.services import record_audit
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.value.models import MarginChoiceEntry
from zhike.value.selectors.margins import margins_in_force

if TYPE_CHECKING:
    from zhike.accounts.selectors import User

MARGINS_CHOSEN = action("value.margins_chosen", zh="修改毛利率", en="chose the margins")


@dataclass(frozen=True, slots=True)
class MarginChanges:
    """What somebody changes; whatever is not named stays.

    Parameters
    ----------
    margin
        Of the shop; 1 is “not set”, None leaves it as it is.
    category_margins
        Category → share; None takes its margin away.
    """

    margin: float | None
    category_margins: Mapping[str, float | None]


@transaction.atomic
def change_margins(*, home: Home, changes: MarginChanges, actor: User | None) -> None:
    """Put changed margins in force with the next refresh, on top of those chosen before or set in `zhike.toml`.

    Raises
    ------
    UsageError
        ``margins.share``.
    """
    before = margins_in_force(home)
    shares = {**before.category_margins, **changes.category_margins}
    choose_margins(
        margin=before.margin if changes.margin is None else changes.margin,
        category_margins={name: share for name, share in shares.items() if share is not None},
        actor=actor,
    )


@transaction.atomic
def choose_margins(*, margin: float, category_margins: Mapping[str, float], actor: User | None) -> None:
    """Put margins in force with the next refresh; those chosen before stay on record. The same again adds nothing.

    Parameters
    ----------
    margin
        Of what has neither a cost nor a margin of its category; 1 is “not set”.

    Raises
    ------
    UsageError
        ``margins.share``.
    """
    if not 0 < margin <= 1 or any(not -1 <= share <= 1 for share in category_margins.values()):
        raise UsageError(
            "margins.share",
            zh="毛利率应大于 0 且不超过 100；亏本的类目可低到 -100",
            en="a margin is above 0 and at most 100; that of a category sold at a loss down to -100",
        )
    newest, said = MarginChoiceEntry.objects.first(), dict(sorted(category_margins.items()))
    if newest is not None and (newest.margin, newest.category_margins) == (margin, said):
        return
    entry = MarginChoiceEntry.objects.create(margin=margin, category_margins=said, actor=actor)
    details: dict[str, object] = {
        "margin": f"{margin:.3f}",
        "categories": [f"{name}={share:.3f}" for name, share in said.items()],
    }
    record_audit(
        actor=actor, action=MARGINS_CHOSEN, object=Target("margin_choice", entry.pk), details=details
    )
