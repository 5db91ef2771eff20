"""What becomes of a case at a time set before: it is published or withdrawn, or looked at again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from catalog.models.cases import Case
from catalog.models.days import in_japanese

HELD = (
    "時刻が過ぎてから元に戻されたため、止めています。"
    "事例の「公開・取り下げの予約」で、再開するか取り消してください。"
)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def waiting(self) -> ScheduleQuerySet:
        return self.filter(closed_at=None)

    def due(self) -> ScheduleQuerySet:
        """Those whose time has come, the earliest first; none that is held."""
        return self.waiting().filter(due_at__lte=timezone.now(), held_at=None).order_by("due_at", "pk")

    def hold_overdue(self) -> int:
        """Has a person decide about those whose time has passed. Call it where any have been brought back."""
        return self.due().update(held_at=timezone.now())


class Schedule(models.Model):
    """A change of the state of a case, done in the name of who set it once its time has come.

    `manage.py apply_schedules` does it.
    """

    class Status(models.TextChoices):
        PUBLISHED = "published", "公開する"
        WITHDRAWN = "withdrawn", "取り下げる"

    case = models.ForeignKey(Case, models.CASCADE, related_name="schedules", verbose_name="事例")
    status = models.CharField("すること", max_length=10, choices=Status)
    due_at = models.DateTimeField("日時", help_text="日本時間。5分ほど遅れることがあります。")
    reason = models.TextField("変更の理由", help_text="履歴に残ります。読者には見えません。")
    withdrawn_reason = models.TextField(
        "取り下げの理由", blank=True, help_text="取り下げるときに、読者に見せます。"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="予約した人"
    )
    made_at = models.DateTimeField("予約した日時", auto_now_add=True)
    # When it was done or called off.
    closed_at = models.DateTimeField("終わった日時", null=True, editable=False)
    failure = models.TextField("できなかった理由", blank=True, editable=False)
    held_at = models.DateTimeField("止めた日時", null=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "予約"
        ordering = ("due_at", "pk")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="schedule_status_is_known", condition=Q(status__in=["published", "withdrawn"])
            ),
            models.CheckConstraint(name="schedule_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="schedule_withdraws_with_reason",
                condition=~Q(status="withdrawn") | ~Q(withdrawn_reason=""),
                violation_error_message="取り下げるときは、読者に見せる理由も入力してください。",
            ),
            models.UniqueConstraint(
                name="schedule_is_one_a_status",
                fields=["case", "status"],
                condition=Q(closed_at=None),
                violation_error_message="同じ予約がすでにあります。先に取り消してください。",
            ),
        )

    def __str__(self) -> str:
        return f"「{self.case}」を{self.get_status_display()}予約"

    @property
    def plan(self) -> str:
        """What is to be done and when, in the time of Japan."""
        at = date_format(timezone.localtime(self.due_at), "Y年n月j日 H:i")
        return f"{at}に{self.get_status_display()}"

    @property
    def trouble(self) -> str:
        """Why it has not been done although its time has come."""
        return HELD if self.held_at else f"できませんでした：{self.failure}" if self.failure else ""


class Review(models.Model):
    """The day by which somebody is to look at a case again: for editors alone, and no part of the case."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="review", verbose_name="事例")
    due_on = models.DateField("期限")

    class Meta:
        verbose_name = verbose_name_plural = "見直しの期限"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{in_japanese(self.due_on)}までに見直す"
