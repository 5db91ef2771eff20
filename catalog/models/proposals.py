"""Changes of public cases that wait for a publisher: editors alone see them (decision 0021)."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from catalog.models.cases import Case


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def still_open(self) -> ProposalQuerySet:
        """Those that may still be published."""
        return self.filter(closed_at=None)


class Proposal(models.Model):
    """What a case that is or was public shall say: the case with its rows, beside what it was written upon.

    `content` and `base` have the shape of `catalog.editing.contents.Content`.
    """

    class State(models.TextChoices):
        WRITING = "writing", "作成中"
        ASKED = "asked", "確認依頼"
        RETURNED = "returned", "差戻し"
        PUBLISHED = "published", "公開"
        DROPPED = "dropped", "取りやめ"

    case = models.ForeignKey(Case, models.CASCADE, related_name="proposals", verbose_name="事例")
    content = models.JSONField("改訂案の内容", encoder=DjangoJSONEncoder)
    base = models.JSONField("もとの内容", encoder=DjangoJSONEncoder)
    base_version = models.PositiveIntegerField("もとの版")
    reason = models.TextField("変更の理由")
    state = models.CharField("状態", max_length=10, choices=State, default=State.WRITING)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="作成者"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="確認者"
    )
    # Counts what is saved of it, so that nobody publishes or overwrites what they have not seen.
    edition = models.PositiveIntegerField("回", default=1)
    created_at = models.DateTimeField("作成日時", auto_now_add=True)
    updated_at = models.DateTimeField("更新日時", auto_now=True)
    closed_at = models.DateTimeField("終了日時", null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "改訂案"
        ordering = ("-updated_at", "-pk")
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                name="proposal_state_is_known",
                condition=Q(state__in=["writing", "asked", "returned", "published", "dropped"]),
            ),
            models.CheckConstraint(
                name="proposal_ends_published_or_dropped",
                condition=Q(closed_at__isnull=False, state__in=["published", "dropped"])
                | Q(closed_at=None, state__in=["writing", "asked", "returned"]),
            ),
            models.CheckConstraint(name="proposal_has_reason", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return f"「{self.case}」の改訂案"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class ProposalEdition(models.Model):
    """Who saved which edition of a proposal, and when."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["proposal", "number"], name="proposal_edition_is_counted_once"),
        )

    def __str__(self) -> str:
        return f"{self.number}回目"


class ProposalNote(models.Model):
    """What editors tell each other about a proposal, with the state that it got."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=Proposal.State)
    text = models.TextField(blank=True)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.text
