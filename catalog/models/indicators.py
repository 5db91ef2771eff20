"""Where bodies stand: indicators that the state publishes for every municipality, and their values."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.models.base import CatalogueModel, is_web_address, texts_are_plain, web_address
from catalog.models.casebook import Section, Topic
from catalog.models.places import Body

MAX_VALUE = 1_000_000.0
NOT_ASKED, NO_VALUE = "調査なし", "値なし"


class ValueKind(models.TextChoices):
    """What the values of an indicator are."""

    DONE = "done", "実施か未実施"
    PERCENT = "percent", "割合（％）"
    COUNT = "count", "数"


class Indicator(CatalogueModel):
    """One question that a survey asks of every municipality, in our words, and where a 未実施 leads to."""

    slug = models.SlugField("識別名", max_length=50, primary_key=True)
    title = models.CharField("名称", max_length=50, unique=True)
    label = models.CharField(
        "表の項目名",
        max_length=200,
        unique=True,
        help_text="取り込む表の「indicator」の列にある言葉。取り込みは、これで指標を見分けます。",
    )
    group = models.CharField("分類", max_length=50)
    definition = models.TextField("説明", help_text="何を数えた値か。分かっていることだけを書きます。")
    kind = models.CharField("値の種類", max_length=10, choices=ValueKind)
    done_label = models.CharField(
        "実施の言い方",
        max_length=20,
        blank=True,
        help_text="「人口の近い200団体の28％が策定済み」の「策定済み」。空にすると「実施済み」です。",
    )
    unit = models.CharField("数の単位", max_length=10, blank=True, help_text="例：手続。数だけで使います。")
    source = models.CharField("出典", max_length=200)
    url = web_address("出典のURL", blank=True)
    surveyed = models.CharField(
        "調査の時点",
        max_length=200,
        help_text="例：2023年12月末。確かめられていないときは、そのことを書きます。そのまま読者に見せます。",
    )
    terms = models.TextField(
        "利用条件", help_text="確かめられていないことも書きます。そのまま読者に見せます。"
    )
    section = models.ForeignKey(
        Section,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name="事例の区分",
        help_text="未実施のときに案内する事例。区分とテーマの両方を選ぶと、両方に合う事例です。",
    )
    topic = models.ForeignKey(
        Topic,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name="事例のテーマ",
        help_text="未実施のときに案内する事例。どちらも空にすると、案内しません。",
    )
    position = models.PositiveSmallIntegerField("並び順")

    class Meta:
        verbose_name = verbose_name_plural = "指標"
        ordering = ("position", "slug")
        constraints = (
            models.CheckConstraint(
                name="indicator_kind_is_known", condition=Q(kind__in=["done", "percent", "count"])
            ),
            models.CheckConstraint(
                name="indicator_url_is_web_address", condition=Q(url="") | is_web_address("url")
            ),
            texts_are_plain(
                "indicator_texts_are_plain",
                *("title", "label", "group", "definition", "done_label", "unit", "source", "surveyed"),
                "terms",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuses another kind where there are values of the one it has: they would mean something else."""
        was = type(self).objects.filter(pk=self.pk).values_list("kind", flat=True).first()
        if was and was != self.kind and self.values.exists():
            raise ValidationError(
                {"kind": "値のある指標の種類は変えられません。新しい指標を追加してください。"}
            )

    @property
    def is_done_or_not(self) -> bool:
        return self.kind == ValueKind.DONE

    @property
    def done_words(self) -> str:
        """What those have become that have done it."""
        return self.done_label or "実施済み"

    def about(self, value: float | None) -> str:
        """A value as readers read it; None is 調査なし."""
        if value is None:
            return NOT_ASKED
        if self.is_done_or_not:
            return "実施" if value else "未実施"
        return f"{value:g}{'％' if self.kind == ValueKind.PERCENT else self.unit}"

    def refusal_of(self, value: float | None) -> str:
        """What is wrong with a number as a value of this indicator; empty where nothing is."""
        if value is None:
            return ""
        if self.is_done_or_not:
            return "" if value in (0, 1) else "実施は1、未実施は0で入力してください。"
        most = 100 if self.kind == ValueKind.PERCENT else MAX_VALUE
        return "" if 0 <= value <= most else f"0から{most:,.0f}までの数を入力してください。"


class IndicatorValueManager(models.Manager["IndicatorValue"]):
    def get_by_natural_key(self, indicator: str, body: str) -> IndicatorValue:
        return self.get(indicator_id=indicator, body_id=body)


class IndicatorValue(CatalogueModel):
    """Where one body stands by one indicator. A body of which the table says nothing has no row."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="values", verbose_name="指標")
    body = models.ForeignKey(Body, models.CASCADE, related_name="indicator_values", verbose_name="団体")
    value = models.FloatField(
        "値", null=True, blank=True, help_text="実施は1、未実施は0、割合は％の数。空は「調査なし」です。"
    )

    objects = IndicatorValueManager()

    class Meta:
        verbose_name = verbose_name_plural = "指標の値"
        ordering = ("indicator", "body")
        constraints = (
            models.UniqueConstraint(
                fields=["indicator", "body"],
                name="indicator_value_is_unique",
                violation_error_message="この団体のこの指標の値は、すでにあります。",
            ),
            models.CheckConstraint(
                name="indicator_value_is_a_number_of_things",
                condition=Q(value=None) | Q(value__gte=0, value__lte=MAX_VALUE),
                violation_error_message="値は0以上の数を入力してください。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.body} {self.indicator}：{self.indicator.about(self.value)}"

    def natural_key(self) -> tuple[str, str]:
        return (self.indicator_id, self.body_id)

    natural_key.dependencies = ["catalog.indicator", "catalog.body"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.indicator_id and (refusal := self.indicator.refusal_of(self.value)):
            raise ValidationError({"value": refusal})
