"""A query in words: its sentence, the chips of what is chosen, and what to ask where nothing is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict

from catalog.finding.forms import Sort
from catalog.finding.query import CaseFilter
from catalog.finding.search import close_words
from catalog.models import bands

MAX_SUGGESTED_WORDS = 10


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


def suggestions(case_filter: CaseFilter) -> list[Suggestion]:
    """For a query that finds nothing: queries near to it that find something, most cases first.

    Without each filter given, with the population bands beside those chosen, and with other words: one alone
    of several, the parts of each, and spelling variants.
    """
    queries = [
        *_without_a_filter(case_filter),
        *_with_neighbouring_bands(case_filter),
        *_with_other_words(case_filter),
    ]
    counted = [
        Suggestion(label, len(CaseFilter(given).found()), given.urlencode()) for label, given in queries
    ]
    return sorted((found for found in counted if found.count), key=lambda found: -found.count)


def _without_a_filter(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    for name in case_filter.chosen:
        label = case_filter.filters[name].label
        yield f"「{label}」の条件を外す", QueryDict(case_filter.query_without(name), mutable=True)


def _with_neighbouring_bands(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    chosen = case_filter.chosen.get("population", [])
    for band in bands.beside(chosen):
        given = case_filter.given()
        given.setlist("population", [*chosen, band.value])
        yield f"人口{band.label}も含める", given


def _with_other_words(case_filter: CaseFilter) -> Iterator[tuple[str, QueryDict]]:
    terms = case_filter.terms
    words = [term.typed for term in terms] if len(terms) > 1 else []
    words += [word for term in terms for word in (*close_words(term), *term.parts)]
    for word in dict.fromkeys(words[:MAX_SUGGESTED_WORDS]):
        given = case_filter.given()
        given["q"] = word
        yield f"言葉を「{word}」に変える", given
