"""Links from a number of people to these people on the customer list."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from zhike.pages.links import with_query


def people_href(**conditions: object) -> str:
    """The customer list under some conditions; several values of one name mean any of them.

    Empty while this installation has no such list.
    """
    try:
        path = reverse("customers:list")
    except NoReverseMatch:
        return ""
    return with_query(path, **conditions)
