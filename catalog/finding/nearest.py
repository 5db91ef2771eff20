"""How near a body is to the reader's own: the one formula, its parts, and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, floor, inf, log, radians, sin, sqrt
from typing import NamedTuple

from catalog.documents.records import CaseRecord, NearnessRecord
from catalog.models import Body

EARTH_DIAMETER_KM = 2 * 6371.0
UNKNOWN_POPULATION = 1_000.0  # steps of the ratio: behind every known one
LN_1_25 = 0.22314355131420976


class Measure(NamedTuple):
    """How far a body is from a target. `body` is None for one that the index does not know."""

    score: float
    distance_km: float | None
    body: Body | None


class Measured(dict[str, Measure]):
    """The measure of every body by its code."""

    def __missing__(self, code: str) -> Measure:
        return Measure(inf, None, None)


@dataclass(frozen=True)
class Target:
    """What to be near to: a body, a population in persons, or both: then it overrides the body's."""

    body: Body | None = None
    given_population: int | None = None

    @property
    def population(self) -> int | None:
        return self.given_population or (self.body.population if self.body else None)

    def score(self, body: Body, distance_km: float | None) -> float:
        """How far a body is from the target: smaller is nearer.

        Compared in turn: the ratio of populations in steps of 1.25 (0 is alike), kind, prefecture, region and
        distance. Each is a digit of one number: 10,000,000 for a step of the ratio, 4,000,000 for another
        kind, 2,000,000 for another prefecture, 1,000,000 for another region, 1 for a km. By a population
        alone the steps are a hundred times finer. Without a population of the target the ratio is left out;
        a body without one comes after all that have one.
        """
        score = 0.0
        if self.population:
            steps = ratio_in_steps(body.population, self.population)
            score += floor(steps if self.body else steps * 100.0) * 10_000_000.0
        if self.body:
            score += (body.kind != self.body.kind) * 4_000_000.0
            score += (body.prefecture_id != self.body.prefecture_id) * 2_000_000.0
            score += (body.prefecture.region != self.body.prefecture.region) * 1_000_000.0
            score += distance_km or 0.0
        return score

    def nearness(self, body: Body, distance_km: float | None) -> Nearness:
        """The parts of the nearness of `body`, `distance_km` away."""
        own, ratio = self.body, None
        if self.population and body.population:
            ratio = rounded(body.population / self.population)
        if own is None:
            return Nearness(body, ratio)
        return Nearness(
            body,
            ratio,
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


def distance_km(one: Body, other: Body) -> float:
    """The great-circle distance of the two offices (haversine formula), in km with one decimal."""
    across = sin(radians((other.latitude - one.latitude) / 2.0)) ** 2
    along = sin(radians((other.longitude - one.longitude) / 2.0)) ** 2
    shrunk = cos(radians(one.latitude)) * cos(radians(other.latitude))
    chord = min(sqrt(across + along * shrunk), 1.0)
    return round(asin(chord) * EARTH_DIAMETER_KM * 10.0) / 10.0


def measure(target: Target, bodies: Iterable[Body]) -> Measured:
    """How far every body is from the target."""
    measured = Measured()
    for body in bodies:
        distance = distance_km(target.body, body) if target.body else None
        measured[body.code] = Measure(target.score(body, distance), distance, body)
    return measured


def nearness_of(record: CaseRecord, target: Target, measured: Measured) -> Nearness | None:
    """Why a case is as near as it is: by its nearest body; None for a case without a body."""
    nearest = min(
        (measured[body["code"]] for body in record["bodies"]), default=None, key=lambda one: one.score
    )
    return target.nearness(nearest.body, nearest.distance_km) if nearest and nearest.body else None


@dataclass(frozen=True)
class Nearness:
    """Why a case stands where it stands: the parts for its nearest body; None where a part is not known."""

    body: Body
    population_ratio: float | None
    same_prefecture: bool | None = None
    same_region: bool | None = None
    same_kind: bool | None = None
    distance_km: float | None = None

    @property
    def words(self) -> str:
        """For example 人口1.1倍・同じ県・町どうし・12km."""
        parts = []
        if self.population_ratio is not None:
            parts.append(f"人口{self.population_ratio}倍")
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
    def record(self) -> NearnessRecord:
        """The contract's `nearness`."""
        return {
            "body": self.body.code,
            "population_ratio": self.population_ratio,
            "same_prefecture": self.same_prefecture,
            "same_region": self.same_region,
            "same_kind": self.same_kind,
            "distance_km": self.distance_km,
        }


def rounded(ratio: float) -> float:
    """A ratio as readers take it in: one decimal; below 1 two significant digits, so that none is 0."""
    return round(ratio, 1) if ratio >= 1 else float(f"{ratio:.2g}")
