"""The Django app of this domain."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "zhike.pipeline"
    label = "pipeline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Lower domains find tables by name; by then every table must be known.
        from zhike.pipeline import catalog  # noqa: F401
