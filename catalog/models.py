"""The catalogue's data, its rules as words on the QuerySets, and the constraints the database keeps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from functools import reduce
from itertools import chain, count
from operator import and_
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import connection, models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat, JSONObject, Left
from django.urls import reverse
from django.utils import timezone

from catalog import bands

if TYPE_CHECKING:
    from catalog.links import Finding
    from catalog.nearest import Nearness, Target
    from catalog.search import Term


# All but tab and line ends; `is_plain_text` (sql/0001_plain_text.sql) is the same for the database.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def refuse_credentials(url: str) -> None:
    """Raises ValidationError for a URL that names a user or a password."""
    if "@" in urlsplit(url).netloc:
        raise ValidationError("URLにユーザー名やパスワード（@の前の部分）を含めないでください。")


def web_address(label: str = "URL", **options: Any) -> models.URLField:
    """A URL field for http and https, without credentials; see `is_web_address` for the database."""
    return models.URLField(
        label,
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"]), refuse_credentials],
        **options,
    )


def is_web_address(field: str) -> Q:
    """The condition that `field` starts like a web address and names no user before its host."""
    return Q((f"{field}__regex", r"^https?://[^\s/?#@\\]+([/?#]\S*)?$"))


def texts_are_plain(name: str, *fields: str) -> models.CheckConstraint:
    """The constraint that no text of `fields`, or of a list of texts, has a control character."""
    conditions = [
        Q(Func(F(field), function="is_plain_text", output_field=models.BooleanField())) for field in fields
    ]
    return models.CheckConstraint(
        name=name,
        condition=reduce(and_, conditions),
        violation_error_message=CatalogueModel.CONTROL_CHARACTER_ERROR,
    )


class CatalogueModel(models.Model):
    """Base of what editors write: refuses control characters, which pages and files cannot show, by field."""

    CONTROL_CHARACTER_ERROR: ClassVar[str] = (
        "目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。"
    )

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name in self._fields_with_control_characters():
            if name not in errors and name not in (exclude or ()):
                errors[name] = [ValidationError(self.CONTROL_CHARACTER_ERROR, code="control_character")]
        if errors:
            raise ValidationError(errors)

    def _fields_with_control_characters(self) -> Iterator[str]:
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            texts = value if isinstance(value, list) else [value]
            if any(isinstance(text, str) and CONTROL_CHARACTER.search(text) for text in texts):
                yield field.name


class Step(models.IntegerChoices):
    """The steps of 総務省's 自治体DX全体手順書, with their titles there."""

    RECOGNITION = 0, "DXの認識共有・機運醸成"
    POLICY = 1, "全体方針の決定"
    ORGANIZATION = 2, "推進体制の整備"
    EXECUTION = 3, "DXの取組の実行"


class Region(models.TextChoices):
    """The eight 地方 the prefectures are grouped by."""

    HOKKAIDO = "hokkaido", "北海道"
    TOHOKU = "tohoku", "東北"
    KANTO = "kanto", "関東"
    CHUBU = "chubu", "中部"
    KINKI = "kinki", "近畿"
    CHUGOKU = "chugoku", "中国"
    SHIKOKU = "shikoku", "四国"
    KYUSHU = "kyushu", "九州・沖縄"


class Kind(models.TextChoices):
    """Kinds of 地方公共団体, after 地方自治法."""

    PREFECTURE = "prefecture", "都道府県"
    DESIGNATED_CITY = "designated_city", "政令指定都市"
    CITY = "city", "市"
    SPECIAL_WARD = "special_ward", "特別区"
    TOWN = "town", "町"
    VILLAGE = "village", "村"


class Prefecture(models.Model):
    """A prefecture by its JIS X 0401 code; as a body it has a row in `Body` as well."""

    code = models.CharField("都道府県コード", max_length=2, primary_key=True)
    name = models.CharField("名称", max_length=10, unique=True)
    kana = models.CharField("よみ", max_length=20)
    region = models.CharField("地方", max_length=10, choices=Region)

    class Meta:
        verbose_name = verbose_name_plural = "都道府県"
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                name="prefecture_code_is_two_digits", condition=Q(code__regex=r"^[0-9]{2}$")
            ),
            models.CheckConstraint(name="prefecture_region_is_known", condition=Q(region__in=Region.values)),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """The name as maps print it: without 都, 府 or 県."""
        return self.name if self.region == Region.HOKKAIDO else self.name[:-1]


class BodyQuerySet(models.QuerySet["Body"]):
    def named(self, text: str) -> BodyQuerySet:
        """Bodies whose name, kana or code has `text` in it; the name may be led by that of the prefecture."""
        in_full = Concat("prefecture__name", "name", output_field=models.CharField())
        has_text = Q(in_full__contains=text) | Q(kana__contains=text) | Q(code__startswith=text)
        return self.select_related("prefecture").alias(in_full=in_full).filter(has_text)

    def that_occur(self) -> BodyQuerySet:
        """Those that a published case speaks of.

        Readers' pages know it from the index; an editor, who has just changed something, would wait for one.
        """
        published = Q(case__status=Case.Status.PUBLISHED, body=OuterRef("pk"))
        rows = (CaseBody.objects.filter(published), SimilarBody.objects.filter(published))
        return self.filter(Exists(rows[0]) | Exists(rows[1]))

    def for_records(self) -> BodyQuerySet:
        """With all that a record holds, in a fixed number of queries."""
        rows = [
            models.Prefetch(
                name,
                row.objects.filter(case__in=Case.objects.published())
                .select_related("case")
                .order_by(*(f"case__{key}" for key in DOCUMENT_ORDER)),
            )
            for name, row in (("case_bodies", CaseBody), ("similar_to", SimilarBody))
        ]
        return self.select_related("prefecture").prefetch_related(*rows)


class Body(CatalogueModel):
    """A prefecture or municipality. Populations are persons and come with their date, or not at all."""

    code = models.CharField("全国地方公共団体コード", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=20)
    kana = models.CharField("よみ", max_length=40)
    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="bodies", verbose_name="都道府県")
    kind = models.CharField("種別", max_length=20, choices=Kind)
    latitude = models.FloatField("緯度", help_text="庁舎の緯度（度）")
    longitude = models.FloatField("経度", help_text="庁舎の経度（度）")
    population = models.PositiveIntegerField(
        "人口", null=True, blank=True, help_text="人。分からないときは空のままにしてください。"
    )
    population_as_of = models.DateField("人口の基準日", null=True, blank=True)

    objects = BodyQuerySet.as_manager()

    # How many published cases it carries out, and how many name it as similar; see `Index.read_bodies`.
    case_count: int = 0
    mention_count: int = 0

    class Meta:
        verbose_name = verbose_name_plural = "団体"
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                name="body_code_is_valid",
                condition=Q(Func(F("code"), function="is_body_code", output_field=models.BooleanField())),
                violation_error_message="検査数字の合う6桁の全国地方公共団体コードを入力してください。",
            ),
            models.CheckConstraint(
                name="body_code_starts_with_prefecture",
                condition=Q(prefecture=Left("code", 2)),
                violation_error_message="コードの上2桁と都道府県が合いません。",
            ),
            models.CheckConstraint(name="body_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="body_population_is_positive",
                condition=Q(population=None) | Q(population__gt=0),
                violation_error_message="人口は1以上の人数を入力してください。",
            ),
            models.CheckConstraint(
                name="body_population_has_date",
                condition=Q(population=None, population_as_of=None)
                | Q(population__isnull=False, population_as_of__isnull=False),
                violation_error_message="人口と基準日は、両方入力するか両方空にしてください。",
            ),
            models.CheckConstraint(
                name="body_coordinates_are_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_message="緯度は-90〜90、経度は-180〜180の範囲で入力してください。",
            ),
            texts_are_plain("body_texts_are_plain", "name", "kana"),
        )
        indexes = (models.Index(fields=["prefecture", "kind"], name="body_by_place"),)

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("catalog:body_detail", args=[self.code])

    @property
    def full_name(self) -> str:
        """The name with its prefecture, which tells namesakes apart; for a prefecture its name."""
        return self.name if self.kind == Kind.PREFECTURE else f"{self.prefecture.name}{self.name}"

    @property
    def population_band(self) -> bands.Band:
        return bands.band_of(self.population)


class Section(models.Model):
    """A section of the casebook. The first figure of its id is the step + 1."""

    id = models.CharField("番号", max_length=3, primary_key=True)
    step = models.PositiveSmallIntegerField("ステップ", choices=Step)
    title = models.CharField("名称", max_length=50)
    position = models.PositiveSmallIntegerField("並び順", unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "区分"
        ordering = ("position",)
        constraints = (
            models.CheckConstraint(name="section_step_is_known", condition=Q(step__in=Step.values)),
            models.CheckConstraint(
                name="section_id_matches_step",
                condition=Q(step=Cast(Left("id", 1), models.IntegerField()) - 1),
            ),
        )

    def __str__(self) -> str:
        return f"ステップ{self.step} {self.title}"


class SlugManager(models.Manager):
    """Fixtures name a row by its slug."""

    def get_by_natural_key(self, slug: str) -> Any:
        return self.get(slug=slug)


class Source(CatalogueModel):
    """A document that cases come from."""

    slug = models.SlugField("識別名", unique=True)
    title = models.CharField("書名", max_length=200)
    edition = models.CharField("版", max_length=50, blank=True)
    publisher = models.CharField("発行者", max_length=100)
    published_on = models.DateField("発行日")
    url = web_address(blank=True)
    terms = models.TextField("利用条件")

    objects = SlugManager()

    class Meta:
        verbose_name = verbose_name_plural = "出典"
        ordering = ("published_on", "slug")
        constraints = (
            models.CheckConstraint(
                name="source_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain("source_texts_are_plain", "title", "edition", "publisher", "terms"),
        )

    def __str__(self) -> str:
        return f"{self.title}{self.edition}"

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def citation(self) -> str:
        """How to cite the document when its content has been reworked."""
        return f"『{self}』（{self.publisher}）を加工して作成"


class Topic(CatalogueModel):
    """What cases are about, across the steps."""

    slug = models.SlugField("識別名", unique=True)
    title = models.CharField("名称", max_length=50, unique=True)
    position = models.PositiveSmallIntegerField("並び順")

    objects = SlugManager()

    class Meta:
        verbose_name = verbose_name_plural = "テーマ"
        ordering = ("position", "slug")
        constraints = (texts_are_plain("topic_texts_are_plain", "title"),)

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


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

    def with_body(self, condition: Q) -> CaseQuerySet:
        """Cases of which at least one body satisfies all of `condition`, stated on `CaseBody`.

        A subquery and not a join, so that a case with several such bodies is there once.
        """
        return self.filter(pk__in=CaseBody.objects.filter(condition).values("case"))

    def search(self, terms: list[Term]) -> CaseQuerySet:
        """Cases in which every term is found; none where there is no term."""
        if not terms:
            return self.none()
        found = self.filter(pk__found_by=" & ".join(f"({term.grams})" for term in terms))
        return found.filter(*(term.condition for term in terms))

    def by_relevance(self, terms: list[Term]) -> CaseQuerySet:
        """Hits in titles first, then in points and names of bodies, then elsewhere, then in parts alone."""
        rank: Any = Value(0)
        for term in terms:
            rank += term.rank
        return self.annotate(relevance=rank).order_by("relevance", *DOCUMENT_ORDER)

    def in_document_order(self) -> CaseQuerySet:
        """By section, then as the sources print them; ends in the primary key, so paging is stable."""
        return self.order_by(*DOCUMENT_ORDER)

    def by_population(self, *, descending: bool = False) -> CaseQuerySet:
        """Smallest body first; or, descending, by the largest. Cases without a known population come last."""
        population = F("body__population").desc(nulls_last=True) if descending else F("body__population")
        bodies = CaseBody.objects.filter(case=OuterRef("pk")).order_by(population)
        cases = self.annotate(of_population=Subquery(bodies.values("body__population")[:1]))
        key = F("of_population")
        return cases.order_by(
            key.desc(nulls_last=True) if descending else key.asc(nulls_last=True), *DOCUMENT_ORDER
        )

    def recently_updated_first(self) -> CaseQuerySet:
        return self.order_by("-updated_at", *DOCUMENT_ORDER)

    def standing_before(self, case: Case) -> CaseQuerySet:
        """Those that stand before `case` in document order."""
        before, same = Q(), Q()
        for name in DOCUMENT_ORDER:
            value = getattr(case, name)
            before |= same & Q((f"{name}__lt", value))
            same &= Q((name, value))
        return self.filter(before)

    def nearest_to(self, target: Target) -> CaseQuerySet:
        """Nearest first, by the nearest body of each case; see `Target.score` for the formula."""
        bodies = CaseBody.objects.filter(case=OuterRef("pk")).annotate(score=target.score())
        nearest = Subquery(bodies.order_by("score").values("score")[:1])
        return self.annotate(nearness_score=nearest).order_by(
            F("nearness_score").asc(nulls_last=True), *DOCUMENT_ORDER
        )

    def for_cards(self) -> CaseQuerySet:
        """With what a list row shows, in a fixed number of queries."""
        return self.select_related("section").prefetch_related(
            models.Prefetch("case_bodies", CaseBody.objects.select_related("body__prefecture"))
        )

    def for_records(self) -> CaseQuerySet:
        """With all that a record holds, in a fixed number of queries."""
        return self.with_rows(Link.objects.all(), SimilarBody.objects.all())

    def for_detail(self) -> CaseQuerySet:
        """As for records; links and similar bodies have `found_dead_at` as well."""
        dead_at = LinkCheck.dead_at(OuterRef("url"))
        links, similar = (row.objects.annotate(found_dead_at=dead_at) for row in (Link, SimilarBody))
        return self.with_rows(links, similar)

    def with_rows(self, links: models.QuerySet[Any], similar: models.QuerySet[Any]) -> CaseQuerySet:
        """With every row of the cases, links and similar bodies as given, in a fixed number of queries."""
        rows = (
            models.Prefetch("links", links),
            models.Prefetch("similar_bodies", similar.select_related("body__prefecture")),
        )
        return self.for_cards().select_related("source").prefetch_related("topics", "figures", *rows)

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

    # The texts of a card with the words searched for marked; see `CaseFilter.with_marks`.
    marked_title: str = ""
    marked_points: list[str]

    # How many topics it shares with another case; see `Index.related`.
    shared_topics: int = 0

    # Why the case stands where it stands in a list ordered by nearness; see `CaseFilter.with_nearness`.
    nearness: Nearness | None = None

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

    @property
    def shown_points(self) -> list[str]:
        """The points as a card shows them: with marks where words were searched for."""
        return getattr(self, "marked_points", self.points)

    @property
    def step(self) -> Step:
        return Step(self.section.step)

    @property
    def citation(self) -> str:
        """How to cite this case: the source, its page, and that it has been reworked."""
        return f"出典：『{self.source}』、p.{self.page}（{self.source.publisher}）を加工して作成"


class CaseSearch(models.Model):
    """The folded text of a case and its grams. Triggers alone write it (sql/0001_search.sql)."""

    case = models.OneToOneField(Case, models.DO_NOTHING, primary_key=True, related_name="search")
    title = models.TextField()
    head = models.TextField()
    folded = models.TextField()
    grams = SearchVectorField()

    class Meta:
        default_permissions = ()
        indexes = (GinIndex("grams", name="case_search_grams"),)

    def __str__(self) -> str:
        return self.title


class SearchSynonymManager(models.Manager["SearchSynonym"]):
    def get_by_natural_key(self, *words: str) -> SearchSynonym:
        return self.get(words=list(words))


class SearchSynonym(CatalogueModel):
    """Words that mean the same in search: a term that is one of them finds them all."""

    words = ArrayField(
        models.CharField(max_length=50),
        verbose_name="言葉",
        unique=True,
        help_text="1行に1語。どれで検索しても、すべての語で探します。",
    )

    objects = SearchSynonymManager()

    class Meta:
        verbose_name = verbose_name_plural = "同義語"
        ordering = ("words",)
        constraints = (
            models.CheckConstraint(
                name="search_synonym_has_two_words",
                condition=Q(words__len__gte=2),
                violation_error_message="2語以上を入力してください。",
            ),
            texts_are_plain("search_synonym_texts_are_plain", "words"),
        )

    def __str__(self) -> str:
        return "・".join(self.words)

    def natural_key(self) -> tuple[str, ...]:
        return tuple(self.words)


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


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    def dead(self) -> LinkCheckQuerySet:
        """Dead addresses that a published case links to."""
        linked = Case.objects.published().linked_urls()
        return self.filter(outcome=LinkCheck.Outcome.DEAD, url__in=linked)

    def with_cases(self) -> LinkCheckQuerySet:
        """With `cases`, the pk and title of every case that links to the address."""
        linking = Q(links__url=OuterRef("url")) | Q(similar_bodies__url=OuterRef("url"))
        cases = Case.objects.filter(linking).order_by("pk").distinct("pk")
        return self.annotate(cases=ArraySubquery(cases.values(data=JSONObject(pk="pk", title="title"))))

    def record(self, finding: Finding) -> LinkCheck:
        """Takes over what a check has found. Two runs at a time wait for each other, address by address."""
        unknown = {"outcome": LinkCheck.Outcome.UNCLEAR, "checked_at": finding.checked_at}
        with transaction.atomic():
            check, _ = self.select_for_update().get_or_create(url=finding.url, defaults=unknown)
            check.take_over(finding)
            check.save()
        return check


class LinkCheck(models.Model):
    """What the last check of an address has found; of the address, so that it outlives edits of the rows.

    Failures are counted by day (of the catalogue's time zone), and any other outcome ends the count.
    """

    class Outcome(models.TextChoices):
        ALIVE = "alive", "つながる"
        FAILING = "failing", "つながらない"
        DEAD = "dead", "リンク切れ"
        UNCLEAR = "unclear", "確かめられない"
        REFUSED = "refused", "確認の対象外"

    DAYS_TO_DEAD = 3

    url = web_address(unique=True)
    outcome = models.CharField("結果", max_length=10, choices=Outcome)
    http_status = models.PositiveSmallIntegerField("HTTPステータス", null=True, blank=True)
    reason = models.CharField("理由", max_length=100, blank=True)
    final_url = models.TextField("最後に応答したURL", blank=True)
    checked_at = models.DateTimeField("確認日時")
    first_failed_on = models.DateField("つながらなくなった日", null=True, blank=True)
    failed_days = models.PositiveSmallIntegerField("つながらなかった日数", default=0)

    objects = LinkCheckQuerySet.as_manager()

    # The pk and title of each case that links here; see `LinkCheckQuerySet.with_cases`.
    cases: list[dict[str, Any]]

    class Meta:
        verbose_name = verbose_name_plural = "リンクの確認"
        ordering = ("-checked_at", "url")
        constraints = (
            models.CheckConstraint(name="link_check_url_is_web_address", condition=is_web_address("url")),
            models.CheckConstraint(
                name="link_check_final_url_is_web_address",
                condition=Q(final_url="") | is_web_address("final_url"),
            ),
            models.CheckConstraint(
                name="link_check_status_has_three_digits",
                condition=Q(http_status=None) | Q(http_status__range=(100, 999)),
            ),
            models.CheckConstraint(
                name="link_check_is_dead_after_three_days",
                condition=Q(outcome__in=["alive", "unclear", "refused"], failed_days=0, first_failed_on=None)
                | Q(outcome="failing", failed_days__range=(1, 2), first_failed_on__isnull=False)
                | Q(outcome="dead", failed_days__gte=3, first_failed_on__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.url

    @classmethod
    def dead_at(cls, url: Any) -> Subquery:
        """An expression: when `url` was last found dead, or null."""
        return Subquery(cls.objects.filter(url=url, outcome=cls.Outcome.DEAD).values("checked_at"))

    def take_over(self, finding: Finding) -> None:
        failed = finding.outcome == self.Outcome.FAILING
        self._count_days(timezone.localdate(finding.checked_at) if failed else None)
        self.outcome = self.Outcome.DEAD if self.failed_days >= self.DAYS_TO_DEAD else finding.outcome
        self.http_status, self.reason = finding.http_status, finding.reason
        self.final_url, self.checked_at = finding.final_url, finding.checked_at

    def _count_days(self, failed_on: date | None) -> None:
        """Counts a day of failure; None, no failure, ends the count. The check before is still on the row."""
        if failed_on is None:
            self.failed_days, self.first_failed_on = 0, None
        elif not self.failed_days:
            self.failed_days, self.first_failed_on = 1, failed_on
        elif failed_on > timezone.localdate(self.checked_at):
            self.failed_days += 1


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


class ZeroResultSearchManager(models.Manager["ZeroResultSearch"]):
    def record(self, text: str) -> None:
        """Counts a search that found nothing, and forgets those of more than `DAYS_KEPT` days ago.

        A day takes `MOST_TERMS_A_DAY` terms, so that nobody can fill the table. Raises DatabaseError where
        the database cannot be written.
        """
        today = timezone.localdate()
        oldest = today - timedelta(days=self.model.DAYS_KEPT)
        with connection.cursor() as cursor:
            cursor.execute(RECORD_ZERO_RESULT, {
                "text": text, "length": self.model.LONGEST_TERM, "today": today, "oldest": oldest,
                "most": self.model.MOST_TERMS_A_DAY,
            })  # fmt: skip

    def counts(self) -> models.QuerySet[Any, Any]:
        """`term` and `total` of the last `DAYS_KEPT` days, the most frequent first."""
        oldest = timezone.localdate() - timedelta(days=self.model.DAYS_KEPT)
        terms = self.filter(day__gte=oldest).values("term").annotate(total=models.Sum("count"))
        return terms.order_by("-total", "term")


RECORD_ZERO_RESULT = r"""
    WITH forgotten AS (DELETE FROM catalog_zeroresultsearch WHERE day < %(oldest)s),
    asked AS (SELECT left(btrim(regexp_replace(fold(%(text)s), '\s+', ' ', 'g')), %(length)s) AS term)
    INSERT INTO catalog_zeroresultsearch (term, day, count)
    SELECT term, %(today)s, 1 FROM asked
    WHERE term <> '' AND (
        EXISTS (SELECT FROM catalog_zeroresultsearch z WHERE z.term = asked.term AND z.day = %(today)s)
        OR (SELECT count(*) FROM catalog_zeroresultsearch z WHERE z.day = %(today)s) < %(most)s
    )
    ON CONFLICT (term, day) DO UPDATE SET count = catalog_zeroresultsearch.count + 1
"""


class ZeroResultSearch(models.Model):
    """Words searched for on a day without result, and how often. It says nothing about who searched."""

    LONGEST_TERM: ClassVar[int] = 100
    MOST_TERMS_A_DAY: ClassVar[int] = 1_000
    DAYS_KEPT: ClassVar[int] = 30

    term = models.CharField("言葉", max_length=100)
    day = models.DateField("日")
    count = models.PositiveIntegerField("回数")

    objects = ZeroResultSearchManager()

    class Meta:
        verbose_name = verbose_name_plural = "結果のなかった検索"
        default_permissions = ()
        constraints = (
            # The day leads: it is what is counted and forgotten by.
            models.UniqueConstraint(fields=["day", "term"], name="zero_result_search_is_counted_by_day"),
        )

    def __str__(self) -> str:
        return self.term
