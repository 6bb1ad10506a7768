"""The Django app of this domain."""

from django.apps import AppConfig

# How soon it is seen that people came in; how often they are searched is `is_search_due`'s to say.
_EVERY_SECONDS = 60


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # No page calls these two, and the audit trail has to know the words of what they record.
        from zhike.customers.services import erasure, subject_access  # noqa: F401
        from zhike.jobs.rounds import Round, register_round

        register_round(Round("duplicates", _EVERY_SECONDS, _search_when_due))


def _search_when_due() -> None:
    from zhike.customers.tasks import queue_scan_if_due

    queue_scan_if_due()
