"""Bitmaps over the published cases in this process's memory, on which all is filtered, counted and ordered.

A case has a number (`numbering`), a body's is its place by code; a set of either is a bitmap. An index is
right for as long as the catalogue has the version it was made of; see docs/decisions/0009.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cached_property, lru_cache
from itertools import groupby, zip_longest
from operator import itemgetter
from threading import Lock
from typing import Any, TypeVar

from pyroaring import BitMap

from catalog.documents.places import Changed, columns_of_public, documents_changed_since
from catalog.documents.reading import Document, read_documents
from catalog.documents.snapshot import one_snapshot
from catalog.documents.version import Version, current_version, earlier_stamps
from catalog.finding.nearest import Measured, Target, measure
from catalog.finding.numbering import Numbering
from catalog.finding.search import Term, keys_found
from catalog.models import Body, Prefecture, Region, SearchSynonym, Section, Source, Step, Topic
from dxcases.postgres.replicas import connection_to_read

Choices = list[tuple[str, str]]
ByValue = dict[str, BitMap]
Ranks = tuple[BitMap, ...]
T = TypeVar("T")

MAX_INDEXES = 2
MAX_TARGETS = 32  # whose measures are kept: at 1,788 bodies these take 20 MB
MAX_TERMS = 256  # whose hits are kept: of 100,000 cases 12 kB each
MAX_CHANGED = 300  # cases, beyond which an index is made anew


class Index:
    """Made of the documents and the lists of bodies, sections, steps, topics, sources and synonyms.

    `cases_by` has the cases by parameter and its value, `bodies_by` the bodies by the parameters that speak
    of one. A case is under a value of a body's parameter when one of its bodies has it.
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.choices: dict[str, list[Any]] = {}
        self._kept: dict[Any, Any] = {}
        self._read_lists()
        self._read_bodies()
        self._read_cases()
        self.synonyms = folded_synonyms()

    def _read_lists(self) -> None:
        self.steps = list(Step.objects.order_by("number"))
        self.sections = list(Section.objects.select_related("step").order_by("position"))
        self.topics = list(Topic.objects.order_by("position", "slug"))
        self._sources = list(Source.objects.order_by("published_on", "slug"))
        self.prefectures = list(Prefecture.objects.order_by("code"))
        self.choices = {
            "step": [(str(step.number), str(step)) for step in self.steps],
            "section": [(section.pk, section.title) for section in self.sections],
            "topic": [(topic.slug, topic.title) for topic in self.topics],
            "source": [(source.slug, str(source)) for source in self._sources],
            "prefecture": choices_by_region(self.prefectures),
        }
        self._step_of = {section.pk: str(section.step_id) for section in self.sections}

    def _read_bodies(self) -> None:
        self.bodies = list(Body.objects.select_related("prefecture").order_by("code"))
        self.number_of_body = {body.code: number for number, body in enumerate(self.bodies)}
        self.bodies_by: dict[str, ByValue] = {
            "body": by_value((body.code, number) for number, body in enumerate(self.bodies)),
            "kind": by_value((body.kind, number) for number, body in enumerate(self.bodies)),
            "prefecture": by_value((body.prefecture_id, number) for number, body in enumerate(self.bodies)),
            "region": by_value((body.prefecture.region, number) for number, body in enumerate(self.bodies)),
            "population": by_value((body.population_band, number) for number, body in enumerate(self.bodies)),
        }
        # Of the list and not of this index, which those that follow it would keep with what was measured.
        bodies = self.bodies
        self.measure = measured = lru_cache(MAX_TARGETS)(lambda target: measure(target, bodies))
        self._scored = lru_cache(MAX_TARGETS)(lambda target: scored(bodies, measured(target)))
        self._by_population = sorted(
            (body.population, number)
            for number, body in enumerate(self.bodies)
            if body.population is not None
        )

    def _read_cases(self) -> None:
        columns = columns_of_public()
        self.numbering = Numbering(columns.keys, columns.places, columns.times)
        self.cases = BitMap(range(len(self.numbering)))
        self._hits: OrderedDict[Term, Ranks] = OrderedDict()
        by: dict[str, ByValue] = {
            name: {value: BitMap(numbers) for value, numbers in by_value.items()}
            for name, by_value in columns.numbers_by.items()
        }
        steps: dict[str, list[BitMap]] = defaultdict(list)
        for section, cases in by["section"].items():
            steps[self._step_of[section]].append(cases)
        self.mentions_by = by.pop("mention")
        self.cases_by = {**by, "step": {step: BitMap.union(*cases) for step, cases in steps.items()}}
        self._list_cases_of_bodies()
        for name, bodies_by_value in self.bodies_by.items():
            if name != "body":
                self.cases_by[name] = {
                    value: self.with_body_among(among) for value, among in bodies_by_value.items()
                }
        for body in self.bodies:
            body.case_count, body.mention_count = map(len, self.cases_and_mentions(body.code))

    def _list_cases_of_bodies(self) -> None:
        none, by_code = BitMap(), self.cases_by["body"]
        self.cases_of = [by_code.get(body.code, none) for body in self.bodies]

    def _count_cases_of(self, codes: Iterable[str]) -> None:
        for code in codes:
            body = copy(self.bodies[self.number_of_body[code]])
            body.case_count, body.mention_count = map(len, self.cases_and_mentions(code))
            self.bodies[self.number_of_body[code]] = body

    def followed(self, version: Version, changed: Iterable[Changed]) -> Index:
        """An index of a later version, in which these documents alone have changed since this one."""
        index = copy(self)
        index.version, index._hits = version, OrderedDict()
        index.__dict__.pop("bodies_in_cases", None)
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
            bodies = BitMap([self.number_of_body[code] for code in document.bodies])
            values = {
                "section": [document.section],
                "step": [self._step_of[document.section]],
                "source": [document.source],
                "topic": document.topics,
                "body": document.bodies,
            }
            for name, among in self.bodies_by.items():
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

    def kept(self, name: Any, make: Callable[[], T]) -> T:
        """What `make` gives, made once: something that follows from the lists alone."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def body(self, code: str) -> Body | None:
        number = self.number_of_body.get(code)
        return None if number is None else self.bodies[number]

    def hits_of(self, term: Term) -> Ranks:
        """The cases in which a term is found, a bitmap a rank: each case stands in its best.

        They are kept for other queries of the version, if they are of it.
        """
        if kept := self._hits.get(term):
            return kept
        stamp, keys_by_rank = keys_found(term)
        ranks, found = list[BitMap](), BitMap()
        for keys in keys_by_rank:
            ranks.append(self.numbering.numbered(keys) - found)
            found |= ranks[-1]
        hits = tuple(ranks)
        if stamp == self.version.stamp:
            self._hits[term] = hits
            if len(self._hits) > MAX_TERMS:
                self._hits.popitem(last=False)
        return hits

    def cases_and_mentions(self, code: str) -> tuple[BitMap, BitMap]:
        """The cases that a body carries out, and those that name it as similar."""
        number = self.number_of_body.get(code)
        cases = BitMap() if number is None else self.cases_of[number]
        return cases, self.mentions_by.get(code, BitMap())

    @cached_property
    def bodies_in_cases(self) -> list[Body]:
        """The bodies that a case is by or names, in the order of their codes."""
        return [body for body in self.bodies if body.case_count or body.mention_count]

    def with_body_among(self, bodies: Iterable[int]) -> BitMap:
        """The cases that at least one of these bodies carries out."""
        return BitMap().union(*(self.cases_of[body] for body in bodies))

    def bodies_where(self, condition: Callable[[int], bool]) -> BitMap:
        """The bodies of a known population, in persons, that satisfies the condition."""
        return BitMap([number for people, number in self._by_population if condition(people)])

    def bodies_named(self, text: str) -> BitMap:
        """The bodies that have the text in their name or kana, or at the beginning of their code.

        The name may be led by that of the prefecture.
        """
        return BitMap(
            [
                number
                for number, body in enumerate(self.bodies)
                if text in body.prefecture.name + body.name or text in body.kana or body.code.startswith(text)
            ]
        )

    def by_population(self, *, descending: bool = False) -> Iterator[BitMap]:
        """The cases by their smallest body; or, descending, by their largest."""
        return self.by_body(reversed(self._by_population) if descending else self._by_population)

    def by_score(self, target: Target) -> Iterator[BitMap]:
        """The cases by the least score of their bodies."""
        return self.by_body(self._scored(target))

    def by_body(self, ordered: Iterable[tuple[float, int]]) -> Iterator[BitMap]:
        """The cases of the bodies of the first key, then of those of the next, and so on."""
        with_cases = (pair for pair in ordered if self.cases_of[pair[1]])
        for _, bodies in groupby(with_cases, key=itemgetter(0)):
            yield self.with_body_among(number for _, number in bodies)

    def sharing(self, topics: Iterable[str]) -> list[BitMap]:
        """The cases with at least one of these topics, those with at least two, and so on."""
        sharing: list[BitMap] = []
        for slug in topics:
            with_topic = union_of(self.cases_by["topic"], [slug])
            more = [with_topic, *(with_topic & cases for cases in sharing)]
            sharing = [a | b for a, b in zip_longest(sharing, more, fillvalue=BitMap())]
        return sharing

    def sources_of(self, found: BitMap) -> list[Source]:
        """The sources that these cases come from, in the order of the sources."""
        by_slug = self.cases_by["source"]
        return [source for source in self._sources if by_slug.get(source.slug, BitMap()).intersect(found)]

    def read(self, numbers: Iterable[int]) -> list[Document]:
        """The documents of the cases with these numbers, in their order."""
        return read_documents(map(self.numbering.key, numbers))

    def read_in_order(self, cases: BitMap) -> list[Document]:
        """The documents of all these cases in document order."""
        return self.read(self.numbering.in_order(cases, slice(0, len(cases))))


def scored(bodies: Iterable[Body], measured: Measured) -> list[tuple[float, int]]:
    """The numbers of the bodies by their score, which stands before each."""
    return sorted((measured[body.code].score, number) for number, body in enumerate(bodies))


def by_value(pairs: Iterable[tuple[Any, int]]) -> ByValue:
    """The numbers of each value, as the query string writes it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for value, number in pairs:
        numbers[str(value)].append(number)
    return {value: BitMap(found) for value, found in numbers.items()}


def union_of(bitmaps: ByValue, values: Iterable[str]) -> BitMap:
    """What belongs to at least one of the values."""
    return BitMap().union(*(bitmaps[value] for value in values if value in bitmaps))


def folded_synonyms() -> dict[str, dict[str, str]]:
    """For each word of a group of synonyms, folded: all words of its groups with their folded forms."""
    groups: dict[int, dict[str, str]] = defaultdict(dict)
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            f"SELECT id, word, fold(word) FROM {SearchSynonym._meta.db_table}"  # noqa: S608 – a name of ours
            " CROSS JOIN unnest(words) WITH ORDINALITY AS of_group (word, at) ORDER BY id, at"
        )
        for group, word, folded in cursor.fetchall():
            groups[group][word] = folded
    synonyms: dict[str, dict[str, str]] = defaultdict(dict)
    for words in groups.values():
        for folded in set(words.values()):
            synonyms[folded].update(words)
    return dict(synonyms)


def choices_by_region(prefectures: Iterable[Prefecture]) -> list[tuple[str, Choices]]:
    """The prefectures grouped by 地方."""
    groups: dict[str, Choices] = {label: [] for label in Region.labels}
    for prefecture in prefectures:
        groups[prefecture.get_region_display()].append((prefecture.code, prefecture.name))
    return list(groups.items())


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


def following(version: Version) -> Index | None:
    """The index of a version by what has changed since the last that is kept; None where that is too much."""
    earlier = earlier_stamps()
    base = next((_kept[stamp] for stamp in reversed(_kept) if stamp in earlier), None)
    if base is None or base.version.number < version.followed_from:
        return None
    room = MAX_CHANGED - base.numbering.late
    changed = documents_changed_since(base.version.number, room + 1)
    return base.followed(version, changed) if len(changed) <= room else None
