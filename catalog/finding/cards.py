"""Cases as lists show them: a document with why it stands where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from pyroaring import BitMap

from catalog.documents.places import place_of
from catalog.documents.reading import Document
from catalog.documents.records import Absolute, CaseRecord
from catalog.finding.index import Index, union_of
from catalog.finding.nearest import Nearness, Target, nearness_of
from catalog.finding.search import Highlighter, Term

POINTS = 2  # of a case that its card shows


@dataclass(frozen=True)
class Card:
    """A case in a list. `title` and the first `points` have the words searched for highlighted, as HTML."""

    document: Document
    title: str | SafeString
    points: list[str] | list[SafeString]
    nearness: Nearness | None = None
    shared_topics: int = 0

    @property
    def case(self) -> CaseRecord:
        return self.document.record

    def record(self, absolute: Absolute) -> CaseRecord:
        """The contract's record, with nearness in a list ordered by it."""
        record = self.document.with_url(absolute)
        return {**record, "nearness": self.nearness.record} if self.nearness else record


def cards_of(
    documents: Iterable[Document], index: Index, target: Target | None = None, terms: Iterable[Term] = ()
) -> list[Card]:
    """The documents as cards, told how near each is to the target and with the terms highlighted."""
    listed = list(documents)
    measured = index.measure(target) if target else None
    texts = [text for one in listed for text in (one.record["title"], *one.record["points"][:POINTS])]
    highlight = Highlighter(terms, texts) if terms else str
    return [
        Card(
            document,
            highlight(document.record["title"]),
            [highlight(point) for point in document.record["points"][:POINTS]],
            nearness_of(document.record, target, measured) if target and measured else None,
        )
        for document in listed
    ]


def target_of(record: CaseRecord, index: Index) -> Target | None:
    """What is near to a case is near to its first body; None for a case without bodies."""
    first = next(iter(record["bodies"]), None)
    body = index.body(first["code"]) if first else None
    return Target(body) if body else None


def related_cards(document: Document, index: Index, limit: int) -> list[Card]:
    """Other cases with a topic of this one: those that share most first, then those nearest to it."""
    target = target_of(document.record, index)
    sharing = index.sharing(topic["id"] for topic in document.record["topics"])
    others = sharing[0] - index.numbering.numbered([document.key]) if sharing else BitMap()
    groups = (
        cases & near
        for cases in reversed(sharing)
        for near in (index.by_score(target) if target else [cases])
    )
    numbers = index.numbering.by_groups(others, groups, slice(0, limit))
    shared = {index.numbering.key(number): sum(number in cases for cases in sharing) for number in numbers}
    return [
        Card(card.document, card.title, card.points, card.nearness, shared[card.document.key])
        for card in cards_of(index.read(numbers), index, target)
    ]


def neighbours(document: Document, index: Index) -> tuple[Document | None, Document | None]:
    """The cases just before and after this one within its step; its editor asks for a draft's too."""
    numbering = index.numbering
    of_step = union_of(index.cases_by["step"], [str(document.record["step"]["number"])])
    others = of_step - numbering.numbered([document.key])
    own = numbering.number(document.key)
    place = place_of(document.key) if own is None else numbering.place(own)
    at = numbering.position(place, document.key, others)
    found = index.read(numbering.in_order(others, slice(max(0, at - 1), at + 1)))
    previous = found[0] if at else None
    following = found[-1] if at < len(others) else None
    return previous, following
