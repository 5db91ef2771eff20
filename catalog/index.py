"""Bitmaps over the published cases in this process's memory: what pages show is counted and picked of them.

A case's number is its place in document order, a body's its place by code; a set of either is a bitmap. An
index is right for as long as the catalogue has the version it was built under; see docs/decisions/0009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, groupby, zip_longest
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import QuerySet
from django.forms import Form
from pyroaring import BitMap

from catalog import bands, nearest, version
from catalog.models import (
    DOCUMENT_ORDER,
    Body,
    Case,
    CaseQuerySet,
    Prefecture,
    Region,
    Section,
    SimilarBody,
    Source,
    Topic,
)
from dxcases.replicas import connection_to_read

if TYPE_CHECKING:
    from catalog.nearest import Target

Choices = list[tuple[str, str]]
Marks = dict[str, BitMap]


class Index:
    """Reads the catalogue, in nine queries whatever its size.

    `of_case` and `of_body` have the cases and the bodies by the field that a filter speaks of and its value.
    """

    form_class: type[Form] | None = None  # see `CaseFilter.get_form_class`

    def __init__(self, stamp: str) -> None:
        self.stamp = stamp
        self.pks = keys_of_cases(*DOCUMENT_ORDER)
        self.number_of = {pk: number for number, pk in enumerate(self.pks)}
        self.cases = BitMap(range(len(self.pks)))
        self.latest_first = [self.number_of[pk] for pk in keys_of_cases("-updated_at", *DOCUMENT_ORDER)]
        self.of_case: dict[str, Marks] = {}
        self.prefectures = list(Prefecture.objects.order_by("code"))
        self.choices: dict[str, list[Any]] = {"prefecture": choices_by_region(self.prefectures)}
        self._read_sections()
        self._read_sources()
        self._read_topics()
        self._read_bodies()
        self._read_mentions()
        self.synonyms = folded_synonyms()

    def _read_sections(self) -> None:
        rows = list(self._with_cases(Section.objects.order_by("position")))
        self.sections = [section for section, _ in rows]
        self.choices["section"] = [(section.pk, section.title) for section in self.sections]
        self.of_case["section"] = marks((section.pk, cases) for section, cases in rows)
        self.of_case["section__step"] = marks((section.step, cases) for section, cases in rows)

    def _read_sources(self) -> None:
        self._sources = list(self._with_cases(Source.objects.order_by("published_on", "slug")))

    def _read_topics(self) -> None:
        rows = list(self._with_cases(Topic.objects.order_by("position", "slug")))
        self.choices["topic"] = [(topic.slug, topic.title) for topic, _ in rows]
        self.of_case["topics__slug"] = marks((topic.slug, cases) for topic, cases in rows)

    def _with_cases(self, rows: QuerySet[Any]) -> Iterator[tuple[Any, BitMap]]:
        """Each of the rows with the cases that are of it; an aggregate leaves a model's own order out."""
        for row in rows.annotate(pks=ArrayAgg("cases")):
            yield row, self.numbered(row.__dict__.pop("pks"))  # rows are kept, and these would be with them

    def _read_bodies(self) -> None:
        fields = ("code", "kind", "prefecture", "prefecture__region", "population")
        rows = list(Body.objects.order_by("code").values_list(*fields, ArrayAgg("case_bodies__case")))
        self.cases_of = [self.numbered(row[-1]) for row in rows]
        self.body_codes, *_, self.populations, _ = map(list, zip(*rows, strict=True))
        self.of_body = {
            field: marks((row[place], BitMap([body])) for body, row in enumerate(rows))
            for place, field in enumerate(fields[:-1])
        }
        of_bands = ((bands.band_of(people).value, body) for body, people in enumerate(self.populations))
        self.of_body["population"] = marks((band, BitMap([body])) for band, body in of_bands)
        for field, of in self.of_body.items():
            self.of_case[field] = {value: self.with_body_among(bodies) for value, bodies in of.items()}

    def _read_mentions(self) -> None:
        rows = SimilarBody.objects.order_by().values_list("body", ArrayAgg("case"))
        self.of_case["similar_bodies__body"] = marks((code, self.numbered(pks)) for code, pks in rows)

    def numbered(self, pks: Iterable[int]) -> BitMap:
        """The cases with these keys; what is not published has no number and is left out."""
        return BitMap([self.number_of[pk] for pk in pks if pk in self.number_of])

    def cases_and_mentions(self, code: str) -> tuple[BitMap, BitMap]:
        """The cases that a body carries out, and those that name it as similar."""
        return of_any(self.of_case["code"], [code]), of_any(self.of_case["similar_bodies__body"], [code])

    @cached_property
    def codes_that_occur(self) -> list[str]:
        """The codes of the bodies that a case speaks of, in order."""
        return [code for code in self.body_codes if any(self.cases_and_mentions(code))]

    def with_body_among(self, bodies: Iterable[int]) -> BitMap:
        """The cases that at least one of these bodies carries out."""
        return BitMap().union(*(self.cases_of[body] for body in bodies))

    def bodies_where(self, condition: Callable[[int], bool]) -> BitMap:
        """The bodies of a known population that satisfies the condition."""
        return BitMap([body for people, body in self._known_populations() if condition(people)])

    def by_population(self, *, descending: bool = False) -> Iterator[BitMap]:
        """The cases by their smallest body; or, descending, by their largest. See `cut`."""
        sign = -1 if descending else 1
        return self.by_body((sign * people, body) for people, body in self._known_populations())

    def by_score(self, target: Target) -> Iterator[BitMap]:
        """The cases by the least score of their bodies. See `cut`."""
        return self.by_body(self.scored(target))

    def scored(self, target: Target) -> list[tuple[float, int]]:
        """The bodies by their score, each with it before it."""
        measured = nearest.measured(self.stamp, target)
        return sorted((measured[code][0], body) for body, code in enumerate(self.body_codes))

    def by_body(self, keyed: Iterable[tuple[float, int]]) -> Iterator[BitMap]:
        """The cases of the bodies with the least key, then of those with the next, and so on."""
        for _, bodies in groupby(sorted(keyed), key=lambda pair: pair[0]):
            yield self.with_body_among(body for _, body in bodies)

    def sharing(self, topics: Iterable[str]) -> list[BitMap]:
        """The cases with at least one of these topics, those with at least two, and so on."""
        sharing: list[BitMap] = []
        for slug in topics:
            with_topic = of_any(self.of_case["topics__slug"], [slug])
            more = [with_topic, *(with_topic & cases for cases in sharing)]
            sharing = [a | b for a, b in zip_longest(sharing, more, fillvalue=BitMap())]
        return sharing

    def sources_of(self, found: BitMap) -> list[Source]:
        """The sources that these cases come from, in the order of the sources."""
        return [source for source, cases in self._sources if cases.intersect(found)]

    def neighbours(self, case: Case) -> tuple[Case | None, Case | None]:
        """The cases just before and after this one within its step; its editor asks for a draft's too."""
        place = self.number_of.get(case.pk)
        if place is None:
            place = Case.objects.published().standing_before(case).count()
        others = of_any(self.of_case["section__step"], [str(case.section.step)]) - self.numbered([case.pk])
        at = others.range_cardinality(0, place)
        before = others[at - 1] if at else None
        after = others[at] if at < len(others) else None
        beside = self.read((number for number in (before, after) if number is not None), CaseQuerySet.all)
        by_number: dict[int | None, Case] = {self.number_of[one.pk]: one for one in beside}
        return by_number.get(before), by_number.get(after)

    def related(self, case: Case, target: Target | None, most: int) -> list[Case]:
        """Other cases with a topic of `case`: those that share most first, then those nearest to `target`.

        Each has `shared_topics`, the number of topics shared.
        """
        sharing, own = self.sharing(topic.slug for topic in case.topics.all()), self.numbered([case.pk])
        numbers, scored = list[int](), self.scored(target) if target else []
        for cases in reversed(sharing):
            rest = cases - own - BitMap(numbers)
            if rest and len(numbers) < most:
                numbers += cut(rest, self.by_body(scored), slice(0, most - len(numbers)))
        related = self.read(numbers)
        for other in related:
            other.shared_topics = sum(self.number_of[other.pk] in cases for cases in sharing)
        return related

    def read(
        self, numbers: Iterable[int], read: Callable[[CaseQuerySet], CaseQuerySet] = CaseQuerySet.for_cards
    ) -> list[Case]:
        """The cases with these numbers in their order, from the database; one just gone is left out."""
        pks = [self.pks[number] for number in numbers]
        cases = read(Case.objects.published()).in_bulk(pks)
        return [cases[pk] for pk in pks if pk in cases]

    def read_bodies(self, codes: Iterable[str]) -> list[Body]:
        """The bodies with these codes in the order of the codes, each with its counts."""
        bodies = list(Body.objects.select_related("prefecture").filter(pk__in=codes).order_by("code"))
        for body in bodies:
            body.case_count, body.mention_count = map(len, self.cases_and_mentions(body.code))
        return bodies

    def _known_populations(self) -> Iterator[tuple[int, int]]:
        return ((people, body) for body, people in enumerate(self.populations) if people is not None)


def keys_of_cases(*order: str) -> list[int]:
    """The keys of the published cases in this order."""
    cases = Case.objects.published().order_by()
    return cases.aggregate(pks=ArrayAgg("pk", order_by=order, default=[]))["pks"]


def folded_synonyms() -> dict[str, dict[str, str]]:
    """For each word of a group of synonyms, folded: all words of its groups with their folded forms."""
    groups: dict[int, dict[str, str]] = defaultdict(dict)
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            "SELECT id, word, fold(word) FROM catalog_searchsynonym"
            " CROSS JOIN unnest(words) WITH ORDINALITY AS of_group (word, at) ORDER BY id, at"
        )
        for group, word, folded in cursor.fetchall():
            groups[group][word] = folded
    synonyms: dict[str, dict[str, str]] = defaultdict(dict)
    for words in groups.values():
        for folded in set(words.values()):
            synonyms[folded].update(words)
    return dict(synonyms)


def marks(pairs: Iterable[tuple[Any, BitMap]]) -> Marks:
    """What belongs to each value, together."""
    of: dict[str, BitMap] = defaultdict(BitMap)
    for value, numbers in pairs:
        of[str(value)] |= numbers
    return dict(of)


def of_any(of: Marks, values: Iterable[str]) -> BitMap:
    """What belongs to at least one of the values."""
    return BitMap().union(*(of[value] for value in values if value in of))


def choices_by_region(prefectures: Iterable[Prefecture]) -> list[tuple[str, Choices]]:
    """The prefectures grouped by 地方."""
    groups: dict[str, Choices] = {label: [] for label in Region.labels}
    for prefecture in prefectures:
        groups[prefecture.get_region_display()].append((prefecture.code, prefecture.name))
    return list(groups.items())


def cut(found: BitMap, groups: Iterable[BitMap], at: slice) -> list[int]:
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


_newest: Index | None = None
_building = Lock()


def current() -> Index:
    """The index of the catalogue as it is now: the one kept, or a new one; others wait while it is built."""
    global _newest
    if (kept := _newest) and kept.stamp == version.current().stamp:
        return kept
    with _building:
        stamp = version.current().stamp
        if _newest is None or _newest.stamp != stamp:
            _newest = Index(stamp)
        return _newest
