"""Starting Django on one data folder."""

from __future__ import annotations

import os

import django
from django.apps import apps

from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.kernel.memory import choose_arrow_memory

SETTINGS_MODULE = "zhike.web.settings"


def boot(home: Home) -> None:
    """Set Django up on `home`, once; doing it again for the same folder is harmless.

    Raises
    ------
    UsageError
        ``home.other`` if this process already works on another data folder.
    """
    if apps.ready:
        _refuse_another_folder(home)
        return
    os.environ["ZHIKE_HOME"] = str(home.path)
    choose_arrow_memory()
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS_MODULE
    django.setup()


def bring_up_to_date() -> None:
    """Apply the migrations that this version has and the database has not."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _refuse_another_folder(home: Home) -> None:
    from django.conf import settings

    current: Home = settings.ZHIKE_HOME
    if current.path != home.path:
        raise UsageError(
            "home.other",
            zh=f"本进程已打开 {current.path}，不能再打开 {home.path}；请另开一个进程",
            en=f"this process already works on {current.path}, not on {home.path}; start another process",
        )
