"""Profiles (one record from one source) and customers (who they are taken to be)."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """A person or household as the business knows it: a cluster of profiles."""

    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"#{self.pk}"


class Profile(models.Model):
    """One record from one source; never destroyed, only moved between customers."""

    source = models.CharField(max_length=40)
    source_key = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="profiles")
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "source_key"), name="one_profile_per_source_key"),
        )

    def __str__(self) -> str:
        return f"{self.source}:{self.pk}"
