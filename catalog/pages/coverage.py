"""Where cases are and where none are: counts by population band and section, and by prefecture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import ceil

from pyroaring import BitMap

from catalog.documents.addresses import parameter_of
from catalog.finding.index import Index, union_of
from catalog.models import Prefecture, Section, Step, bands


@dataclass(frozen=True)
class CoverageColumn:
    """A step, or one section of a step that has several."""

    step: Step
    section: Section | None = None

    @property
    def title(self) -> str:
        return self.section.title if self.section else f"ステップ{self.step.number}"

    @property
    def query(self) -> str:
        """The query string of its cases."""
        return (
            parameter_of("section", self.section.pk)
            if self.section
            else parameter_of("step", str(self.step.number))
        )


Cells = list[tuple[CoverageColumn, int]]


@dataclass(frozen=True)
class BandRow:
    """A population band with its number of cases, in all and in each column in order."""

    band: bands.Band
    total: int
    cells: Cells


@dataclass(frozen=True)
class Level:
    """A shade, and the least and the largest number of cases that have it."""

    shade: int
    least: int
    most: int


@dataclass(frozen=True)
class Coverage:
    """`total` cases, `columns` with their numbers, a row for every band.

    A case with bodies in two bands counts in both, so the rows of a column do not add up to its number.
    """

    total: int
    columns: Cells
    rows: list[BandRow]

    @property
    def steps(self) -> Cells:
        """The columns that are whole steps."""
        return [(column, count) for column, count in self.columns if column.section is None]

    def shade(self, count: int) -> int:
        """How dark a cell within the table is: 0 to 4."""
        return shade(count, self._most)

    @property
    def levels(self) -> list[Level]:
        """The shades that a number up to the largest cell's can have, without 0."""
        by_shade = groupby(range(1, self._most + 1), self.shade)
        ranges = [(level, list(counts)) for level, counts in by_shade]
        return [Level(level, counts[0], counts[-1]) for level, counts in ranges]

    @cached_property
    def _most(self) -> int:
        return max(count for row in self.rows for _, count in row.cells)


def shade(count: int, most: int) -> int:
    """0 for none; else the quarter of the most in which a number of cases is: 1 to 4."""
    return ceil(4 * count / most) if count else 0


@dataclass(frozen=True)
class Tile:
    """A prefecture on the map, the number of cases with a body in it, and how dark it is: 0 to 4."""

    prefecture: Prefecture
    count: int
    shade: int


def by_prefecture(index: Index) -> list[Tile]:
    """A tile for every prefecture in the order of the codes; each count is the length of its list."""
    counts = [
        len(union_of(index.cases_by["prefecture"], [prefecture.code]))
        for prefecture in index.lists.prefectures
    ]
    return [
        Tile(prefecture, count, shade(count, max(counts)))
        for prefecture, count in zip(index.lists.prefectures, counts, strict=True)
    ]


def by_band_and_section(index: Index) -> Coverage:
    """Each number is the length of the list that its column, its band or both give."""
    columns = list(_columns(index))
    rows = []
    for band in bands.BANDS:
        in_band = union_of(index.cases_by["population"], [band.value])
        cells = [(column, cases.intersection_cardinality(in_band)) for column, cases in columns]
        rows.append(BandRow(band, len(in_band), cells))
    return Coverage(len(index.cases), [(column, len(cases)) for column, cases in columns], rows)


def _columns(index: Index) -> Iterator[tuple[CoverageColumn, BitMap]]:
    """The columns with their cases. Sections of several sources would be no parts of one whole."""
    for step in index.lists.steps:
        yield CoverageColumn(step), union_of(index.cases_by["step"], [str(step.number)])
        in_use = index.sections_in_use
        sections = [section for section in in_use if section.step_id == step.number]
        if len(sections) > 1 and len({section.source_id for section in sections}) == 1:
            for section in sections:
                yield CoverageColumn(step, section), union_of(index.cases_by["section"], [section.pk])
