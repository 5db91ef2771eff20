"""Where cases are and where none are: counts by population band and section, and by prefecture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count

from catalog import bands
from catalog.models import CaseBody, CaseQuerySet, Prefecture, Section, Step


@dataclass(frozen=True)
class Column:
    """A step, or one section of a step that has several."""

    step: Step
    section: Section | None = None

    @property
    def title(self) -> str:
        return self.section.title if self.section else f"ステップ{self.step}"

    @property
    def query(self) -> str:
        return f"section={self.section.pk}" if self.section else f"step={self.step}"


Cells = list[tuple[Column, int]]


@dataclass(frozen=True)
class Row:
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
    rows: list[Row]

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


def by_prefecture(cases: CaseQuerySet) -> list[Tile]:
    """A tile for every prefecture in the order of the codes; each count is the length of its list."""
    rows = CaseBody.objects.filter(case__in=cases.order_by()).order_by()
    counts = dict(rows.values_list("body__prefecture").annotate(Count("case", distinct=True)))
    return [Tile(one, counts.get(one.code, 0)) for one in Prefecture.objects.order_by("code")]


def by_band_and_section(cases: CaseQuerySet) -> Coverage:
    """Counts of `cases`; each number is the length of the list that its column, its band or both give."""
    columns = _columns()
    of_sections = dict(cases.order_by().values_list("section").annotate(Count("pk")))
    bodies = CaseBody.objects.filter(case__in=cases.order_by()).order_by()
    banded = bodies.annotate(band=bands.value_expression("body__population"))
    distinct = Count("case", distinct=True)
    totals = dict(banded.values_list("band").annotate(distinct))
    cells: dict[str, dict[str, int]] = {band.value: {} for band in bands.BANDS}
    for band, section, count in banded.values_list("band", "case__section").annotate(distinct):
        cells[band][section] = count
    return Coverage(
        total=sum(of_sections.values()),
        columns=_summed(columns, of_sections),
        rows=[
            Row(band, totals.get(band.value, 0), _summed(columns, cells[band.value])) for band in bands.BANDS
        ],
    )


def _columns() -> list[tuple[Column, list[str]]]:
    """The columns, each with the ids of the sections that it adds up. A case is in one section alone."""
    columns = []
    for step, of_step in groupby(Section.objects.order_by("position"), key=lambda section: section.step):
        sections = list(of_step)
        columns.append((Column(Step(step)), [section.pk for section in sections]))
        if len(sections) > 1:
            columns += [(Column(Step(step), section), [section.pk]) for section in sections]
    return columns


def _summed(columns: list[tuple[Column, list[str]]], counts: dict[str, int]) -> Cells:
    return [(column, sum(counts.get(section, 0) for section in sections)) for column, sections in columns]
