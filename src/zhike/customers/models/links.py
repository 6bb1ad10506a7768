"""Which profiles are taken for one person, who said so, and the searches for more of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.customers.models.profiles import Profile
from zhike.jobs.tracking import TrackedWork


class ProfileLink(models.Model):
    """Two profiles, and whether they are taken for one person.

    Customers are the connected parts of the linked pairs, so taking a link back restores exactly what was
    there before, in whatever order links are taken back.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        LINKED = "linked"
        UNLINKED = "unlinked"
        NEVER = "never"

    # The pairs are unique by left and right, which is an index of the left ones too.
    left = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="+", db_index=False)
    right = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, db_index=True)
    rule = models.CharField(max_length=40)
    score = models.FloatField(null=True, blank=True)
    # Field by field how far the two agree: names of fields and levels, no values.
    evidence = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("left", "right"), name="one_row_per_pair_of_profiles"),
            models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="pair_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.left_id}–{self.right_id} {self.state}"


class DuplicateScan(TrackedWork):
    """One search for records that are one person."""

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    records = models.BigIntegerField(default=0)
    linked = models.BigIntegerField(default=0)
    proposed = models.BigIntegerField(default=0)
    held_back = models.BigIntegerField(default=0)
    # The operations by which pairs were linked: the whole scan can be taken back.
    operations = models.JSONField(default=list)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"scan {self.pk}"


class LinkEntry(models.Model):
    """The ledger of links: every decision about a pair, by whom and why; never changed, never deleted."""

    link = models.ForeignKey(ProfileLink, on_delete=models.CASCADE, related_name="entries")
    operation = models.CharField(max_length=32, db_index=True)
    state = models.CharField(max_length=10, choices=ProfileLink.State)
    rule = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.link_id} {self.state}"


class SharedIdentifier(models.Model):
    """An identifier that many people share (the shop's own number, a placeholder): never evidence."""

    kind = models.CharField(max_length=20)
    value_index = models.CharField(max_length=22)
    reason = models.CharField(max_length=100)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "value_index"), name="one_row_per_shared_identifier"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
