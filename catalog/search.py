"""Search in Japanese: terms, their variants, what matches, in which order, and what to mark.

What counts as the same, the database's `fold` alone decides (migrations/sql/0001_search.sql).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Case, IntegerField, Lookup, Q, Value, When
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

RUN = re.compile(r"[^\W_]+")
# Runs of one script: kanji, kana, and the rest of letters and digits.
SCRIPT = re.compile(r"[一-鿿々〆]+|[ぁ-ゖー]+|[^\W_一-鿿々〆ぁ-ゖー]+")
# A character with the half-width or combining sound mark that belongs to it.
CHARACTER = re.compile("(?s).[\uff9e\uff9f\u3099\u309a]?")
KANJI_OR_NOT = re.compile(r"[一-鿿々〆]+|[^\W_一-鿿々〆]+")
KANJI = re.compile(r"[一-鿿々〆]")
CLOSE = 0.7  # difflib's ratio: one wrong character of four is close
IN_TITLE, IN_HEAD, IN_TEXT, LOOSELY = range(4)


@SearchVectorField.register_lookup
class Matches(Lookup):
    """`grams__matches=query`: the tsvector matches a query written as PostgreSQL writes one."""

    lookup_name = "matches"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [value]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", [*left_params, *right_params]


@dataclass(frozen=True)
class Term:
    """A word of the query: as typed, and folded with all that means the same."""

    typed: str
    variants: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def exactly(self) -> Q:
        condition = Q()
        for variant in self.variants:
            condition |= contains(variant)
        return condition

    @cached_property
    def pieces(self) -> list[str]:
        """The parts of a compound, which may stand apart in the text; none for what is no compound.

        A compound has four characters or more and two parts or more, each of two characters or more. It is
        cut where the script changes, and runs of kanji into twos.
        """
        folded = self.variants[0]
        pieces = [piece for run in SCRIPT.findall(folded) for piece in cut(run)]
        is_compound = len(folded) >= 4 and len(pieces) > 1 and min(map(len, pieces)) > 1
        return pieces if is_compound else []

    @property
    def loosely(self) -> Q | None:
        """That all parts of the compound are there; None for what is no compound."""
        if not self.pieces:
            return None
        condition = Q()
        for piece in self.pieces:
            condition &= contains(piece)
        return condition

    @property
    def condition(self) -> Q:
        return self.exactly | self.loosely if self.loosely else self.exactly

    @property
    def rank(self) -> Case:
        """Where the best hit stands: 0 title, 1 points and names of bodies, 2 elsewhere, 3 only in parts."""
        in_title, in_head = Q(), Q()
        for variant in self.variants:
            in_title |= Q(search__title__contains=variant)
            in_head |= Q(search__head__contains=variant)
        return Case(
            When(in_title, then=Value(IN_TITLE)),
            When(in_head, then=Value(IN_HEAD)),
            When(self.exactly, then=Value(IN_TEXT)),
            default=Value(LOOSELY),
            output_field=IntegerField(),
        )

    @property
    def parts(self) -> list[str]:
        """What one may search for instead where nothing has the whole: its parts, as typed."""
        parts = [part for run in KANJI_OR_NOT.findall(self.typed) for part in cut(run)]
        return [part for part in parts if len(part) > 1 and part != self.typed]


def cut(run: str) -> list[str]:
    """A run of kanji in twos, three at the end if it is odd; any other run whole."""
    if not KANJI.match(run) or len(run) < 4:
        return [run]
    starts = range(0, len(run) - 1, 2)
    return [run[at : at + 2] if at + 3 < len(run) else run[at:] for at in starts]


def contains(folded: str) -> Q:
    """That the text of a case has `folded` in it: by grams, and literally where grams do not decide."""
    runs = RUN.findall(folded)
    grams = [quoted for run in runs for quoted in grams_of(run)]
    condition = Q(search__grams__matches=" & ".join(grams))
    return condition if len(runs) == 1 and len(folded) < 4 else condition & Q(search__folded__contains=folded)


def grams_of(run: str) -> list[str]:
    """The grams that a text with `run` in it has, as PostgreSQL writes them in a query."""
    if len(run) == 1:
        return [f"'{run}':*"]
    size = min(len(run), 3)
    return [f"'{run[at : at + size]}'" for at in range(len(run) - size + 1)]


def terms_of(text: str) -> list[Term]:
    """The terms of a query: its words, without those that are punctuation alone, each with its variants."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT typed, fold(typed), coalesce(
                (SELECT array_agg(word ORDER BY s.id, at) FROM catalog_searchsynonym s
                 CROSS JOIN unnest(s.words) WITH ORDINALITY AS of_group(word, at)
                 WHERE EXISTS (SELECT FROM unnest(s.words) AS one WHERE fold(one) = fold(typed))), '{}')
            FROM unnest(%s::text[]) WITH ORDINALITY AS given(typed, place) ORDER BY place
            """,
            [text.split()],
        )
        rows = [row for row in cursor.fetchall() if RUN.search(row[1])]
    folded = fold_each({word for _, _, words in rows for word in words})
    return [
        Term(
            typed, tuple(dict.fromkeys([own, *(folded[word] for word in words)])), tuple(dict.fromkeys(words))
        )
        for typed, own, words in rows
    ]


def close_words(term: Term) -> list[str]:
    """At most three known words that are spelt nearly as the term: synonyms, topics, names of bodies."""
    with connection.cursor() as cursor:
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, fold(t) FROM unnest(%s::text[]) AS t", [list(texts)])
        return dict(cursor.fetchall())


class Marker:
    """Marks the hits of a query in texts of one page; asks the database once how their characters fold."""

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
