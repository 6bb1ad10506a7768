"""Triggers that let the database itself refuse to change or remove an entry of the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_TABLE = "accounts_auditentry"
_REFUSAL = "the audit trail can only be added to"

_SQLITE = {
    "audit_no_update": f"BEFORE UPDATE ON {_TABLE}",
    "audit_no_delete": f"BEFORE DELETE ON {_TABLE}",
    # INSERT OR REPLACE takes a row's place without telling the trigger on DELETE.
    "audit_no_replace": f"BEFORE INSERT ON {_TABLE} WHEN EXISTS (SELECT 1 FROM {_TABLE} WHERE id = NEW.id)",
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guards up; on a database that has them already this does nothing."""
    remove(connection)
    _execute(connection, _postgresql() if connection.vendor == "postgresql" else _sqlite())


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guards down: for a migration that rebuilds the table, and for emptying a test database."""
    on_table = f" ON {_TABLE}" if connection.vendor == "postgresql" else ""
    _execute(
        connection, [f"DROP TRIGGER IF EXISTS {name}{on_table}" for name in (*_SQLITE, "audit_append_only")]
    )


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for name, event in _SQLITE.items()
    ]


def _postgresql() -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {_TABLE}_refuse() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {_TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_TABLE}_refuse()",
    ]


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
