"""The Django app of this domain."""

from django.apps import AppConfig


class CollectConfig(AppConfig):
    name = "zhike.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"
