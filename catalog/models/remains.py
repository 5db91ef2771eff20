"""What was deleted with a row that editors deleted: it comes back with it."""

from __future__ import annotations

from django.db import models
from reversion.models import Version


class Remains(models.Model):
    """What the newest version of a deleted row does not hold of what belonged to it (`catalog.remains`).

    `rows` are [label of the model, values by column], `pointers` [label, field, key] of rows that pointed to
    what was deleted, and stay.
    """

    version = models.OneToOneField(Version, models.CASCADE, related_name="remains")
    rows = models.JSONField()
    pointers = models.JSONField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.version}の残り"
