"""Emptying the test database although the audit trail refuses to be emptied."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

from zhike.accounts.audit import guards


def let_tests_empty_the_audit_trail() -> None:
    """From now on, tests that cannot be rolled back take the guards down while they clear up."""
    clear_up = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def past_the_guards(self: Any) -> None:
        guards.remove(connection)
        try:
            clear_up(self)
        finally:
            guards.install(connection)

    TransactionTestCase._fixture_teardown = past_the_guards  # type: ignore[attr-defined]
