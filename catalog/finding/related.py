"""Cases that are related to one: what they have in common with it, and their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pyroaring import BitMap

from catalog.documents.reading import Document
from catalog.documents.records import CaseRecord, codes_named
from catalog.finding.cards import Card, cards_of, target_of
from catalog.finding.index import Index, union_of
from catalog.finding.weights import heaviest_first


def related_cards(document: Document, index: Index, limit: int) -> list[Card]:
    """Other cases that have the most in common with this one, then those nearest to it; each says what.

    A topic, the section, and being named as similar weigh the more the fewer cases have them.
    """
    numbers = related_numbers(document, index, limit)
    return [
        replace(card, relation="・".join(said_in_common(document.record, card.case)))
        for card in cards_of(index.read(numbers), index, target_of(document.record, index))
    ]


def related_numbers(document: Document, index: Index, limit: int) -> list[int]:
    """The same as numbers of cases."""
    own, target = index.numbering.numbered([document.key]), target_of(document.record, index)
    common = [others for cases in in_common(document.record, index) if (others := cases - own)]
    groups = (
        nearest
        for _, cases in heaviest_first(common, len(index.cases))
        for nearest in (index.nearest_first(cases, target) if target else [cases])
    )
    return [*index.numbering.by_groups(BitMap().union(*common), groups, slice(0, limit))]


def in_common(record: CaseRecord, index: Index) -> Iterator[BitMap]:
    """The cases with each topic of this one; those of its section; those by a body named, and the reverse."""
    for topic in record["topics"]:
        yield union_of(index.cases_by["topic"], [topic["id"]])
    yield union_of(index.cases_by["section"], [record["section"]["id"]])
    by_those_named = union_of(index.cases_by["body"], codes_named(record))
    yield by_those_named | union_of(index.mentions_by, (body["code"] for body in record["bodies"]))


def said_in_common(one: CaseRecord, other: CaseRecord) -> Iterator[str]:
    """The same in words."""
    ids = {topic["id"] for topic in one["topics"]}
    titles = [topic["title"] for topic in other["topics"] if topic["id"] in ids]
    if titles:
        yield f"テーマ「{'」「'.join(titles)}」が共通"
    if one["section"]["id"] == other["section"]["id"]:
        yield "同じ区分"
    if names(one, other) or names(other, one):
        yield "類似の取組として掲載"


def names(one: CaseRecord, other: CaseRecord) -> bool:
    """Whether a case names a body of the other as doing something similar, or as one that took over."""
    codes = {body["code"] for body in other["bodies"]}
    return not codes.isdisjoint(codes_named(one))
