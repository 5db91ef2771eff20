"""What is nearest to a text that finds little: cases by its words and by words near in meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from heapq import nsmallest
from math import log, sqrt
from typing import NamedTuple

from pyroaring import BitMap

from catalog.finding.clues import Clue, clues_of
from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.finding.search import Term, folded_of

FEW, FEW_OF_ONE_WORD = 6, 3  # cases: a text that finds as many needs no help
IN_HEAD = 0.75  # what a word counts more where it stands in title, points or names
LEAST = 0.72  # what the best case counts if any is shown: texts without sense reach less
SHARE = 0.1  # of what the best counts that any other does
NOT_STATED = 0.7  # by what it counts less where it does not satisfy what the text states
MAX_WORDS = 100  # that are looked for, those that count most
MAX_RANKED = 400  # cases, or a few more: where more have any of the words, those with the rarest
TOLD = 0.5  # what a word counts that is marked as the reason
# Of each word the cases that have it in their head, and all that have it.
Hits = Mapping[str, tuple[BitMap, ...]]


class Closest(NamedTuple):
    """The numbers of cases, the best first, and the words by which they were found."""

    numbers: list[int]
    words: list[Term]


class Weighed(NamedTuple):
    """What a word counts for each case that has it, and the cases; some have it in their head."""

    counts: float
    in_head: BitMap
    anywhere: BitMap


def closest_cases(case_filter: CaseFilter, limit: int) -> Closest:
    """Cases that are not found and speak of what the text does, the best first.

    They satisfy the same filters; those that satisfy what the text states as well count more. None where
    enough is found, or where the text speaks of nothing that cases do. See decision 0041.
    """
    found, index = case_filter.found(), case_filter.index
    stated = case_filter.found(except_for="q") - found
    among = case_filter.found_without_text() - found if case_filter.understood else stated
    if not case_filter.terms or len(found) >= FEW or not among:
        return Closest([], [])
    clues = clues_of(text_of_clues(case_filter), index.lists.near_groups)
    if len(clues) < 2 and len(found) >= FEW_OF_ONE_WORD:
        return Closest([], [])
    hits = index.hits_of_words({word for clue in clues for word in clue.words})
    counts = counted(weighed(index, clues, hits), clues, hits, among)
    for number in counts.keys() - stated:
        counts[number] *= NOT_STATED
    told = {word for clue in clues for word in clue.words if clue.words[word] >= TOLD and len(word) > 1}
    return Closest(best(index, counts, limit), [Term(word, (word,), ()) for word in sorted(told)])


def text_of_clues(case_filter: CaseFilter) -> str:
    """What was typed, what it states too; but without that where it names what is not meant."""
    has_exception = any(condition.is_exception for condition in case_filter.understood)
    return case_filter.reading.rest if has_exception else case_filter.cleaned["q"]


def weighed(index: Index, clues: list[Clue], hits: Hits) -> list[Weighed]:
    """The words of the clues that some case has, those that count most: the rarer, the more."""
    weights = defaultdict[str, float](float)
    for clue in clues:
        for word, counts in clue.words.items():
            weights[word] += counts
    of_all, lists = len(index.cases), index.titled_lists
    words = (
        Weighed(
            weights[word] * log(1 + of_all / len(anywhere)) / log(1 + of_all),
            in_head.union(*(cases for title, cases in lists if folded_of(word) in title)),
            anywhere,
        )
        for word, (in_head, anywhere) in hits.items()
        if anywhere
    )
    return nsmallest(MAX_WORDS, words, key=lambda word: -word.counts)


def counted(words: list[Weighed], clues: list[Clue], hits: Hits, among: BitMap) -> dict[int, float]:
    """What each of the cases counts by its words, and the less the less it speaks of what the text does.

    And all count the less, the less of the text any case speaks of.
    """
    ranked = BitMap()
    for word in sorted(words, key=lambda word: len(word.anywhere)):
        if len(ranked) < MAX_RANKED:
            ranked |= word.anywhere & among
    counts = defaultdict[int, float](float)
    for word in words:
        for number in word.anywhere & ranked:
            counts[number] += word.counts
        for number in word.in_head & ranked:
            counts[number] += word.counts * IN_HEAD
    of_all, of_case = spoken_of(clues, hits, ranked)
    return {number: count * of_all * sqrt(of_case[number]) for number, count in counts.items()}


def spoken_of(clues: list[Clue], hits: Hits, ranked: BitMap) -> tuple[float, dict[int, float]]:
    """How much of what the text speaks of some case does, and how much each of these cases, from 0 to 1.

    A clue weighs what its word is rare in the language, and is spoken of by the nearest word there is.
    """
    whole = sum(clue.rarity for clue in clues)
    of_all, of_case = 0.0, defaultdict[int, float](float)
    for clue in clues:
        share, nearest, others = clue.rarity / whole, 0.0, ranked
        for word, counts in sorted(clue.words.items(), key=lambda pair: -pair[1]):
            if anywhere := hits[word][1]:
                nearest = max(nearest, counts)
                for number in anywhere & others:
                    of_case[number] += counts * share
                others = others - anywhere
        of_all += nearest * share
    return of_all, of_case


def best(index: Index, counts: Mapping[int, float], limit: int) -> list[int]:
    """The numbers of some cases in the order of what they count; none where the best is below `LEAST`."""
    most = max(counts.values(), default=0)
    if most < LEAST:
        return []
    enough = (number for number, count in counts.items() if count >= SHARE * most)
    return nsmallest(limit, enough, key=lambda one: (-round(counts[one], 6), index.numbering.place(one), one))
