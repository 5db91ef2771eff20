"""What cases are put in order by, and where they come from: steps, sections, topics, sources, guidelines."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Left

from catalog.models.base import CatalogueModel, SlugManager, is_web_address, texts_are_plain, web_address


class Step(CatalogueModel):
    """A step of 総務省's 自治体DX全体手順書, and what it is about in our words."""

    number = models.PositiveSmallIntegerField("番号", primary_key=True)
    title = models.CharField("名称", max_length=50)
    about = models.TextField("説明")

    class Meta:
        verbose_name = verbose_name_plural = "ステップ"
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(name="step_is_known", condition=Q(number__range=(0, 3))),
            texts_are_plain("step_texts_are_plain", "title", "about"),
        )

    def __str__(self) -> str:
        return f"ステップ{self.number} {self.title}"


class Section(models.Model):
    """A section of the casebook. The first figure of its id is the step + 1."""

    id = models.CharField("番号", max_length=3, primary_key=True)
    step = models.ForeignKey(Step, models.PROTECT, related_name="sections", verbose_name="ステップ")
    title = models.CharField("名称", max_length=50)
    position = models.PositiveSmallIntegerField("並び順", unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "区分"
        ordering = ("position",)
        constraints = (
            models.CheckConstraint(
                name="section_id_matches_step",
                condition=Q(step=Cast(Left("id", 1), models.IntegerField()) - 1),
            ),
        )

    def __str__(self) -> str:
        return f"ステップ{self.step_id} {self.title}"


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
