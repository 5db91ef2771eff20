"""The lists that an index stands on: bodies, sections, steps, topics, sources, texts and synonyms, in memory.

They are read anew only when one of them has changed, which is seldom, and not with every index.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain, groupby
from typing import Any, TypeVar

from pyroaring import BitMap

from catalog.documents.version import Version
from catalog.finding.bodies import SUFFIX, BodyNames
from catalog.finding.clues import Groups
from catalog.finding.near_words import as_sought
from catalog.finding.nearest import Measured, Scored
from catalog.finding.romaji import romanised
from catalog.finding.search import borders, fold_each
from catalog.models import (
    Body,
    PopulationSource,
    Prefecture,
    Region,
    SearchSynonym,
    Section,
    SiteText,
    Source,
    Step,
    Topic,
    Trouble,
)

Choices = list[tuple[str, str]]
ByValue = dict[str, BitMap]
# Parameter and value of each section, topic and source that readers are told of.
InUse = frozenset[tuple[str, str]]
GroupsOfWords = tuple[tuple[bool, tuple[str, ...]], ...]  # are they only near in meaning, and the words
NamesOfBodies = tuple[tuple[str, str], ...]  # reading and name
T = TypeVar("T")

MAX_LISTS = 2
MAX_USES = 2  # of the same lists, with what is kept of each
SHORTEST_LATIN = 4  # letters of a name of a body that is found by them
ENGLISH = {
    "date",
    "mine",
    "nose",
    "tome",
    "tone",
    "wake",
}  # words that are names of bodies, too
MAX_TARGETS = 32  # whose measures are kept: of all 1,788 bodies these take 20 MB


class Lists:
    """All lists as one state of the catalogue has them.

    A body's number is its place by code. `bodies_by` has the bodies by the parameters that speak of one and
    their values; `aliases` by parameter the values that once were, each with what stands for it.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}
        self._kept_with = lru_cache(MAX_USES)(lambda in_use: dict[Any, Any]())
        self.steps = list(Step.objects.order_by("number"))
        in_order = ("source_id", "position")
        self.sections = list(Section.objects.select_related("step", "source").order_by(*in_order))
        self.step_of = {section.pk: str(section.step_id) for section in self.sections}
        self.topics = list(Topic.objects.in_use().order_by("position", "slug"))
        merged = Topic.objects.exclude(merged_into=None)
        self.aliases = {"topic": dict(merged.values_list("slug", "merged_into__slug"))}
        self.sources = list(Source.objects.order_by("pk"))
        self.troubles = list(Trouble.objects.all())
        self.site_texts = dict(SiteText.objects.values_list("slug", "text"))
        self.prefectures = list(Prefecture.objects.order_by("code"))
        self.choices: dict[str, list[Any]] = {
            "step": [(str(step.number), str(step)) for step in self.steps],
            "section": [
                (str(source), [(section.pk, section.title) for section in of_source])
                for source, of_source in groupby(self.sections, key=lambda section: section.source)
            ],
            "topic": [(topic.slug, topic.title) for topic in self.topics],
            "source": [(source.slug, str(source)) for source in self.sources],
            "prefecture": choices_by_region(self.prefectures),
        }
        self._read_bodies()
        # Most changes of a list leave the words as they are: what is made of the same words is the same.
        words = groups_of_words()
        self.synonyms = synonyms_of(words, names_of(self.bodies))
        self.near_groups = near_groups_of(words)

    def _read_bodies(self) -> None:
        self.bodies = bodies = list(Body.objects.order_by("code"))
        self.number_of_body = {body.code: number for number, body in enumerate(bodies)}
        # Joined, each body would bring a prefecture and a source of its own: three objects instead of one.
        prefectures = {prefecture.code: prefecture for prefecture in self.prefectures}
        sources = PopulationSource.objects.in_bulk()
        for body in bodies:
            body.prefecture = prefectures[body.prefecture_id]
            if body.population_source_id:
                body.population_source = sources[body.population_source_id]
            if body.successor_id:
                body.successor = bodies[self.number_of_body[body.successor_id]]
        self.bodies_by: dict[str, ByValue] = {
            "body": by_value(body.code for body in bodies),
            "kind": by_value(body.kind for body in bodies),
            "prefecture": by_value(body.prefecture_id for body in bodies),
            "region": by_value(body.prefecture.region for body in bodies),
            "population": by_value(body.population_band for body in bodies),
        }
        self.by_population = by_size = sorted(
            (body.population, number) for number, body in enumerate(bodies) if body.population is not None
        )
        # Of the list and not of these lists, which would keep themselves with what was measured.
        by_code = {body.code: body for body in bodies}
        self.measure = measured = lru_cache(MAX_TARGETS)(lambda target: Measured(target, by_code))
        self.scored = lru_cache(MAX_TARGETS)(lambda target: Scored(measured(target), bodies, by_size))

    def kept(self, name: Any, make: Callable[[], T], in_use: InUse = frozenset()) -> T:
        """What `make` gives, made once: something that follows from the lists, and what of them is in use."""
        kept = self._kept_with(in_use) if in_use else self._kept
        if name not in kept:
            kept[name] = make()
        return kept[name]

    @property
    def body_names(self) -> BodyNames:
        return self.kept("names of bodies", lambda: BodyNames(self.bodies))

    @property
    def ended(self) -> list[Body]:
        """The bodies that others have followed."""
        return self.kept("ended", lambda: [body for body in self.bodies if body.successor_id])

    @property
    def by_title(self) -> dict[str, list[tuple[str, str, str]]]:
        """Parameter, value and title of each step, section, topic and source, by the folded title."""
        return self.kept("by title", self._by_title)

    def _by_title(self) -> dict[str, list[tuple[str, str, str]]]:
        lists = [
            *(("step", str(step.number), step.title) for step in self.steps),
            *(("section", section.pk, section.title) for section in self.sections),
            *(("topic", topic.slug, topic.title) for topic in self.topics),
            *(("source", source.slug, source.title) for source in self.sources),
        ]
        folded = fold_each({title for *_, title in lists})
        called: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for one in lists:
            called[folded[one[2]]].append(one)
        return called

    @property
    def by_title_without_kana(self) -> dict[str, list[tuple[str, str, str]]]:
        """The same by the title without what ways to write it differ in."""
        return self.kept("by title without kana", self._by_title_without_kana)

    def _by_title_without_kana(self) -> dict[str, list[tuple[str, str, str]]]:
        called: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for one in chain.from_iterable(self.by_title.values()):
            called[without_kana(one[2])].append(one)
        return called

    @property
    def bordered(self) -> dict[str, str]:
        """The names of bodies that stand in longer ones, with what finds them outside of these."""
        return self.kept(borders, lambda: borders(fold_each({one.name for one in self.bodies}).values()))

    def bodies_where(self, condition: Callable[[int], bool]) -> BitMap:
        """The bodies of a known population, in persons, that satisfies the condition."""
        return BitMap([number for people, number in self.by_population if condition(people)])


def without_kana(text: str) -> str:
    """A text without hiragana and marks, in which ways to write a title differ."""
    return re.sub(r"[ぁ-ゖ\W_]", "", unicodedata.normalize("NFKC", text)).lower()


def by_value(values: Iterable[str]) -> ByValue:
    """The numbers of each value, which stands at each of its numbers."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, value in enumerate(values):
        numbers[value].append(number)
    return {value: BitMap(found) for value, found in numbers.items()}


def groups_of_words() -> GroupsOfWords:
    """The groups of synonyms as editors have made them."""
    groups = SearchSynonym.objects.order_by("pk").values_list("is_near", "words")
    return tuple((is_near, tuple(words)) for is_near, words in groups)


def names_of(bodies: Iterable[Body]) -> NamesOfBodies:
    return tuple((body.kana, body.name) for body in bodies)


@lru_cache(MAX_LISTS)
def folded_words(words: GroupsOfWords) -> list[dict[str, str]]:
    """The words of each group with their folded forms."""
    folded = fold_each({word for _, group in words for word in group})
    return [{word: folded[word] for word in group} for _, group in words]


@lru_cache(MAX_LISTS)
def near_groups_of(words: GroupsOfWords) -> Groups:
    return Groups([as_sought(*pair) for pair in group.items()] for group in folded_words(words))


@lru_cache(MAX_LISTS)
def synonyms_of(words: GroupsOfWords, names: NamesOfBodies) -> dict[str, dict[str, str]]:
    """For each word of a group of synonyms, folded: all words of its groups with their folded forms.

    The name of a body in Latin letters finds the name, but not the reverse.
    """
    synonyms: dict[str, dict[str, str]] = defaultdict(dict)
    for (is_near, _), group in zip(words, folded_words(words), strict=True):
        if not is_near:
            for folded in set(group.values()):
                synonyms[folded].update(group)
    latin_names = {(romanised(SUFFIX.sub("", kana)), name) for kana, name in names}
    found = sorted(pair for pair in latin_names if len(pair[0]) >= SHORTEST_LATIN and pair[0] not in ENGLISH)
    folded_names = fold_each({name for _, name in found})
    for latin, name in found:
        synonyms[latin] |= {latin: latin, name: folded_names[name]}
    return dict(synonyms)


def choices_by_region(prefectures: Iterable[Prefecture]) -> list[tuple[str, Choices]]:
    """The prefectures grouped by 地方."""
    groups: dict[str, Choices] = {label: [] for label in Region.labels}
    for prefecture in prefectures:
        groups[prefecture.get_region_display()].append((prefecture.code, prefecture.name))
    return list(groups.items())


# By the stamp under which they became what they are, those last asked for at the end.
_kept: dict[str, Lists] = {}


def lists_of(version: Version) -> Lists:
    """The lists of this version, which must be the one that the connection sees: kept ones, or new ones."""
    lists = _kept.pop(version.lists) if version.lists in _kept else Lists()
    _kept[version.lists] = lists
    for stamp in list(_kept)[:-MAX_LISTS]:
        del _kept[stamp]
    return lists
