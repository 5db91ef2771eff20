"""Words of the search: which mean the same, and which found nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from catalog.models.base import CatalogueModel, texts_are_plain

SAME_WORDS = """
    SELECT array_agg(word ORDER BY place) FROM unnest(%s::text[]) WITH ORDINALITY AS given (word, place)
    GROUP BY fold(word) HAVING count(*) > 1 ORDER BY min(place) LIMIT 1
"""
WORD_TWICE = "「{}」は、検索では同じ言葉です。1つにしてください。"


class SearchSynonymManager(models.Manager["SearchSynonym"]):
    def get_by_natural_key(self, *words: str) -> SearchSynonym:
        return self.get(words=list(words))


class SearchSynonym(CatalogueModel):
    """Words that mean the same in search: a term that is one of them finds them all.

    Those that are only near in meaning are looked for where a text finds little, apart from the result.
    """

    words = ArrayField(
        models.CharField(max_length=50),
        verbose_name="言葉",
        unique=True,
        help_text="1行に1語。どれで検索しても、すべての語で探します。",
    )
    is_near = models.BooleanField(
        "似た意味の言葉",
        choices=[(False, "同じ意味"), (True, "似た意味")],
        default=False,
        help_text="同じ意味とまではいえない言葉のとき。検索結果を変えず、結果が少ないときに下に出す「言葉の近い事例」だけに使います。",
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

    def clean(self) -> None:
        """Refuses words that are the same for the search, such as スマホ and ｽﾏﾎ."""
        with connection.cursor() as cursor:
            cursor.execute(SAME_WORDS, [self.words])
            same = cursor.fetchone()
        if same:
            raise ValidationError({"words": WORD_TWICE.format("」と「".join(same[0]))})


RECORD_ZERO_RESULT = r"""
    WITH forgotten AS (DELETE FROM catalog_zeroresultsearch WHERE day < %(oldest)s),
    asked AS (
        SELECT left(btrim(regexp_replace(fold(%(text)s), '\s+', ' ', 'g')), %(length)s) AS term,
            left(btrim(regexp_replace(%(text)s, '\s+', ' ', 'g')), %(length)s) AS typed
    )
    INSERT INTO catalog_zeroresultsearch (term, typed, day, count)
    SELECT term, typed, %(today)s, 1 FROM asked
    WHERE term <> '' AND (
        EXISTS (SELECT FROM catalog_zeroresultsearch z WHERE z.term = asked.term AND z.day = %(today)s)
        OR (SELECT count(*) FROM catalog_zeroresultsearch z WHERE z.day = %(today)s) < %(most)s
    )
    ON CONFLICT (term, day) DO UPDATE SET count = catalog_zeroresultsearch.count + 1, typed = excluded.typed
"""


class ZeroResultSearchManager(models.Manager["ZeroResultSearch"]):
    def record(self, text: str) -> None:
        """Counts a search that found nothing, and forgets those of more than `DAYS_KEPT` days ago.

        A day takes `MAX_TERMS_A_DAY` terms, so that nobody can fill the table. Raises DatabaseError where
        the database cannot be written.
        """
        today = timezone.localdate()
        oldest = today - timedelta(days=self.model.DAYS_KEPT)
        with connection.cursor() as cursor:
            cursor.execute(RECORD_ZERO_RESULT, {
                "text": text, "length": self.model.MAX_TERM_LENGTH, "today": today, "oldest": oldest,
                "most": self.model.MAX_TERMS_A_DAY,
            })  # fmt: skip

    def counts(self) -> models.QuerySet[Any, Any]:
        """`term`, `typed` and `total` of the last `DAYS_KEPT` days, the most frequent first."""
        oldest = timezone.localdate() - timedelta(days=self.model.DAYS_KEPT)
        terms = (
            self.filter(day__gte=oldest)
            .values("term")
            .annotate(total=models.Sum("count"), typed=models.Max("typed"))
        )
        return terms.order_by("-total", "term")


class ZeroResultSearch(models.Model):
    """Words searched for on a day without result, and how often. It says nothing about who searched."""

    MAX_TERM_LENGTH: ClassVar[int] = 100
    MAX_TERMS_A_DAY: ClassVar[int] = 1_000
    DAYS_KEPT: ClassVar[int] = 30

    term = models.CharField("言葉", max_length=100)  # folded: what it is counted by
    typed = models.CharField("入力", max_length=100)  # as someone last did
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
