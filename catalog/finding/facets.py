"""Filters shown with counts. The counting stays behind the one function `facets_of`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pyroaring import BitMap

from catalog.documents.places import STATED
from catalog.finding.filters import BodyChoicesFilter
from catalog.finding.query import CaseFilter

NAMES = (
    *("step", "section", "population", "region", "prefecture", "kind", "topic", "effect", "cost", "source"),
    "year",
)


@dataclass(frozen=True)
class Option:
    """A value of a facet; `count` is how many cases one gets by choosing it alone within its facet.

    None where the query is not valid.
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
    name: str
    label: str
    options: list[Option]

    @property
    def is_choice(self) -> bool:
        """Whether there is something to choose: not where one value is all that there is."""
        return len(self.options) > 1 or self.name in STATED

    @property
    def groups(self) -> list[Group]:
        """The options by group; one group without a title where there are none."""
        return [
            Group(title, list(options))
            for title, options in groupby(self.options, lambda option: option.group)
        ]


def facets_of(case_filter: CaseFilter, names: Iterable[str] = NAMES) -> list[Facet]:
    """The facets of a query, each option counted under all filters but its own facet's.

    A query that is not valid is not counted, so that whoever corrects it may choose any option.
    """
    return [_facet(case_filter, name) for name in names]


def _facet(case_filter: CaseFilter, name: str) -> Facet:
    counts = None if case_filter.errors else _counts(case_filter, name)
    declared, chosen = case_filter.filters[name], case_filter.chosen.get(name, [])
    index = case_filter.index
    offered = [
        (group, value, label) if declared.is_told(value, index) else ("", value, value)
        for group, value, label in case_filter.form.fields[name].grouped_options()
        if value in chosen or declared.is_offered(value, index)
    ]
    has_groups = len({group for group, *_ in offered}) > 1
    options = [
        Option(
            *(value, label, None if counts is None else counts.get(value, 0), value in chosen),
            group if has_groups else "",
        )
        for group, value, label in offered
    ]
    return Facet(name, str(declared.label), options)


def _counts(case_filter: CaseFilter, name: str) -> dict[str, int]:
    """Numbers of cases by value."""
    index, declared = case_filter.index, case_filter.filters[name]
    cases, bodies = case_filter.found(except_for=name), case_filter.bodies(except_for=name)
    having: Iterable[tuple[str, BitMap]] = index.cases_by[name].items()
    if isinstance(declared, BodyChoicesFilter) and bodies is not None:
        of_value = index.lists.bodies_by[name].items()
        having = ((value, index.with_body_among(bodies & among)) for value, among in of_value)
    return {value: cases.intersection_cardinality(with_value) for value, with_value in having}
