from __future__ import annotations

import pytest
from django.db.models import FloatField, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from catalog.finding.nearest import Nearness, Target, distance_km, measure
from catalog.finding.query import CaseFilter
from catalog.models import Body
from tests import oracle
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    TAWARAMOTO,
    make_case,
    slugs_of_cards,
    without_cases,
)

pytestmark = pytest.mark.django_db

SAKATA = "062049"  # 山形県酒田市
NISHIAIZU = "074055"  # 福島県西会津町, 0.6万人


def target(code: str, population: int | None = None) -> Target:
    return Target(body(code), population)


def body(code: str) -> Body:
    return Body.objects.select_related("prefecture").get(code=code)


def nearest(query: str) -> list[str]:
    """The slugs of a list ordered by closeness."""
    return slugs_of_cards(CaseFilter(QueryDict(query)).results[0:20])


def test_the_distance_is_that_of_the_great_circle() -> None:
    assert distance_km(body(FUNAGATA), body(FUNAGATA)) == 0
    assert distance_km(body("131041"), body(OSAKA)) == pytest.approx(397, abs=5)  # 新宿区 to 大阪市
    assert distance_km(body("011002"), body("472018")) == pytest.approx(2_245, abs=15)  # 札幌市 to 那覇市


@pytest.mark.parametrize(
    ("code", "population"),
    [(FUNAGATA, None), (MIYAGI, None), ("472018", 8_000), (OSAKA, 1), (None, 30_000), (None, 5_000)],
)
def test_scores_and_distances_of_all_bodies_are_those_of_the_database(
    code: str | None, population: int | None
) -> None:
    own = target(code, population) if code else Target(given_population=population)
    measured = measure(own, Body.objects.select_related("prefecture"))
    nowhere = Cast(Value(None), FloatField())
    distance = oracle.distance_km(own.body, "") if own.body else nowhere
    expected = Body.objects.annotate(score=oracle.score(own, ""), km=distance)
    assert {code: (one.score, one.distance_km) for code, one in measured.items()} == {
        code: (score, km) for code, score, km in expected.values_list("code", "score", "km")
    }


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
    assert nearest(f"near={FUNAGATA}") == [
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
    assert nearest(f"near={MIYAGI}") == [
        "prefecture-same-region",
        "prefecture-far",
        "city",
    ]


def test_a_population_alone_orders_by_the_exact_ratio() -> None:
    without_cases()
    for slug, code in [("osaka", OSAKA), ("town", TAWARAMOTO), ("unknown", MIYAGI), ("city", KASHIHARA)]:
        make_case(slug, bodies=[code])
    assert nearest("near_population=30000") == [
        "town",
        "city",
        "osaka",
        "unknown",
    ]


def test_a_case_is_as_near_as_its_nearest_body() -> None:
    without_cases()
    make_case("of-two", bodies=[OSAKA, FUNAGATA])
    (card,) = CaseFilter(QueryDict(f"near={HIDAKA}")).results[0:20]
    nearness = card.nearness
    assert nearness.record == {
        "body": FUNAGATA,
        "population_ratio": 1.0,
        "same_prefecture": False,
        "same_region": False,
        "same_kind": False,
        "distance_km": nearness.distance_km,
    }
    assert nearness.words == f"人口1.0倍・{nearness.distance_km:,.0f}km"


def test_what_is_not_known_is_not_told() -> None:
    miyagi = body(MIYAGI)
    assert Target(given_population=5_000).nearness(miyagi, None) == Nearness(miyagi, None)
    assert Nearness(miyagi, None).words == ""


def test_a_given_population_overrides_that_of_the_body() -> None:
    assert target(FUNAGATA, 8_850_000).population == 8_850_000
    assert target(FUNAGATA).population == 5_000
    assert target(MIYAGI).population is None
