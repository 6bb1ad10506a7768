"""Customers that were given to a colleague."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Customer


class AssignmentOperation(models.Model):
    """Customers given to one colleague, or to nobody, in one go, with what is needed to take that back."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # [[who had them, or null], [their customers that changed hands]] …: nobody else's.
    before = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"gave to {self.owner_id}"

    @property
    def customer_ids(self) -> list[int]:
        return [customer_id for _, customer_ids in self.before for customer_id in customer_ids]


class InheritedOwner(models.Model):
    """That a customer has its owner only since it was merged with another, who had them.

    Kept until the two are parted, which takes the owner back: see `services/inherited_owners.py`.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="+")
    came_from = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"#{self.customer_id} from #{self.came_from_id}"
