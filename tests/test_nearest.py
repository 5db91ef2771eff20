from __future__ import annotations

import pytest
from catalog.nearest import Nearness, Target, measured

from catalog import index
from catalog.models import Body, Case, CaseBody
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    TAWARAMOTO,
    make_case,
    slugs,
    without_cases,
)

pytestmark = pytest.mark.django_db

SAKATA = "062049"  # 山形県酒田市
NISHIAIZU = "074055"  # 福島県西会津町, 0.6万人


def target(code: str, population: int | None = None) -> Target:
    return Target(Body.objects.select_related("prefecture").get(code=code), population)


def distance(own: Target, code: str) -> float:
    case = make_case(bodies=[code])
    return CaseBody.objects.filter(case=case).annotate(km=own.distance_km()).get().km


def test_the_distance_is_that_of_the_great_circle() -> None:
    assert distance(target(FUNAGATA), FUNAGATA) == 0
    assert distance(target("131041"), OSAKA) == pytest.approx(397, abs=5)  # 新宿区 to 大阪市
    assert distance(target("011002"), "472018") == pytest.approx(2_245, abs=15)  # 札幌市 to 那覇市


def test_the_ratio_comes_first_then_kind_prefecture_region_distance() -> None:
    without_cases()
    Body.objects.filter(code="063649").update(population=5_100, population_as_of="2020-01-01")
    for slug, code in [
        ("osaka", OSAKA),
        ("unknown", MIYAGI),
        ("same-size-village-far", HIDAKA),
        ("same-size-town-other-prefecture", NISHIAIZU),
        ("same-size-town-same-prefecture", "063649"),
        ("itself", FUNAGATA),
    ]:
        make_case(slug, bodies=[code])
    assert slugs(Case.objects.nearest_to(target(FUNAGATA))) == [
        "itself",
        "same-size-town-same-prefecture",
        "same-size-town-other-prefecture",
        "same-size-village-far",
        "osaka",
        "unknown",
    ]


def test_without_a_population_kind_and_place_decide() -> None:
    without_cases()
    for slug, code in [("city", SAKATA), ("prefecture-far", OSAKA), ("prefecture-same-region", "070009")]:
        make_case(slug, bodies=[code])
    assert slugs(Case.objects.nearest_to(target(MIYAGI))) == [
        "prefecture-same-region",
        "prefecture-far",
        "city",
    ]


def test_a_population_alone_orders_by_the_exact_ratio() -> None:
    without_cases()
    for slug, code in [("osaka", OSAKA), ("town", TAWARAMOTO), ("unknown", MIYAGI), ("city", KASHIHARA)]:
        make_case(slug, bodies=[code])
    assert slugs(Case.objects.nearest_to(Target(given_population=30_000))) == [
        "town",
        "city",
        "osaka",
        "unknown",
    ]


def test_a_case_is_as_near_as_its_nearest_body() -> None:
    without_cases()
    make_case("of-two", bodies=[OSAKA, FUNAGATA])
    own = target(HIDAKA)
    case = Case.objects.nearest_to(own).for_cards().get()
    nearness = own.nearness_of(case, measured(index.current().stamp, own))
    assert nearness is not None
    assert nearness.as_data() == {
        "body": FUNAGATA,
        "population_ratio": 1.0,
        "same_prefecture": False,
        "same_region": False,
        "same_kind": False,
        "distance_km": nearness.distance_km,
    }
    assert nearness.words == f"人口1.0倍・{nearness.distance_km:,.0f}km"


def test_what_is_not_known_is_not_told() -> None:
    miyagi = Body.objects.select_related("prefecture").get(code=MIYAGI)
    assert Target(given_population=5_000).nearness(miyagi, None) == Nearness(miyagi, None)
    assert Nearness(miyagi, None).words == ""


def test_a_given_population_overrides_that_of_the_body() -> None:
    assert target(FUNAGATA, 8_850_000).population == 8_850_000
    assert target(FUNAGATA).population == 5_000
    assert target(MIYAGI).population is None
