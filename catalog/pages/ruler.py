"""The ruler of sizes: cases by the population of their bodies on a logarithmic axis, a picture and its table.

A dot for every body while the dots can be told apart, beyond that a column for every population band. The
axis is as wide as the page leaves it: places on it are percentages of it, heights are pixels above it.

What is there once a body is written here and not in the template, where it takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, islice
from math import log, log10
from typing import ClassVar, NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from pyroaring import BitMap

from catalog.documents.addresses import url
from catalog.finding.index import Index, union_of
from catalog.finding.nearest import Target
from catalog.finding.query import CaseFilter
from catalog.models import Body, bands
from catalog.pages.text import persons

SMALLEST, LARGEST = 150, 15_000_000  # persons at the ends of the axis; the least village has 168
MAX_DOTS = 120  # bodies, beyond which nobody looks for one of them in a picture
SEVERAL = "several"  # the mark of a body with cases of several steps


@dataclass(frozen=True)
class Size:
    """How large a ruler is drawn: `pitch` px from dot to dot in a row, and from row to row.

    A narrow screen piles the dots higher than a wide one: each of the two layouts is right from an axis of so
    many px on. Columns, `height` px high, take the place of dots that the narrow one piles on more than
    `max_rows` rows.
    """

    name: str
    pitch: int
    narrow: int
    wide: int
    max_rows: int
    height: int
    scale: float  # of the marks, which are drawn for a pitch of 24


# A target is 24 px wide (WCAG 2.2). In the small ruler a dot is less: there the links of the table are.
LARGE = Size("large", pitch=24, narrow=288, wide=700, max_rows=16, height=200, scale=1)
SMALL = Size("small", pitch=11, narrow=288, wide=590, max_rows=11, height=84, scale=0.54)


class Place(NamedTuple):
    """A body with its page, its name and population in words, and where it is on the axis.

    One of an unknown population, None, is not on it.
    """

    population: int | None
    x: float | None
    path: str
    name: SafeString
    persons: str
    band: bands.Band


class Row(NamedTuple):
    """A body with its number of cases, their steps in words, and the mark of these."""

    place: Place
    case_count: int
    steps: str
    mark: str


class Dot(NamedTuple):
    """A row of the table in the picture, and how high its middle is in either layout."""

    row: Row
    x: float
    narrow: int
    wide: int


class Span(NamedTuple):
    """A population band on the axis; the unknown is not on it, and has no width."""

    band: bands.Band
    x: float
    width: float


class Column(NamedTuple):
    """The number of cases of a band. The area tells it, as bands are not equally wide."""

    span: Span
    case_count: int
    height: float


class Tick(NamedTuple):
    """A bound of bands or a power of ten; where a screen is narrow only a power of ten is written."""

    x: float
    label: str
    is_power: bool


@dataclass(frozen=True)
class Own:
    """The reader's population on the axis, and the next smaller and the next larger body."""

    target: Target
    x: float
    beside: list[Place]


def x_of(population: int) -> float:
    """Where a population is on the axis; what is beyond an end is at the end."""
    within = min(max(population, SMALLEST), LARGEST)
    return round(100.0 * log(within / SMALLEST) / log(LARGEST / SMALLEST), 1)


def span_of(band: bands.Band) -> Span:
    if band.is_unknown:
        return Span(band, 0.0, 0.0)
    start = x_of(band.lower or 0)
    return Span(band, start, round(x_of(band.upper or LARGEST) - start, 1))


@dataclass(frozen=True)
class Ruler:
    """Dots and the rows of all bodies, smallest first, or columns alone; how high either layout is.

    The last rows are those of bodies of an unknown population, which have no dot.
    """

    spans: ClassVar[list[Span]] = [span_of(band) for band in bands.BANDS]
    ticks: ClassVar[list[Tick]] = [
        Tick(x_of(1_000), "1千", is_power=True),
        *(
            Tick(x_of(myriads * 10_000), f"{myriads:,}万", is_power=log10(myriads) % 1 == 0)
            for myriads in (1, 3, 5, 10, 20, 50, 100, 1_000)
        ),
    ]

    size: Size
    rows: list[Row]
    dots: list[Dot]
    columns: list[Column]
    narrow: int
    wide: int
    own: Own | None

    @property
    def marks(self) -> list[str]:
        """The marks that occur, in the order of the steps."""
        return sorted({row.mark for row in self.rows})

    @property
    def drawn_dots(self) -> SafeString:
        """The dots as links, each there in both layouts, of which the style sheet shows one.

        They are no stops of the Tab key: a ring around one of seventy dots tells nobody which body it is, and
        they would stand between the reader and the rest of the page. The table has the same links, named in
        sight, after a single stop.
        """
        return mark_safe(  # noqa: S308 – all of it is ours, or escaped in `Place`
            "".join(
                f'<a href="{place.path}" tabindex="-1">'
                f"<title>{place.name}（{place.persons}）{count}件</title>"
                f'<use class="ruler__narrow" href="#mark-{mark}" x="{x}%" y="-{narrow}"/>'
                f'<use class="ruler__wide" href="#mark-{mark}" x="{x}%" y="-{wide}"/></a>\n'
                for (place, count, _, mark), x, narrow, wide in self.dots
            )
        )

    @property
    def drawn_rows(self) -> list[tuple[bands.Band, SafeString]]:
        """The bodies of each band as rows of a table."""
        return [
            (band, mark_safe("".join(map(drawn_row, rows))))  # noqa: S308 – as above
            for band, rows in groupby(self.rows, lambda row: row.place.band)
        ]

    @property
    def near(self) -> list[Dot]:
        """The dots of the bodies beside the reader's."""
        beside = self.own.beside if self.own else []
        return [dot for dot in self.dots if dot.row.place in beside]


def drawn_row(row: Row) -> str:
    place, count, steps, _ = row
    return (
        f'<tr><td><a href="{place.path}">{place.name}</a></td>'
        f"<td>{place.persons}</td><td>{steps}</td><td>{count}件</td></tr>\n"
    )


def ruler_of_list(case_filter: CaseFilter, size: Size = SMALL) -> Ruler:
    """The ruler of the cases found, by those of their bodies that satisfy the query."""
    return ruler_of(case_filter.index, size, case_filter.found(), case_filter.bodies(), case_filter.target)


def ruler_of(
    index: Index, size: Size, cases: BitMap, asked: BitMap | None = None, target: Target | None = None
) -> Ruler:
    """The ruler of cases by their bodies that are among `asked`; None: by all of them."""
    among = index.with_cases if asked is None else asked
    bodies = list(islice(index.bodies_of(cases, among), MAX_DOTS + 1))
    own = own_of(target, index, cases, among) if target else None
    rows = rows_of(index, bodies, cases) if len(bodies) <= MAX_DOTS else []
    xs = [row.place.x for row in rows if row.place.x is not None]
    narrow, wide = (piled(xs, 100 * size.pitch / width) for width in (size.narrow, size.wide))
    if not xs or max(narrow) >= size.max_rows:
        columns = columns_of(index, size, cases, asked)
        return Ruler(size, [], [], columns, size.height, size.height, own)
    pitch, middle = size.pitch, size.pitch // 2
    dots = [
        Dot(row, x, pitch * high + middle, pitch * flat + middle)
        for row, x, high, flat in zip(rows, xs, narrow, wide, strict=False)
    ]
    return Ruler(size, rows, dots, [], pitch * (max(narrow) + 1), pitch * (max(wide) + 1), own)


def places_of(index: Index) -> list[Place]:
    """The places of all bodies, by their numbers."""
    return index.lists.kept("places", lambda: [place_of(body) for body in index.bodies])


def place_of(body: Body) -> Place:
    return Place(
        body.population,
        None if body.population is None else x_of(body.population),
        url("catalog:body_detail", body.code),
        conditional_escape(body.full_name),
        persons(body.population),
        bands.BY_VALUE[body.population_band],
    )


def rows_of(index: Index, bodies: Iterable[int], cases: BitMap) -> list[Row]:
    """The bodies, smallest first, those of an unknown population last; each has at least one of the cases."""
    places, cases_of = places_of(index), index.cases_of
    steps = [(step, of_step & cases) for step, of_step in sorted(index.cases_by["step"].items())]
    rows = []
    for number in bodies:
        own = cases_of[number] & cases
        numbers = [step for step, of_step in steps if of_step.intersect(own)]
        mark = numbers[0] if len(numbers) == 1 else SEVERAL
        rows.append(Row(places[number], len(own), "・".join(numbers), mark))
    return sorted(rows, key=lambda row: row.place.population or LARGEST * 10)


def piled(xs: Iterable[float], pitch: float) -> list[int]:
    """The row of each dot, from left to right: the lowest where it is a pitch away from the last one.

    There is no way to pile them on fewer rows.
    """
    last_of: list[float] = []
    rows = []
    for x in xs:
        row = next((row for row, last in enumerate(last_of) if x - last >= pitch), len(last_of))
        last_of[row : row + 1] = [x]
        rows.append(row)
    return rows


def columns_of(index: Index, size: Size, cases: BitMap, asked: BitMap | None) -> list[Column]:
    """A column for every band with cases by bodies that are among `asked`; None: by any.

    Each number is the length of the list that the band gives.
    """
    counted = []
    for span in Ruler.spans:
        if asked is None:
            in_band = union_of(index.cases_by["population"], [span.band.value])
        else:
            of_band = union_of(index.lists.bodies_by["population"], [span.band.value])
            in_band = index.with_body_among(asked & of_band)
        counted.append((span, in_band.intersection_cardinality(cases)))
    densities = [count / span.width if span.width else 0.0 for span, count in counted]
    scale = size.height / max(*densities, 1e-9)
    return [
        Column(span, count, round(density * scale, 1))
        for (span, count), density in zip(counted, densities, strict=True)
        if count
    ]


def own_of(target: Target, index: Index, cases: BitMap, among: BitMap) -> Own | None:
    """None for a target of an unknown population. Its own body is not beside itself."""
    if not target.population:
        return None
    others = among - index.lists.bodies_by["body"][target.body.code] if target.body else among
    places = places_of(index)
    beside = index.beside(target.population, cases, others)
    return Own(target, x_of(target.population), [places[number] for number in beside])
