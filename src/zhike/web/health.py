"""Answers for whoever watches the process: no sign-in, no secret."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from zhike.accounts.rules import open_to_all
from zhike.lake.snapshots import open_lake

logger = logging.getLogger(__name__)


@open_to_all
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive and answers."""
    return JsonResponse({"status": "ok"})


@open_to_all
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything a page needs is there: 200, or 503 naming what is not."""
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    answer = {"status": "ok" if ready else "unready"} | {
        name: "ok" if passed else "failed" for name, passed in checks.items()
    }
    return JsonResponse(answer, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever breaks a check is exactly what readyz reports
        logger.exception("the readiness check %s failed", name)
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _lake_is_readable() -> bool:
    open_lake(settings.ZHIKE_HOME.lake).current()
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "migrations": _migrations_are_applied,
    "lake": _lake_is_readable,
}
