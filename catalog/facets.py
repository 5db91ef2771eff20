"""Filters shown with counts. The counting stays behind the one function `facets_of`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from catalog.filters import BodyChoicesFilter, CaseFilter

NAMES = ("step", "section", "population", "region", "prefecture", "kind", "topic")


@dataclass(frozen=True)
class Option:
    """A value of a facet; `count` is how many cases one gets by choosing it alone within its facet."""

    value: str
    label: str
    count: int
    selected: bool
    group: str = ""

    @property
    def is_dead(self) -> bool:
        """Whether choosing it would find nothing."""
        return not self.count and not self.selected


@dataclass(frozen=True)
class Group:
    """Options that are opened together."""

    title: str
    options: list[Option]

    @property
    def has_selected(self) -> bool:
        return any(option.selected for option in self.options)

    @property
    def count(self) -> int:
        return sum(option.count for option in self.options)


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]

    @property
    def groups(self) -> list[Group]:
        """The options by group; one group without a title where there are none."""
        return [
            Group(title, list(options)) for title, options in groupby(self.options, lambda one: one.group)
        ]


def facets_of(case_filter: CaseFilter, names: Iterable[str] = NAMES) -> list[Facet]:
    """The facets of a query, each option counted under all filters but its own facet's.

    A query that is not valid finds nothing, so its counts are 0.
    """
    return [_facet(case_filter, name) for name in names]


def _facet(case_filter: CaseFilter, name: str) -> Facet:
    field = case_filter.form.fields[name]
    counts = _counts(case_filter, name)
    chosen = case_filter.chosen.get(name, [])
    options = [
        Option(value, label, counts.get(value, 0), value in chosen, group)
        for group, value, label in field.grouped_options()
    ]
    return Facet(name, str(case_filter.filters[name].label), options)


def _counts(case_filter: CaseFilter, name: str) -> dict[str, int]:
    """Numbers of cases by value."""
    index, declared = case_filter.index, case_filter.filters[name]
    cases, bodies = case_filter.found(leave_out=name), case_filter.bodies(leave_out=name)
    of_value = index.of_case[declared.field_name]
    if isinstance(declared, BodyChoicesFilter) and bodies is not None:
        of_body = index.of_body[declared.field_name]
        of_value = {value: index.with_body_among(bodies & having) for value, having in of_body.items()}
    return {value: cases.intersection_cardinality(having) for value, having in of_value.items()}
