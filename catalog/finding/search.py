"""Search in Japanese: terms, their variants, what matches, in which order, and what to mark.

What counts as the same, the database's `fold` alone decides (migrations/sql/0001_documents.sql).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.models import CaseDocument
from dxcases.postgres.replicas import connection_to_read

RUN = re.compile(r"[^\W_]+")
# Runs of one script: kanji, kana, and the rest of letters and digits.
SCRIPT = re.compile(r"[一-鿿々〆]+|[ぁ-ゖー]+|[^\W_一-鿿々〆ぁ-ゖー]+")
# A character with the half-width or combining sound mark that belongs to it.
CHARACTER = re.compile("(?s).[\uff9e\uff9f\u3099\u309a]?")
KANJI_OR_NOT = re.compile(r"[一-鿿々〆]+|[^\W_一-鿿々〆]+")
KANJI = re.compile(r"[一-鿿々〆]")
CLOSE = 0.7  # difflib's ratio: one wrong character of four is close
IN_TITLE, IN_HEAD, IN_TEXT, LOOSELY = range(4)


@dataclass(frozen=True)
class Term:
    """A word of the query: as typed, and folded with all that means the same."""

    typed: str
    variants: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def grams(self) -> str:
        """The query of grams that finds every case with the term, and a few without: see `condition`."""
        alternatives = [grams_of(variant) for variant in self.alternatives]
        if self.pieces:
            alternatives.append(" & ".join(grams_of(piece) for piece in self.pieces))
        return " | ".join(f"({one})" for one in alternatives)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The variants; of a compound without itself, as what has it has its pieces too."""
        return self.variants[1:] if self.pieces else self.variants

    @property
    def condition(self) -> Q:
        """What the text of a case found by `grams` must say besides; empty where grams decide alone."""
        if all(map(grams_decide, (*self.alternatives, *self.pieces))):
            return Q()
        return self.exactly | self.loosely if self.pieces else self.exactly

    @property
    def exactly(self) -> Q:
        return any_of(Q(folded__contains=variant) for variant in self.variants)

    @property
    def loosely(self) -> Q:
        """That all parts of the compound are there."""
        return Q(*(Q(folded__contains=piece) for piece in self.pieces))

    @cached_property
    def pieces(self) -> list[str]:
        """The parts of a compound, which may stand apart in the text; none for what is no compound.

        A compound has four characters or more and two parts or more, each of two characters or more. It is
        cut where the script changes, and runs of kanji into twos.
        """
        folded = self.variants[0]
        pieces = [piece for run in SCRIPT.findall(folded) for piece in split_compound(run)]
        is_compound = len(folded) >= 4 and len(pieces) > 1 and min(map(len, pieces)) > 1
        return pieces if is_compound else []

    @property
    def rank(self) -> Case:
        """Where the best hit stands: 0 title, 1 points and names of bodies, 2 elsewhere, 3 only in parts."""
        whens = [
            When(any_of(Q(title__contains=variant) for variant in self.variants), then=Value(IN_TITLE)),
            When(any_of(Q(head__contains=variant) for variant in self.variants), then=Value(IN_HEAD)),
        ]
        if not self.pieces:
            return Case(*whens, default=Value(IN_TEXT), output_field=IntegerField())
        whens.append(When(self.exactly, then=Value(IN_TEXT)))
        return Case(*whens, default=Value(LOOSELY), output_field=IntegerField())

    @property
    def parts(self) -> list[str]:
        """What one may search for instead where nothing has the whole: its parts, as typed."""
        parts = [part for run in KANJI_OR_NOT.findall(self.typed) for part in split_compound(run)]
        return [part for part in parts if len(part) > 1 and part != self.typed]


def split_compound(run: str) -> list[str]:
    """A run of kanji in twos, three at the end if it is odd; any other run whole."""
    if not KANJI.match(run) or len(run) < 4:
        return [run]
    starts = range(0, len(run) - 1, 2)
    return [run[at : at + 2] if at + 3 < len(run) else run[at:] for at in starts]


def any_of(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q())


def grams_of(folded: str) -> str:
    """The grams that a text with `folded` in it has, as PostgreSQL writes them in a query."""
    return " & ".join(gram for run in RUN.findall(folded) for gram in grams_of_run(run))


def grams_of_run(run: str) -> list[str]:
    if len(run) == 1:
        return [f"'{run}':*"]
    size = min(len(run), 3)
    return [f"'{run[at : at + size]}'" for at in range(len(run) - size + 1)]


def grams_decide(folded: str) -> bool:
    """Whether a text that has all grams of `folded` has `folded` itself: not if they may stand apart."""
    return len(folded) < 4 and RUN.fullmatch(folded) is not None


def terms_of(text: str, synonyms: Mapping[str, Mapping[str, str]]) -> list[Term]:
    """The terms of a query: its words, without those that are punctuation alone, each with its variants.

    `synonyms` is `Index.synonyms`.
    """
    folded = fold_each(text.split())
    terms = []
    for typed in text.split():
        same = synonyms.get(folded[typed], {})
        if RUN.search(folded[typed]):
            terms.append(Term(typed, tuple(dict.fromkeys([folded[typed], *same.values()])), tuple(same)))
    return terms


def documents_with(terms: list[Term]) -> QuerySet[CaseDocument]:
    """The documents of published cases in which every term is found; none where there is no term."""
    if not terms:
        return CaseDocument.objects.none()
    grams = " & ".join(f"({term.grams})" for term in terms)
    by_grams = RawSQL("SELECT cases_found_by(%s::tsquery)", [grams])
    conditions = (term.condition for term in terms)
    return CaseDocument.objects.filter(*conditions, is_public=True, pk__in=by_grams)


def hits_by_rank(terms: list[Term], *, ranked: bool) -> list[list[int]]:
    """The keys of the cases found, best rank first; in one list where no rank is asked for.

    Hits in titles come first, then in points and names of bodies, then elsewhere, then in parts alone.
    """
    rank: Any = Value(0)
    for term in terms if ranked else ():
        rank += term.rank
    ranks = documents_with(terms).annotate(rank=rank).order_by("rank").values("rank")
    return [row["keys"] for row in ranks.annotate(keys=ArrayAgg("pk", default=[]))]


def close_words(term: Term) -> list[str]:
    """At most three known words that are spelt nearly as the term: synonyms, topics, names of bodies."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (fold(word)) fold(word), word FROM (
                SELECT unnest(words) FROM catalog_searchsynonym UNION SELECT title FROM catalog_topic
                UNION SELECT name FROM catalog_body UNION SELECT kana FROM catalog_body
            ) AS known (word) WHERE abs(length(word) - %s) <= 2
            """,
            [len(term.typed)],
        )
        known = dict(cursor.fetchall())
    own = term.variants[0]
    return [known[word] for word in get_close_matches(own, known, cutoff=CLOSE) if word not in term.variants]


def fold_each(texts: Iterable[str]) -> dict[str, str]:
    """Each text with its folded form, by the database's `fold`."""
    with connection_to_read().cursor() as cursor:
        cursor.execute("SELECT t, fold(t) FROM unnest(%s::text[]) AS t", [list(texts)])
        return dict(cursor.fetchall())


class Highlighter:
    """Highlights the hits of a query in texts of a page; asks the database once how characters fold."""

    def __init__(self, terms: Iterable[Term], texts: Iterable[str]) -> None:
        self.folded = fold_each({character for text in texts for character in CHARACTER.findall(text)})
        words = {word for term in terms for word in (*term.variants, *term.pieces)}
        longest_first = sorted(words, key=len, reverse=True)
        self.hits = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> SafeString:
        """The text as HTML with every hit in <mark>."""
        folded, places = "", list[tuple[int, int]]()
        for character in CHARACTER.finditer(text):
            part = self.folded.get(character[0], character[0])
            folded += part
            places += [character.span()] * len(part)
        parts, end = [], 0
        for hit in self.hits.finditer(folded):
            start, stop = places[hit.start()][0], places[hit.end() - 1][1]
            parts.append(format_html("{}<mark>{}</mark>", text[end:start], text[start:stop]))
            end = stop
        return format_html("{}{}", format_html_join("", "{}", ((part,) for part in parts)), text[end:])
