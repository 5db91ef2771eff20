"""What cases are put in order by, and where they come from: steps, sources, sections, topics, guidelines."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.models.base import (
    CatalogueModel,
    SlugManager,
    TypedField,
    is_web_address,
    texts_are_plain,
    web_address,
)


class Step(CatalogueModel):
    """A step of 総務省's 自治体DX全体手順書, and what it is about in our words."""

    number = models.PositiveSmallIntegerField("番号", primary_key=True)
    title = models.CharField("名称", max_length=50)
    about = models.TextField("説明", help_text="ステップのページの初めに出ます。")

    class Meta:
        verbose_name = verbose_name_plural = "ステップ"
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(name="step_is_known", condition=Q(number__range=(0, 3))),
            texts_are_plain("step_texts_are_plain", "title", "about"),
        )

    def __str__(self) -> str:
        return f"ステップ{self.number} {self.title}"


PAGES_DO_NOT_FIT = "ページの{}事例（{}など）があるため、{}にできません。"


class SourceKind(models.TextChoices):
    """What a source is; by it a case has a page in it or not, and is cited."""

    CASEBOOK = "casebook", "事例集"
    REPORT = "report", "団体などの資料"
    WEB_PAGE = "web_page", "ウェブページ"


def in_brackets(title: str, kind: str) -> str:
    """A title as one cites it: a page of the web in 「」, a document in 『』."""
    return f"「{title}」" if kind == SourceKind.WEB_PAGE else f"『{title}』"


class Source(CatalogueModel):
    """A document that cases come from: a casebook, a body's own report, or a page of the web."""

    slug = models.SlugField(
        "識別名",
        unique=True,
        help_text="半角の英小文字と数字で付けます（例：dx2024）。この出典の事例のURLの初めの部分になります。",
    )
    kind = models.CharField(
        "種類",
        max_length=10,
        choices=SourceKind,
        default=SourceKind.CASEBOOK,
        help_text="事例集ではページが必ず要り、団体などの資料では空でもよく、ウェブページにはありません。",
    )
    title = models.CharField("題名", max_length=200)
    edition = models.CharField("版", max_length=50, blank=True)
    publisher = models.CharField("発行者", max_length=100)
    published_on = models.DateField(
        "発行日",
        null=True,
        blank=True,
        help_text="日が分からないときは、その月の1日。分からないウェブページでは空にします。",
    )
    url = web_address(blank=True)
    read_on = models.DateField(
        "閲覧日", null=True, blank=True, help_text="ウェブページでは、内容を確かめた日を必ず入力します。"
    )
    terms = models.TextField("利用条件")
    notes = models.TextField(
        "読者への注意",
        blank=True,
        help_text="どのように作られた資料か、いつの時点の内容か。「このサイトについて」に出ます。1行に1項目。",
    )

    objects = SlugManager()

    class Meta:
        verbose_name = verbose_name_plural = "出典"
        ordering = ("published_on", "slug")
        constraints = (
            models.UniqueConstraint(
                fields=["title", "edition"],
                name="source_title_is_unique",
                violation_error_message="同じ題名と版の出典がすでにあります。別のものなら、版で区別してください。",
            ),
            models.CheckConstraint(name="source_kind_is_known", condition=Q(kind__in=SourceKind.values)),
            models.CheckConstraint(
                name="source_web_page_has_address_and_day_read",
                condition=~Q(kind="web_page") | ~Q(url="") & Q(read_on__isnull=False),
                violation_error_message="ウェブページでは、URLと閲覧日を入力してください。",
            ),
            models.CheckConstraint(
                name="source_document_has_day_of_publication",
                condition=Q(kind="web_page") | Q(published_on__isnull=False),
                violation_error_message="事例集や資料では、発行日を入力してください。",
            ),
            models.CheckConstraint(
                name="source_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain("source_texts_are_plain", "title", "edition", "publisher", "terms", "notes"),
        )

    def clean(self) -> None:
        """Refuses a kind that its cases do not fit, which the database would tell of each case alone."""
        cases = self.cases.exclude(status="draft") if self.pk else []
        without = next((case for case in cases if case.page is None), None)
        within = next((case for case in cases if case.page is not None), None)
        if self.kind == SourceKind.CASEBOOK and without:
            raise ValidationError({"kind": PAGES_DO_NOT_FIT.format("ない", without.slug, "事例集")})
        if self.kind == SourceKind.WEB_PAGE and within:
            raise ValidationError({"kind": PAGES_DO_NOT_FIT.format("ある", within.slug, "ウェブページ")})

    def __str__(self) -> str:
        return f"{self.title}{self.edition}"

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def citation(self) -> str:
        """How to cite the document when its content has been reworked."""
        return f"{in_brackets(str(self), self.kind)}（{self.publisher}）を加工して作成"


class Section(CatalogueModel):
    """A chapter of a source, on the step that its cases belong to (decision 0027)."""

    id = TypedField(
        "識別名",
        max_length=20,
        primary_key=True,
        help_text="出典の識別名から始めます（例：dx2024-1）。条件の値になるため、後から変えられません。",
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="sections", verbose_name="出典")
    step = models.ForeignKey(
        Step,
        models.PROTECT,
        related_name="sections",
        verbose_name="ステップ",
        help_text="この区分の事例が、手順書のどのステップの取組か。出典にステップがないときも選びます。",
    )
    title = models.CharField("名称", max_length=50)
    position = models.PositiveSmallIntegerField("並び順", help_text="出典の中での順番。")

    class Meta:
        verbose_name = verbose_name_plural = "区分"
        ordering = ("source", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["source", "position"],
                name="section_position_is_unique",
                violation_error_message="同じ出典に、同じ並び順の区分がすでにあります。",
            ),
            # What the foreign key of cases refers to (sql/0001_case_section.sql).
            models.UniqueConstraint(fields=["id", "source"], name="section_is_of_one_source"),
            models.CheckConstraint(
                name="section_id_is_plain",
                condition=Q(id__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                violation_error_message="識別名は半角の英小文字・数字・ハイフンで付けてください。",
            ),
            texts_are_plain("section_texts_are_plain", "title"),
        )

    def __str__(self) -> str:
        return f"ステップ{self.step_id} {self.title}"


class TopicQuerySet(models.QuerySet["Topic"]):
    def in_use(self) -> TopicQuerySet:
        """The topics that cases may have: all but those merged into another."""
        return self.filter(merged_into=None)


class TopicManager(SlugManager.from_queryset(TopicQuerySet)):  # type: ignore[misc]
    """Fixtures name a topic by its slug."""


class Topic(CatalogueModel):
    """What cases are about, across the steps."""

    slug = models.SlugField("識別名", unique=True)
    title = models.CharField("名称", max_length=50, unique=True)
    position = models.PositiveSmallIntegerField("並び順")
    # A topic merged into another has no cases; its slug and title lead to that one.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged", verbose_name="統合先"
    )

    objects = TopicManager()

    class Meta:
        verbose_name = verbose_name_plural = "テーマ"
        ordering = ("position", "slug")
        constraints = (
            texts_are_plain("topic_texts_are_plain", "title"),
            models.CheckConstraint(
                name="topic_is_not_merged_into_itself", condition=~Q(merged_into=models.F("pk"))
            ),
        )

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class GuidelineManager(models.Manager["Guideline"]):
    def get_by_natural_key(self, title: str) -> Guideline:
        return self.get(title=title)


class Guideline(CatalogueModel):
    """A related guideline that the casebook lists on its page 47."""

    title = models.CharField("題名", max_length=200, unique=True)
    publisher = models.CharField("発行者", max_length=100)
    published_on = models.DateField("発行日", help_text="日が分からないときはその月の1日")
    published_note = models.CharField("発行日の表示", max_length=50, help_text="例：令和3年1月")
    url = web_address(blank=True)
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="guidelines", verbose_name="関連する区分"
    )
    group = models.CharField("分類", max_length=100)
    heading = models.CharField("見出し", max_length=100)
    position = models.PositiveSmallIntegerField("並び順")

    objects = GuidelineManager()

    class Meta:
        verbose_name = verbose_name_plural = "関連ガイドライン"
        ordering = ("position", "pk")
        constraints = (
            models.CheckConstraint(
                name="guideline_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain(
                "guideline_texts_are_plain", "title", "publisher", "published_note", "group", "heading"
            ),
        )

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.title,)
