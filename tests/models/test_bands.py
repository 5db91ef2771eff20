import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Body, bands
from tests.making import set_population

populations = st.none() | st.integers(min_value=0, max_value=20_000_000)


@given(populations)
def test_every_population_is_in_exactly_one_band(population: int | None) -> None:
    assert [band for band in bands.BANDS if band.contains(population)] == [bands.band_of(population)]


@pytest.mark.parametrize(
    ("population", "value"),
    [
        (None, "unknown"),
        (0, "0-1"),
        (1, "0-1"),
        (9_999, "0-1"),
        (10_000, "1-3"),
        (29_999, "1-3"),
        (30_000, "3-5"),
        (49_999, "3-5"),
        (50_000, "5-10"),
        (100_000, "10-20"),
        (200_000, "20-50"),
        (499_999, "20-50"),
        (500_000, "50-100"),
        (999_999, "50-100"),
        (1_000_000, "100-"),
        (13_835_000, "100-"),
    ],
)
def test_bands_are_half_open(population: int | None, value: str) -> None:
    assert bands.band_of(population).value == value


def test_values_are_those_of_the_contract() -> None:
    assert [value for value, _ in bands.CHOICES] == [
        *("0-1", "1-3", "3-5", "5-10", "10-20", "20-50", "50-100", "100-"),
        "unknown",
    ]


def test_a_negative_number_is_no_population() -> None:
    with pytest.raises(ValueError, match="-1"):
        bands.band_of(-1)


@pytest.mark.django_db
def test_the_database_puts_every_population_in_the_same_one_band() -> None:
    edges = [1, *(edge + step for band in bands.BANDS if (edge := band.lower) for step in (-1, 0, 1))]
    codes = list(Body.objects.values_list("code", flat=True)[: len(edges) + 1])
    for code, population in zip(codes, [*edges, None], strict=True):
        set_population(code, population)
    written = Body.objects.filter(code__in=codes).order_by("code")
    assert [body.population for body in written] == [*edges, None]
    for body in written:
        matching = [
            band for band in bands.BANDS if Body.objects.filter(band.condition(), pk=body.pk).exists()
        ]
        assert matching == [bands.band_of(body.population)]
        assert body.population_band == matching[0].value


@pytest.mark.django_db
def test_the_bands_together_hold_every_body_once() -> None:
    counts = [Body.objects.filter(Q(band.condition())).count() for band in bands.BANDS]
    assert sum(counts) == Body.objects.count() == 1788


@pytest.mark.parametrize(
    ("values", "beside"),
    [
        (["0-1"], ["1-3"]),
        (["3-5", "5-10"], ["1-3", "10-20"]),
        (["100-"], ["50-100"]),
        (["unknown"], []),
        (["0-1", "3-5"], ["1-3", "5-10"]),
        ([], []),
    ],
)
def test_the_bands_beside(values: list[str], beside: list[str]) -> None:
    assert [band.value for band in bands.beside(values)] == beside
