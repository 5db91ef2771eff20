"""Prefectures and municipalities."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Concat, Left
from django.urls import reverse

from catalog.models import bands
from catalog.models.base import CatalogueModel, texts_are_plain


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

    def in_published_cases(self) -> BodyQuerySet:
        """Those that a published case is by or names as similar.

        Readers' pages know it from the index; an editor, who has just changed something, would wait for one.
        """
        by_it, naming_it = (
            Q((f"{rows}__case__status", "published")) for rows in ("case_bodies", "similar_to")
        )
        return self.filter(by_it | naming_it).distinct()


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
    population_band = models.GeneratedField(
        expression=bands.value_expression("population"),
        output_field=models.CharField(max_length=10),
        db_persist=True,
        serialize=False,
        verbose_name="人口帯",
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
