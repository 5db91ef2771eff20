"""Where cases are and where none are: counts by population band and section, and by prefecture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

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


SHADES = (1, 2, 4, 7)  # from how many cases on a tile is shaded one step darker


@dataclass(frozen=True)
class Tile:
    """A prefecture on the map, the number of cases with a body in it, and how dark it is: 0 to 4."""

    prefecture: Prefecture
    count: int

    @property
    def shade(self) -> int:
        return sum(self.count >= least for least in SHADES)


def by_prefecture(index: Index) -> list[Tile]:
    """A tile for every prefecture in the order of the codes; each count is the length of its list."""
    return [
        Tile(prefecture, len(union_of(index.cases_by["prefecture"], [prefecture.code])))
        for prefecture in index.prefectures
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
    """The columns with their cases."""
    for step, of_step in groupby(index.sections, key=lambda section: section.step):
        yield CoverageColumn(step), union_of(index.cases_by["step"], [str(step.number)])
        sections = list(of_step)
        if len(sections) > 1:
            for section in sections:
                yield CoverageColumn(step, section), union_of(index.cases_by["section"], [section.pk])
