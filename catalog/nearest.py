"""How near a body is to the reader's own: the one formula, its parts, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Expression, F, FloatField, Q, Value, When
from django.db.models.functions import (
    ASin,
    Cast,
    Cos,
    Floor,
    Greatest,
    Least,
    Ln,
    Power,
    Radians,
    Round,
    Sin,
    Sqrt,
)

from catalog.models import Body

if TYPE_CHECKING:
    from catalog.models import Case as CatalogueCase
    from catalog.records import NearnessRecord

EARTH_DIAMETER_KM = 2 * 6371.0
UNKNOWN_POPULATION = 1_000.0  # behind every known one
LN_1_25 = 0.22314355131420976


class Measured(dict[str, tuple[float, float | None]]):
    """Score and distance in km of every body, by code; of one that came later, infinity and None."""

    def __missing__(self, code: str) -> tuple[float, float | None]:
        return inf, None


@dataclass(frozen=True)
class Target:
    """What to be near to: a body, a population in persons, or both: then it overrides the body's."""

    body: Body | None = None
    given_population: int | None = None

    @classmethod
    def of(cls, case: CatalogueCase) -> Target | None:
        """What is near to the case is near to its first body; None for a case without bodies."""
        first = next(iter(case.case_bodies.all()), None)
        return cls(first.body) if first else None

    @property
    def population(self) -> int | None:
        return self.given_population or (self.body.population if self.body else None)

    def score(self, of: str = "body__") -> Expression:
        """How far a `CaseBody` is from the target, or with `of=""` a `Body`: smaller is nearer.

        Compared in turn: the ratio of populations in steps of 1.25 (0 is alike), kind, prefecture, region and
        distance. Each is a digit of one number: 10,000,000 for a step of the ratio, 4,000,000 for another
        kind, 2,000,000 for another prefecture, 1,000,000 for another region, 1 for a km. By a population
        alone the steps are a hundred times finer. Without a population of the target the ratio is left out;
        a body without one comes after all that have one.
        """
        score: Any = Value(0.0)
        if self.population:
            score += Floor(self._steps(of) if self.body else self._steps(of) * 100.0) * 10_000_000.0
        if self.body:
            score += self._differs(of, kind=self.body.kind) * 4_000_000.0
            score += self._differs(of, prefecture=self.body.prefecture_id) * 2_000_000.0
            score += self._differs(of, prefecture__region=self.body.prefecture.region) * 1_000_000.0
            score += self.distance_km(of)
        return Cast(score, FloatField())

    def _steps(self, of: str) -> Expression:
        theirs, ours = Cast(f"{of}population", FloatField()), Value(float(self.population or 0))
        steps = Ln(Greatest(theirs, ours) / Least(theirs, ours)) / LN_1_25
        return Case(
            When(Q((f"{of}population", None)), then=Value(UNKNOWN_POPULATION)),
            default=steps,
            output_field=FloatField(),
        )

    def _differs(self, of: str, **fields: Any) -> Expression:
        same = Q(**{f"{of}{name}": value for name, value in fields.items()})
        return Case(When(same, then=Value(0.0)), default=Value(1.0), output_field=FloatField())

    def distance_km(self, of: str = "body__") -> Expression:
        """The great-circle distance of the two offices (haversine formula), in km with one decimal."""
        if self.body is None:
            return Cast(Value(None), FloatField())
        latitude, longitude = Value(self.body.latitude), Value(self.body.longitude)
        across = Power(Sin(Radians((F(f"{of}latitude") - latitude) / 2.0)), 2)
        along = Power(Sin(Radians((F(f"{of}longitude") - longitude) / 2.0)), 2)
        shrunk = Cos(Radians(latitude)) * Cos(Radians(F(f"{of}latitude")))
        chord = Least(Sqrt(across + along * shrunk), Value(1.0))
        return Round(Cast(ASin(chord) * EARTH_DIAMETER_KM, FloatField()) * 10.0) / 10.0

    def nearness_of(self, case: CatalogueCase, measured: Measured) -> Nearness | None:
        """Why the case is as near as it is: by its nearest body; None for a case without a body."""
        bodies = [row.body for row in case.case_bodies.all()]
        if not bodies:
            return None
        nearest = min(bodies, key=lambda body: measured[body.code][0])
        return self.nearness(nearest, measured[nearest.code][1])

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


@lru_cache(maxsize=64)  # at 1,788 bodies these take 20 MB
def measured(stamp: str, target: Target) -> Measured:
    """How far every body is from the target, in the version of the catalogue with this stamp."""
    rows = Body.objects.order_by().values_list("code", target.score(of=""), target.distance_km(of=""))
    return Measured((code, (score, distance_km)) for code, score, distance_km in rows)


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

    def as_data(self) -> NearnessRecord:
        """The contract's `nearness`."""
        return {
            "body": self.body.code,
            "population_ratio": self.population_ratio,
            "same_prefecture": self.same_prefecture,
            "same_region": self.same_region,
            "same_kind": self.same_kind,
            "distance_km": self.distance_km,
        }


def with_nearness(
    cases: Iterable[CatalogueCase], target: Target | None, stamp: str
) -> Iterator[CatalogueCase]:
    """The cases, each told why it is near to the target, if there is one; `stamp` as in `measured`."""
    measured_bodies = measured(stamp, target) if target else Measured()
    for case in cases:
        case.nearness = target.nearness_of(case, measured_bodies) if target else None
        yield case


def rounded(ratio: float) -> float:
    """A ratio as readers take it in: one decimal; below 1 two significant digits, so that none is 0."""
    return round(ratio, 1) if ratio >= 1 else float(f"{ratio:.2g}")
