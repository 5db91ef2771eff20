"""What the pages say of the catalogue itself: editors write it."""

from __future__ import annotations

import re
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.models.base import CatalogueModel, SlugManager, texts_are_plain

PLACEHOLDER = re.compile("[{｛]([^{}｛｝]*)[}｝]")


class SiteText(CatalogueModel):
    """A text of the pages, in paragraphs, lists and links (`pages.site_texts`); empty: none is shown.

    What stands in braces is replaced by what the cases that are public say (`FACTS`).
    """

    FACTS: ClassVar[tuple[str, ...]] = ("出典", "発行者", "件数")

    class Place(models.TextChoices):
        HOME_LEAD = "home-lead", "ホームの書き出し"
        HOME_NOTICE = "home-notice", "ホームのお知らせ"
        ABOUT_LEAD = "about-lead", "「このサイトについて」の書き出し"
        ABOUT_NOTES = "about-notes", "「このサイトについて」のデータの注意点"
        FOOTER = "footer", "すべてのページの一番下"
        DATA_NOTICES = "data-notices", "データとAPIのお知らせ"

    slug = models.SlugField("場所", primary_key=True, choices=Place)
    text = models.TextField(
        "文章",
        blank=True,
        help_text="空行で段落を分け、行頭の「・」で箇条書きにします。リンクは［表示名］（https://…）の形で書きます。"
        "{出典}{発行者}{件数}は、公開中の事例のものに置き換わります。空にすると、何も出しません。",
    )

    objects = SlugManager()

    class Meta:
        verbose_name = verbose_name_plural = "サイトの文章"
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(
                name="site_text_place_is_known",
                condition=Q(
                    slug__in=[
                        "home-lead",
                        "home-notice",
                        "about-lead",
                        "about-notes",
                        "footer",
                        "data-notices",
                    ]
                ),
            ),
            texts_are_plain("site_text_texts_are_plain", "text"),
        )

    def __str__(self) -> str:
        return str(self.get_slug_display())

    def clean(self) -> None:
        unknown = [name for name in PLACEHOLDER.findall(self.text) if name not in self.FACTS]
        if unknown:
            allowed = "".join(f"{{{name}}}" for name in self.FACTS)
            raise ValidationError(
                {"text": f"「{{{unknown[0]}}}」は置き換えられません。使えるのは{allowed}です。"}
            )
