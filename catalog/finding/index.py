"""Bitmaps over the published cases in this process's memory, on which all is filtered, counted and ordered.

A case has a number (`numbering`), a body's is its place by code (`lists`); a set of either is a bitmap. An
index is right for as long as the catalogue has the version it was made of; see docs/decisions/0009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice, repeat
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from pyroaring import BitMap

from catalog.documents.places import (
    Changed,
    columns_of_public,
    documents_changed_since,
    last_public_change,
)
from catalog.documents.reading import Document, read_documents, read_titles_and_points
from catalog.documents.snapshot import one_snapshot
from catalog.documents.version import Version, current_version, earlier_stamps
from catalog.finding.bodies import NamedBody
from catalog.finding.lists import ByValue, InUse, lists_of, without_kana
from catalog.finding.nearest import Target, beside
from catalog.finding.numbering import Numbering
from catalog.finding.search import PARTS_APART, Term, folded_of, forms_of_kanji, keys_found, keys_with_words
from catalog.finding.understanding import Names
from catalog.finding.vocabulary import FrequentWord, frequent_words
from catalog.models import Body, Section, Source, Topic

Ranks = tuple[BitMap, ...]
T = TypeVar("T")
K = TypeVar("K")

NAMED = ("section", "topic", "source")  # parameters whose values editors make
MAX_INDEXES = 2
MAX_TERMS = 256  # whose hits are kept: of 100,000 cases 12 kB each
MAX_WORDS = 8192  # near in meaning to words of texts: most are in no case, and of 10,000 cases none has 3 kB
FEW_CASES = 100  # of which the bodies are looked up; those of more are met soon among all by their score
MAX_READ = 300  # cases, of which the frequent words are
MAX_CHANGED = 300  # cases, beyond which an index is made anew


@lru_cache(maxsize=4)
def last_change_in(stamp: str) -> datetime:
    """Asked for once in a version of the catalogue, which each change of a case ends."""
    return last_public_change()


class Hits(NamedTuple):
    """The cases in which a term is found, as `Index.hits_of` gives them, but for those that changed since."""

    ranks: Ranks
    changed: frozenset[int] = frozenset()  # keys


class Index:
    """Made of the documents, and over the lists.

    `cases_by` has the cases by parameter and its value. A case is under a value of a body's parameter when
    one of its bodies has it. `bodies` are those of the lists with the number of their cases.
    """

    def __init__(self, version: Version) -> None:
        self.version, self.lists = version, lists_of(version)
        self.bodies = self.lists.bodies.copy()
        columns = columns_of_public()
        self.numbering = Numbering(columns.keys, columns.places, columns.times)
        self.cases = BitMap(range(len(self.numbering)))
        self._hits: dict[Term, Hits] = {}
        self._hits_of_words: dict[str, Hits] = {}
        self._titles_and_points: dict[int, list[str]] = {}  # of some cases, by key
        self._kept_in_version: dict[Any, Any] = {}
        by: dict[str, ByValue] = {
            name: {value: BitMap(numbers) for value, numbers in by_value.items()}
            for name, by_value in columns.numbers_by.items()
        }
        steps: dict[str, list[BitMap]] = defaultdict(list)
        for section, cases in by["section"].items():
            steps[self.lists.step_of[section]].append(cases)
        self.mentions_by = by.pop("mention")
        self.cases_by = {**by, "step": {step: BitMap.union(*cases) for step, cases in steps.items()}}
        self._list_cases_of_bodies()
        for name, bodies_by_value in self.lists.bodies_by.items():
            if name != "body":
                self.cases_by[name] = {
                    value: self.with_body_among(among) for value, among in bodies_by_value.items()
                }
        self._count_cases_of({*self.cases_by["body"], *self.mentions_by})

    def _list_cases_of_bodies(self) -> None:
        none, by_code = BitMap(), self.cases_by["body"]
        self.cases_of = [by_code.get(body.code, none) for body in self.bodies]
        self.with_cases = BitMap([number for number, cases in enumerate(self.cases_of) if cases])

    def _count_cases_of(self, codes: Iterable[str]) -> None:
        for code in codes:
            body = copy(self.bodies[self.lists.number_of_body[code]])
            body.case_count, body.mention_count = map(len, self.cases_and_mentions(code))
            self.bodies[self.lists.number_of_body[code]] = body

    def followed(self, version: Version, changed: Collection[Changed]) -> Index:
        """An index of a later version, in which these documents alone have changed since this one."""
        index = copy(self)
        keys = frozenset(document.key for document in changed)
        index.version = version
        index._hits = hits_but_for(keys, self._hits)
        index._hits_of_words = hits_but_for(keys, self._hits_of_words)
        index._titles_and_points = {
            key: texts for key, texts in self._titles_and_points.items() if key not in keys
        }
        index._kept_in_version = {}
        for of_cases in ("bodies_in_cases", "frequent_words", "in_use"):
            index.__dict__.pop(of_cases, None)
        index.numbering, index.cases, index.bodies = (
            self.numbering.copy(),
            self.cases.copy(),
            self.bodies.copy(),
        )
        index.cases_by = {name: by_value.copy() for name, by_value in self.cases_by.items()}
        index.mentions_by = self.mentions_by.copy()
        codes = {code for document in changed for code in index._take(document)}
        index._list_cases_of_bodies()
        index._count_cases_of(codes)
        return index

    def _take(self, document: Changed) -> set[str]:
        """Puts a document that has changed in its place, or out if it is no longer published.

        Returns the codes of the bodies that it names or has named.
        """
        codes = set(document.bodies) | set(document.mentions)
        known = self.numbering.number(document.key)
        if known is not None:
            for by in (self.cases_by["body"], self.mentions_by):
                codes |= {code for code, cases in by.items() if known in cases}
            self._set(known, {}, [])
        if document.is_public:
            number = self.numbering.put(document.key, document.place, document.time)
            bodies = BitMap([self.lists.number_of_body[code] for code in document.bodies])
            values = {
                "section": [document.section],
                "step": [self.lists.step_of[document.section]],
                "source": [document.source],
                "year": [document.year],
                "topic": document.topics,
                "body": document.bodies,
                **{name: ["1"] for name in document.stated},
            }
            for name, among in self.lists.bodies_by.items():
                if name != "body":
                    values[name] = [value for value, these in among.items() if these.intersect(bodies)]
            self._set(number, values, document.mentions)
        else:
            self.numbering.remove(document.key)
        return codes

    def _set(self, number: int, values: dict[str, list[str]], mentions: list[str]) -> None:
        """Puts a case under these values by parameter, and under no others."""
        one = BitMap([number])
        self.cases = self.cases | one if values else self.cases - one
        for by, wanted in [
            *((self.cases_by[name], values.get(name, [])) for name in self.cases_by),
            (self.mentions_by, mentions),
        ]:
            for value in {*by, *wanted}:
                cases = by.get(value, BitMap())
                if (number in cases) != (value in wanted):
                    by[value] = cases ^ one

    @cached_property
    def in_use(self) -> InUse:
        """The topics and sources of which a case is public, and the sections of such sources.

        Readers are told of no others.
        """
        used = [(name, one) for name in ("topic", "source") for one, of in self.cases_by[name].items() if of]
        sections = [("section", one.pk) for one in self.lists.sections if ("source", one.source.slug) in used]
        return frozenset([*used, *sections])

    @property
    def sections_in_use(self) -> list[Section]:
        return [section for section in self.lists.sections if ("section", section.pk) in self.in_use]

    @property
    def topics_in_use(self) -> list[Topic]:
        return [topic for topic in self.lists.topics if ("topic", topic.slug) in self.in_use]

    @property
    def sources_in_use(self) -> list[Source]:
        return self.sources_of(self.cases)

    def offered(self, name: str) -> set[str] | None:
        """The values of a parameter that readers are told of; None where it is all of them."""
        return {value for of, value in self.in_use if of == name} if name in NAMED else None

    def told(self, lists: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """Those of these steps, sections, topics and sources that readers are told of."""
        return [one for one in lists if one[0] == "step" or one[:2] in self.in_use]

    def kept(self, name: Any, make: Callable[[], T]) -> T:
        """What `make` gives, made once: something that follows from the lists and what of them is in use."""
        return self.lists.kept(name, make, self.in_use)

    def kept_in_version(self, name: Any, make: Callable[[], T]) -> T:
        """The same of something that follows from the cases as well, and is the same for all readers."""
        if name not in self._kept_in_version:
            self._kept_in_version[name] = make()
        return self._kept_in_version[name]

    @property
    def names(self) -> Names:
        """What bodies are called, with their prefecture and without, and what topics and sections are."""
        return self.kept(Names, self._make_names)

    def _make_names(self) -> Names:
        titled: list[Topic | Section] = [*self.topics_in_use, *self.sections_in_use]
        titles = (one.title for one in titled)
        return Names(self.lists.prefectures, self.lists.bodies, titles, forms_of_kanji())

    @property
    def last_change(self) -> datetime:
        """When a case that is or was public last changed: it never goes back. 1970 without any."""
        return last_change_in(self.version.stamp)

    def body(self, code: str) -> Body | None:
        number = self.lists.number_of_body.get(code)
        return None if number is None else self.bodies[number]

    def hits_of(self, term: Term) -> Ranks:
        """The cases in which a term is found, a bitmap a rank: each case stands in its best.

        They are kept for other queries, if they are of the index's version. An index that follows asks only
        about the documents that have changed.
        """
        kept = self._hits.get(term)
        if kept and not kept.changed:
            return kept.ranks
        stamp, keys_by_rank = keys_found(term, kept and kept.changed, self.lists.bordered)
        same = self.cases - self.numbering.numbered(kept.changed) if kept else BitMap()
        known = (cases & same for cases in kept.ranks) if kept else repeat(same)
        ranks, found = list[BitMap](), BitMap()
        for cases, keys in zip(known, keys_by_rank, strict=False):
            ranks.append((cases | self.numbering.numbered(keys)) - found)
            found |= ranks[-1]
        hits = tuple(ranks)
        if stamp == self.version.stamp:
            self._hits[term] = Hits(hits)
            if len(self._hits) > MAX_TERMS:
                oldest, *_ = self._hits.copy()
                self._hits.pop(oldest, None)
        return hits

    def hits_of_words(self, words: Collection[str]) -> dict[str, Ranks]:
        """For each word the cases that have it in title, points or names, and all that have it.

        They are kept as those of terms are; what is not kept is asked for at once.
        """
        kept = {word: hits for word in words if (hits := self._hits_of_words.get(word))}
        found = {word: hits.ranks for word, hits in kept.items() if not hits.changed}
        behind = {word: hits for word, hits in kept.items() if hits.changed}
        changed = frozenset[int]().union(*(hits.changed for hits in behind.values()))
        same = self.cases - self.numbering.numbered(changed)
        asked = [
            (list(behind), changed, [[cases & same for cases in hits.ranks] for hits in behind.values()]),
            ([word for word in words if word not in kept], None, None),
        ]
        for wanted, among, known in asked:
            stamp, keys = keys_with_words(wanted, among) if wanted else ("", [])
            ranks = [tuple(self.numbering.numbered(of_rank) for of_rank in of_word) for of_word in keys]
            if known:
                ranks = [
                    tuple(map(BitMap.union, of_word, before))
                    for of_word, before in zip(ranks, known, strict=True)
                ]
            new = dict(zip(wanted, ranks, strict=True))
            found |= new
            if stamp == self.version.stamp:
                self._hits_of_words |= {word: Hits(of_word) for word, of_word in new.items()}
        for word in [*self._hits_of_words][:-MAX_WORDS]:
            self._hits_of_words.pop(word, None)
        return found

    def cases_with(self, term: Term) -> BitMap:
        """The cases that have the term, in one piece or in parts."""
        return BitMap().union(*self.hits_of(term))

    def is_found(self, term: Term) -> bool:
        """Whether some case has the term in one piece, and not in parts that stand apart."""
        return any(self.hits_of(term)[:PARTS_APART])

    def lists_called(self, term: Term) -> list[tuple[str, str, str]]:
        """Parameter, value and title of the steps, sections, topics and sources whose title the term is."""
        return self.told(self.lists.by_title.get(folded_of(term.variants[0]), []))

    @property
    def titled_lists(self) -> list[tuple[str, BitMap]]:
        """The folded title of every section and topic with its cases."""
        told = (
            (title, self.cases_by[name].get(value))
            for title, lists in self.lists.by_title.items()
            for name, value, _ in self.told(lists)
            if name in ("section", "topic")
        )
        return [(title, cases) for title, cases in told if cases]

    def lists_nearly_called(self, text: str) -> list[tuple[str, str, str]]:
        """The same of a text that is a title but for its hiragana: 行政手続きのオンライン化, 押印見直し."""
        plain = without_kana(text)
        return self.told(self.lists.by_title_without_kana.get(plain, [])) if len(plain) > 2 else []

    def cases_and_mentions(self, code: str) -> tuple[BitMap, BitMap]:
        """The cases that a body carries out, and those that name it as similar."""
        number = self.lists.number_of_body.get(code)
        cases = BitMap() if number is None else self.cases_of[number]
        return cases, self.mentions_by.get(code, BitMap())

    @cached_property
    def bodies_in_cases(self) -> list[Body]:
        """The bodies that a case is by or names, in the order of their codes."""
        return [body for body in self.bodies if body.case_count or body.mention_count]

    @cached_property
    def frequent_words(self) -> list[FrequentWord]:
        """The frequent words of titles and points; of very many cases, of some spread evenly over them."""
        keys = set(map(self.numbering.key, self.cases[:: len(self.cases) // MAX_READ + 1]))
        known = {key: texts for key, texts in self._titles_and_points.items() if key in keys}
        self._titles_and_points = known | read_titles_and_points(keys - known.keys())
        folded = self.lists.kept(frequent_words, dict[str, str])
        return frequent_words(self._titles_and_points.values(), folded)

    def with_body_among(self, bodies: Iterable[int]) -> BitMap:
        """The cases that at least one of these bodies carries out."""
        return BitMap().union(*(self.cases_of[body] for body in bodies))

    def bodies_of(self, cases: BitMap, among: Iterable[int]) -> Iterator[int]:
        """Those of the bodies, in their order, that carry out at least one of these cases."""
        cases_of = self.cases_of
        return (body for body in among if cases_of[body].intersect(cases))

    def beside(self, population: int, cases: BitMap, among: BitMap) -> list[int]:
        """Those of the bodies with one of these cases that are next to a population.

        They are the largest up to it and the smallest beyond it, where there are such.
        """
        return [
            body
            for side in beside(self.lists.by_population, population)
            for body in islice(self.bodies_of(cases, (body for _, body in side if body in among)), 1)
        ]

    def bodies_named(self, text: str) -> list[NamedBody]:
        """The bodies that the text names, the best first."""
        found = ((hit, self.bodies[hit.number]) for hit in self.lists.body_names.find(text))
        return [NamedBody(body, self.current(body), hit.fit, hit.by_ward) for hit, body in found]

    def current(self, body: Body) -> Body:
        """The body that stands in the place of this one today: itself, or what has followed it at last."""
        seen = {body.code}
        while (following := self.body(body.successor_id or "")) and following.code not in seen:
            seen.add(following.code)
            body = following
        return body

    def lineage(self, body: Body) -> set[str]:
        """The code of a body, and those of the bodies that have ended in it."""
        return {body.code} | {one.code for one in self.lists.ended if self.current(one).code == body.code}

    def nearest_with_cases(self, target: Target, among: BitMap) -> Body | None:
        """The body with one of these cases that is nearest to the target."""
        numbers = (number for _, number in self.lists.scored(target))
        return next((self.bodies[one] for one in numbers if self.cases_of[one].intersect(among)), None)

    def by_population(self, *, descending: bool = False) -> Iterator[BitMap]:
        """The cases by their smallest body; or, descending, by their largest."""
        ordered = self.lists.by_population
        return self.by_body(reversed(ordered) if descending else ordered)

    def by_score(self, target: Target) -> Iterator[BitMap]:
        """The cases by the least score of their bodies."""
        return self.by_body(self.lists.scored(target))

    def by_body(self, ordered: Iterable[tuple[float, int]]) -> Iterator[BitMap]:
        """The cases of the bodies of the first key, then of those of the next, and so on."""
        key_of_group, group = 0.0, BitMap()
        for key, number in ordered:
            if not (cases := self.cases_of[number]):
                continue
            if key == key_of_group:
                group = group | cases
            else:
                if group:
                    yield group
                key_of_group, group = key, cases
        if group:
            yield group

    def nearest_first(self, cases: BitMap, target: Target) -> Iterator[BitMap]:
        """These cases alone by the least score of their bodies; those without a body come last."""
        rest = cases.copy()
        for near in self.by_score_of(cases, target) if len(cases) <= FEW_CASES else self.by_score(target):
            if here := rest & near:
                yield here
                rest -= here
            if not rest:
                return
        yield rest

    def by_score_of(self, cases: BitMap, target: Target) -> Iterator[BitMap]:
        """All cases of the bodies of these few, by the least score; no other body is measured."""
        measured, bodies = self.lists.measure(target), self.lists.bodies
        numbers = self.bodies_of(cases, self.with_cases)
        return self.by_body(sorted((measured[bodies[number].code].score, number) for number in numbers))

    def sources_of(self, found: BitMap) -> list[Source]:
        """The sources that these cases come from, in the order of the sources."""
        by_slug = self.cases_by["source"]
        return [
            source for source in self.lists.sources if by_slug.get(source.slug, BitMap()).intersect(found)
        ]

    def read(self, numbers: Iterable[int]) -> list[Document]:
        """The documents of the cases with these numbers, in their order."""
        return read_documents(map(self.numbering.key, numbers))

    def read_in_order(self, cases: BitMap, most: int) -> list[Document]:
        """The documents of the first of these cases, at most so many, in document order."""
        return self.read(self.numbering.in_order(cases, slice(0, most)))


def hits_but_for(keys: frozenset[int], hits: Mapping[K, Hits]) -> dict[K, Hits]:
    """These hits for an index in which the cases with these keys have changed; none that too many have."""
    return {
        sought: Hits(found.ranks, found.changed | keys)
        for sought, found in [*hits.items()]
        if len(found.changed) <= MAX_CHANGED
    }


def union_of(bitmaps: ByValue, values: Iterable[str]) -> BitMap:
    """What belongs to at least one of the values."""
    return BitMap().union(*(bitmaps[value] for value in values if value in bitmaps))


# By stamp, in the order in which they were built: the last, and the one before it for answers begun under it.
_kept: dict[str, Index] = {}
_building = Lock()


def current_index() -> Index:
    """The index of the catalogue as this connection sees it: one that is kept, or a new one.

    While one is made, those who need it wait.
    """
    if kept := _kept.get(current_version().stamp):
        return kept
    with _building, one_snapshot():
        version = current_version()
        if version.stamp not in _kept:
            _kept[version.stamp] = following(version) or Index(version)
        index = _kept[version.stamp]
        for stamp in list(_kept)[:-MAX_INDEXES]:
            del _kept[stamp]
        return index


def index_of(version: Version | None) -> Index:
    """The index of this version where one is kept, without a query; else the current one."""
    return (version and _kept.get(version.stamp)) or current_index()


def following(version: Version) -> Index | None:
    """The index of a version by what has changed since the last that is kept; None where that is too much."""
    earlier = earlier_stamps()
    base = next((_kept[stamp] for stamp in reversed(_kept) if stamp in earlier), None)
    if base is None or base.version.number < version.followed_from:
        return None
    room = MAX_CHANGED - base.numbering.late
    changed = documents_changed_since(base.version.number, room + 1)
    return base.followed(version, changed) if len(changed) <= room else None
