"""Attributes that a business invented, and the sealed values of some of them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile


class AttributeDefinition(models.Model):
    """An attribute that a business invented: what it is called and which values it takes."""

    class Type(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        DATE = "date"
        BOOLEAN = "boolean"
        CHOICE = "choice"
        CHOICES = "choices"

    class Sensitivity(models.TextChoices):
        ORDINARY = "ordinary"
        PERSONAL = "personal"
        SENSITIVE = "sensitive"

    code = models.CharField(max_length=40, unique=True)
    type = models.CharField(max_length=10, choices=Type)
    label_zh = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    # [{"code", "zh", "en"}] for choices.
    options = models.JSONField(default=list, blank=True)
    sensitivity = models.CharField(max_length=10, choices=Sensitivity, default=Sensitivity.ORDINARY)
    is_usable_in_conditions = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.code


class SensitiveValue(models.Model):
    """The value of an attribute that is personal or sensitive: sealed, and never in the lake."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="sensitive_values")
    attribute = models.ForeignKey(AttributeDefinition, on_delete=models.CASCADE, related_name="+")
    sealed = models.BinaryField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("profile", "attribute"), name="one_value_per_sensitive_attribute"
            ),
        )

    def __str__(self) -> str:
        return f"attribute {self.attribute_id} of profile {self.profile_id}"

    @property
    def place(self) -> str:
        return f"customers_sensitivevalue.sealed:{self.profile_id}:{self.attribute_id}"
