"""The Django app of this domain."""

from django.apps import AppConfig

_EVERY_SECONDS = 600


class CollectConfig(AppConfig):
    name = "zhike.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.jobs.rounds import Round, register_round

        register_round(Round("uploads", _EVERY_SECONDS, _remove_old))


def _remove_old() -> None:
    from django.conf import settings

    from zhike.collect.uploads import remove_old_uploads

    remove_old_uploads(home=settings.ZHIKE_HOME)
