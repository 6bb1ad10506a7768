"""The Django app of this domain."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "zhike.pipeline"
    label = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Lower domains find tables by name; by then every table must be known.
        from zhike.jobs.recovery import Recovery, register_recovery
        from zhike.pipeline import catalog  # noqa: F401

        register_recovery(Recovery("refreshes", _complete))


def _complete() -> None:
    from django.conf import settings

    from zhike.pipeline.services import complete_interrupted_work

    complete_interrupted_work(home=settings.ZHIKE_HOME)
