"""The rule of every view: who may ask for it. A view without one is refused.

The rule is an attribute of the view, so it stands where the view is written, survives decorators that wrap
it, and can be read from the resolver by the middleware, the navigation and a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from zhike.accounts.access import Right, may, role_of

View = TypeVar("View", bound=Callable[..., Any])

_RULE = "zhike_rule"
_ABOUT_PEOPLE = frozenset(
    {
        *(
            Right.SEE_CUSTOMERS,
            Right.SEE_CONTACTS,
            Right.REVEAL,
            Right.EDIT_CUSTOMERS,
            Right.TAG,
            Right.SUPPRESS,
            Right.MERGE,
        ),
        # Files that are brought in name people, and so may tables of customers.
        *(Right.IMPORT, Right.EXPORT_TABLES, Right.EXPORT_PEOPLE),
    }
)


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """Anybody, signed in or not."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Anybody with an account, whatever the role."""


@dataclass(frozen=True, slots=True)
class NeedsRight:
    """Whoever has this right.

    Parameters
    ----------
    otherwise
        The name of the address where somebody signed in without the right is led, instead of being refused.
    """

    right: Right
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class NeedsKey:
    """A program with an API key of this scope; a signed-in person is not enough."""

    scope: str


Rule = OpenToAll | SignedIn | NeedsRight | NeedsKey


def declared(view: View, rule: Rule) -> View:
    """`view` with its rule; what the decorators below do, for views that are made and not written."""
    setattr(view, _RULE, rule)
    if isinstance(rule, NeedsKey):
        # A program has no cookie that another site could make it send.
        view.csrf_exempt = True  # type: ignore[attr-defined]
    return view


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The declared rule of a view, or None."""
    rule: Rule | None = getattr(view, _RULE, None)
    return rule


def open_to_all(view: View) -> View:
    """Anybody may ask: signing in, health. On a class: ``@method_decorator(open_to_all, name="dispatch")``."""
    return declared(view, OpenToAll())


def signed_in(view: View) -> View:
    """Anybody with an account may ask."""
    return declared(view, SignedIn())


def requires(right: Right, *, otherwise: str = "") -> Callable[[View], View]:
    """Only whoever has `right` may ask."""
    return lambda view: declared(view, NeedsRight(right, otherwise))


def requires_key(scope: str) -> Callable[[View], View]:
    """Only a program with an API key of `scope` may ask; the key is then `request.api_key`."""
    return lambda view: declared(view, NeedsKey(scope))


def is_met(rule: Rule | None, user: object) -> bool:
    """Whether this person may ask for a view with this rule."""
    match rule:
        case OpenToAll():
            return True
        case SignedIn():
            return role_of(user) is not None
        case NeedsRight(right):
            return may(user, right)
        case NeedsKey() | None:
            return False


def is_about_people(rule: Rule | None) -> bool:
    """Whether what a view with this rule answers may name people: nothing of it may be kept by a browser or a proxy."""
    return isinstance(rule, NeedsRight) and rule.right in _ABOUT_PEOPLE
