"""What editors have typed into a form and not saved yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class AutosaveQuerySet(models.QuerySet["Autosave"]):
    def alive(self) -> AutosaveQuerySet:
        """Those that are kept still."""
        return self.filter(saved_at__gte=timezone.now() - timedelta(days=Autosave.DAYS_KEPT))

    def keep(self, user: Any, page: str, data: str) -> Autosave:
        """Puts what was typed in the place of what was before; forgets what nobody came back for."""
        self.exclude(pk__in=self.alive()).delete()
        return self.update_or_create(user=user, page=page, defaults={"data": data})[0]


class Autosave(models.Model):
    """The form of a page as its script sent it last: for its author alone, until saved or thrown away."""

    DAYS_KEPT = 30

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    page = models.CharField(max_length=200)
    data = models.TextField()
    saved_at = models.DateTimeField(auto_now=True)

    objects = AutosaveQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["user", "page"], name="autosave_is_one_a_page"),)

    def __str__(self) -> str:
        return self.page
