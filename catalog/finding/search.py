"""Search in Japanese: terms, their variants, what matches, in which order, and what to mark.

What counts as the same, the database's `fold` alone decides (migrations/sql/0001_documents.sql).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

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
GRAM = 4  # characters, as in the database's `grams`


@dataclass(frozen=True)
class Term:
    """A word of the query: as typed, and folded with all that means the same."""

    typed: str
    variants: tuple[str, ...]
    words: tuple[str, ...]

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


def grams_of(folded: str, mark: str = "") -> str:
    """The grams that a text with `folded` in it has, as PostgreSQL writes them in a query.

    `mark` is * for titles and + for heads, none for all texts.
    """
    return " & ".join(gram for run in RUN.findall(folded) for gram in grams_of_run(run, mark))


def grams_of_run(run: str, mark: str) -> list[str]:
    if len(run) < GRAM:
        return [f"'{mark}{run}':*"]
    return [f"'{mark}{run[at : at + GRAM]}'" for at in range(len(run) - GRAM + 1)]


def grams_decide(folded: str) -> bool:
    """Whether a text that has all grams of `folded` has `folded` itself: not if they may stand apart."""
    return len(folded) <= GRAM and RUN.fullmatch(folded) is not None


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


def keys_found(term: Term) -> tuple[str, list[list[int]]]:
    """The stamp of the catalogue's version, and the keys of the cases that have a term in it, by rank.

    A hit in the title is of the first rank, then comes one in points and names of bodies, then any, then one
    in parts alone. A case is under every rank it has, and so are cases that are not published.
    """
    whole = [
        Question(part, mark, [[variant] for variant in term.variants])
        for part, mark in (("title", "*"), ("head", "+"), ("folded", ""))
    ]
    questions = [*whole, Question("folded", "", [term.pieces] if term.pieces else [])]
    stamp = "(SELECT stamp::text FROM catalog_catalogueversion)"
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([stamp, *(question.sql for question in questions)])}",
            [value for question in questions for value in question.values],
        )
        ((stamp, *ranks),) = cursor.fetchall()
    return stamp, [keys or [] for keys in ranks]


@dataclass(frozen=True)
class Question:
    """Which cases have all words of one of several lists in a part of their text: `sql`, with its `values`.

    Grams find them, and where these do not decide the text itself is read.
    """

    part: str
    mark: str
    lists: list[list[str]]

    @property
    def is_decided(self) -> bool:
        return all(grams_decide(word) for words in self.lists for word in words)

    @property
    def sql(self) -> str:
        if not self.lists:
            return "NULL"
        if self.is_decided:
            return "cases_found_by(%s::tsquery)"
        has_one = " OR ".join(
            " AND ".join(f"strpos({self.part}, %s) > 0" for _ in words) for words in self.lists
        )
        return (
            f"(SELECT array_agg(case_id) FROM {CaseDocument._meta.db_table} "  # noqa: S608 – names of ours
            f"WHERE case_id = ANY (cases_found_by(%s::tsquery)) AND ({has_one}))"
        )

    @property
    def values(self) -> list[str]:
        if not self.lists:
            return []
        either = (" & ".join(grams_of(word, self.mark) for word in words) for words in self.lists)
        grams = " | ".join(f"({one})" for one in either)
        return [grams] if self.is_decided else [grams, *(word for words in self.lists for word in words)]


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


# How the database folds each character that a page has marked hits in; it does so for ever.
_folded_characters: dict[str, str] = {}


class Highlighter:
    """Highlights the hits of a query in texts of a page; asks the database once how new characters fold."""

    def __init__(self, terms: Iterable[Term], texts: Iterable[str]) -> None:
        characters = {character for text in texts for character in CHARACTER.findall(text)}
        if new := characters - _folded_characters.keys():
            _folded_characters.update(fold_each(new))
        words = {word for term in terms for word in (*term.variants, *term.pieces)}
        longest_first = sorted(words, key=len, reverse=True)
        self.hits = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> SafeString:
        """The text as HTML with every hit in <mark>."""
        folded = [_folded_characters.get(one, one) for one in CHARACTER.findall(text)]
        hits = list(self.hits.finditer("".join(folded)))
        if not hits:
            return escape(text)
        spans = (character.span() for character in CHARACTER.finditer(text))
        places = [span for span, part in zip(spans, folded, strict=True) for _ in part]
        parts, end = list[str](), 0
        for hit in hits:
            start, stop = places[hit.start()][0], places[hit.end() - 1][1]
            parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            end = stop
        return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 – escaped above
