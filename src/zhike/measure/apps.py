"""The Django app of this domain."""

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    name = "zhike.measure"
    label = "measure"
    default_auto_field = "django.db.models.BigAutoField"
