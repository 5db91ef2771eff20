"""What readers are troubled by, each with the list of cases that answers it: editors write them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.base import CatalogueModel, SlugManager, texts_are_plain


class Trouble(CatalogueModel):
    """A trouble in the words of an office, and a prepared query (decision 0039).

    Whether the query is one, and finds anything, the editors' form checks: it alone can ask for cases.
    """

    slug = models.SlugField("識別名", unique=True, help_text="半角の英小文字・数字・ハイフン。")
    title = models.CharField(
        "お困りごと", max_length=40, help_text="職場で言うとおりに、短く（例：紙が多い）。"
    )
    sentence = models.CharField(
        "説明", max_length=120, help_text="どのような困りごとに、どのような事例が並ぶか。1〜2文で。"
    )
    query = models.CharField(
        "一覧の条件",
        max_length=500,
        help_text="事例の一覧を条件で絞り込み、そのアドレスをここに貼ります（例：topic=hanko）。",
    )
    position = models.PositiveSmallIntegerField("並び順", help_text="小さいものから並びます。")

    objects = SlugManager()

    class Meta:
        verbose_name = verbose_name_plural = "お困りごと"
        ordering = ("position", "slug")
        constraints = (
            models.CheckConstraint(name="trouble_has_a_query", condition=~Q(query="")),
            texts_are_plain("trouble_texts_are_plain", "title", "sentence", "query"),
        )

    def __str__(self) -> str:
        return self.title

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
