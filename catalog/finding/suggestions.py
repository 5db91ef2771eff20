"""What the search box suggests while one types: bodies, topics, sections, steps and words of the catalogue.

What counts as the same, the database's `fold` and `fold_name` alone decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from pyroaring import BitMap

from catalog.documents.addresses import parameter_of
from catalog.finding import bodies
from catalog.finding.bodies import NamedBody
from catalog.finding.index import Index, union_of
from catalog.finding.search import fold_each, terms_with_variants
from catalog.finding.understanding import read
from catalog.models import Body, Kind

MAX_SUGGESTED, MAX_BODIES, MAX_WORDS = 8, 5, 3
MAX_COUNTED = 1_000  # cases, in which a word is searched for while one waits
PARTS = re.compile("[・（）]")


class Fit(IntEnum):
    """How a text stands in a name, best first."""

    WHOLE = 0
    BEGINNING = 1
    PART = 2


FIT_OF_BODY = {
    bodies.Fit.NAME: Fit.WHOLE,
    bodies.Fit.SHORT_NAME: Fit.WHOLE,
    bodies.Fit.SHORT_NAME_OF_TOWN: Fit.WHOLE,
    bodies.Fit.PREFECTURE: Fit.BEGINNING,
    bodies.Fit.BEGINNING: Fit.BEGINNING,
    bodies.Fit.PART: Fit.PART,
}


@dataclass(frozen=True)
class Suggested:
    """Something to look for: its kind and name, in how many cases it is, and the parameter that finds these.

    A body and a word are searched for by name, the others are values of a facet. Of very many cases it is not
    told how many have a word.
    """

    kind: str
    label: str
    count: int | None
    parameter: str
    value: str
    fit: Fit

    @property
    def query(self) -> str:
        return parameter_of(self.parameter, self.value)


class Titled(NamedTuple):
    """A value of a facet with its name, and what it is called, folded: the name, its parts, its number."""

    kind: str
    parameter: str
    value: str
    label: str
    names: frozenset[str]


def suggestions_for(text: str, index: Index) -> list[Suggested]:
    """At most eight that the text names, begins or is a part of.

    Those of a kind stand together: first the kind, and in it the name, that the text fits best.
    """
    folded = fold_each([text])[text].strip()
    if not folded:
        return []
    found = [*suggested_bodies(text, folded, index), *suggested_values(folded, index)]
    found += suggested_words(folded, index)
    best = sorted(found, key=attrgetter("fit"))[:MAX_SUGGESTED]
    kinds = list(dict.fromkeys(one.kind for one in best))
    return sorted(best, key=lambda one: kinds.index(one.kind))


def own_bodies_for(text: str, index: Index) -> list[Suggested]:
    """At most eight bodies that a name, a reading or a code names, the best first."""
    return [suggested_body(named, index) for named in index.bodies_named(text)[:MAX_SUGGESTED]]


def suggested_bodies(text: str, folded: str, index: Index) -> list[Suggested]:
    """By name or reading, with or without prefecture; of equals first those in most cases."""
    named = [] if folded.isdecimal() else index.bodies_named(text)
    found = [one for one in named if says_enough(folded, FIT_OF_BODY[one.fit])]
    found.sort(key=lambda one: (one.fit, not one.body.is_current, -in_cases(one.body)))
    return [suggested_body(one, index) for one in found[:MAX_BODIES]]


def in_cases(body: Body) -> int:
    return body.case_count + body.mention_count


def suggested_body(named: NamedBody, index: Index) -> Suggested:
    name, cases = named.body.full_name, cases_naming(named.body, index)
    return Suggested("団体", name, len(cases), "q", name, FIT_OF_BODY[named.fit])


def cases_naming(body: Body, index: Index) -> BitMap:
    """The cases that a body carries out or is named in; of a prefecture all that are in it."""
    if body.kind == Kind.PREFECTURE:
        return union_of(index.cases_by["prefecture"], [body.prefecture_id])
    return BitMap.union(*index.cases_and_mentions(body.code))


def suggested_values(folded: str, index: Index) -> Iterator[Suggested]:
    """Topics, sections and steps by a name or a part of one."""
    for kind, parameter, value, label, names in titled(index):
        if (fit := fit_in(names, folded)) is not None:
            count = len(index.cases_by[parameter].get(value, ()))
            yield Suggested(kind, label, count, parameter, value, fit)


def suggested_words(folded: str, index: Index) -> Iterator[Suggested]:
    """The most frequent words of the catalogue, with what each finds, that are searched for as a word.

    So none that is the name of something else, and none that is read as a condition: 市町村.
    """
    names = {name for one in titled(index) for name in one.names}
    fits = {
        one.word: fit
        for one in index.frequent_words
        if (fit := fit_in([one.folded], folded)) is not None and one.folded not in names
    }
    words = (word for word in sorted(fits, key=fits.__getitem__) if is_a_word(word, index))
    best = list(islice(words, MAX_WORDS))
    counts = counts_of(best, index) if len(index.cases) <= MAX_COUNTED else {}
    for word in best:
        yield Suggested("言葉", word, counts.get(word), "q", word, fits[word])


def counts_of(words: list[str], index: Index) -> dict[str, int]:
    terms = terms_with_variants(words, index.lists.synonyms)
    return {term.typed: len(index.cases_with(term)) for term in terms}


def is_a_word(word: str, index: Index) -> bool:
    return not index.names.called([word]) and not read(word, index.names).conditions


def fit_in(names: Iterable[str], folded: str) -> Fit | None:
    """How a text stands best in one of the names; None where it says too little or is in none."""
    fits = [
        Fit.WHOLE if name == folded else Fit.BEGINNING if name.startswith(folded) else Fit.PART
        for name in names
        if folded in name
    ]
    best = min(fits, default=None)
    return best if best is not None and says_enough(folded, best) else None


def says_enough(folded: str, fit: Fit) -> bool:
    """Whether a text tells anything: one character within a name does not."""
    return fit != Fit.PART or len(folded) > 1


def titled(index: Index) -> list[Titled]:
    """The topics, sections and steps with their names folded, once for these lists."""
    return index.kept(Titled, lambda: _titled(index))


def _titled(index: Index) -> list[Titled]:
    listed = [
        *(("テーマ", "topic", topic.slug, topic.title, [topic.title]) for topic in index.topics_in_use),
        *(("区分", "section", one.pk, one.title, [one.title]) for one in index.sections_in_use),
        *(
            ("ステップ", "step", str(step.number), str(step), [step.title, f"ステップ{step.number}"])
            for step in index.lists.steps
        ),
    ]
    called = {
        label: {*names, *(part for name in names for part in PARTS.split(name))}
        for *_, label, names in listed
    }
    folded = fold_each({name for names in called.values() for name in names})
    return [
        Titled(kind, parameter, value, label, frozenset(folded[name] for name in called[label] if name))
        for kind, parameter, value, label, _ in listed
    ]
