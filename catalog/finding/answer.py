"""What a list ordered by nearness answers first: has the reader's own body a case? Else, who is nearest?"""

from __future__ import annotations

from dataclasses import dataclass

from pyroaring import BitMap

from catalog.documents.reading import read_titles
from catalog.finding.index import Index
from catalog.finding.nearest import Nearness, Target
from catalog.finding.query import CaseFilter
from catalog.models import Body, bands

MAX_MENTIONS = 3
FAR = 2.0  # times the population: farther than readers expect the nearest to be
CONDITIONS_ON_POPULATION = {"population", "population_min", "population_max"}


@dataclass(frozen=True)
class OwnCases:
    """How many published cases a body has, and how many of them are found.

    `mentions` are slug and title of the first cases that name it as doing something similar.
    """

    body: Body
    total: int
    found: int
    mentions: list[tuple[str, str]]
    further_mentions: int


@dataclass(frozen=True)
class Answer:
    """`nearest` is told where no own case is found and readers would expect somebody nearer.

    `empty_band` is the population band of the reader's own body where no body in it has a case that is found.
    """

    own: OwnCases | None
    nearest: Nearness | None = None
    empty_band: bands.Band | None = None


def answer(case_filter: CaseFilter) -> Answer | None:
    """The answer of a list; None where it is not ordered by nearness."""
    target, found = case_filter.target_of_order, case_filter.found()
    if target is None:
        return None
    own = own_cases(target.body, case_filter.index, found) if target.body else None
    if own and own.found:
        return Answer(own)
    asks_for_size = CONDITIONS_ON_POPULATION & case_filter.chosen.keys()
    empty_band = None if asks_for_size else empty_band_of(target, case_filter.index, found)
    nearest = nearest_of(target, case_filter.index, found)
    return Answer(own, nearest if empty_band or is_far(nearest) else None, empty_band)


def own_cases(body: Body, index: Index, found: BitMap) -> OwnCases:
    """The cases of a body and of those that have ended in it."""
    pairs = [index.cases_and_mentions(code) for code in index.lineage(body)]
    cases, mentions = (BitMap.union(*bitmaps) for bitmaps in zip(*pairs, strict=True))
    first = [index.numbering.key(one) for one in index.numbering.in_order(mentions, slice(0, MAX_MENTIONS))]
    titles = read_titles(first) if first else {}
    told = [titles[key] for key in first if key in titles]
    return OwnCases(body, len(cases), len(cases & found), told, len(mentions) - len(first))


def nearest_of(target: Target, index: Index, found: BitMap) -> Nearness | None:
    """How near the nearest body with one of these cases is."""
    body = index.nearest_with_cases(target, found)
    return target.nearness(body, None) if body else None


def is_far(nearness: Nearness | None) -> bool:
    ratio = nearness.ratio if nearness else None
    return ratio is not None and not 1 / FAR < ratio < FAR


def empty_band_of(target: Target, index: Index, found: BitMap) -> bands.Band | None:
    """The band of the target's population, if no body in it has one of these cases."""
    band = bands.band_of(target.population)
    in_band = index.cases_by["population"].get(band.value, BitMap())
    return None if band.is_unknown or found.intersect(in_band) else band
