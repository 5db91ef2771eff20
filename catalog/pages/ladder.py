"""The ladder: sizes across, indicators down; in each cell a shade and a number say how many have done it.

One drawing, made here: a row is a line with the name and under it a strip of cells, as wide as the page
leaves it. Places across are percentages or, for cells, bands; heights are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import log, sqrt

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.documents.addresses import query_url
from catalog.finding.index import Index, union_of
from catalog.finding.standing import Column, Share, columns_of, shares_by_band
from catalog.models import Body, Indicator, ValueKind, bands

TOP = 28  # px above the first row, for the axis
NAME, STRIP, GAP = 22, 30, 6  # px: the line of a name, its cells, and what is left below
ROW = NAME + STRIP + GAP
LEAST_DOT, MOST_DOT = 3.0, 7.0  # px, radius; below the number, also where a cell is narrow
SHADES = 5
END = 3.0  # how many times its lower bound the last band is drawn to; half of its upper one the first


def told(indicator: Indicator, share: Share | None) -> str:
    """The number alone, as a cell of a table has it: a share, or a median; ― where there is none."""
    if share is None or not share.asked:
        return "―"
    return f"{share.percent}％" if indicator.is_done_or_not else indicator.about(share.median)


@dataclass(frozen=True)
class Cell:
    """A band in a row: how its municipalities stand, and how many cases its bodies have, with their list."""

    band: bands.Band
    share: Share
    told: str
    count: int
    url: str


@dataclass(frozen=True)
class Row:
    column: Column
    state: str  # of the body; empty without one
    cells: list[Cell]

    def text(self, cell: Cell) -> str:
        """The number in a cell: per cent, or the median of numbers; nothing where nobody was asked."""
        if not cell.share.asked:
            return ""
        if self.column.indicator.is_done_or_not:
            return str(cell.share.percent)
        return f"{cell.share.median:g}"

    def shade(self, cell: Cell) -> int:
        """How dark a cell is, by fifths: 0 for less than one, also where the numbers are no per cent."""
        if not cell.share.asked or self.column.indicator.kind == ValueKind.COUNT:
            return 0
        percent = cell.share.median if cell.share.median is not None else cell.share.percent
        return min(int(percent * SHADES / 100), SHADES - 1)


@dataclass(frozen=True)
class Ladder:
    """The rows, with a column for each band in which there are municipalities; `own` marks the body's."""

    bands: list[bands.Band]
    rows: list[Row]
    body: Body | None
    own: float | None  # where its population is, in per cent of the width

    @property
    def height(self) -> int:
        return TOP + ROW * len(self.rows)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """The bounds between bands, in persons."""
        step = 100 / len(self.bands)
        return [
            (round(at * step, 2), f"{(band.lower or 0) // 10_000}万")
            for at, band in enumerate(self.bands)
            if at and band.lower
        ]

    @property
    def picture(self) -> SafeString:
        """Everything within the `<svg>`."""
        return mark_safe("".join((*self._cells(), *self._own(), *self._words(), *self._dots())))  # noqa: S308 – ours, or escaped

    def _cells(self) -> list[str]:
        """All cells of a shade as one path; it is drawn in bands across, stretched to the width."""
        drawn = sorted(
            (row.shade(cell), at, y) for y, row in enumerate(self.rows) for at, cell in enumerate(row.cells)
        )
        paths = [
            f'<path class="ladder__{shade}" d="'
            + "".join(f"M{at} {top(y) + NAME}h1v{STRIP}h-1z" for _, at, y in cells)
            + '"/>'
            for shade, cells in groupby(drawn, key=lambda cell: cell[0])
        ]
        across = f"0 0 {len(self.bands)} {self.height}"
        return [f'<svg viewBox="{across}" preserveAspectRatio="none" aria-hidden="true">', *paths, "</svg>"]

    def _words(self) -> list[str]:
        """The bounds, and of each row its name and its numbers."""
        words = [f'<text class="ladder__tick" x="{x}%" y="18">{label}</text>' for x, label in self.ticks]
        step = 100 / len(self.bands)
        for y, row in enumerate(self.rows):
            base = top(y) + NAME
            name = conditional_escape(row.column.indicator.title)
            state = f"：{row.state}" if row.state else ""
            words.append(f'<text class="ladder__name" y="{base - 6}">{name}{state}</text>')
            numbers = (
                f'<tspan x="{round(at * step + 0.5, 2)}%">{row.text(cell)}</tspan>'
                for at, cell in enumerate(row.cells)
                if cell.share.asked
            )
            words.append(f'<text y="{base + 14}">{"".join(numbers)}</text>')
        return words

    def _own(self) -> list[str]:
        if self.own is None:
            return []
        return [f'<line class="ladder__own" x1="{self.own}%" x2="{self.own}%" y1="{TOP}" y2="100%"/>']

    def _dots(self) -> list[str]:
        """The cases as links. They are no stops of the Tab key: the table has the same, named in sight."""
        counts = [cell.count for row in self.rows for cell in row.cells]
        most, step = max([1, *counts]), 100 / len(self.bands)
        return [
            f'<a href="{cell.url.replace("&", "&amp;")}" tabindex="-1">'
            f"<title>{cell.band.label} {cell.count}件</title>"
            f'<circle cx="{round((at + 1) * step, 2)}%" cy="{top(y) + NAME + STRIP - 8}"'
            f' r="{round(max(LEAST_DOT, MOST_DOT * sqrt(cell.count / most)), 1):g}"/></a>'
            for y, row in enumerate(self.rows)
            for at, cell in enumerate(row.cells)
            if cell.count
        ]


def top(row: int) -> int:
    """Where a row begins, in px."""
    return TOP + ROW * row


def ladder_of(index: Index, body: Body | None = None) -> Ladder:
    """The ladder of all municipalities; with a body its own states, and lists by nearness to it."""
    groups = shares_by_band(index.lists)
    shown = [band for band, _ in groups]
    number = index.lists.number_of_body[body.code] if body else None
    in_bands = [union_of(index.cases_by["population"], [band.value]) for band in shown]
    rows = []
    for at, column in enumerate(columns_of(index.lists)):
        cases, near = column.cases(index), body.code if body else None
        cells = []
        for (band, shares), in_band in zip(groups, in_bands, strict=True):
            count = cases.intersection_cardinality(in_band)
            url = query_url("case_list", column.query, population=band.value, near=near) if count else ""
            cells.append(Cell(band, shares[at], told(column.indicator, shares[at]), count, url))
        rows.append(Row(column, "" if number is None else column.state(number), cells))
    return Ladder(shown, rows, body, place_of(body.population, shown) if body else None)


def place_of(population: int | None, shown: list[bands.Band]) -> float | None:
    """Where a population is across, in per cent: within its band by its logarithm; None if unknown."""
    at = next((at for at, band in enumerate(shown) if population and band.contains(population)), None)
    if at is None or not population:
        return None
    band = shown[at]
    lower = band.lower or (band.upper or 0) / END**2
    upper = band.upper or lower * END
    within = log(max(population, lower) / lower) / log(upper / lower)
    return round(100 * (at + min(within, 1.0)) / len(shown), 2)
