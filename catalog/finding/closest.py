"""What is nearest to a text that finds little: cases with most of its words, the rarer ones first."""

from __future__ import annotations

from pyroaring import BitMap

from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.finding.search import RANKS_OF_HEAD, Term, close_words, pieces_of, terms_with_variants
from catalog.finding.sentences import with_content
from catalog.finding.weights import heaviest_first

MAX_WORDS = 6  # of a text, of which any may be missing
FEW = 6  # cases: a text that finds as many needs no help


def closest_cases(case_filter: CaseFilter, limit: int) -> list[int]:
    """The numbers of cases that are not found and have most of what the text says, the best first.

    They satisfy the same filters, and what the text states; where no such case has any of its words, the
    filters alone. None where enough is found.
    """
    found, terms = case_filter.found(), case_filter.terms
    if len(found) >= FEW or not terms or (found and len(terms) == 1):
        return []
    words = words_of(case_filter)
    numbers = best(case_filter.index, words, case_filter.found(except_for="q") - found, limit)
    if numbers or not case_filter.understood:
        return numbers
    return best(case_filter.index, words, case_filter.found_without_text() - found, limit)


def words_of(case_filter: CaseFilter) -> list[Term]:
    """The words of the text; of one that no case has, what may have been meant, or its parts."""
    index = case_filter.index
    words = list[Term]()
    for term in case_filter.terms:
        if index.cases_with(term):
            words.append(term)
        else:
            instead = close_words(term)[:1] or with_content(pieces_of(term.typed))
            words += terms_with_variants(instead, index.lists.synonyms)
    return list(dict.fromkeys(words))[:MAX_WORDS]


def best(index: Index, words: list[Term], among: BitMap, limit: int) -> list[int]:
    """The numbers of cases by the words that they have, and of the same by those in their title and points.

    Words weigh the more the fewer cases have them.
    """
    ranks = [index.hits_of(word) for word in words]
    hits, in_head = (
        [cases for of_word in ranks if (cases := BitMap().union(*of_word[:last]))]
        for last in (None, RANKS_OF_HEAD)
    )
    told_in_head = [told for _, told in heaviest_first(in_head, len(index.cases))]
    groups = (
        cases & told for _, cases in heaviest_first(hits, len(index.cases)) for told in (*told_in_head, cases)
    )
    return index.numbering.by_groups(among & BitMap().union(*hits), groups, slice(0, limit))
