"""The Django app of what arrives by HTTP."""

from django.apps import AppConfig

# Whoever asks gets an answer before; what is received is in the lake within a few of these.
_EVERY_SECONDS = 2


class IntakeConfig(AppConfig):
    name = "zhike.collect.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.collect.intake.personal_stores import received_store
        from zhike.customers.stores import register_store
        from zhike.jobs.rounds import Round, register_round

        register_store(received_store())
        register_round(Round("intake", _EVERY_SECONDS, _move))


def _move() -> None:
    from django.conf import settings

    from zhike.collect.intake.moving import move_received

    move_received(home=settings.ZHIKE_HOME)
