"""Cases with their rows: what editors write. Readers read documents made of it (`catalog.documents`)."""

from __future__ import annotations

from itertools import chain, count
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from catalog.models.base import CatalogueModel, is_web_address, texts_are_plain, web_address
from catalog.models.casebook import Section, Source, Topic
from catalog.models.places import Body


class CaseQuerySet(models.QuerySet["Case"]):
    """The rules about cases, as words."""

    def published(self) -> CaseQuerySet:
        """The cases the public may see. Every public page and file starts from here."""
        return self.filter(status=Case.Status.PUBLISHED)

    def withdrawn(self) -> CaseQuerySet:
        """Cases that were public and are no longer: their address tells why."""
        return self.filter(status=Case.Status.WITHDRAWN)

    def without_known_population(self) -> CaseQuerySet:
        """Cases that no population band leads to: none of their bodies has a population."""
        known = CaseBody.objects.filter(case=OuterRef("pk"), body__population__isnull=False)
        return self.filter(~Exists(known))

    def in_document_order(self) -> CaseQuerySet:
        """By section, then as the sources print them; ends in the primary key, so the order is total."""
        return self.order_by(*DOCUMENT_ORDER)

    def linked_urls(self) -> models.QuerySet[Any, str]:
        """Every address that the cases or their similar bodies link to, once."""
        of_links, of_similar = (
            row.objects.filter(case__in=self.order_by())
            .exclude(url="")
            .order_by()
            .values_list("url", flat=True)
            for row in (Link, SimilarBody)
        )
        return of_links.union(of_similar)


# Section ids sort as the sections stand in the document: "1" < "2" < "3-1" < … < "4-3".
DOCUMENT_ORDER = ("section_id", "source_id", "page", "order", "pk")


PUBLISHED_WITHOUT_BODY = "公開するには、実施団体を1団体以上入力してください。"


WITHDRAWN_WITHOUT_REASON = "取り下げるときは、理由を入力してください。"


class CaseManager(models.Manager.from_queryset(CaseQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, slug: str) -> Case:
        return self.get(slug=slug)


class Case(CatalogueModel):
    """One initiative of one or more bodies, as its source tells it, in our words."""

    class Status(models.TextChoices):
        DRAFT = "draft", "下書き"
        PUBLISHED = "published", "公開"
        WITHDRAWN = "withdrawn", "取り下げ"

    slug = models.SlugField(
        "識別名",
        unique=True,
        help_text="URLになる名前です（例：dx2021-17-1）。空のままにすると、出典・ページ・順番から付けます。"
        "公開した後は変えられません。",
    )
    title = models.CharField(
        "題名",
        max_length=200,
        help_text="何をした取組かが、題名だけで分かるように書きます（例：窓口での申請書の記入をなくす「書かない窓口」）。",
    )
    section = models.ForeignKey(
        Section,
        models.PROTECT,
        related_name="cases",
        verbose_name="区分",
        help_text="出典の章に合わせます。手順書のステップは区分から決まります。",
    )
    topics = models.ManyToManyField(
        Topic,
        related_name="cases",
        verbose_name="テーマ",
        blank=True,
        help_text="取組の中心になるものを2〜5個選びます。",
    )
    points = ArrayField(
        models.TextField(),
        verbose_name="ポイント",
        default=list,
        help_text="1行に1項目、2〜4項目が目安です。一覧に出ます。「何を、どうした」を30字くらいで書きます。",
    )
    background = models.TextField(
        "背景",
        blank=True,
        help_text="課題、きっかけ、目的。取組の前に何に困っていたかが分かるように書きます。",
    )
    approach = models.TextField(
        "取組内容",
        help_text="何を、誰が、どのように、いつ行ったか。同じことを始めたい人がまねできるように書きます。"
        "空行で段落を分け、行頭の「・」で箇条書きにします。",
    )
    outcome = models.TextField(
        "成果", blank=True, help_text="得られた結果、効果、数値、反応。出典にないことは書きません。"
    )
    references = ArrayField(
        models.TextField(),
        verbose_name="関連資料",
        default=list,
        blank=True,
        help_text="URLのない資料の名前。1行に1件。URLがあるものは下の「関連リンク」に入力します。",
    )
    similar_open_ended = models.BooleanField(
        "類似団体はほかにもある", default=False, help_text="出典に「他」「等」とあるときに選んでください。"
    )
    editor_note = models.TextField("編集注", blank=True, help_text="出典の矛盾や誤記など、読者に伝えること。")
    source = models.ForeignKey(Source, models.PROTECT, related_name="cases", verbose_name="出典")
    page = models.PositiveSmallIntegerField("出典のページ", help_text="事例が始まるページの番号。")
    order = models.PositiveSmallIntegerField(
        "ページ内の順番", default=1, help_text="そのページで何番目の事例か。"
    )
    heading = models.CharField(
        "出典の見出し", max_length=200, blank=True, help_text="出典の表記のまま写します。"
    )
    status = models.CharField("状態", max_length=10, choices=Status, default=Status.DRAFT)
    withdrawn_reason = models.TextField(
        "取り下げの理由",
        blank=True,
        help_text="読者に見せます（例：団体の申し出により掲載を終えました）。取り下げるときは必ず書きます。",
    )
    withdrawn_pointer = web_address(
        "代わりに見るページのURL",
        blank=True,
        help_text="後継の事例や団体のページなど。なければ空のままにします。",
    )
    # Triggers count it up with every change of the case or of its rows (sql/0001_case_version.sql).
    version = models.PositiveIntegerField("版", default=1, editable=False, serialize=False)
    created_at = models.DateTimeField("作成日時", auto_now_add=True)
    updated_at = models.DateTimeField("更新日時", auto_now=True)

    objects = CaseManager()

    class Meta:
        verbose_name = verbose_name_plural = "事例"
        ordering = DOCUMENT_ORDER
        permissions = (("publish_case", "事例を公開し、公開した事例を変えられる"),)
        constraints = (
            models.UniqueConstraint(
                fields=["source", "page", "order"],
                name="case_place_in_source_is_unique",
                violation_error_message="同じ出典の同じページ・順番の事例がすでにあります。",
            ),
            models.CheckConstraint(
                name="case_slug_is_plain",
                condition=Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                violation_error_message="識別名は半角の英小文字・数字・ハイフンで付けてください。",
            ),
            models.CheckConstraint(name="case_title_is_not_empty", condition=~Q(title="")),
            models.CheckConstraint(
                name="case_page_and_order_start_at_one",
                condition=Q(page__gte=1, order__gte=1),
                violation_error_message="ページと順番は1以上の数を入力してください。",
            ),
            models.CheckConstraint(
                name="case_status_is_known", condition=Q(status__in=["draft", "published", "withdrawn"])
            ),
            models.CheckConstraint(
                name="case_withdrawn_has_reason", condition=~Q(status="withdrawn") | ~Q(withdrawn_reason="")
            ),
            models.CheckConstraint(
                name="case_pointer_is_web_address",
                condition=Q(withdrawn_pointer="") | is_web_address("withdrawn_pointer"),
            ),
            texts_are_plain(
                "case_texts_are_plain",
                *("title", "points", "background", "approach", "outcome", "references"),
                *("editor_note", "heading", "withdrawn_reason"),
            ),
        )
        indexes = (
            models.Index(
                fields=["section", "source", "page", "order", "id"],
                name="case_published_in_order",
                condition=Q(status="published"),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:case_detail", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def clean(self) -> None:
        if self.status == self.Status.WITHDRAWN and not self.withdrawn_reason.strip():
            raise ValidationError({"withdrawn_reason": WITHDRAWN_WITHOUT_REASON})

    def check_publishable(self) -> None:
        """Raises ValidationError for a published case without a body. Its rows come after it: `clean` cannot.

        The database refuses it at the end of the transaction (sql/0001_published_case.sql).
        """
        if self.status == self.Status.PUBLISHED and not self.case_bodies.exists():
            raise ValidationError(PUBLISHED_WITHOUT_BODY)

    def proposed_slug(self) -> str:
        """A slug no case has, from the place in the source: dx2021-17-1, if taken dx2021-17-1-2."""
        plain = f"{self.source.slug}-{self.page}-{self.order}".lower().replace("_", "-")
        taken = set(Case.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
        numbered = (f"{plain}-{number}" for number in count(2))
        return next(slug for slug in chain([plain], numbered) if slug not in taken)


class CaseRowManager(models.Manager):
    def get_by_natural_key(self, slug: str, key: str) -> Any:
        return self.get(**{"case__slug": slug, self.model.key_field: key})  # type: ignore[attr-defined]


class CaseRow(CatalogueModel):
    """Base of the rows that belong to a case, keep an order within it and are unique in it by `key_field`."""

    key_field: ClassVar[str]
    case: models.ForeignKey[Case, Case]

    position = models.PositiveSmallIntegerField("順番", default=1)

    objects = CaseRowManager()

    class Meta:
        abstract = True
        ordering = ("position", "pk")

    def natural_key(self) -> tuple[str, str]:
        return (self.case.slug, getattr(self, self.key_field))

    natural_key.dependencies = ["catalog.case"]  # type: ignore[attr-defined]


class CaseBody(CaseRow):
    """A body that carries out a case."""

    key_field = "body_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="case_bodies", verbose_name="事例")
    body = models.ForeignKey(Body, models.PROTECT, related_name="case_bodies", verbose_name="団体")
    note = models.TextField("注記", blank=True, help_text="団体ごとに内容が異なるときに書いてください。")

    class Meta(CaseRow.Meta):
        verbose_name = verbose_name_plural = "実施団体"
        constraints = (
            texts_are_plain("case_body_texts_are_plain", "note"),
            models.UniqueConstraint(
                fields=["case", "body"],
                name="case_body_is_unique",
                violation_error_message="同じ団体が2回あります。",
            ),
        )

    def __str__(self) -> str:
        return self.body.full_name


class SimilarBody(CaseRow):
    """A body that the source names as doing something similar."""

    key_field = "body_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="similar_bodies", verbose_name="事例")
    body = models.ForeignKey(Body, models.PROTECT, related_name="similar_to", verbose_name="団体")
    note = models.CharField("注記", max_length=200, blank=True, help_text="出典のかっこ書き")
    url = web_address(blank=True)

    class Meta(CaseRow.Meta):
        verbose_name = verbose_name_plural = "類似の取組を行っている団体"
        constraints = (
            models.UniqueConstraint(
                fields=["case", "body"],
                name="similar_body_is_unique",
                violation_error_message="同じ団体が2回あります。",
            ),
            models.CheckConstraint(
                name="similar_body_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain("similar_body_texts_are_plain", "note"),
        )

    def __str__(self) -> str:
        return self.body.full_name


class Link(CaseRow):
    """A web page about a case."""

    key_field = "url"

    case = models.ForeignKey(Case, models.CASCADE, related_name="links", verbose_name="事例")
    url = web_address()
    label = models.CharField("表示名", max_length=200)

    class Meta(CaseRow.Meta):
        verbose_name = verbose_name_plural = "関連リンク"
        constraints = (
            models.UniqueConstraint(
                fields=["case", "url"],
                name="link_is_unique",
                violation_error_message="同じURLが2回あります。",
            ),
            models.CheckConstraint(name="link_url_is_web_address", condition=is_web_address("url")),
            texts_are_plain("link_texts_are_plain", "label"),
        )

    def __str__(self) -> str:
        return self.label


class Figure(CaseRow):
    """A number of a case worth seeing at a glance; the value carries its unit."""

    key_field = "label"

    case = models.ForeignKey(Case, models.CASCADE, related_name="figures", verbose_name="事例")
    label = models.CharField("項目", max_length=100)
    value = models.CharField("値", max_length=200, help_text="単位も書いてください。")

    class Meta(CaseRow.Meta):
        verbose_name = verbose_name_plural = "数値"
        constraints = (
            models.UniqueConstraint(
                fields=["case", "label"],
                name="figure_label_is_unique",
                violation_error_message="同じ項目が2回あります。",
            ),
            models.CheckConstraint(name="figure_is_complete", condition=~Q(label="") & ~Q(value="")),
            texts_are_plain("figure_texts_are_plain", "label", "value"),
        )

    def __str__(self) -> str:
        return f"{self.label}：{self.value}"
