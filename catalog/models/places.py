"""Prefectures and municipalities."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone

from catalog.models import bands
from catalog.models.base import (
    TELEPHONE,
    CatalogueModel,
    TypedField,
    dated,
    is_web_address,
    plain_code,
    telephone_number,
    texts_are_plain,
    web_address,
)

POPULATION_TWICE = "同じ日の同じ出典の人口が2回あります。"
SUCCESSOR_IS_ITSELF = "後継の団体に、その団体自身は選べません。"


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
    def in_published_cases(self) -> BodyQuerySet:
        """Those that a published case is by or names.

        Readers' pages know it from the index; an editor, who has just changed something, would wait for one.
        """
        rows = ("case_bodies", "similar_to", "followed_in")
        of_each = (Q((f"{name}__case__status", "published")) for name in rows)
        return self.filter(reduce(or_, of_each)).distinct()


class PopulationSource(CatalogueModel):
    """A statistic, or another document, that populations are taken from."""

    slug = models.SlugField("識別名", max_length=50, primary_key=True)
    title = models.CharField("名称", max_length=100, unique=True)
    publisher = models.CharField("作成者", max_length=50)
    url = web_address(blank=True)
    terms = models.TextField("利用条件", blank=True)
    position = models.PositiveSmallIntegerField(
        "優先順", default=100, help_text="同じ日の人口が2つあるとき、小さい数の出典のものを表示します。"
    )

    class Meta:
        verbose_name = verbose_name_plural = "人口の出典"
        ordering = ("position", "slug")
        constraints = (
            models.CheckConstraint(
                name="population_source_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain("population_source_texts_are_plain", "title", "publisher", "terms"),
        )

    def __str__(self) -> str:
        return self.title


class Body(CatalogueModel):
    """A prefecture or municipality; one that ended stays, with the day and the body that follows it.

    Its population, in persons, with date and source, is that of its current row of `Population`: the database
    alone writes the three (sql/0001_current_population.sql), whatever is saved in them.
    """

    code = TypedField(
        "全国地方公共団体コード",
        read=plain_code,
        max_length=6,
        primary_key=True,
        help_text="検査数字を含む6桁。事例が指すため、後から変えられません。",
    )
    name = models.CharField("名称", max_length=20)
    kana = models.CharField("よみ", max_length=40)
    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="bodies", verbose_name="都道府県")
    kind = models.CharField("種別", max_length=20, choices=Kind)
    latitude = models.FloatField(
        "緯度",
        null=True,
        blank=True,
        help_text="庁舎の緯度を、度の小数で（例：35.6895。度分秒ではありません）。国土地理院の「地理院地図」で庁舎の位置を"
        "表示すると分かります。分からないときは経度と一緒に空にします（距離を示しません）。",
    )
    longitude = models.FloatField(
        "経度", null=True, blank=True, help_text="庁舎の経度を、度の小数で（例：139.6917）。"
    )
    population = models.PositiveIntegerField("人口", null=True, editable=False, serialize=False)
    population_as_of = models.DateField("人口の基準日", null=True, editable=False, serialize=False)
    population_source = models.ForeignKey(
        PopulationSource,
        models.PROTECT,
        null=True,
        editable=False,
        serialize=False,
        related_name="+",
        verbose_name="人口の出典",
    )
    population_band = models.GeneratedField(
        expression=bands.value_expression("population"),
        output_field=models.CharField(max_length=10),
        db_persist=True,
        serialize=False,
        verbose_name="人口帯",
    )
    website = web_address("公式サイト", blank=True)
    website_checked_on = models.DateField("公式サイトの確認日", null=True, blank=True)
    telephone = TypedField(
        "代表電話", max_length=20, blank=True, help_text="例：03-1234-5678", validators=[telephone_number]
    )
    telephone_checked_on = models.DateField("代表電話の確認日", null=True, blank=True)
    address = models.CharField("所在地", max_length=200, blank=True, help_text="郵便番号から書いてください。")
    address_checked_on = models.DateField("所在地の確認日", null=True, blank=True)
    abolished_on = models.DateField(
        "廃止日",
        null=True,
        blank=True,
        help_text="合併などで無くなった日。今もある団体では空にします。廃止しても、事例は残ります。",
    )
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name="後継の団体",
        help_text="廃止された団体の区域を引き継いだ団体。事例のページに「現在の○○市」と示します。",
    )

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
                name="body_coordinates_are_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_message="緯度は-90〜90、経度は-180〜180の範囲で入力してください。",
            ),
            models.CheckConstraint(
                name="body_coordinates_are_both_known",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__isnull=False, longitude__isnull=False),
                violation_error_message="緯度と経度は、両方入力するか両方空にしてください。",
            ),
            dated("body_website_is_dated", "website", "公式サイト"),
            dated("body_telephone_is_dated", "telephone", "代表電話"),
            dated("body_address_is_dated", "address", "所在地"),
            models.CheckConstraint(
                name="body_website_is_web_address", condition=Q(website="") | is_web_address("website")
            ),
            models.CheckConstraint(
                name="body_telephone_is_a_number",
                condition=Q(telephone="") | Q(telephone__regex=TELEPHONE.pattern),
            ),
            models.CheckConstraint(
                name="body_successor_follows_an_end",
                condition=Q(successor=None) | Q(abolished_on__isnull=False),
                violation_error_message="後継の団体を入力するときは、廃止日も入力してください。",
            ),
            models.CheckConstraint(
                name="body_successor_is_another",
                condition=~Q(successor=F("code")),
                violation_error_message=SUCCESSOR_IS_ITSELF,
            ),
            texts_are_plain("body_texts_are_plain", "name", "kana", "telephone", "address"),
        )
        indexes = (models.Index(fields=["prefecture", "kind"], name="body_by_place"),)

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("catalog:body_detail", args=[self.code])

    def clean(self) -> None:
        """Refuses what a constraint refuses, too, but cannot tell where the code is not in the form."""
        if self.successor_id and self.successor_id == self.pk:
            raise ValidationError({"successor": SUCCESSOR_IS_ITSELF})

    @property
    def full_name(self) -> str:
        """The name with its prefecture, which tells namesakes apart; for a prefecture its name."""
        return self.name if self.kind == Kind.PREFECTURE else f"{self.prefecture.name}{self.name}"

    @property
    def is_current(self) -> bool:
        """Whether there still is such a body."""
        return self.abolished_on is None


class PopulationImport(models.Model):
    """One table of populations taken in as a whole, with what is needed to take it back as a whole."""

    source = models.ForeignKey(PopulationSource, models.PROTECT, related_name="+", verbose_name="人口の出典")
    as_of = models.DateField("人口の基準日")
    file_name = models.CharField("ファイル", max_length=255)
    made_at = models.DateTimeField("取り込んだ日時", default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="取り込んだ人"
    )
    # By the code of a body, the persons of its row before, null where there was none, and after.
    changes = models.JSONField("変えた人口", default=dict)
    taken_back_at = models.DateTimeField("取り消した日時", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "人口の取り込み"
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return f"{self.file_name}（{self.as_of.isoformat()}現在）"


class PopulationManager(models.Manager["Population"]):
    def get_by_natural_key(self, body: str, as_of: str, source: str) -> Population:
        return self.get(body_id=body, as_of=as_of, source_id=source)


class Population(CatalogueModel):
    """The persons of a body on a day by a source.

    The current one of a body is that of the latest day; of two of one day, that of the source first in order.
    """

    body = models.ForeignKey(Body, models.CASCADE, related_name="populations", verbose_name="団体")
    persons = models.PositiveIntegerField("人口", help_text="人")
    as_of = models.DateField("基準日")
    source = models.ForeignKey(
        PopulationSource, models.PROTECT, related_name="populations", verbose_name="出典"
    )

    objects = PopulationManager()

    class Meta:
        verbose_name = verbose_name_plural = "人口"
        ordering = ("-as_of", "source")
        constraints = (
            models.UniqueConstraint(
                fields=["body", "as_of", "source"],
                name="population_is_unique",
                violation_error_message=POPULATION_TWICE,
            ),
            models.CheckConstraint(
                name="population_is_positive",
                condition=Q(persons__gt=0),
                violation_error_message="人口は1以上の人数を入力してください。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.persons:,}人（{self.as_of}、{self.source}）"

    def natural_key(self) -> tuple[str, str, str]:
        return (self.body_id, self.as_of.isoformat(), self.source_id)

    natural_key.dependencies = ["catalog.body", "catalog.populationsource"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.as_of and self.as_of > timezone.localdate():
            raise ValidationError({"as_of": "人口の基準日が未来の日付です。"})
