"""Troubles with the lists that answer them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.finding.words import sentence
from catalog.models import Trouble


@dataclass(frozen=True)
class Answered:
    """A trouble, the query of its list, this in words, and how many cases it finds."""

    trouble: Trouble
    query: str
    sentence: str
    count: int


def answered(index: Index) -> list[Answered]:
    """The troubles whose lists have a case; one that finds none any more, or is no query, is not told of."""
    lists = [(trouble, CaseFilter(QueryDict(trouble.query))) for trouble in index.lists.troubles]
    return [
        Answered(trouble, asked.query, sentence(asked), len(asked.found()))
        for trouble, asked in lists
        if asked.found()
    ]
