"""A query in words: its sentence, the chips of what is chosen, and what to ask where nothing is found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby
from urllib.parse import urlencode

from django.http import QueryDict

from catalog.finding.forms import Sort
from catalog.finding.query import CaseFilter
from catalog.finding.search import close_words, known_parts
from catalog.finding.understanding import Condition
from catalog.models import bands

MAX_SUGGESTED_WORDS = 10
MAX_LABELS = 6  # of one phrase
MAX_PARTS = 6  # of a text, of which any may be left out


@dataclass(frozen=True)
class Chip:
    """A value chosen, and the query that is left without it."""

    name: str
    value: str
    label: str
    query: str


@dataclass(frozen=True)
class Suggestion:
    """A query that finds `count` cases, and in words how it differs from the one asked."""

    label: str
    count: int
    query: str


def sentence(case_filter: CaseFilter) -> str:
    """The query in words: ステップ2・人口1〜3万人の事例."""
    words = "・".join(chip.label for chip in _chips_of_filters(case_filter))
    target = case_filter.target_of_order
    return (f"{words}の事例" if words else "すべての事例") + (f"（{target}に近い順）" if target else "")


def chips(case_filter: CaseFilter) -> list[Chip]:
    """Every value chosen with the query that is left when it alone is taken away."""
    return [*_chips_of_filters(case_filter), *_chips_of_target(case_filter)]


def _chips_of_filters(case_filter: CaseFilter) -> Iterator[Chip]:
    for name, values in case_filter.chosen.items():
        labels = case_filter.filters[name].labels(values, case_filter.index)
        for value, label in zip(values, labels, strict=True):
            yield Chip(name, value, label, case_filter.query_without(name, value))


def labels_understood(case_filter: CaseFilter) -> list[str]:
    """What `q` states, in the words of the chips; of very many values in its own: 東京都以外."""
    stated = groupby(case_filter.understood, key=lambda one: (one.text, one.parameter))
    labels = (
        label
        for (text, parameter), group in stated
        for label in _labels_of(case_filter, text, parameter, [one.value for one in group])
    )
    return list(dict.fromkeys(labels))


def _labels_of(case_filter: CaseFilter, text: str, parameter: str, values: list[str]) -> list[str]:
    if parameter == "near_population":
        return [f"人口{int(value):,}人に近い順" for value in values]
    if len(values) > MAX_LABELS:
        return [text]
    return case_filter.filters[parameter].labels(values, case_filter.index)


def whole_lists(case_filter: CaseFilter) -> list[Suggestion]:
    """The whole lists whose title the text is: those of a step, a section, a topic or a source."""
    return [
        Suggestion(f"{case_filter.filters[name].label}「{title}」", len(cases), urlencode({name: value}))
        for name, value, title in case_filter.lists_called
        if (cases := case_filter.index.cases_by[name].get(value))
    ]


def _chips_of_target(case_filter: CaseFilter) -> Iterator[Chip]:
    body, population = (case_filter.cleaned.get(name) for name in ("near", "near_population"))
    if body:
        yield Chip("near", body.code, f"自団体：{body.full_name}", case_filter.query_without("near"))
    if population:
        label, query = f"自団体の人口：{population:,}人", case_filter.query_without("near_population")
        yield Chip("near_population", str(population), label, query)


def words_find_nothing(case_filter: CaseFilter) -> bool:
    """Whether the words alone, without any other condition, find nothing."""
    return bool(case_filter.terms and not case_filter.errors and not case_filter.cases_with_words)


def default_order(case_filter: CaseFilter) -> str:
    """What the list is ordered by where nothing is chosen."""
    sort = Sort.NEAREST if case_filter.target else Sort.RELEVANCE if case_filter.terms else Sort.DOCUMENT
    return str(sort.label)


def closest(case_filter: CaseFilter) -> Suggestion | None:
    """For a text that finds nothing: what finds something with most of what it says, under the same filters.

    As little as can be is left out, and what the text states before any of its words; of several ways that
    leave out as much the one that finds most.
    """
    conditions = list(dict.fromkeys(map(stated, case_filter.understood)))
    said = [*conditions, *dict.fromkeys(term.typed for term in case_filter.terms)][:MAX_PARTS]
    ways = [way for number in range(1, len(said)) for way in combinations(said, number)]

    def loss(left_out: Collection[str]) -> tuple[int, int]:
        return len(set(left_out) - set(conditions)), len(left_out)

    for _, ways_of_one_loss in groupby(sorted(ways, key=loss), key=loss):
        found = [way for left_out in ways_of_one_loss if (way := _without(case_filter, said, left_out))]
        if found:
            return max(found, key=lambda way: way.count)
    return None


def _without(case_filter: CaseFilter, said: list[str], left_out: Collection[str]) -> Suggestion | None:
    given = case_filter.given()
    given["q"] = " ".join(part for part in said if part not in left_out)
    return _counted(f"「{'」「'.join(left_out)}」を除く", given)


def stated(condition: Condition) -> str:
    """A condition as it may stand alone in a text."""
    about_population = condition.parameter.startswith(("population", "near"))
    return f"人口{condition.text}" if about_population else condition.text


def suggestions(case_filter: CaseFilter) -> list[Suggestion]:
    """For a query that finds nothing: queries near to it that find something, what keeps most of it first.

    With a word as it may have been meant, with the population bands beside those chosen, without one filter,
    and at last without the words.
    """
    queries = [
        *_with_other_words(case_filter),
        *_with_neighbouring_bands(case_filter),
        *_without_a_filter(case_filter),
    ]
    counted = (_counted(label, given) for label, given in queries)
    return [found for found in counted if found]


def _counted(label: str, given: QueryDict) -> Suggestion | None:
    """The query as a suggestion; None where it finds nothing."""
    count = len(CaseFilter(given).found())
    return Suggestion(label, count, given.urlencode()) if count else None


def _without_a_filter(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    for name in sorted(case_filter.chosen, key=lambda name: name == "q"):
        label = case_filter.filters[name].label
        yield f"「{label}」の条件を外す", QueryDict(case_filter.query_without(name), mutable=True)


def _with_neighbouring_bands(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    chosen = case_filter.chosen.get("population", [])
    for band in bands.beside(chosen):
        given = case_filter.given()
        given.setlist("population", [*chosen, band.value])
        yield f"人口{band.label}も含める", given


def _with_other_words(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    """Each word that is not found changed to one that is spelt nearly the same, or to a known part of it."""
    index = case_filter.index
    others = [term for term in case_filter.terms if not index.is_found(term)]
    words = {
        word: term
        for term in others
        for word in (*close_words(term), *known_parts(term, index.lists.synonyms))
    }
    for word, term in list(words.items())[:MAX_SUGGESTED_WORDS]:
        given = case_filter.given()
        given["q"] = case_filter.cleaned["q"].replace(term.typed, word)
        yield f"「{term.typed}」を「{word}」に変える", given
