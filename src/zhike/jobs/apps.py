"""The Django app of this domain."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "zhike.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
