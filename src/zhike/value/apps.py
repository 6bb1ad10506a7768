"""The Django app of this domain."""

from django.apps import AppConfig


class ValueConfig(AppConfig):
    name = "zhike.value"
    label = "value"
    default_auto_field = "django.db.models.BigAutoField"
