"""The Django app of hosted forms."""

from django.apps import AppConfig


class HostedFormsConfig(AppConfig):
    name = "zhike.collect.hosted_forms"
    label = "hosted_forms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.collect.hosted_forms.personal_stores import submissions_store
        from zhike.collect.hosted_forms.services import questions_asked
        from zhike.customers.stores import register_store
        from zhike.customers.surveys import register_surveys

        register_store(submissions_store())
        register_surveys(questions_asked)
