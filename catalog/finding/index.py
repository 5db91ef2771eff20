"""Bitmaps over the published cases in this process's memory, on which all is filtered, counted and ordered.

A case's number is its place in document order, a body's its place by code; a set of either is a bitmap. An
index is right for as long as the catalogue has the version it was built under; see docs/decisions/0009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain, groupby, zip_longest
from threading import Lock
from typing import Any

from django.forms import Form
from pyroaring import BitMap

from catalog.documents.reading import Document, read_documents
from catalog.documents.snapshot import one_snapshot
from catalog.documents.version import Version, current_version
from catalog.finding.nearest import Measured, Target, measure
from catalog.models import Body, CaseDocument, Prefecture, Region, SearchSynonym, Section, Source, Step, Topic
from catalog.models.bands import band_of
from dxcases.postgres.replicas import connection_to_read

Choices = list[tuple[str, str]]
ByValue = dict[str, BitMap]

MAX_INDEXES = 2
MAX_TARGETS = 64  # whose measures are kept: at 1,788 bodies these take 20 MB


class Index:
    """Built from the documents and the lists of bodies, sections, steps, topics, sources and synonyms.

    `cases_by` has the cases by parameter and its value, `bodies_by` the bodies by the parameters that speak
    of one. A case is under a value of a body's parameter when one of its bodies has it.
    """

    form_class: type[Form] | None = None  # see `CaseFilter.get_form_class`

    def __init__(self, version: Version) -> None:
        self.version = version
        self.cases_by: dict[str, ByValue] = {}
        self.choices: dict[str, list[Any]] = {}
        self.measure: Callable[[Target], Measured] = lru_cache(MAX_TARGETS)(
            lambda target: measure(target, self.bodies)
        )
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

    def _read_bodies(self) -> None:
        self.bodies = list(Body.objects.select_related("prefecture").order_by("code"))
        self.number_of_body = {body.code: number for number, body in enumerate(self.bodies)}
        self.bodies_by: dict[str, ByValue] = {
            "body": by_value((body.code, number) for number, body in enumerate(self.bodies)),
            "kind": by_value((body.kind, number) for number, body in enumerate(self.bodies)),
            "prefecture": by_value((body.prefecture_id, number) for number, body in enumerate(self.bodies)),
            "region": by_value((body.prefecture.region, number) for number, body in enumerate(self.bodies)),
            "population": by_value(
                (band_of(body.population).value, number) for number, body in enumerate(self.bodies)
            ),
        }

    def _read_cases(self) -> None:
        rows = list(
            CaseDocument.objects.filter(is_public=True)
            .order_by("section", "source", "page", "order", "pk")
            .values_list("pk", "section", "source", "topics", "bodies", "mentions", "updated_at")
        )
        keys, sections, sources, topics, bodies, mentions, times = (
            zip(*rows, strict=True) if rows else [()] * 7
        )
        self.keys: list[int] = list(keys)
        self.number_of = {key: number for number, key in enumerate(self.keys)}
        self.cases = BitMap(range(len(self.keys)))
        # Sorting is stable: cases of one moment stay in document order.
        self.latest_first = sorted(self.cases, key=lambda number: times[number], reverse=True)
        step_of = {section.pk: section.step_id for section in self.sections}
        slug_of = {source.pk: source.slug for source in self._sources}
        self.cases_by = {
            "step": by_value((step_of[section], number) for number, section in enumerate(sections)),
            "section": by_value((section, number) for number, section in enumerate(sections)),
            "source": by_value((slug_of[source], number) for number, source in enumerate(sources)),
            "topic": by_value_each(topics),
        }
        by_code, self.mentions_by = by_value_each(bodies), by_value_each(mentions)
        self.cases_of = [by_code.get(body.code, BitMap()) for body in self.bodies]
        for name, bodies_by_value in self.bodies_by.items():
            self.cases_by[name] = {
                value: self.with_body_among(among) for value, among in bodies_by_value.items()
            }
        for body in self.bodies:
            body.case_count, body.mention_count = map(len, self.cases_and_mentions(body.code))

    def body(self, code: str) -> Body | None:
        number = self.number_of_body.get(code)
        return None if number is None else self.bodies[number]

    def numbered(self, keys: Iterable[int]) -> BitMap:
        """The cases with these keys; what is not published has no number and is left out."""
        return BitMap([self.number_of[key] for key in keys if key in self.number_of])

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
        return BitMap([number for people, number in self._known_populations() if condition(people)])

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
        """The cases by their smallest body; or, descending, by their largest. See `numbers_at`."""
        sign = -1 if descending else 1
        return self.by_body((sign * people, number) for people, number in self._known_populations())

    def by_score(self, target: Target) -> Iterator[BitMap]:
        """The cases by the least score of their bodies. See `numbers_at`."""
        return self.by_body(self.scored(target))

    def scored(self, target: Target) -> list[tuple[float, int]]:
        """The bodies by their score, each with it before it."""
        measured = self.measure(target)
        return sorted((measured[body.code].score, number) for number, body in enumerate(self.bodies))

    def by_body(self, keyed: Iterable[tuple[float, int]]) -> Iterator[BitMap]:
        """The cases of the bodies with the least key, then of those with the next, and so on."""
        for _, bodies in groupby(sorted(keyed), key=lambda pair: pair[0]):
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
        return read_documents(self.keys[number] for number in numbers)

    def _known_populations(self) -> Iterator[tuple[int, int]]:
        for number, body in enumerate(self.bodies):
            if body.population is not None:
                yield body.population, number


def by_value(pairs: Iterable[tuple[Any, int]]) -> ByValue:
    """The numbers of each value, as the query string writes it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for value, number in pairs:
        numbers[str(value)].append(number)
    return {value: BitMap(found) for value, found in numbers.items()}


def by_value_each(lists: Iterable[Iterable[str]]) -> ByValue:
    """The same, where a number may have several values."""
    return by_value((value, number) for number, values in enumerate(lists) for value in values)


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


def numbers_at(found: BitMap, groups: Iterable[BitMap], at: slice) -> list[int]:
    """The numbers of a slice of the cases found, which stand as the groups do, and by number within one.

    A case stands in the first group that has it; those in no group come last.
    """
    picked, rest, start, stop = list[int](), found.copy(), at.start, at.stop
    for group in chain(groups, [found]):
        here = rest & group
        picked += here[start:stop]
        rest -= here
        if stop <= len(here) or not rest:
            break
        start, stop = max(0, start - len(here)), stop - len(here)
    return picked


# By stamp, in the order in which they were built: the last, and the one before it for answers begun under it.
_kept: dict[str, Index] = {}
_building = Lock()


def current_index() -> Index:
    """The index of the catalogue as this connection sees it: one that is kept, or a new one.

    While one is built, those who need it wait.
    """
    if kept := _kept.get(current_version().stamp):
        return kept
    with _building, one_snapshot():
        version = current_version()
        if version.stamp not in _kept:
            _kept[version.stamp] = Index(version)
        index = _kept[version.stamp]
        for stamp in list(_kept)[:-MAX_INDEXES]:
            del _kept[stamp]
        return index
