"""What a list ordered by nearness answers first."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from catalog.finding.answer import Answer, answer
from catalog.finding.query import CaseFilter
from catalog.models import Body, SimilarBody
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    OSAKA,
    TAWARAMOTO,
    make_case,
    set_population,
    slugs_of_cards,
    without_cases,
)

pytestmark = pytest.mark.django_db

NISHIAIZU = "074055"  # 福島県西会津町, 0.6万人


@pytest.fixture(autouse=True)
def three_cases() -> None:
    """A case of a town of 5,000 about staff, one of a city of 122,000, one that names 田原本町 as similar."""
    without_cases()
    make_case("town", bodies=[FUNAGATA], topics=["training"])
    make_case("city", bodies=[KASHIHARA], topics=["data"], title="市の事例")
    SimilarBody.objects.create(
        case=make_case("prefecture", bodies=[OSAKA], title="府の事例"), body_id=TAWARAMOTO
    )


def asked(query: str) -> CaseFilter:
    return CaseFilter(QueryDict(query))


def answered(query: str) -> Answer:
    told = answer(asked(query))
    assert told is not None
    return told


def own(query: str) -> tuple[int, int, list[tuple[str, str]], int]:
    cases = answered(query).own
    assert cases is not None
    return cases.total, cases.found, cases.mentions, cases.further_mentions


def compared(query: str) -> tuple[str | None, str | None]:
    """The band without a case, and the nearest body with how it compares."""
    told = answered(query)
    nearest = f"{told.nearest.body.name}、{told.nearest.ratio_in_full}" if told.nearest else None
    return told.empty_band.label if told.empty_band else None, nearest


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        (f"near={FUNAGATA}", (1, 1, [], 0)),
        (f"near={FUNAGATA}&topic=training", (1, 1, [], 0)),
        (f"near={FUNAGATA}&topic=data", (1, 0, [], 0)),
        (f"near={FUNAGATA}&near_population=100000", (1, 1, [], 0)),
        (f"near={HIDAKA}", (0, 0, [], 0)),
        (f"near={TAWARAMOTO}", (0, 0, [("prefecture", "府の事例")], 0)),
        (f"near={TAWARAMOTO}&topic=data", (0, 0, [("prefecture", "府の事例")], 0)),
    ],
)
def test_it_tells_the_own_cases_and_who_names_the_own_body(
    query: str, cases: tuple[int, int, list[tuple[str, str]], int]
) -> None:
    assert own(query) == cases


def test_it_names_three_mentions_and_counts_the_others() -> None:
    for number in range(5):
        SimilarBody.objects.create(case=make_case(f"other-{number}", title="他"), body_id=HIDAKA)
    assert own(f"near={HIDAKA}") == (0, 0, [(f"other-{number}", "他") for number in range(3)], 2)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"near={HIDAKA}", (None, None)),  # 舟形町 is of the same size
        (f"near={HIDAKA}&topic=data", ("1万人未満", "橿原市、御団体の約24倍")),
        (f"near={HIDAKA}&population=10-20", (None, "橿原市、御団体の約24倍")),  # nothing smaller is asked for
        (f"near={HIDAKA}&population_min=9000", (None, "橿原市、御団体の約24倍")),
        ("near_population=5000", (None, None)),
        ("near_population=8000&topic=data", ("1万人未満", "橿原市、御団体の約15倍")),
        ("near_population=99000", ("5〜10万人", "橿原市、御団体の約1.2倍")),
        ("near_population=110000", (None, None)),
        ("near_population=200", (None, "舟形町、御団体の約25倍")),
        ("near_population=40000", ("3〜5万人", "橿原市、御団体の約3倍")),
        ("near_population=40000&topic=training", ("3〜5万人", "舟形町、御団体の約1割")),
        (f"near={FUNAGATA}", (None, None)),  # the own case is the nearest
        (f"near={FUNAGATA}&topic=data", ("1万人未満", "橿原市、御団体の約24倍")),
        (f"near={HIDAKA}&topic=bpr", ("1万人未満", None)),  # nothing is found
    ],
)
def test_it_compares_the_nearest_where_readers_expect_somebody_nearer(
    query: str, told: tuple[str | None, str | None]
) -> None:
    assert compared(query) == told


@pytest.mark.parametrize(
    "query", ["", "topic=data", f"near={FUNAGATA}&sort=document", "near=999999", "near_population=x"]
)
def test_a_list_that_is_not_ordered_by_nearness_answers_nothing(query: str) -> None:
    assert answer(asked(query)) is None


def test_where_the_own_population_is_unknown_nothing_is_compared() -> None:
    set_population(HIDAKA, None)
    assert compared(f"near={HIDAKA}&topic=data") == (None, None)


def test_own_cases_come_first_and_are_marked() -> None:
    make_case("neighbour", bodies=[NISHIAIZU])
    make_case("together", bodies=[OSAKA, FUNAGATA])
    cards = asked(f"near={FUNAGATA}").results[0:20]
    assert slugs_of_cards(cards) == ["town", "together", "neighbour", "city", "prefecture"]
    assert [card.is_own for card in cards] == [True, True, False, False, False]


def test_cases_of_a_body_that_has_ended_are_those_of_the_one_that_follows_it() -> None:
    Body.objects.filter(code=KASHIHARA).update(abolished_on="2022-04-01", successor=TAWARAMOTO)
    assert own(f"near={TAWARAMOTO}") == (1, 1, [("prefecture", "府の事例")], 0)
    cards = asked(f"near={TAWARAMOTO}").results[0:20]
    assert {card.case["slug"]: card.is_own for card in cards} == {
        "city": True,
        "town": False,
        "prefecture": False,
    }
