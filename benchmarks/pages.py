"""How long the server takes to answer each page on a large base."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from benchmarks.shop import shop

ADDRESSES = (
    "/",
    "/value/rfm/",
    "/value/clv/",
    "/customers/",
    "/customers/?segment=rfm:champions&sort=-clv",
    "/customers/?spend_min=100&bought_within=90&sort=-orders&page=40",
    "/customers/?q=K4711",
    "/customers/4711/",
    "/runs/",
)


def measure(folder: Path, *, customers: int, orders_each: float, rounds: int = 15) -> dict[str, float]:
    """Median milliseconds of each page, after two warm-up visits, in this process."""
    shop(folder, customers=customers, orders_each=orders_each)
    from django.conf import settings
    from django.test import Client

    from zhike.accounts.selectors import account_of
    from zhike.accounts.services import create_owner

    settings.ALLOWED_HOSTS = ["testserver"]
    email = "owner@example.com"
    client = Client()
    client.force_login(
        account_of(email) or create_owner(email=email, password="bench-leaf-9182"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return {address: _milliseconds(client, address, rounds) for address in ADDRESSES}


def _milliseconds(client: object, address: str, rounds: int) -> float:
    seconds = []
    for number in range(rounds + 2):
        started = time.perf_counter()
        answer = client.get(address)  # type: ignore[attr-defined]
        taken = time.perf_counter() - started
        assert answer.status_code == 200, (address, answer.status_code)
        if number >= 2:
            seconds.append(taken)
    return median(seconds) * 1000
