"""Imports that run apart from the request that sent the file (decision 0032)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def old(self) -> ImportRunQuerySet:
        """Those that are forgotten, with their files: nothing has become of them for a day."""
        return self.filter(changed_at__lt=timezone.now() - timedelta(days=ImportRun.DAYS_KEPT))


class ImportRun(models.Model):
    """The import of one file by one editor: what it would do is found; once that is agreed to, it is done.

    The file and the report are in IMPORT_DIR; see `catalog.importing.runs` for what moves it on.
    """

    DAYS_KEPT = 1

    class State(models.TextChoices):
        WAITING = "waiting", "順番を待っています"
        RUNNING = "running", "進行中"
        ASKED = "asked", "入力を待っています"
        CHECKED = "checked", "確認を待っています"
        DONE = "done", "取り込みました"
        FAILED = "failed", "取り込めませんでした"

    page = models.CharField(max_length=100)  # the name of the page of the admin
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    rows_done = models.PositiveIntegerField(default=0)
    rows_all = models.PositiveIntegerField(default=0)
    # What the report says, and what was agreed to: equal to the digest, or empty as long as nothing was.
    summary = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    needs_reason = models.BooleanField(default=False)
    agreed = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    # What the editor is told: why it is not done, beside which field, and what may be taken nevertheless.
    told = models.TextField(blank=True)
    told_beside = models.CharField(max_length=20, blank=True)
    doubt = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="import_run_state_is_known",
                condition=models.Q(state__in=["waiting", "running", "asked", "checked", "done", "failed"]),
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        """Whether a process is to work on it: that one does, only the database knows."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def progress(self) -> str:
        return f"{self.rows_all:,}行のうち{self.rows_done:,}行"

    @property
    def doing(self) -> str:
        """What is being done, or what has come of it, in words."""
        if self.state != self.State.RUNNING:
            return str(self.get_state_display())
        return "取り込んでいます" if self.agreed else "確認しています"
