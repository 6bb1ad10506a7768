"""Forms, the words that were agreed to on them, and who sent one in."""

from __future__ import annotations

from django.db import models

from zhike.kernel.words import Text


class HostedForm(models.Model):
    """A form at ``/f/SLUG/``."""

    slug = models.SlugField(max_length=34, unique=True)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=80, blank=True)
    intro_zh = models.TextField(max_length=1000, blank=True)
    intro_en = models.TextField(max_length=1000, blank=True)
    thanks_zh = models.TextField(max_length=1000, blank=True)
    thanks_en = models.TextField(max_length=1000, blank=True)
    # Plain values of `questions.Question`.
    questions = models.JSONField(default=list)
    is_open = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-is_open", "slug")

    def __str__(self) -> str:
        return self.slug

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en or self.title_zh)

    @property
    def source(self) -> str:
        """Under which its profiles and events are kept."""
        return f"form:{self.slug}"


class ConsentWording(models.Model):
    """Words that people agreed to on a form, by the version that the ledger of consents names; never changed."""

    version = models.CharField(max_length=60, unique=True)
    text_zh = models.TextField()
    text_en = models.TextField()
    first_shown_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.version


class Submission(models.Model):
    """One form that was sent in; what it says hangs on the profile that it made."""

    form = models.ForeignKey(HostedForm, on_delete=models.PROTECT, related_name="submissions")
    profile = models.ForeignKey("customers.Profile", on_delete=models.CASCADE, related_name="+")
    answer_count = models.IntegerField()
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.form_id} {self.sent_at}"
