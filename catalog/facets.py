"""Filters shown with counts. The counting stays behind the one function `facets_of`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from time import monotonic

from pyroaring import BitMap

from catalog.filters import BodyChoicesFilter, CaseFilter

NAMES = ("step", "section", "population", "region", "prefecture", "kind", "topic")
SECONDS_TO_COUNT = 1.0  # for all facets of a page together


@dataclass(frozen=True)
class Option:
    """A value of a facet; `count` is how many cases one gets by choosing it alone within its facet.

    None where the facet was not counted.
    """

    value: str
    label: str
    count: int | None
    selected: bool
    group: str = ""

    @property
    def is_dead(self) -> bool:
        """Whether choosing it would find nothing."""
        return self.count == 0 and not self.selected


@dataclass(frozen=True)
class Group:
    """Options that are opened together."""

    title: str
    options: list[Option]

    @property
    def has_selected(self) -> bool:
        return any(option.selected for option in self.options)


@dataclass(frozen=True)
class Facet:
    """One that is left out has only the options chosen, so that a form sent again loses none."""

    name: str
    label: str
    options: list[Option]
    is_left_out: bool

    @property
    def groups(self) -> list[Group]:
        """The options by group; one group without a title where there are none."""
        return [
            Group(title, list(options)) for title, options in groupby(self.options, lambda one: one.group)
        ]


def facets_of(case_filter: CaseFilter, names: Iterable[str] = NAMES) -> list[Facet]:
    """The facets of a query, each option counted under all filters but its own facet's.

    A query that is not valid is not counted, so that whoever corrects it may choose any option. A facet that
    is not counted after SECONDS_TO_COUNT is left out, and the page is answered without.
    """
    deadline = monotonic() + SECONDS_TO_COUNT
    return [_facet(case_filter, name, deadline) for name in names]


def left_out(facets: Iterable[Facet]) -> list[str]:
    """The labels of the facets that were not counted in time."""
    return [facet.label for facet in facets if facet.is_left_out]


def _facet(case_filter: CaseFilter, name: str, deadline: float) -> Facet:
    field = case_filter.form.fields[name]
    is_valid = not case_filter.errors
    counts = _counts(case_filter, name, deadline) if is_valid else None
    is_left_out = is_valid and counts is None
    chosen = case_filter.chosen.get(name, [])
    options = [
        Option(value, label, None if counts is None else counts.get(value, 0), value in chosen, group)
        for group, value, label in field.grouped_options()
        if not is_left_out or value in chosen
    ]
    return Facet(name, str(case_filter.filters[name].label), options, is_left_out)


def _counts(case_filter: CaseFilter, name: str, deadline: float) -> dict[str, int] | None:
    """Numbers of cases by value; None if the deadline passes before all are known."""
    if monotonic() > deadline:
        return None
    index, declared = case_filter.index, case_filter.filters[name]
    cases, bodies = case_filter.found(leave_out=name), case_filter.bodies(leave_out=name)
    of_value: Iterable[tuple[str, BitMap]] = index.of_case[declared.field_name].items()
    if isinstance(declared, BodyChoicesFilter) and bodies is not None:
        of_body = index.of_body[declared.field_name].items()
        of_value = ((value, index.with_body_among(bodies & having)) for value, having in of_body)
    counts = {}
    for value, having in of_value:
        if monotonic() > deadline:
            return None
        counts[value] = cases.intersection_cardinality(having)
    return counts
