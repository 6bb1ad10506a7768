"""The Django app of this domain."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
