"""What is nearest to a text that finds little: cases by its words and by words near in meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from heapq import nsmallest
from math import log
from typing import NamedTuple

from pyroaring import BitMap

from catalog.finding.clues import Clue, clues_of
from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.finding.search import Term, folded_of

FEW, FEW_OF_ONE_WORD = 6, 3  # cases: a text that finds as many needs no help
IN_HEAD = 0.75  # what a word counts more where it stands in title, points or names
LEAST = 4.5  # what the best case counts if any is shown: texts without sense reach less
SHARE = 0.1  # of what the best counts that any other does
NOT_STATED = 0.7  # by what it counts less where it does not satisfy what the text states
MAX_WORDS = 100  # that are looked for, those that count most
MAX_RANKED = 400  # cases, or a few more: where more have any of the words, those with the rarest
TOLD = 0.5  # what a word counts that is marked as the reason


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
    clues = clues_of(case_filter.cleaned["q"], index.lists.near_groups)
    if len(clues) < 2 and len(found) >= FEW_OF_ONE_WORD:
        return Closest([], [])
    numbers = best(index, weighed(index, clues), among, stated, limit)
    told = {word for clue in clues for word, counts in clue.items() if counts >= TOLD and len(word) > 1}
    return Closest(numbers, [Term(word, (word,), ()) for word in sorted(told)])


def weighed(index: Index, clues: list[Clue]) -> list[Weighed]:
    """The words of the clues that some case has, those that count most.

    A word counts the more the fewer cases have it, and all the less the more of the text no case speaks of.
    """
    hits = index.hits_of_words({word for clue in clues for word in clue})
    share = spoken_of(clues, hits)
    weights = defaultdict[str, float](float)
    for clue in clues:
        for word, counts in clue.items():
            if hits[word][1]:
                weights[word] += counts * share
    of_all, lists = len(index.cases), index.titled_lists
    words = (
        Weighed(
            weights[word] * log(1 + of_all / len(anywhere)),
            in_head.union(*(cases for title, cases in lists if folded_of(word) in title)),
            anywhere,
        )
        for word, (in_head, anywhere) in hits.items()
        if anywhere
    )
    return nsmallest(MAX_WORDS, words, key=lambda word: -word.counts)


def spoken_of(clues: list[Clue], hits: Mapping[str, tuple[BitMap, ...]]) -> float:
    """How much of what the text speaks of cases do too, from 0 to 1: a clue by its nearest word there is."""
    nearest = [max((counts for word, counts in clue.items() if hits[word][1]), default=0) for clue in clues]
    return sum(nearest) / len(nearest) if nearest else 0


def best(index: Index, words: list[Weighed], among: BitMap, stated: BitMap, limit: int) -> list[int]:
    """The numbers of some cases in the order of what they count; none where the best is below `LEAST`.

    `stated` are those of them that satisfy what the text states.
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
    for number in ranked - stated:
        counts[number] *= NOT_STATED
    most = max(counts.values(), default=0)
    if most < LEAST:
        return []
    enough = (number for number, count in counts.items() if count >= SHARE * most)
    return nsmallest(limit, enough, key=lambda one: (-round(counts[one], 6), index.numbering.place(one), one))
