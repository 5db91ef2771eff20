"""Population bands: the one table that choices, predicate, counts, records and documentation derive from.

Bands are half-open (lower <= population < upper, in persons); an unknown population is a band of its own,
so every body is in exactly one.
"""

from dataclasses import dataclass

from django.db.models import Case, CharField, Q, Value, When


@dataclass(frozen=True)
class Band:
    """`value` is what URLs and data say; `lower` and `upper` are persons, None where the band is open."""

    value: str
    label: str
    lower: int | None = None
    upper: int | None = None

    def contains(self, population: int | None) -> bool:
        """Whether a population in persons (None: unknown) is in this band."""
        if population is None or self.is_unknown:
            return population is None and self.is_unknown
        return (self.lower or 0) <= population and (self.upper is None or population < self.upper)

    def condition(self, field: str = "population") -> Q:
        """The same predicate as a condition on `field`, a nullable column of persons."""
        if self.is_unknown:
            return Q((f"{field}__isnull", True))
        condition = Q((f"{field}__gte", self.lower or 0))
        if self.upper is not None:
            condition &= Q((f"{field}__lt", self.upper))
        return condition

    @property
    def is_unknown(self) -> bool:
        return self.lower is None and self.upper is None


BANDS = (
    Band("0-1", "1万人未満", 0, 10_000),
    Band("1-3", "1〜3万人", 10_000, 30_000),
    Band("3-5", "3〜5万人", 30_000, 50_000),
    Band("5-10", "5〜10万人", 50_000, 100_000),
    Band("10-20", "10〜20万人", 100_000, 200_000),
    Band("20-50", "20〜50万人", 200_000, 500_000),
    Band("50-100", "50〜100万人", 500_000, 1_000_000),
    Band("100-", "100万人以上", 1_000_000),
    Band("unknown", "不明"),
)
BY_VALUE = {band.value: band for band in BANDS}
CHOICES = [(band.value, band.label) for band in BANDS]


def band_of(population: int | None) -> Band:
    """The one band a population in persons (None: unknown) is in.

    Raises ValueError for a negative number, which is no population.
    """
    for band in BANDS:
        if band.contains(population):
            return band
    raise ValueError(f"not a population: {population}")


def beside(values: list[str]) -> list[Band]:
    """The bands next to those of `values` that are not among them, smallest first; the unknown has none."""
    known = [band for band in BANDS if not band.is_unknown]
    at = {known.index(BY_VALUE[value]) for value in values if not BY_VALUE[value].is_unknown}
    around = {place + step for place in at for step in (-1, 1)} - at
    return [known[place] for place in sorted(around) if 0 <= place < len(known)]


def value_expression(field: str = "population") -> Case:
    """An expression that gives the value of the band that `field` is in."""
    return Case(
        *(When(band.condition(field), then=Value(band.value)) for band in BANDS),
        output_field=CharField(),
    )
