"""The page of contacts that nobody may write to: how many there are, and how one of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zhike.customers.masking import masked
from zhike.customers.selectors.suppressions import standing_of, suppressed_lately, suppressed_totals
from zhike.customers.services.consents import contact_in
from zhike.customers.words import SUPPRESSION_REASONS, field_text
from zhike.kernel.words import Text

_MOST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Total:
    """Contacts of one kind on the list: all, and by reason."""

    kind: Text
    count: int
    reasons: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class DayRow:
    made_on: date
    kind: Text
    reason: Text
    count: int


@dataclass(frozen=True, slots=True)
class Looked:
    """A contact that was asked about: `contact` as it was typed, `shown` masked; `since` None where it is not on the list."""

    contact: str
    kind: Text
    shown: str
    since: datetime | None = None
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class SuppressionsPage:
    """`may_lift` is for whoever writes down what customers say: who only sends messages puts contacts on the list."""

    total: int
    totals: tuple[Total, ...]
    days: tuple[DayRow, ...]
    looked: Looked | None = None
    may_lift: bool = False


def suppressions_page(*, looked_up: str = "", may_lift: bool = False) -> SuppressionsPage:
    """The page; with a contact as people write it, how that one stands.

    Raises
    ------
    ZhikeError
        ``contact.…`` for what is neither a phone nor an e-mail.
    """
    counts = suppressed_totals()
    return SuppressionsPage(
        total=sum(counts.values()),
        totals=tuple(_total(kind, counts) for kind in sorted({kind for kind, _ in counts}, reverse=True)),
        days=tuple(
            DayRow(each.made_on, field_text(each.kind), _reason_text(each.reason), each.count)
            for each in suppressed_lately(most=_MOST_DAYS)
        ),
        looked=_looked(looked_up) if looked_up.strip() else None,
        may_lift=may_lift,
    )


def _total(kind: str, counts: dict[tuple[str, str], int]) -> Total:
    reasons = {reason: count for (of, reason), count in sorted(counts.items()) if of == kind}
    said = tuple((_reason_text(reason), count) for reason, count in reasons.items())
    return Total(field_text(kind), sum(reasons.values()), said)


def _reason_text(code: str) -> Text:
    return SUPPRESSION_REASONS.get(code) or Text(code, code)


def _looked(contact: str) -> Looked:
    kind, value = contact_in(contact)
    text, shown, standing = field_text(kind), masked(kind, value), standing_of(kind, value)
    if standing is None:
        return Looked(contact, text, shown)
    return Looked(contact, text, shown, standing.made_at, _reason_text(standing.reason))
