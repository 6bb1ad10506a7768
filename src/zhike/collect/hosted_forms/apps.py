"""The Django app of hosted forms."""

from django.apps import AppConfig


class HostedFormsConfig(AppConfig):
    name = "zhike.collect.hosted_forms"
    label = "hosted_forms"
    default_auto_field = "django.db.models.BigAutoField"
