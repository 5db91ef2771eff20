"""What is nearest to a text that finds little: cases by its words and by those near in meaning (decision 0041)."""

from __future__ import annotations

from collections import defaultdict
from heapq import nsmallest
from math import log
from typing import NamedTuple

from pyroaring import BitMap

from catalog.finding.clues import Weights, weights_of
from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.finding.search import Term

FEW, FEW_OF_ONE_WORD = 6, 3  # cases: a text that finds as many needs no help
IN_HEAD = 0.75  # what a word counts more where it stands in title, points or names
LEAST = 5.0  # what a case that is shown counts: texts without sense reach less
MAX_WORDS = 64  # that are looked for, those that count most
MAX_RANKED = 400  # cases, or a few more: where more have any of the words, those with the rarest
TOLD = 0.5  # what a word counts that is marked as the reason


class Closest(NamedTuple):
    """The numbers of cases, the best first, and the words by which they were found."""

    numbers: list[int]
    words: list[Term]


class Clue(NamedTuple):
    """What one word counts for each case that has it, and once more for those that have it in their head."""

    counts: float
    anywhere: BitMap
    in_head: BitMap


def closest_cases(case_filter: CaseFilter, limit: int) -> Closest:
    """Cases that are not found and speak of what the text does, the best first.

    They satisfy the same filters, and what the text states; where no such case counts enough, the filters
    alone. None where enough is found.
    """
    found, terms = case_filter.found(), case_filter.terms
    if not terms or len(found) >= (FEW if len(terms) > 1 else FEW_OF_ONE_WORD):
        return Closest([], [])
    index = case_filter.index
    weights = weights_of(case_filter.reading.rest, terms, index.lists.near_groups)
    clues = clues_in(index, weights)
    numbers = best(index, clues, case_filter.found(except_for="q") - found, limit)
    if not numbers and case_filter.understood:
        numbers = best(index, clues, case_filter.found_without_text() - found, limit)
    return Closest(numbers, [Term(word, (word,), ()) for word, counts in weights.items() if counts >= TOLD])


def clues_in(index: Index, weights: Weights) -> list[Clue]:
    """The words as clues, by which cases have them; words that none has are none.

    A word counts the more the fewer cases have it.
    """
    of_all, clues = len(index.cases), list[Clue]()
    for word, (in_head, anywhere) in index.hits_of_words(weights).items():
        if anywhere:
            clues.append(Clue(weights[word] * log(1 + of_all / len(anywhere)), anywhere, in_head))
    return sorted(clues, key=lambda clue: -clue.counts)[:MAX_WORDS]


def best(index: Index, clues: list[Clue], among: BitMap, limit: int) -> list[int]:
    """The numbers of those of the cases that count `LEAST` or more, in the order of what they count."""
    ranked = BitMap()
    for clue in sorted(clues, key=lambda clue: len(clue.anywhere)):
        if len(ranked) < MAX_RANKED:
            ranked |= clue.anywhere & among
    counts = defaultdict[int, float](float)
    for clue in clues:
        for number in clue.anywhere & ranked:
            counts[number] += clue.counts
        for number in clue.in_head & ranked:
            counts[number] += clue.counts * IN_HEAD
    enough = (number for number, count in counts.items() if count >= LEAST)
    return nsmallest(limit, enough, key=lambda one: (-round(counts[one], 6), index.numbering.place(one), one))
