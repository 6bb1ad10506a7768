"""Customers (who people are taken to be) and profiles (one record from one source), and what a profile says."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Customer(models.Model):
    """A person or household as the business knows it: a cluster of profiles.

    It takes the number of the oldest customer that one of its profiles was made with; the others keep
    resolving to it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # PIPL article 24: no scores, no segments by score, no recommendations.
    no_profiling = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Most customers of a large shop are nobody's: of them the index would only say that.
        indexes = (
            models.Index(
                fields=("owner",), name="customers_with_an_owner", condition=models.Q(owner__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class Profile(models.Model):
    """One record from one source; never destroyed by a merge, only moved between customers."""

    source = models.CharField(max_length=40)
    key_index = models.CharField(max_length=22)
    sealed_key = models.BinaryField()
    # Where it is now, and where it was made: what is linked can be unlinked.
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="profiles")
    home_customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    attributes = models.JSONField(default=dict)
    # Equal content, equal fingerprint: tells an update from a repeat without opening anything.
    content_index = models.CharField(max_length=22, default="", blank=True)
    # Since when nobody sees it: erased, or of source `withdrawn`, until its key comes in again.
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "key_index"), name="one_profile_per_source_key"),
        )
        # Few are out of sight: lists ask at each view who went since they were computed.
        indexes = (
            models.Index(
                fields=("erased_at",),
                name="profiles_out_of_sight",
                condition=models.Q(erased_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source}:{self.pk}"

    @property
    def place(self) -> str:
        return key_place(self.source, self.key_index)


class PersonalField(models.Model):
    """A name, birthday or address as one source has it."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="personal_fields")
    field = models.CharField(max_length=20)
    sealed = models.BinaryField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("profile", "field"), name="one_value_per_personal_field"),
        )

    def __str__(self) -> str:
        return f"{self.field} of profile {self.profile_id}"

    @property
    def place(self) -> str:
        return personal_place(self.profile_id, self.field)


class Identity(models.Model):
    """An identifier as one source has it: found by its fingerprint, shown by opening it."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20)
    value_index = models.CharField(max_length=22)
    sealed = models.BinaryField()
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("profile", "kind", "value_index"), name="one_row_per_identifier_of_a_profile"
            ),
        )
        indexes = (models.Index(fields=("kind", "value_index")),)

    def __str__(self) -> str:
        return f"{self.kind} of profile {self.profile_id}"

    @property
    def place(self) -> str:
        return identity_place(self.profile_id, self.kind, self.value_index)


class NameToken(models.Model):
    """A keyed fingerprint of a part of a name or its pinyin, to search by."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="name_tokens")
    token_index = models.CharField(max_length=22, db_index=True)

    def __str__(self) -> str:
        return f"token of profile {self.profile_id}"


class ProfileRevision(models.Model):
    """What one write of a batch changed of a profile, sealed: what was there before, and what it left."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="revisions")
    batch = models.CharField(max_length=40, db_index=True)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"profile {self.profile_id} by {self.batch}"

    @property
    def place(self) -> str:
        return revision_place(self.batch, self.profile_id)


def key_place(source: str, key_index: str) -> str:
    return f"customers_profile.sealed_key:{source}:{key_index}"


def personal_place(profile_id: int, field: str) -> str:
    return f"customers_personalfield.sealed:{profile_id}:{field}"


def revision_place(batch: str, profile_id: int) -> str:
    # By the first name of the column: what was sealed then is bound to it.
    return f"customers_profilerevision.sealed_before:{batch}:{profile_id}"


def identity_place(profile_id: int, kind: str, value_index: str) -> str:
    return f"customers_identity.sealed:{profile_id}:{kind}:{value_index}"
