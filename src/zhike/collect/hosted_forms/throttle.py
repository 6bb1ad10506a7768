"""How often one address may send a form in."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest

# A tablet on the counter, or a family behind one address, stays below; a machine does not.
MOST = 30
PERIOD_SECONDS = 600


def is_too_often(request: HttpRequest) -> bool:
    """Count this request; whether its address has sent more than 30 within ten minutes."""
    key = f"hosted_forms:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, PERIOD_SECONDS)
    try:
        return cache.incr(key) > MOST
    except ValueError:  # it ran out between the two lines
        return False
