"""Cases with their rows: what editors write. Readers read documents made of it (`catalog.documents`)."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from catalog.models.base import (
    TELEPHONE,
    CatalogueModel,
    DeferrableUnique,
    NumberField,
    TypedField,
    is_web_address,
    telephone_number,
    texts_are_plain,
    web_address,
)
from catalog.models.casebook import Section, Source, SourceKind, Topic
from catalog.models.places import Body


class CaseQuerySet(models.QuerySet["Case"]):
    """The rules about cases, as words."""

    def published(self) -> CaseQuerySet:
        """The cases the public may see. Every public page and file starts from here."""
        return self.filter(status=Case.Status.PUBLISHED)

    def withdrawn(self) -> CaseQuerySet:
        """Cases that were public and are no longer: their address tells why."""
        return self.filter(status=Case.Status.WITHDRAWN)

    def due_for_review(self) -> CaseQuerySet:
        """Cases whose day to be looked at again has come."""
        return self.filter(review__due_on__lte=timezone.localdate())

    def without_known_population(self) -> CaseQuerySet:
        """Cases that no population band leads to: none of their bodies has a population."""
        known = CaseBody.objects.filter(case=OuterRef("pk"), body__population__isnull=False)
        return self.filter(~Exists(known))

    def in_document_order(self) -> CaseQuerySet:
        """As the sources print them, source by source; ends in the primary key, so the order is total."""
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


# A case without a page stands before those with one.
DOCUMENT_ORDER = ("source_id", "section__position", F("page").asc(nulls_first=True), "order", "pk")


PUBLISHED_WITHOUT_BODY = "公開するには、実施団体を1団体以上入力してください。"
PUBLISHED_UNFINISHED = "公開するには、次の項目も入力してください：{}"
UNPLACED = "draft"  # begins the slug of a case whose place in a source is not known yet
NEEDED = "公開するには、入力してください。"
# What a draft may lack and a published case may not; the page, if its source is a casebook.
NEEDED_FIELDS = ("points", "approach", "section", "source")


PLACE_TAKEN = "同じ出典の同じページ・順番の事例がすでにあります。"
PLACE_CONSTRAINTS = ("case_place_in_source_is_unique", "case_order_in_source_is_unique")
# No fault, but often a slip; so many of them are named.
SAME_TITLE, MAX_SAME_TITLES = "同じ題名の事例がほかにもあります（{}）。", 3
SECTION_OF_ANOTHER = "この区分は「{}」の区分ではありません。出典に合う区分を選んでください。"


PAGE_OF_WEB_PAGE = "ウェブページの事例では、ページを空にしてください。"


# Of a year, 年度 of the fiscal year that begins in April.
MIN_YEAR, MAX_YEAR = 1990, 2099


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
        null=True,
        blank=True,
        help_text="出典の章に合わせます。その出典の区分から選びます。手順書のステップは区分から決まります。",
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
        blank=True,
        help_text="1行に1項目、2〜4項目が目安です。一覧に出ます。「何を、どうした」を30字くらいで書きます。",
    )
    background = models.TextField(
        "背景",
        blank=True,
        help_text="課題、きっかけ、目的。取組の前に何に困っていたかが分かるように書きます。",
    )
    approach = models.TextField(
        "取組内容",
        blank=True,
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
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="cases", verbose_name="出典", null=True, blank=True
    )
    page = models.PositiveSmallIntegerField(
        "出典のページ",
        null=True,
        blank=True,
        help_text="事例が始まるページの番号。ウェブページと、ページのない資料では空にします。",
    )
    order = models.PositiveSmallIntegerField(
        "ページ内の順番",
        default=1,
        help_text="そのページで何番目の事例か。ページがなければ、出典で何番目か。",
    )
    heading = models.CharField(
        "出典の見出し", max_length=200, blank=True, help_text="出典の表記のまま写します。"
    )
    year = models.PositiveSmallIntegerField(
        "取組の年度",
        null=True,
        blank=True,
        help_text="取組を始めた年度を西暦で（例：令和2年度は2020）。出典にはっきり書かれているときだけ入力します。",
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
    # A trigger sets it once and for all, whoever publishes (sql/0001_first_published.sql).
    first_published_at = models.DateTimeField("最初の公開", null=True, editable=False, serialize=False)
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
                name=PLACE_CONSTRAINTS[0],
                deferrable=models.Deferrable.IMMEDIATE,  # several may change their places together
                violation_error_message=PLACE_TAKEN,
            ),
            # Where a source has no pages; a draft may lack its page for the time being.
            DeferrableUnique(
                fields=["source", "order"],
                name=PLACE_CONSTRAINTS[1],
                deferrable=models.Deferrable.IMMEDIATE,
                condition=Q(page=None) & ~Q(status="draft"),
                violation_error_message=PLACE_TAKEN,
            ),
            models.CheckConstraint(
                name="case_slug_is_plain",
                condition=Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                violation_error_message="識別名は半角の英小文字・数字・ハイフンで付けてください。",
            ),
            models.CheckConstraint(name="case_title_is_not_empty", condition=~Q(title="")),
            # See `lacking`; that it has a body too, a trigger holds (sql/0001_published_case.sql).
            models.CheckConstraint(
                name="case_published_is_complete",
                condition=~Q(status="published")
                | (~Q(points=[]) & ~Q(approach="") & Q(section__isnull=False, source__isnull=False)),
            ),
            models.CheckConstraint(
                name="case_page_and_order_start_at_one",
                condition=(Q(page=None) | Q(page__gte=1)) & Q(order__gte=1),
                violation_error_message="ページと順番は1以上の数を入力してください。",
            ),
            models.CheckConstraint(
                name="case_year_is_of_our_time",
                condition=Q(year=None) | Q(year__range=(MIN_YEAR, MAX_YEAR)),
                violation_error_message=f"年度は{MIN_YEAR}〜{MAX_YEAR}の西暦で入力してください。",
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
                fields=["updated_at"],
                name="case_public_by_last_change",
                condition=Q(first_published_at__isnull=False),
            ),
            models.Index(
                fields=["status"],
                name="case_formerly_public",
                condition=Q(first_published_at__isnull=False) & ~Q(status="published"),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:case_detail", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def was_public(self) -> bool:
        """Whether readers see the case or ever saw it: then its address stays and it is not deleted."""
        return self.first_published_at is not None or self.status != self.Status.DRAFT

    def lacking(self) -> dict[str, str]:
        """The fields that have to be filled in before the case is published, with their labels."""
        needed = (*NEEDED_FIELDS, *(["page"] if self.needs_page() else []))
        values = ((self._meta.get_field(name), name) for name in needed)
        return {
            name: str(field.verbose_name)  # type: ignore[union-attr]
            for field, name in values
            if getattr(self, field.attname) in (None, "", [])  # type: ignore[union-attr]
        }

    def clean(self) -> None:
        if self.status == self.Status.WITHDRAWN and not self.withdrawn_reason.strip():
            raise ValidationError({"withdrawn_reason": WITHDRAWN_WITHOUT_REASON})
        self._check_place()
        if self.status == self.Status.PUBLISHED and (lacking := self.lacking()):
            raise ValidationError({name: ValidationError(NEEDED, code="needed") for name in lacking})

    def _check_place(self) -> None:
        """The database keeps the section too (sql/0001_case_section.sql)."""
        if self.source and self.section and self.section.source_id != self.source_id:
            raise ValidationError({"section": SECTION_OF_ANOTHER.format(self.source)})
        if self.source and self.source.kind == SourceKind.WEB_PAGE and self.page is not None:
            raise ValidationError({"page": PAGE_OF_WEB_PAGE})

    def check_publishable(self) -> None:
        """Raises ValidationError for a published case that lacks something, and names all that it lacks.

        Its rows come after it, so `clean` cannot ask for a body. The database refuses a case without one at
        the end of the transaction (sql/0001_published_case.sql).
        """
        if self.status != self.Status.PUBLISHED:
            return
        labels, has_body = list(self.lacking().values()), self.case_bodies.exists()
        if labels:
            labels += [] if has_body else ["実施団体"]
            raise ValidationError(PUBLISHED_UNFINISHED.format("、".join(labels)))
        if not has_body:
            raise ValidationError(PUBLISHED_WITHOUT_BODY)

    def has_place(self) -> bool:
        """Whether its place in its source is known."""
        return bool(self.source and (self.page or not self.needs_page()))

    @property
    def place(self) -> tuple[int, int | None, int] | None:
        """Its place in its source, which no other case has, as the constraints of the table see it.

        None where it holds none: where there is no page, drafts hold no place.
        """
        if self.source_id is None or (self.page is None and self.status == self.Status.DRAFT):
            return None
        return self.source_id, self.page, self.order

    def other_at_its_place(self) -> Case | None:
        """Another case at this one's place in its source."""
        if self.place is None:
            return None
        at_place = Case.objects.filter(source=self.source_id, page=self.page, order=self.order)
        return next((case for case in at_place.exclude(pk=self.pk) if case.place == self.place), None)

    def needs_page(self) -> bool:
        """Whether a case of its source, or of one not known yet, is on a page of it."""
        return self.source is None or self.source.kind == SourceKind.CASEBOOK

    def has_stand_in_slug(self) -> bool:
        """Whether its slug is one for the time being that a slug from its place can follow by now."""
        return self.is_unplaced() and self.has_place() and self.first_published_at is None

    def is_unplaced(self) -> bool:
        """Whether its slug stands in for one from a place in a source."""
        return re.fullmatch(rf"{UNPLACED}-[0-9]+", self.slug) is not None

    def settle_slug(self, taken: Collection[str] | None = None) -> None:
        """Gives the slug of its place where there is none, or where one stood in for it."""
        if not self.slug or self.has_stand_in_slug():
            self.slug = self.proposed_slug(taken)

    def proposed_slug(self, taken: Collection[str] | None = None) -> str:
        """A slug no case has, from the place in the source: dx2021-17-1, without a page city-1.

        If it is taken, dx2021-17-1-2. While the place is not known one for the time being, draft-1. `taken`
        are the slugs of all cases, where they are known.
        """
        if self.has_place():
            place = [one for one in (self.source.slug, self.page, self.order) if one is not None]  # type: ignore[union-attr]
            plain = "-".join(map(str, place)).lower().replace("_", "-")
            names = chain([plain], (f"{plain}-{number}" for number in count(2)))
        else:
            first = 1 if taken is not None or may_name_drafts() else FIRST_BESIDE_AN_IMPORT
            plain, names = UNPLACED, (f"{UNPLACED}-{number}" for number in count(first))  # type: ignore[assignment]
        if taken is None:
            taken = set(Case.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
        return next(slug for slug in names if slug not in taken)


NAMES_OF_DRAFTS = 202_611_26  # a lock of the database: of whoever names drafts, or of one who names very many
FIRST_BESIDE_AN_IMPORT = 100_001


def may_name_drafts() -> bool:
    """Whether nobody is naming very many drafts. Two who took one name would wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [NAMES_OF_DRAFTS])
        (may,) = cursor.fetchone()
    return bool(may)


def name_many_drafts() -> None:
    """Until the transaction ends others give new drafts names that this one does not use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NAMES_OF_DRAFTS])


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


CONTACT_WITHOUT_DAY = "照会先を入力したときは、確認日も入力してください。"


DAY_WITHOUT_CONTACT = (
    "確認日だけが入っています。部署・電話・メールのどれかを入力するか、確認日を空にしてください。"
)


class CaseBody(CaseRow):
    """A body that carries out a case."""

    key_field = "body_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="case_bodies", verbose_name="事例")
    body = models.ForeignKey(Body, models.PROTECT, related_name="case_bodies", verbose_name="団体")
    note = models.TextField("注記", blank=True, help_text="団体ごとに内容が異なるときに書いてください。")
    # Whom to ask about this case: what the body itself says, never guessed.
    contact_section = models.CharField("照会先の部署", max_length=100, blank=True)
    contact_telephone = TypedField("照会先の電話", max_length=20, blank=True, validators=[telephone_number])
    contact_email = models.EmailField("照会先のメール", blank=True)
    contact_checked_on = models.DateField("照会先の確認日", null=True, blank=True)

    class Meta(CaseRow.Meta):
        verbose_name = verbose_name_plural = "実施団体"
        constraints = (
            texts_are_plain(
                "case_body_texts_are_plain",
                *("note", "contact_section", "contact_telephone", "contact_email"),
            ),
            models.CheckConstraint(
                name="case_body_contact_is_dated",
                condition=Q(
                    contact_section="", contact_telephone="", contact_email="", contact_checked_on=None
                )
                | (
                    ~Q(contact_section="", contact_telephone="", contact_email="")
                    & Q(contact_checked_on__isnull=False)
                ),
                violation_error_message="照会先と確認日は、両方入力するか両方空にしてください。",
            ),
            models.CheckConstraint(
                name="case_body_contact_telephone_is_a_number",
                condition=Q(contact_telephone="") | Q(contact_telephone__regex=TELEPHONE.pattern),
            ),
            models.UniqueConstraint(
                fields=["case", "body"],
                name="case_body_is_unique",
                violation_error_message="同じ団体が2回あります。",
            ),
        )

    def __str__(self) -> str:
        return self.body.full_name

    def clean(self) -> None:
        """Tells beside the field what the constraint would tell of the whole row."""
        contact = self.contact_section or self.contact_telephone or self.contact_email
        if contact and not self.contact_checked_on:
            raise ValidationError({"contact_checked_on": CONTACT_WITHOUT_DAY})
        if self.contact_checked_on and not contact:
            raise ValidationError({"contact_checked_on": DAY_WITHOUT_CONTACT})
        if self.contact_checked_on and self.contact_checked_on > timezone.localdate():
            raise ValidationError({"contact_checked_on": "照会先の確認日が未来の日付です。"})


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


class PlacedRow(CaseRow):
    """Base of rows that say where they come from: a page of the source, or what a body itself answered."""

    page = models.PositiveSmallIntegerField(
        "出典のページ",
        null=True,
        blank=True,
        help_text="出典のどのページにあるか（ウェブページでは1）。団体の回答から書くときは空にします。",
    )
    answered_by = models.ForeignKey(
        Body,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="回答した団体",
        help_text="出典にはなく、団体が答えたときだけ選びます。",
    )
    answered_on = models.DateField("回答日", null=True, blank=True)

    class Meta(CaseRow.Meta):
        abstract = True

    def clean(self) -> None:
        """Tells beside the field what the constraint `has_one_place` would tell of the whole row."""
        if self.page is None and not (self.answered_by_id or self.answered_on):
            raise ValidationError({"page": PLACE_MISSING})
        if self.page is not None and (self.answered_by_id or self.answered_on):
            raise ValidationError({"page": PLACE_TWICE})
        if self.page is None and not (self.answered_by_id and self.answered_on):
            name = "answered_on" if self.answered_by_id else "answered_by"
            raise ValidationError({name: ANSWER_UNFINISHED})
        if self.page == 0:
            raise ValidationError({"page": PAGE_ZERO})
        if self.answered_on and self.answered_on > timezone.localdate():
            raise ValidationError({"answered_on": "回答日が未来の日付です。"})


PLACE_MISSING = "出典のページか、団体の回答（団体と回答日）のどちらかを必ず入力してください。"
PLACE_TWICE = "出典のページと団体の回答は、どちらか一方だけを入力してください。"
ANSWER_UNFINISHED = "団体の回答は、団体と回答日の両方を入力してください。"
PAGE_ZERO = "ページは1以上の数を入力してください。"


def has_one_place(name: str) -> models.CheckConstraint:
    """The constraint that a row has either a page of the source or a body's answer with its day."""
    # Of a page that is null `page >= 1` is neither true nor false, which a constraint lets pass.
    of_source = Q(page__isnull=False, page__gte=1, answered_by=None, answered_on=None)
    of_answer = Q(page=None, answered_by__isnull=False, answered_on__isnull=False)
    return models.CheckConstraint(
        name=name, condition=of_source | of_answer, violation_error_message=PLACE_MISSING
    )


class Fact(PlacedRow):
    """What a case took and what it brought, as data, with the words of whoever states it.

    A number is there only where the statement has that very number; `before` is that of the time before. The
    year of a case is `Case.year`, whom to ask `CaseBody`, when it was last confirmed `Confirmation`.
    """

    class Kind(models.TextChoices):
        COST_INITIAL = "cost_initial", "初期費用"
        COST_YEARLY = "cost_yearly", "年間費用"
        PERIOD = "period", "期間"
        STAFF = "staff", "体制・人員"
        EFFECT = "effect", "効果"
        SCHEME = "scheme", "制度・補助金"
        PARTNER = "partner", "連携先"

    class Grade(models.TextChoices):
        MEASURED = "measured", "実測値"
        EXPECTED = "expected", "見込み"
        STATED = "stated", "記述のみ"

    key_field = "label"

    case = models.ForeignKey(Case, models.CASCADE, related_name="facts", verbose_name="事例")
    kind = models.CharField("種類", max_length=20, choices=Kind)
    label = models.CharField("項目", max_length=100, help_text="何の数や事実か（例：議事録の作成時間）。")
    before = NumberField(
        "前の値", null=True, blank=True, help_text="効果だけ。取り組む前の数が書かれているとき。"
    )
    value = NumberField(
        "値", null=True, blank=True, help_text="書かれている数そのもの（約・程度は外す）。なければ空。"
    )
    unit = models.CharField("単位", max_length=20, blank=True, help_text="円、万円、人、時間、%など。")
    text = models.CharField(
        "記載",
        max_length=200,
        help_text="出典や団体が書いているとおりに、短く（約、程度、対象も落とさない）。",
    )
    grade = models.CharField(
        "確かさ",
        max_length=10,
        choices=Grade,
        help_text="実測値＝起きた結果や実際の数。見込み＝目標・予定・試算の数。どちらも値と単位が要ります。"
        "記述のみ＝数のない記述で、値は空にします。",
    )

    class Meta(PlacedRow.Meta):
        verbose_name = verbose_name_plural = "費用・体制・効果など"
        constraints = (
            models.UniqueConstraint(
                fields=["case", "label"],
                name="fact_label_is_unique",
                violation_error_message="同じ項目が2回あります。",
            ),
            models.CheckConstraint(
                name="fact_kind_is_known",
                condition=Q(
                    kind__in=["cost_initial", "cost_yearly", "period", "staff", "effect", "scheme", "partner"]
                ),
            ),
            models.CheckConstraint(
                name="fact_grade_is_known", condition=Q(grade__in=["measured", "expected", "stated"])
            ),
            models.CheckConstraint(
                name="fact_is_complete",
                condition=~Q(label="") & ~Q(text=""),
            ),
            models.CheckConstraint(
                name="fact_grade_fits_its_number",
                condition=Q(grade="stated", value=None, unit="")
                | (~Q(grade="stated") & ~Q(unit="") & Q(value__isnull=False)),
                violation_error_message="実測値と見込みには値と単位が要り、記述のみではどちらも空にします。",
            ),
            models.CheckConstraint(
                name="fact_before_is_of_an_effect",
                condition=Q(before=None) | Q(kind="effect", value__isnull=False),
                violation_error_message="前の値は、値のある効果だけに入力できます。",
            ),
            models.CheckConstraint(
                name="fact_numbers_are_not_negative",
                condition=(Q(before=None) | Q(before__gte=0)) & (Q(value=None) | Q(value__gte=0)),
                violation_error_message="値は0以上の数を入力し、減ったことは項目と記載に書いてください。",
            ),
            has_one_place("fact_has_one_place"),
            texts_are_plain("fact_texts_are_plain", "label", "unit", "text"),
        )

    def __str__(self) -> str:
        return f"{self.label}：{self.text}"

    def clean(self) -> None:
        super().clean()
        is_stated = self.grade == self.Grade.STATED
        if self.grade and not is_stated and (self.value is None or not self.unit):
            raise ValidationError({"value" if self.value is None else "unit": NUMBER_NEEDED})
        if is_stated and (self.value is not None or self.unit):
            raise ValidationError({"value" if self.value is not None else "unit": NUMBER_NOT_GRADED})
        if self.before is not None and (self.kind != self.Kind.EFFECT or self.value is None):
            raise ValidationError({"before": BEFORE_OF_NO_EFFECT})


NUMBER_NEEDED = (
    "実測値と見込みには、値（数）と単位が要ります。数がなければ、確かさを「記述のみ」にしてください。"
)
NUMBER_NOT_GRADED = "値や単位があるときは、確かさを「実測値」か「見込み」にしてください。"
BEFORE_OF_NO_EFFECT = "前の値は、値のある「効果」だけに入力できます。"


class Followed(PlacedRow):
    """A body that took the case over, or whose initiative the case took over, where that is said."""

    class Role(models.TextChoices):
        FOLLOWER = "follower", "取り入れた団体"
        MODEL = "model", "手本にした団体"

    key_field = "body_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="followed", verbose_name="事例")
    body = models.ForeignKey(Body, models.PROTECT, related_name="followed_in", verbose_name="団体")
    role = models.CharField(
        "関係",
        max_length=10,
        choices=Role,
        help_text="取り入れた団体＝この取組を自団体でも始めた団体。手本にした団体＝この取組がもとにした団体。",
    )
    note = models.CharField("記載", max_length=200, help_text="そう分かる記載を、書いてあるとおりに短く。")

    class Meta(PlacedRow.Meta):
        verbose_name = verbose_name_plural = "取り入れた団体・手本にした団体"
        constraints = (
            models.UniqueConstraint(
                fields=["case", "body"],
                name="followed_body_is_unique",
                violation_error_message="同じ団体が2回あります。",
            ),
            models.CheckConstraint(
                name="followed_role_is_known", condition=Q(role__in=["follower", "model"])
            ),
            models.CheckConstraint(name="followed_says_so", condition=~Q(note="")),
            has_one_place("followed_has_one_place"),
            texts_are_plain("followed_texts_are_plain", "note"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}：{self.body.full_name}"
