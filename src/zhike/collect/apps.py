"""The Django app of this domain."""

from django.apps import AppConfig

_EVERY_SECONDS = 600


class CollectConfig(AppConfig):
    name = "zhike.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.collect.personal_stores import stores
        from zhike.collect.selectors.points import newest_balances
        from zhike.customers.balances import register_balances
        from zhike.customers.stores import register_store
        from zhike.jobs.recovery import Recovery, register_recovery
        from zhike.jobs.rounds import Round, register_round

        register_recovery(Recovery("imports", _take_up))
        register_round(Round("uploads", _EVERY_SECONDS, _keep_tidy))
        for store in stores():
            register_store(store)
        register_balances(newest_balances)


def _keep_tidy() -> None:
    from django.conf import settings

    from zhike.collect.keeping import keep_tidy

    keep_tidy(home=settings.ZHIKE_HOME)


def _take_up() -> None:
    from django.conf import settings

    from zhike.collect.tasks import take_up_what_was_cut_off

    take_up_what_was_cut_off(home=settings.ZHIKE_HOME)
