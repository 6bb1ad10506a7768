"""Users of one data folder, keys of programs, and the audit trail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhike.accounts.access import Role


def normal_email(email: str) -> str:
    """The form in which an e-mail address is kept and compared: trimmed, lower case."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normal_email(username or ""))

    def create_user(self, *, email: str, password: str, **fields: Any) -> User:
        user = self.model(email=normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in with an e-mail address, whatever its capitals."""

    class Language(models.TextChoices):
        BUSINESS = "", _("as the business")
        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    email = models.EmailField(_("E-mail"), unique=True)
    display_name = models.CharField(_("Name"), max_length=80, blank=True)
    role = models.CharField(max_length=20, default=Role.VIEWER.value)
    is_active = models.BooleanField(default=True)
    # Somebody else knows it; until it is replaced, no page but that one is open.
    has_temporary_password = models.BooleanField(default=False)
    language = models.CharField(max_length=10, choices=Language, default=Language.BUSINESS, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            # `unique=True` is what Django checks for; the expression also refuses two spellings of one address.
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_user_known_role"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normal_email(self.email)
        super().save(*args, **kwargs)


class ApiKey(models.Model):
    """What a program shows instead of signing in; only its hash is kept."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(revoked_at__isnull=True),
                name="accounts_apikey_one_in_force_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """One line of the audit trail; the database refuses to change or remove it (`audit/guards.py`)."""

    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60, db_index=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)
    # Unique: two entries can never claim the same predecessor, so the trail has no branches.
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"
