"""The Django app of this domain."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "zhike.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"
