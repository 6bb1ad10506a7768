"""What people write about customers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile


class Note(models.Model):
    """What somebody wrote about a customer, on one of its profiles."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="notes")
    mark = models.CharField(max_length=32, unique=True)
    sealed = models.BinaryField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"note on profile {self.profile_id}"

    @property
    def place(self) -> str:
        return f"customers_note.sealed:{self.mark}"
