"""Records opened once for comparing, kept sealed."""

from __future__ import annotations

from django.db import models

from zhike.customers.models.profiles import Profile


class ComparisonForm(models.Model):
    """What a profile says in the form in which the search for duplicates compares it, sealed.

    Made whenever the contents of a profile change; one of another version is made anew by the next search.
    """

    profile = models.OneToOneField(
        Profile, on_delete=models.CASCADE, primary_key=True, related_name="comparison_form"
    )
    version = models.IntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"form of profile {self.profile_id}"

    @property
    def place(self) -> str:
        return form_place(self.profile_id)


def form_place(profile_id: int) -> str:
    return f"customers_comparisonform.sealed:{profile_id}"
