"""What comes from outside: what bodies say of their cases, and what readers report (decision 0028)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import Signer
from django.db import connection, models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from catalog.models.base import is_web_address, texts_are_plain, web_address
from catalog.models.cases import Case
from catalog.models.places import Body
from catalog.models.proposals import Proposal

MAX_TEXT = 5_000  # characters of what one tells us
LINK_SIGNER = Signer(salt="catalog.confirmation", sep=".")
MAX_KEY_LENGTH = 18  # digits


class Sender(models.Model):
    """Whom to ask back: personal data, for few eyes, and forgotten after SENDER_DAYS."""

    PERSONAL = ("section", "email", "telephone")

    section = models.CharField("所属・部署", max_length=100, blank=True)
    email = models.EmailField("メール", blank=True)
    telephone = models.CharField("電話", max_length=30, blank=True)

    class Meta:
        abstract = True

    @property
    def sender(self) -> list[tuple[str, str]]:
        """What was told of the sender, each with its label."""
        fields = (field for field in self._meta.concrete_fields if field.name in self.PERSONAL)
        given = ((str(field.verbose_name), getattr(self, field.name)) for field in fields)
        return [(label, value) for label, value in given if value]

    @property
    def has_sender(self) -> bool:
        return bool(self.sender)


def forget(senders: models.QuerySet[Any]) -> int:
    """Empties the personal data of these rows, what was told stays. Returns of how many there was any."""
    nothing = dict.fromkeys(Sender.PERSONAL, "")
    known = senders.exclude(**nothing)
    return known.update(**nothing) if known.exists() else 0  # an update of nothing moves the version, too


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def by_token(self, token: str) -> Confirmation | None:
        """The row that the token of a link names; None where it is not one of ours."""
        key = token.partition(LINK_SIGNER.sep)[0]
        found = self.filter(pk=key) if key.isdecimal() and len(key) <= MAX_KEY_LENGTH else self.none()
        row = found.select_related("case", "body__prefecture", "proposal").first()
        return row if row and constant_time_compare(row.token, token) else None

    def to_settle(self) -> ConfirmationQuerySet:
        """Answers that no publisher has dealt with yet."""
        return self.filter(answered_at__isnull=False, settled_at=None, revoked_at=None)

    def older_than(self, when: datetime) -> ConfirmationQuerySet:
        return self.filter(answered_at__lt=when)


class Confirmation(Sender):
    """A link by which a body of a case looks at it and says whether it is right, and what it said.

    `shown` is what a proposal would make of the case, as it was when the link was made: {"record", "extra"}
    of its document; None where the link shows the case as it stands. `content` is the digest of the case that
    was answered to (`case_content` in sql/0001_documents.sql): while the case has it, readers are told.
    """

    class Verdict(models.TextChoices):
        RIGHT = "right", "この内容でよい"
        WRONG = "wrong", "直してほしい"

    MAX_ANSWERS: ClassVar[int] = 20  # by one link, its corrections too

    case = models.ForeignKey(Case, models.CASCADE, related_name="confirmations", verbose_name="事例")
    body = models.ForeignKey(Body, models.PROTECT, related_name="confirmations", verbose_name="団体")
    proposal = models.ForeignKey(
        Proposal, models.SET_NULL, null=True, related_name="confirmations", verbose_name="改訂案"
    )
    shown = models.JSONField("見せる内容", null=True, encoder=DjangoJSONEncoder)
    content = models.CharField("内容の要約値", max_length=64, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="作成者"
    )
    made_at = models.DateTimeField("作成日時", auto_now_add=True)
    expires_at = models.DateTimeField("期限")
    revoked_at = models.DateTimeField("取消日時", null=True)
    answered_at = models.DateTimeField("回答日時", null=True)
    answers = models.PositiveSmallIntegerField("回答の回数", default=0)
    verdict = models.CharField("回答", max_length=10, choices=Verdict, blank=True)
    text = models.TextField("直してほしいところ", blank=True)
    settled_at = models.DateTimeField("対応した日時", null=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "団体の確認"
        ordering = ("-pk",)
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="confirmation_verdict_is_known", condition=Q(verdict__in=["", "right", "wrong"])
            ),
            models.CheckConstraint(
                name="confirmation_answer_has_verdict_and_content",
                condition=Q(answered_at=None, verdict="", text="")
                | (Q(answered_at__isnull=False) & ~Q(verdict="") & ~Q(content="")),
            ),
            models.CheckConstraint(
                name="confirmation_that_is_wrong_says_what", condition=~Q(verdict="wrong") | ~Q(text="")
            ),
            texts_are_plain("confirmation_texts_are_plain", "text", "section", "email", "telephone"),
        )

    def __str__(self) -> str:
        return f"{self.body.full_name}による「{self.case}」の確認"

    @property
    def token(self) -> str:
        """The key with a signature of it and of when the link was made.

        After a restore a key may be given again; an old link is then none of the new row.
        """
        signed = LINK_SIGNER.sign(f"{self.pk}/{self.made_at.timestamp()}")
        return f"{self.pk}{LINK_SIGNER.sep}{signed.rpartition(LINK_SIGNER.sep)[2]}"

    @property
    def path(self) -> str:
        return reverse("catalog:confirm", args=[self.token])

    @property
    def expires_on(self) -> date:
        return timezone.localdate(self.expires_at)

    @property
    def answered_on(self) -> date | None:
        return timezone.localdate(self.answered_at) if self.answered_at else None

    @property
    def is_open(self) -> bool:
        """Whether the link still takes an answer."""
        withdrawn = self.case.status == Case.Status.WITHDRAWN
        return self.revoked_at is None and self.expires_at > timezone.now() and not withdrawn

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has answered yet, and somebody may."""
        return self.is_open and self.answered_at is None


def content_of_case(key: int) -> str:
    """The digest of what a case says, as it stands in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_content(c) FROM catalog_case c WHERE id = %s", [key])
        ((digest,),) = cursor.fetchall()
    return str(digest)


class ReportQuerySet(models.QuerySet["Report"]):
    def unfinished(self) -> ReportQuerySet:
        return self.exclude(state=Report.State.DONE)

    def is_too_much(self, origin: str) -> bool:
        """Whether no more is taken now: of this origin within an hour, or of all within a day."""
        now = timezone.now()
        of_hour = self.filter(origin=origin, received_at__gt=now - timedelta(hours=1))
        of_day = self.filter(received_at__gt=now - timedelta(days=1))
        return of_hour.count() >= Report.MAX_AN_HOUR or of_day.count() >= Report.MAX_A_DAY

    def one_at_a_time(self) -> None:
        """Makes others who report wait until this transaction ends, so that limits are exact."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalog_report'))")

    def older_than(self, when: datetime) -> ReportQuerySet:
        return self.filter(received_at__lt=when)


class Report(Sender):
    """What a reader tells editors of: a case to take in, or an error in one."""

    class Kind(models.TextChoices):
        NEW = "new", "新しい事例"
        ERROR = "error", "誤り"

    class State(models.TextChoices):
        NEW = "new", "未対応"
        WORKING = "working", "対応中"
        DONE = "done", "対応済み"

    MAX_AN_HOUR: ClassVar[int] = 10  # from one address; a town hall may share one
    MAX_A_DAY: ClassVar[int] = 200

    kind = models.CharField("種類", max_length=10, choices=Kind)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name="事例"
    )
    title = models.CharField("事例の題名", max_length=200)
    body = models.CharField("団体名", max_length=100, blank=True)
    text = models.TextField("内容")
    url = web_address("根拠になるページのURL", blank=True)
    received_at = models.DateTimeField("受付日時", auto_now_add=True)
    state = models.CharField("状態", max_length=10, choices=State, default=State.NEW)
    note = models.TextField("内部メモ", blank=True)
    # Of the form as it was sent: a second click stores nothing.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Where it came from, told by nobody: a keyed digest of address and day, forgotten after a day.
    origin = models.CharField(max_length=64, blank=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "寄せられた情報"
        ordering = ("-pk",)
        default_permissions = ("view", "change")
        permissions = (("view_sender", "情報を寄せた人の部署と連絡先を見られる"),)
        indexes = (models.Index(fields=["received_at"], name="report_by_time"),)
        constraints = (
            models.CheckConstraint(name="report_kind_is_known", condition=Q(kind__in=["new", "error"])),
            models.CheckConstraint(
                name="report_state_is_known", condition=Q(state__in=["new", "working", "done"])
            ),
            models.CheckConstraint(name="report_says_something", condition=~Q(title="") & ~Q(text="")),
            models.CheckConstraint(
                name="report_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain(
                "report_texts_are_plain",
                *("title", "body", "text", "note", "section", "email", "telephone"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.title}"
