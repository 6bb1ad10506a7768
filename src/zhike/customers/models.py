"""Profiles (one record from one source), customers (who they are taken to be), and what hangs on them.

Whatever names a person is sealed; `place` of each model is what a sealed value is bound to.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zhike.jobs.tracking import TrackedWork


class Customer(models.Model):
    """A person or household as the business knows it: a cluster of profiles.

    It takes the number of the oldest customer that one of its profiles was made with; the others keep
    resolving to it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # PIPL article 24: no scores, no segments by score, no recommendations.
    no_profiling = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

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
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "key_index"), name="one_profile_per_source_key"),
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
    """What a profile was before a batch changed it, sealed; empty for one that the batch made."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="revisions")
    batch = models.CharField(max_length=40, db_index=True)
    sealed_before = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("batch", "profile"), name="one_revision_per_batch_and_profile"),
        )

    def __str__(self) -> str:
        return f"profile {self.profile_id} before {self.batch}"

    @property
    def place(self) -> str:
        return revision_place(self.batch, self.profile_id)


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

    left = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="+")
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


class ConsentEntry(models.Model):
    """The consent ledger: what was agreed to or withdrawn, when, where and in which words; append-only."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=20, blank=True)
    is_granted = models.BooleanField()
    text_version = models.CharField(max_length=60, blank=True)
    text_hash = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # An import that is taken back takes its entries out of force; they stay on record.
    batch = models.CharField(max_length=40, blank=True, db_index=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=("profile", "purpose", "channel", "given_at")),)

    def __str__(self) -> str:
        return f"{self.purpose} {'yes' if self.is_granted else 'no'} of profile {self.profile_id}"


class Suppression(models.Model):
    """A contact that must not be written to; survives the erasure of the person."""

    kind = models.CharField(max_length=20)
    value_index = models.CharField(max_length=22)
    reason = models.CharField(max_length=40)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "value_index"), name="one_row_per_suppressed_contact"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


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


def key_place(source: str, key_index: str) -> str:
    return f"customers_profile.sealed_key:{source}:{key_index}"


def personal_place(profile_id: int, field: str) -> str:
    return f"customers_personalfield.sealed:{profile_id}:{field}"


def revision_place(batch: str, profile_id: int) -> str:
    return f"customers_profilerevision.sealed_before:{batch}:{profile_id}"


def identity_place(profile_id: int, kind: str, value_index: str) -> str:
    return f"customers_identity.sealed:{profile_id}:{kind}:{value_index}"


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
