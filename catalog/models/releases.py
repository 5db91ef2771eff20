"""Dated releases of the public data: what they were like on a day, to tell what has changed since."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.base import texts_are_plain


class Release(models.Model):
    """The public data of a day; `documents.releases` makes it, and nothing changes it.

    `cases` has by slug the title of each case that was public, and a digest of each field of its record.
    `changes` is what became of the cases since the release before (`documents.releases.Changes`).
    """

    name = models.CharField("版", max_length=20, unique=True)  # 2026-11-28; the second of a day 2026-11-28.2
    made_at = models.DateTimeField("作成日時")
    note = models.TextField(
        "説明", blank=True, help_text="この版で何が変わったか。読者に見せます。空でもかまいません。"
    )
    count = models.PositiveIntegerField("事例の件数")
    cases = models.JSONField()
    changes = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = "データの版"
        ordering = ("-made_at", "-pk")
        default_permissions = ("add", "view")
        constraints = (
            models.CheckConstraint(
                name="release_name_is_its_day",
                condition=Q(name__regex=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]+)?$"),
            ),
            texts_are_plain("release_texts_are_plain", "note"),
        )

    def __str__(self) -> str:
        return self.name
