"""Bitmaps over the published cases in this process's memory, of which facets are counted and pages cut.

A case's number is its place in document order, a body's its place by code; a set of either is a bitmap. An
index is right for as long as the catalogue has the version it was built under; see docs/decisions/0009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from math import inf
from threading import Lock
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.forms import Form
from pyroaring import BitMap

from catalog import bands, version
from catalog.models import DOCUMENT_ORDER, Body, Case, Prefecture, Region, Section, Topic
from dxcases.replicas import connection_to_read

Choices = list[tuple[str, str]]
Marks = dict[str, BitMap]


class Index:
    """Reads the catalogue, in seven queries whatever its size.

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
        self.choices: dict[str, list[Any]] = {"prefecture": prefecture_choices()}
        self._read_sections()
        self._read_topics()
        self._read_bodies()
        self.synonyms = folded_synonyms()

    def _read_sections(self) -> None:
        sections = Section.objects.order_by("position")
        rows = list(sections.values_list("pk", "title", "step", ArrayAgg("cases")))
        self.choices["section"] = [(section, title) for section, title, _, _ in rows]
        self.of_case["section"] = marks((section, self.numbered(pks)) for section, _, _, pks in rows)
        self.of_case["section__step"] = marks((step, self.numbered(pks)) for _, _, step, pks in rows)

    def _read_topics(self) -> None:
        topics = Topic.objects.order_by("position", "slug")  # an aggregate leaves the model's own order out
        rows = list(topics.values_list("slug", "title", ArrayAgg("cases")))
        self.choices["topic"] = [(slug, title) for slug, title, _ in rows]
        self.of_case["topics__slug"] = marks((slug, self.numbered(pks)) for slug, _, pks in rows)

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

    def numbered(self, pks: Iterable[int]) -> BitMap:
        """The cases with these keys; what is not published has no number and is left out."""
        return BitMap([self.number_of[pk] for pk in pks if pk in self.number_of])

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

    def by_score(self, score_of: dict[str, float]) -> Iterator[BitMap]:
        """The cases by the least score of their bodies, given by code. See `cut`."""
        return self.by_body((score_of.get(code, inf), body) for body, code in enumerate(self.body_codes))

    def by_body(self, keyed: Iterable[tuple[float, int]]) -> Iterator[BitMap]:
        """The cases of the bodies with the least key, then of those with the next, and so on."""
        for _, bodies in groupby(sorted(keyed), key=lambda pair: pair[0]):
            yield self.with_body_among(body for _, body in bodies)

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


def prefecture_choices() -> list[tuple[str, Choices]]:
    """The prefectures grouped by 地方."""
    groups: dict[str, Choices] = {label: [] for label in Region.labels}
    for prefecture in Prefecture.objects.order_by("code"):
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
        if stop <= len(here):
            break
        rest -= here
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
