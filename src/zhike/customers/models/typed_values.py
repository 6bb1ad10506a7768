"""What staff typed about customers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile


class TypedValue(models.Model):
    """Who typed the value of a field, and when; the value itself is in the profile, which is of source `by_hand`."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="typed_values")
    field = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("profile", "field"), name="one_row_per_typed_field_of_a_profile"),
        )

    def __str__(self) -> str:
        return f"{self.field} of profile {self.profile_id}"
