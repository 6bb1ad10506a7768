"""The Django app of hosted forms."""

from django.apps import AppConfig


class HostedFormsConfig(AppConfig):
    name = "zhike.collect.hosted_forms"
    label = "hosted_forms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.collect.hosted_forms.personal_stores import submissions_store
        from zhike.collect.hosted_forms.services import questions_asked, words_agreed_to
        from zhike.customers.stores import register_store
        from zhike.customers.surveys import register_surveys
        from zhike.customers.wordings import register_wordings

        register_store(submissions_store())
        register_surveys(questions_asked)
        register_wordings(words_agreed_to)
