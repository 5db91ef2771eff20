"""Search in Japanese: terms, their variants, what matches, in which order, and what to mark.

What counts as the same, the database's `fold` alone decides (migrations/sql/0001_documents.sql).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain, combinations, pairwise
from typing import Any

from catalog.finding.sentences import cut, with_content, without_verb, words_in
from catalog.models import CaseDocument, CaseGrams
from catalog.models.days import ERAS
from dxcases.postgres.replicas import connection_to_read

RUN = re.compile(r"[^\W_]+")
# Runs of one script: kanji (with the き of 手続き), hiragana, katakana, and other letters and digits.
SCRIPT = re.compile(
    r"[一-鿿々〆]{2,}[ぁ-ゖ](?![ぁ-ゖ])|[一-鿿々〆]+|[ぁ-ゖ]+|[ァ-ヺー]+|[^\W_一-鿿々〆ぁ-ゖァ-ヺー]+"
)
# Words of these are found whole, and not inside a longer one, as in the database's `whole_words`.
KATAKANA, LATIN = re.compile("[ァ-ヺ][ァ-ヺー]*"), re.compile("[a-z][a-z0-9]*")
WHOLE, READING = "=", "~"  # marks of grams: a word found whole, a reading of a name found by its beginning
KANJI_OR_NOT = re.compile(r"[一-鿿々〆]+|[^\W_一-鿿々〆]+")
KANJI = re.compile(r"[一-鿿々〆]")
MAY_HAVE_FORMS = re.compile("[一-鿿\uf900-\ufaff]")
ERA = re.compile(f"(?:{'|'.join(ERAS)}).{{1,3}}年")
LONGEST_ROW = 3  # pieces of a compound that may be one known word
CLOSE, MOST_CLOSE = 0.66, 3  # difflib's ratio: one wrong character of three is close
Synonyms = Mapping[str, Mapping[str, str]]
# The ranks of a hit: the first two are of title, and of points and names; the last of parts that stand apart.
RANKS_OF_HEAD, PARTS_APART = 2, 3
GRAM = 4  # characters, as in the database's `grams`


@dataclass(frozen=True)
class Term:
    """A word of the query: as typed, and folded with all that means the same.

    `pieces` are the parts of a compound, each with all that means the same as it: they may stand apart in the
    text. What is no compound has none.
    """

    typed: str
    variants: tuple[str, ...]
    words: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, typed: str, smallest: list[str], folded: Mapping[str, str], synonyms: Synonyms) -> Term:
        """`smallest` are its smallest pieces; `folded` has the folded form of it and of all rows of these."""
        known = {row for row in rows_of(smallest) if folded[row] in synonyms}
        pieces = tuple(variants_of(piece, folded[piece], synonyms) for piece in joined(smallest, known))
        words = tuple(synonyms.get(folded[typed], ()))
        return cls(typed, variants_of(typed, folded[typed], synonyms), words, pieces)


def variants_of(typed: str, folded: str, synonyms: Synonyms) -> tuple[str, ...]:
    """The word first, then what means the same, each as `wanted` writes it."""
    same = synonyms.get(folded, {})
    return tuple(dict.fromkeys([wanted(typed, folded), *(wanted(word, form) for word, form in same.items())]))


def wanted(typed: str, folded: str) -> str:
    """The folded form of a word, with a mark before it if it is to be found whole."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    if KATAKANA.fullmatch(plain):
        return f"{WHOLE}{READING}{folded}"
    return f"{WHOLE}{folded}" if LATIN.fullmatch(plain) else folded


def folded_of(variant: str) -> str:
    """The folded form alone."""
    return variant.lstrip(WHOLE + READING)


def is_whole(variant: str) -> bool:
    return variant.startswith(WHOLE)


def joined(smallest: list[str], known: Collection[str]) -> list[str]:
    """The pieces, those together that are a word which is `known`: デジタル格差 of デジタル格差対策."""
    pieces, at = list[str](), 0
    while at < len(smallest):
        rows = ["".join(smallest[at : at + size]) for size in range(1, LONGEST_ROW + 1)]
        size = max((size for size, row in enumerate(rows, start=1) if row in known), default=1)
        pieces.append(rows[size - 1])
        at += size
    return pieces


def smallest_pieces(typed: str) -> list[str]:
    """The parts of a compound, which has four characters or more, and no part of a single one; else none.

    It is cut at particles, or else where the script changes, and runs of kanji into twos.
    """
    plain = unicodedata.normalize("NFKC", typed)
    if len(said := with_content(cut(plain))) > 1:
        return said
    pieces = [piece for run in SCRIPT.findall(plain) for piece in split_compound(run)]
    is_compound = len(plain) >= 4 and len(pieces) > 1 and min(map(len, pieces)) > 1
    is_year = ERA.search(plain) or any(map(str.isdecimal, pieces))  # 令和二年, 2021年度
    return pieces if is_compound and not is_year else []


def rows_of(pieces: list[str]) -> set[str]:
    """The pieces, and each row of a few of them that is not the whole."""
    rows = {
        "".join(pieces[at : at + size]) for size in range(1, LONGEST_ROW + 1) for at in range(len(pieces))
    }
    return rows - {"".join(pieces)}


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
    if is_whole(folded):
        word = folded_of(folded)
        whole = f"'{mark}{WHOLE}{word}'"
        return f"({whole} | '{mark}{READING}{word}':*)" if READING in folded and mark != "*" else whole
    return " & ".join(gram for run in RUN.findall(folded) for gram in grams_of_run(run, mark))


def grams_of_run(run: str, mark: str) -> list[str]:
    if len(run) < GRAM:
        return [f"'{mark}{run}':*"]
    return [f"'{mark}{run[at : at + GRAM]}'" for at in range(len(run) - GRAM + 1)]


def grams_decide(folded: str) -> bool:
    """Whether a text that has all grams of `folded` has `folded` itself: not if they may stand apart."""
    return is_whole(folded) or (len(folded) <= GRAM and RUN.fullmatch(folded) is not None)


def terms_of(text: str, synonyms: Synonyms, is_found: Callable[[Term], bool]) -> list[Term]:
    """The terms of a query: the words of its text, each with its variants.

    A word that is not found as it stands may be a sentence: then the words that this is made of stand in its
    place. Two words that together mean something known are one: open data. `synonyms` is `Index.synonyms`;
    `is_found` says whether some case has the term in one piece.
    """
    terms = [
        part
        for term in terms_with_variants(known_together(words_in(text), synonyms), synonyms)
        for part in ([term] if is_found(term) else parts_of_sentence(term, synonyms, is_found))
    ]
    return list({term.typed: term for term in terms}.values())


def as_one_term(text: str, title: str, synonyms: Synonyms) -> list[Term]:
    """A text that also means a title, as one term; none where it is punctuation alone."""
    own, of_title = (terms_with_variants([one], synonyms) for one in (text, title))
    return [
        replace(
            one,
            variants=tuple(dict.fromkeys([*one.variants, *other.variants])),
            pieces=one.pieces or other.pieces,
        )
        for one, other in zip(own, of_title, strict=False)
    ]


def known_together(words: list[str], synonyms: Synonyms) -> list[str]:
    """The words, those of two that stand side by side and are a known word together as one."""
    pairs = [" ".join(pair) for pair in pairwise(words)]
    known = {pair for pair, folded in fold_each(pairs).items() if folded in synonyms}
    for at, pair in enumerate(pairs):
        if pair in known:
            return [*words[:at], pair, *known_together(words[at + 2 :], synonyms)]
    return words


def parts_of_sentence(term: Term, synonyms: Synonyms, is_found: Callable[[Term], bool]) -> list[Term]:
    """The terms that stand for one that is not found: itself where there is nothing to cut."""
    parts = terms_with_variants(with_content(cut(term.typed)), synonyms)
    shorter = {part.typed: without_verb(part.typed) for part in parts if not is_found(part)}
    if all(word == part for part, word in shorter.items()):
        return parts or [term]
    return terms_with_variants([shorter.get(part.typed, part.typed) for part in parts], synonyms)


def terms_with_variants(words: list[str], synonyms: Synonyms) -> list[Term]:
    """Each word with all that means the same; what folds to punctuation alone is none."""
    smallest = {word: smallest_pieces(word) for word in words}
    folded = fold_each([*words, *(row for pieces in smallest.values() for row in rows_of(pieces))])
    return [Term.of(typed, smallest[typed], folded, synonyms) for typed in words if RUN.search(folded[typed])]


def keys_with_all(text: str, synonyms: Synonyms) -> set[int]:
    """The keys of the cases, published or not, that have each word of a text, in any of its variants."""
    terms = terms_with_variants(words_in(text), synonyms)
    found = [set(chain.from_iterable(keys_found(term)[1])) for term in terms]
    return set.intersection(*found) if found else set()


def borders(names: Iterable[str]) -> dict[str, str]:
    """For each folded name that stands in longer ones the pattern that finds it outside of these.

    So 大阪市 is not found in 東大阪市, nor 津市 in 大津市.
    """
    known = set(names)
    before, behind = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for name in known:
        for start, end in combinations(range(len(name) + 1), 2):
            if (inner := name[start:end]) in known and inner != name:
                (before if start else behind)[inner].add(name[:start] or name[end:])
    return {
        name: "".join(
            (
                f"(?<!{'|'.join(sorted(before[name]))})" if name in before else "",
                name,
                f"(?!{'|'.join(sorted(behind[name]))})" if name in behind else "",
            )
        )
        for name in sorted(before.keys() | behind.keys())
    }


def keys_found(
    term: Term, among: Collection[int] | None = None, bordered: Mapping[str, str] | None = None
) -> tuple[str, list[list[int]]]:
    """The stamp of the catalogue's version, and the keys of the cases that have a term in it, by rank.

    `among`: the keys of the few cases that are asked about; by default all. `bordered`: see `borders`.

    A hit in the title is of the first rank, then comes one in points and names of bodies, then any, then one
    in parts alone. A case is under every rank it has, and so are cases that are not published.
    """
    keys = None if among is None else list(among)
    whole = [
        Question(part, mark, [term.variants], keys, bordered or {})
        for part, mark in (("title", "*"), ("head", "+"), ("folded", ""))
    ]
    questions = [*whole, Question("folded", "", term.pieces, keys, bordered or {})]
    stamp = "(SELECT stamp::text FROM catalog_catalogueversion)"
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([stamp, *(question.sql for question in questions)])}",
            [value for question in questions for value in question.values],
        )
        ((stamp, *ranks),) = cursor.fetchall()
    return stamp, [keys or [] for keys in ranks]


def keys_with_words(
    words: Sequence[str], among: Collection[int] | None = None
) -> tuple[str, list[tuple[list[int], list[int]]]]:
    """The stamp of the catalogue's version, and for each word the keys of the cases that have it.

    First those that have it in title, points or names of bodies, then all. Grams alone decide: of a word that
    is longer than one the parts may stand apart. `among` is as for `keys_found`.
    """
    found, values = "cases_found_by({}::tsquery)", list[Any]()
    if among is not None:
        found = (
            f"(SELECT array_agg(case_id) FROM {CaseGrams._meta.db_table} "  # noqa: S608 – a name of ours
            "WHERE case_id = ANY (%s) AND grams @@ {}::tsquery)"
        )
        values = [list(among)] * 2
    heads = [f"({grams_of(word, '*')}) | ({grams_of(word, '+')})" for word in words]
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT stamp::text FROM catalog_catalogueversion), "  # noqa: S608 – all of it is ours
            f"{found.format('of_head')}, {found.format('of_all')} "
            "FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (of_head, of_all, at) ORDER BY at",
            [*values, heads, [*map(grams_of, words)]],
        )
        rows = cursor.fetchall()
    return rows[0][0] if rows else "", [(in_head or [], anywhere or []) for _, in_head, anywhere in rows]


@dataclass(frozen=True)
class Question:
    """Which cases have a word of each list in a part of their text: `sql`, with its `values`.

    Grams find them. Texts are read only where words that grams do not decide on may make the difference.
    """

    part: str
    mark: str
    lists: Sequence[Sequence[str]]
    among: list[int] | None = None
    bordered: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        if not self.lists:
            return "NULL"
        if not self._has_undecided:
            return self._found
        has_each = " AND ".join(f"({' OR '.join(map(self._has, words))})" for words in self.lists)
        read = (
            f"(SELECT array_agg(case_id) FROM {CaseDocument._meta.db_table} "  # noqa: S608 – names of ours
            f"WHERE case_id = ANY ({self._found}) AND {has_each})"
        )
        return f"{self._found} || {read}" if self._decided else read

    @property
    def values(self) -> list[Any]:
        if not self.lists:
            return []
        every, decided = self._grams(self.lists), self._decided
        if not self._has_undecided:
            return self._asked(every)
        texts = [
            grams_of(word, self.mark) if is_whole(word) else self.bordered.get(word, word)
            for words in self.lists
            for word in words
        ]
        if not decided:
            return [*self._asked(every), *texts]
        return [*self._asked(decided), *self._asked(f"{every} & !({decided})"), *texts]

    @property
    def _found(self) -> str:
        """The cases that have grams, which `_asked` gives."""
        if self.among is None:
            return "cases_found_by(%s::tsquery)"
        return (
            f"(SELECT array_agg(case_id) FROM {CaseGrams._meta.db_table} "  # noqa: S608 – a name of ours
            "WHERE case_id = ANY (%s) AND grams @@ %s::tsquery)::bigint[]"
        )

    def _asked(self, grams: str) -> list[Any]:
        return [grams] if self.among is None else [self.among, grams]

    @property
    def _has_undecided(self) -> bool:
        return not all(self._decide(word) for words in self.lists for word in words)

    def _decide(self, word: str) -> bool:
        return word not in self.bordered and grams_decide(word)

    @property
    def _decided(self) -> str:
        """The grams of the words alone that grams decide on; empty if a list has none."""
        lists = [[word for word in words if self._decide(word)] for words in self.lists]
        return self._grams(lists) if all(lists) else ""

    def _grams(self, lists: Sequence[Sequence[str]]) -> str:
        each = (" | ".join(f"({grams_of(word, self.mark)})" for word in words) for words in lists)
        return " & ".join(f"({one})" for one in each)

    def _has(self, word: str) -> str:
        if word in self.bordered:
            return f"{self.part} ~ %s"
        return "words @@ %s::tsquery" if is_whole(word) else f"strpos({self.part}, %s) > 0"


def known_parts(term: Term, synonyms: Synonyms) -> list[str]:
    """What one may search for instead of a term that nothing has: known words in it, as typed."""
    runs = [run for run in KANJI_OR_NOT.findall(term.typed) if run != term.typed]
    parts = [part for run in runs or [term.typed] for part in (run, *split_compound(run)) if len(part) > 1]
    folded = fold_each(parts)
    return [part for part in dict.fromkeys(parts) if part != term.typed and folded[part] in synonyms]


def close_words(term: Term) -> list[str]:
    """Known words that begin with the term, and those spelt nearly as it, at most three of each.

    Known are synonyms, topics, sections and names of bodies. To a term that is one of them none is near.
    """
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (fold(word)) fold(word), word FROM (
                SELECT unnest(words) FROM catalog_searchsynonym WHERE NOT is_near
                UNION SELECT unnest(string_to_array(title, '・')) FROM catalog_topic
                WHERE merged_into_id IS NULL
                UNION SELECT title FROM catalog_section UNION SELECT name FROM catalog_body
            ) AS known (word) WHERE abs(length(word) - %s) <= 2 OR starts_with(word, %s)
            """,
            [len(term.typed), unicodedata.normalize("NFKC", term.typed)],
        )
        known = dict(cursor.fetchall())
    own, *others = map(folded_of, term.variants)
    longer = [word for word in known if word.startswith(own) and word != own]
    close = [] if own in known else get_close_matches(own, known, MOST_CLOSE, CLOSE)
    return [known[word] for word in dict.fromkeys([*longer[:MOST_CLOSE], *close]) if word not in others]


def fold_each(texts: Collection[str]) -> dict[str, str]:
    """Each text with its folded form, by the database's `fold`."""
    if not texts:
        return {}
    with connection_to_read().cursor() as cursor:
        cursor.execute("SELECT t, fold(t) FROM unnest(%s::text[]) AS t", [list(texts)])
        return dict(cursor.fetchall())


@lru_cache(maxsize=1)
def forms_of_kanji() -> dict[int, str]:
    """The form that folding gives to each kanji that it changes, as `str.translate` takes it: 広 of 廣."""
    kanji = "".join(filter(MAY_HAVE_FORMS.match, map(chr, range(0x10000))))
    folded = fold_each([kanji])[kanji]
    return {ord(one): form for one, form in zip(kanji, folded, strict=True) if one != form}
