"""What was received and waits for the lake, and which events were seen lately."""

from __future__ import annotations

from django.db import models


class ReceivedBatch(models.Model):
    """The good items of one request as rows for the lake: of people only profile ids.

    `move` is the number of the commit with which it goes to the lake; null until a move takes it.
    """

    kind = models.CharField(max_length=10)
    count = models.IntegerField()
    move = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    # A JSON list of lists, in the order of `rows.COLUMNS`.
    content = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("kind", "move"), name="intake_batches_by_move"),)

    def __str__(self) -> str:
        return f"{self.count} {self.kind}"


class SeenEvent(models.Model):
    """An event that was accepted, by a keyed fingerprint of its source and id: the same again is a duplicate."""

    fingerprint = models.CharField(max_length=22, primary_key=True)
    received_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"seen {self.received_on}"


class Hook(models.Model):
    """An address to which another system posts events, signed with a secret that both know.

    The secret is made of `salt` and the secret key of the data folder: a copy of the database does not tell it.
    """

    slug = models.SlugField(max_length=40, unique=True)
    salt = models.CharField(max_length=43)
    is_open = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.slug
