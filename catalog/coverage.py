"""Where cases are and where none are: counts by population band and step, and by prefecture."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from catalog import bands
from catalog.models import CaseBody, CaseQuerySet, Prefecture, Step


@dataclass(frozen=True)
class Row:
    """A population band with its number of cases, in all and at each step in order."""

    band: bands.Band
    total: int
    cells: list[tuple[Step, int]]


@dataclass(frozen=True)
class Coverage:
    """`total` cases, `steps` with their numbers, a row for every band.

    A case with bodies in two bands counts in both, so the rows of a step do not add up to its number.
    """

    total: int
    steps: list[tuple[Step, int]]
    rows: list[Row]


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


def by_band_and_step(cases: CaseQuerySet) -> Coverage:
    """Counts of `cases`; each number is the length of the list that its step, its band or both give."""
    steps = dict(cases.order_by().values_list("section__step").annotate(Count("pk")))
    bodies = CaseBody.objects.filter(case__in=cases.order_by())
    banded = bodies.order_by().annotate(band=bands.value_expression("body__population"))
    distinct = Count("case", distinct=True)
    totals = dict(banded.values_list("band").annotate(distinct))
    cells = {
        (band, step): count
        for band, step, count in banded.values_list("band", "case__section__step").annotate(distinct)
    }
    return Coverage(
        total=sum(steps.values()),
        steps=[(step, steps.get(step, 0)) for step in Step],
        rows=[
            Row(
                band,
                totals.get(band.value, 0),
                [(step, cells.get((band.value, step.value), 0)) for step in Step],
            )
            for band in bands.BANDS
        ],
    )
