"""The Django app of this domain."""

from django.apps import AppConfig


class TiersConfig(AppConfig):
    name = "zhike.tiers"
    label = "tiers"
    default_auto_field = "django.db.models.BigAutoField"
