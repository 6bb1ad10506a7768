"""Selections of the customer list that somebody keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class SavedView(models.Model):
    """A selection of the customer list under a name; whoever may see it may star it and begin with it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)
    starred_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    default_of = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="one_view_per_owner_and_name"),)

    def __str__(self) -> str:
        return self.name
