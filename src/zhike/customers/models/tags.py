"""Words that people put on customers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile


class Tag(models.Model):
    """A word that people put on customers."""

    name = models.CharField(max_length=60, unique=True)
    is_automatic = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class ProfileTag(models.Model):
    """A tag on the profile on which it was put."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="profile_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="profile_tags")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    batch = models.CharField(max_length=40, blank=True, db_index=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("profile", "tag"), name="one_tag_once_per_profile"),)

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.profile_id}"


class TagOperation(models.Model):
    """A tag put on customers, or taken off them, in one go, with what is needed to take that back."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="operations")
    is_added = models.BooleanField()
    # The profiles on which it was put, or off which it was taken; nobody else's.
    profile_ids = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{'put' if self.is_added else 'took'} {self.tag_id}"
