"""Where cases are and where none are: counts by population band and step."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from catalog import bands
from catalog.models import CaseBody, CaseQuerySet, Step


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
