from __future__ import annotations

from itertools import islice

import pytest
from django.db.models import FloatField, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from catalog.finding.nearest import Measured, Nearness, Scored, Target, distance_km, ratio_in_words
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
    set_population,
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
    set_population(MIYAGI, None)
    Body.objects.filter(code__in=[HIDAKA, OSAKA]).update(latitude=None, longitude=None)
    own = target(code, population) if code else Target(given_population=population)
    bodies = list(Body.objects.select_related("prefecture"))
    measured = Measured(own, {body.code: body for body in bodies})
    by_size = sorted((body.population, at) for at, body in enumerate(bodies) if body.population is not None)
    scored = Scored(measured, bodies, by_size)
    first = [*islice(scored, 3)]
    assert len(measured) < len(bodies) or not own.population
    assert [*scored] == [*scored] == sorted((measured[body.code].score, at) for at, body in enumerate(bodies))
    assert [*scored][:3] == first
    nowhere = Cast(Value(None), FloatField())
    distance = oracle.distance_km(own.body, "") if own.body else nowhere
    expected = Body.objects.annotate(score=oracle.score(own, ""), km=distance)
    assert {code: (one.score, one.distance_km) for code, one in measured.items()} == {
        code: (score, km) for code, score, km in expected.values_list("code", "score", "km")
    }


def test_a_body_of_unknown_place_comes_after_its_equals_and_tells_no_distance() -> None:
    without_cases()
    Body.objects.filter(code="063649").update(latitude=None, longitude=None)
    for code in (FUNAGATA, "063649"):
        set_population(code, 5_000)
        make_case(f"of-{code}", bodies=[code])
    assert nearest(f"near={FUNAGATA}") == [f"of-{FUNAGATA}", "of-063649"]
    assert distance_km(body(FUNAGATA), body("063649")) is None
    assert nearest("near=063649") == [f"of-{FUNAGATA}", "of-063649"]


def test_the_ratio_comes_first_then_kind_prefecture_region_distance() -> None:
    without_cases()
    set_population("063649", 5_100)
    set_population(NISHIAIZU, 6_000)
    set_population(MIYAGI, None)
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
    set_population(MIYAGI, None)
    for slug, code in [("city", SAKATA), ("prefecture-far", OSAKA), ("prefecture-same-region", "070009")]:
        make_case(slug, bodies=[code])
    assert nearest(f"near={MIYAGI}") == [
        "prefecture-same-region",
        "prefecture-far",
        "city",
    ]


def test_a_population_alone_orders_by_the_exact_ratio() -> None:
    without_cases()
    set_population(MIYAGI, None)
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
    assert nearness.words == f"人口は御団体とほぼ同じ・{nearness.distance_km:,.0f}km"


@pytest.mark.parametrize(
    ("ratio", "words", "in_full"),
    [
        (0.000_4, "の10分の1以下", "の約2,500分の1"),
        (0.05, "の10分の1以下", "の約20分の1"),
        (0.1, "の10分の1以下", "の約10分の1"),
        (0.11, "の約1割", None),
        (0.33, "の約3割", None),
        (0.5, "の約半分", None),
        (0.66, "の約7割", None),
        (0.89, "の約9割", None),
        (0.9, "とほぼ同じ", None),
        (1.0, "とほぼ同じ", None),
        (1.1, "とほぼ同じ", None),
        (1.15, "の約1.1倍", None),
        (1.5, "の約1.5倍", None),
        (2.04, "の約2倍", None),
        (9.99, "の約10倍", None),
        (10.0, "の10倍以上", "の約10倍"),
        (14.6, "の10倍以上", "の約15倍"),
        (1_234.5, "の10倍以上", "の約1,234倍"),
    ],
)
def test_a_ratio_is_said_in_words(ratio: float, words: str, in_full: str | None) -> None:
    assert (ratio_in_words(ratio), ratio_in_words(ratio, in_full=True)) == (words, in_full or words)


def test_the_words_say_whose_population_it_is() -> None:
    (own, other) = (body(FUNAGATA), body(NISHIAIZU))
    assert (own.population, other.population) == (5_000, 6_000)
    near = Target(own, called="この団体").nearness(other, 85.4)
    assert near.words == "人口はこの団体の約1.2倍・同じ地方・町どうし・85km"
    assert near.ratio_in_full == "この団体の約1.2倍"
    assert (near.ratio, near.record["population_ratio"]) == (1.2, 1.2)
    assert Target(own) == Target(own, called="この団体")  # the same measures


def test_what_is_not_known_is_not_told() -> None:
    set_population(MIYAGI, None)
    miyagi = body(MIYAGI)
    assert Target(given_population=5_000).nearness(miyagi, None) == Nearness(miyagi, None)
    assert Nearness(miyagi, None).words == ""


def test_a_given_population_overrides_that_of_the_body() -> None:
    set_population(MIYAGI, None)
    assert target(FUNAGATA, 8_850_000).population == 8_850_000
    assert target(FUNAGATA).population == 5_000
    assert target(MIYAGI).population is None
