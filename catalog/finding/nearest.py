"""How near a body is to the reader's own: the one formula, its parts, and its words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import count, groupby
from math import asin, cos, floor, inf, log, radians, sin, sqrt
from operator import itemgetter
from threading import Lock
from typing import NamedTuple

from catalog.documents.records import CaseRecord, NearnessRecord
from catalog.models import Body

EARTH_DIAMETER_KM = 2 * 6371.0
UNKNOWN_POPULATION = 1_000.0  # steps of the ratio: behind every known one
UNKNOWN_DISTANCE_KM = 100_000.0  # farther than any known one
LN_1_25 = 0.22314355131420976
OWN_BODY = "御団体"  # what the pages call the reader's own
# Populations in persons, the smallest first, each with the number of its body.
BySize = Sequence[tuple[int, int]]


class Measure(NamedTuple):
    """How far a body is from a target. `body` is None for one that the index does not know."""

    score: float
    distance_km: float | None
    body: Body | None


@dataclass(frozen=True)
class Target:
    """What to be near to: a body, a population in persons, or both: then it overrides the body's.

    `called`: how words name the target, mostly the reader's own body.
    """

    body: Body | None = None
    given_population: int | None = None
    called: str = field(default=OWN_BODY, compare=False)

    @property
    def population(self) -> int | None:
        return self.given_population or (self.body.population if self.body else None)

    def score(self, body: Body, distance_km: float | None) -> float:
        """How far a body is from the target: smaller is nearer.

        Compared in turn: the ratio of populations in steps of 1.25 (0 is alike), kind, prefecture, region and
        distance. Each is a digit of one number: 10,000,000 for a step of the ratio, 4,000,000 for another
        kind, 2,000,000 for another prefecture, 1,000,000 for another region, 1 for a km. By a population
        alone the steps are a hundred times finer. Without a population of the target the ratio is left out;
        a body without one comes after all that have one, one of unknown place after its equals.
        """
        score = self.steps(body.population) * 10_000_000.0
        if self.body:
            score += (body.kind != self.body.kind) * 4_000_000.0
            score += (body.prefecture_id != self.body.prefecture_id) * 2_000_000.0
            score += (body.prefecture.region != self.body.prefecture.region) * 1_000_000.0
            score += UNKNOWN_DISTANCE_KM if distance_km is None else distance_km
        return score

    def steps(self, population: int | None) -> int:
        """The whole steps of the ratio from the target to a population, or hundredths of one; see `score`."""
        if not self.population:
            return 0
        steps = ratio_in_steps(population, self.population)
        return floor(steps if self.body else steps * 100.0)

    def nearness(self, body: Body, distance_km: float | None) -> Nearness:
        """The parts of the nearness of `body`, `distance_km` away."""
        own, ratio = self.body, None
        if self.population and body.population:
            ratio = body.population / self.population
        if own is None:
            return Nearness(body, ratio, self.called)
        return Nearness(
            body,
            ratio,
            self.called,
            same_prefecture=own.prefecture_id == body.prefecture_id,
            same_region=own.prefecture.region == body.prefecture.region,
            same_kind=own.kind == body.kind,
            distance_km=distance_km,
        )

    def __str__(self) -> str:
        return self.body.full_name if self.body else f"人口{self.population:,}人"


def ratio_in_steps(population: int | None, own: int) -> float:
    """How often the smaller of two populations must grow by a quarter to reach the larger."""
    if population is None:
        return UNKNOWN_POPULATION
    return log(max(population, own) / min(population, own)) / LN_1_25


def distance_km(one: Body, other: Body) -> float | None:
    """The great-circle distance of the two offices (haversine formula), in km with one decimal.

    None where the place of one of them is not known.
    """
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    across = sin(radians((other.latitude - one.latitude) / 2.0)) ** 2
    along = sin(radians((other.longitude - one.longitude) / 2.0)) ** 2
    shrunk = cos(radians(one.latitude)) * cos(radians(other.latitude))
    chord = min(sqrt(across + along * shrunk), 1.0)
    return round(asin(chord) * EARTH_DIAMETER_KM * 10.0) / 10.0


class Measured(dict[str, Measure]):
    """How far bodies are from a target, by their codes: each is measured when it is first asked for."""

    def __init__(self, target: Target, bodies: Mapping[str, Body]) -> None:
        super().__init__()
        self.target, self._bodies = target, bodies

    def __missing__(self, code: str) -> Measure:
        body, own = self._bodies.get(code), self.target.body
        if body is None:
            return Measure(inf, None, None)
        distance = distance_km(own, body) if own else None
        self[code] = measure = Measure(self.target.score(body, distance), distance, body)
        return measure


class Scored:
    """The numbers of the bodies by their score, which stands before each.

    Only as many are measured as somebody reads: those alike in size, then those a step of the ratio away, and
    so on. What has been read is kept. `by_population` has the bodies of a known population.
    """

    def __init__(self, measured: Measured, bodies: Sequence[Body], by_population: BySize) -> None:
        self._measured, self._bodies, self._by_population = measured, bodies, by_population
        self._read, self._rest, self._reading = list[list[tuple[float, int]]](), self._by_steps(), Lock()

    def __iter__(self) -> Iterator[tuple[float, int]]:
        for step in count():
            if step == len(self._read):
                with self._reading:
                    if step == len(self._read) and not self._read_on():
                        return
            yield from self._read[step]

    def _read_on(self) -> bool:
        """Whether there was one more step to read."""
        numbers = next(self._rest, None)
        if numbers is not None:
            measured, bodies = self._measured, self._bodies
            self._read.append(sorted((measured[bodies[number].code].score, number) for number in numbers))
        return numbers is not None

    def _by_steps(self) -> Iterator[Iterable[int]]:
        target = self._measured.target
        if not target.population:
            yield range(len(self._bodies))
            return
        yield from outwards(self._by_population, target.population, target.steps)
        yield [number for number, body in enumerate(self._bodies) if body.population is None]


def outwards(by_population: BySize, population: int, steps: Callable[[int], float]) -> Iterator[list[int]]:
    """The bodies by the steps from a population to theirs, which grow to either side; the alike together."""
    sides = (
        ((steps(people), number) for people, number in side) for side in beside(by_population, population)
    )
    for _, alike in groupby(merge(*sides), key=itemgetter(0)):
        yield [number for _, number in alike]


def beside(by_population: BySize, population: int) -> tuple[Iterator[tuple[int, int]], ...]:
    """What is up to a population, in persons, the largest first, and what is beyond, the smallest first."""
    at = bisect_right(by_population, population, key=itemgetter(0))
    sides = range(at - 1, -1, -1), range(at, len(by_population))
    return tuple((by_population[place] for place in side) for side in sides)


def nearness_of(record: CaseRecord, target: Target, measured: Measured) -> Nearness | None:
    """Why a case is as near as it is: by its nearest body; None for a case without a body."""
    nearest = min(
        (measured[body["code"]] for body in record["bodies"]), default=None, key=lambda one: one.score
    )
    return target.nearness(nearest.body, nearest.distance_km) if nearest and nearest.body else None


@dataclass(frozen=True)
class Nearness:
    """Why a case stands where it stands: the parts for its nearest body; None where a part is not known.

    `ratio`: how many times the population of `called` it has.
    """

    body: Body
    ratio: float | None
    called: str = OWN_BODY
    same_prefecture: bool | None = None
    same_region: bool | None = None
    same_kind: bool | None = None
    distance_km: float | None = None

    @property
    def words(self) -> str:
        """For example 人口は御団体の約1.5倍・同じ県・町どうし・12km."""
        parts = []
        if self.ratio is not None:
            parts.append(f"人口は{self.called}{ratio_in_words(self.ratio)}")
        if self.same_prefecture:
            parts.append(f"同じ{self.body.prefecture.name[-1]}")
        elif self.same_region:
            parts.append("同じ地方")
        if self.same_kind:
            parts.append(f"{self.body.get_kind_display()}どうし")
        if self.distance_km is not None:
            parts.append(f"{self.distance_km:,.0f}km")
        return "・".join(parts)

    @property
    def ratio_in_full(self) -> str:
        """For example 御団体の約15倍, however far the populations are apart; empty where it is not known."""
        return "" if self.ratio is None else f"{self.called}{ratio_in_words(self.ratio, in_full=True)}"

    @property
    def record(self) -> NearnessRecord:
        """The contract's `nearness`."""
        return {
            "body": self.body.code,
            "population_ratio": None if self.ratio is None else rounded(self.ratio),
            "same_prefecture": self.same_prefecture,
            "same_region": self.same_region,
            "same_kind": self.same_kind,
            "distance_km": self.distance_km,
        }


def ratio_in_words(ratio: float, *, in_full: bool = False) -> str:
    """A ratio as officers say it: とほぼ同じ within a tenth, の約1.5倍, の約7割, の約半分.

    Beyond ten times no more than that, unless `in_full`.
    """
    if 0.9 <= ratio <= 1.1:
        return "とほぼ同じ"
    if ratio >= 10:
        return f"の約{ratio:,.0f}倍" if in_full else "の10倍以上"
    if ratio <= 0.1:
        return f"の約{1 / ratio:,.0f}分の1" if in_full else "の10分の1以下"
    if ratio > 1:
        return f"の約{ratio:.1f}倍".replace(".0", "")
    tenths = round(ratio * 10)
    return "の約半分" if tenths == 5 else f"の約{tenths}割"


def rounded(ratio: float) -> float:
    """A ratio as data: one decimal; below 1 two significant digits, so that none is 0."""
    return round(ratio, 1) if ratio >= 1 else float(f"{ratio:.2g}")
