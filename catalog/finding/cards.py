"""Cases as lists show them: a document with why it stands where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from django.utils.safestring import SafeString

from catalog.documents.key_figures import key_line
from catalog.documents.places import place_of
from catalog.documents.reading import Document
from catalog.documents.records import Absolute, CaseRecord
from catalog.finding.highlights import Highlighter, Reason, reason_of
from catalog.finding.index import Index, union_of
from catalog.finding.nearest import Nearness, Target, nearness_of
from catalog.finding.search import Term

TOPICS = 2  # of a case that its card shows


@dataclass(frozen=True)
class Card:
    """A case in a list.

    `line` says what has come of it, or else its first point. `title`, `line` and `topics` have the words
    searched for highlighted, as HTML; where none has one, `reason` is the line of the case that has.
    `is_apart`: the parts of a word stand apart in the case. `relation` is what it has in common with the one
    that it is related to.
    """

    document: Document
    title: str | SafeString
    line: str | SafeString
    topics: list[str] | list[SafeString]
    tells_outcome: bool
    reason: Reason | None = None
    nearness: Nearness | None = None
    relation: str = ""
    is_own: bool = False  # by the very body that it is near to
    is_apart: bool = False

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
    measured = index.lists.measure(target) if target else None
    own = index.lineage(target.body) if target and target.body else set()
    outcomes = [key_line(one.record) for one in listed]
    texts = [texts_on_card(one.record, outcome) for one, outcome in zip(listed, outcomes, strict=True)]
    highlight = Highlighter(terms) if terms else None
    if highlight:
        highlight.learn(chain.from_iterable(texts))
    cards = [
        card_of(document, shown, bool(outcome), highlight)
        for document, shown, outcome in zip(listed, texts, outcomes, strict=True)
    ]
    if target is None or measured is None:
        return cards
    return [
        replace(
            card,
            nearness=nearness_of(card.case, target, measured),
            is_own=any(body["code"] in own for body in card.case["bodies"]),
        )
        for card in cards
    ]


def texts_on_card(record: CaseRecord, outcome: str) -> list[str]:
    """The title, the line and the topics that a card shows; the line is the outcome, or the first point."""
    line = outcome or next(iter(record["points"]), "")
    return [record["title"], line, *(topic["title"] for topic in record["topics"][:TOPICS])]


def card_of(document: Document, texts: list[str], tells_outcome: bool, highlight: Highlighter | None) -> Card:
    """The document as a card, the words highlighted, with why it is found if what it shows does not say."""
    reason = None
    if highlight:
        reason = None if any(map(highlight.is_in, texts)) else reason_of(document, highlight)
        texts = [*map(highlight, texts)]
    return Card(document, texts[0], texts[1], texts[2:], tells_outcome, reason)


def target_of(record: CaseRecord, index: Index) -> Target | None:
    """What is near to a case is near to its first body; None for a case without bodies."""
    first = next(iter(record["bodies"]), None)
    body = index.body(first["code"]) if first else None
    return Target(body, called="この事例の団体") if body else None


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
