"""The Django app of hosted forms."""

from django.apps import AppConfig


class HostedFormsConfig(AppConfig):
    name = "zhike.collect.hosted_forms"
    label = "hosted_forms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.collect.hosted_forms.personal_stores import submissions_store
        from zhike.customers.stores import register_store

        register_store(submissions_store())
