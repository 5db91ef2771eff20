from __future__ import annotations

from urllib.parse import unquote_plus

import pytest
from django.test import RequestFactory

from catalog.finding.query import CaseFilter
from catalog.finding.words import closest, sentence, suggestions
from catalog.models import Case
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    TAWARAMOTO,
    make_case,
    make_fact,
    make_source,
    set_population,
    without_cases,
)

pytestmark = pytest.mark.django_db


def asked(query: str, *, strict: bool = False) -> CaseFilter:
    return CaseFilter.for_request(RequestFactory().get(f"/cases/?{query}"), strict=strict)


def found_by(query: str) -> list[str]:
    return [document.record["slug"] for document in asked(query).all_documents()]


@pytest.fixture(scope="class")
def six_cases(rows_of_class: None) -> None:
    without_cases()
    set_population(MIYAGI, None)
    make_case("town-and-city", section="1", bodies=[FUNAGATA, KASHIHARA], topics=["bpr", "data"])
    make_case("tawaramoto", section="2", bodies=[TAWARAMOTO], topics=["training"])
    make_case("hidaka", section="3-1", bodies=[HIDAKA], topics=["data"], year=2020)
    make_source("second")
    make_case("osaka", section="3-3", bodies=[OSAKA], source="second")
    make_case("miyagi", section="4-2", bodies=[MIYAGI])
    make_case("draft", section="1", bodies=[FUNAGATA], status="draft")
    state_facts()


def state_facts() -> None:
    """A number of an effect, an effect without one, a cost; a draft states all."""
    cases = {case.slug: case for case in Case.objects.all()}
    make_fact(cases["hidaka"], "effect", "3.5", grade="expected")
    make_fact(cases["tawaramoto"], "effect")
    make_fact(cases["osaka"], "cost_initial")
    make_fact(cases["osaka"], "effect", 0)
    make_fact(cases["miyagi"], "staff", 3)
    make_fact(cases["draft"], "cost_yearly", 3)


@pytest.mark.usefixtures("six_cases")
class TestOfSixCases:
    """What the filters find of six cases."""

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["town-and-city", "tawaramoto", "hidaka", "miyagi", "osaka"]),
            ("source=second", ["osaka"]),
            ("source=dx2021&step=2", ["hidaka"]),
            ("source=second&source=dx2021&step=2", ["hidaka", "osaka"]),
            ("source=second&kind=town", []),
            ("year=2020", ["hidaka"]),
            ("year=2020&year=unknown&kind=village", ["hidaka"]),
            ("year=unknown", ["town-and-city", "tawaramoto", "miyagi", "osaka"]),
            ("year=2031", []),
            ("effect=1", ["hidaka", "osaka"]),
            ("cost=1", ["osaka"]),
            ("effect=1&cost=1&year=2020", []),
            ("step=0", ["town-and-city"]),
            ("step=0&step=3", ["town-and-city", "miyagi"]),
            ("step=2", ["hidaka", "osaka"]),
            ("section=3-1", ["hidaka"]),
            ("step=2&section=second-3-3", ["osaka"]),
            ("step=1&section=3-3", []),
            ("population=0-1", ["town-and-city", "hidaka"]),
            ("population=10-20", ["town-and-city"]),
            ("population=0-1&population=100-", ["town-and-city", "hidaka", "osaka"]),
            ("population=unknown", ["miyagi"]),
            ("population=unknown&population=3-5", ["tawaramoto", "miyagi"]),
            ("region=kinki", ["town-and-city", "tawaramoto", "osaka"]),
            ("prefecture=29", ["town-and-city", "tawaramoto"]),
            ("kind=town", ["town-and-city", "tawaramoto"]),
            ("kind=village&kind=prefecture", ["hidaka", "miyagi", "osaka"]),
            ("topic=data", ["town-and-city", "hidaka"]),
            ("topic=data&topic=bpr", ["town-and-city", "hidaka"]),
            ("topic=data&step=2", ["hidaka"]),
            ("step=&population=&kind=", ["town-and-city", "tawaramoto", "hidaka", "miyagi", "osaka"]),
            ("utm_source=mail&step=0", ["town-and-city"]),
            ("population_min=30000&population_max=200000", ["town-and-city", "tawaramoto"]),
            ("population_min=32000&population_max=32000", ["tawaramoto"]),
            ("population_min=0", ["town-and-city", "tawaramoto", "hidaka", "osaka"]),
            ("population_min=5000001&prefecture=06", []),
            ("body=063631", ["town-and-city"]),
            ("body=394106&body=270008", ["hidaka", "osaka"]),
            ("body=063631&prefecture=29", []),
            ("sort=population", ["town-and-city", "hidaka", "tawaramoto", "osaka", "miyagi"]),
            ("sort=-population", ["osaka", "town-and-city", "tawaramoto", "hidaka", "miyagi"]),
            ("sort=-updated", ["miyagi", "osaka", "hidaka", "tawaramoto", "town-and-city"]),
            ("sort=nearest", ["town-and-city", "tawaramoto", "hidaka", "miyagi", "osaka"]),
            ("near=394106", ["hidaka", "town-and-city", "tawaramoto", "osaka", "miyagi"]),
            ("near=394106&sort=document", ["town-and-city", "tawaramoto", "hidaka", "miyagi", "osaka"]),
            (
                "near=394106&near_population=9000000",
                ["osaka", "town-and-city", "tawaramoto", "hidaka", "miyagi"],
            ),
            ("near_population=40000", ["tawaramoto", "town-and-city", "hidaka", "osaka", "miyagi"]),
        ],
    )
    def test_a_query_gives_exactly(self, query: str, found: list[str]) -> None:
        assert found_by(query) == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("prefecture=29&kind=town", ["tawaramoto"]),
            ("prefecture=29&population=0-1", []),
            ("prefecture=06&population=0-1", ["town-and-city"]),
            ("region=kinki&kind=town", ["tawaramoto"]),
            ("population=10-20&kind=town", []),
            ("population=0-1&kind=town&prefecture=06&region=tohoku", ["town-and-city"]),
        ],
    )
    def test_one_body_has_to_satisfy_all_that_is_asked_of_a_body(self, query: str, found: list[str]) -> None:
        assert found_by(query) == found

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("population=abc", "population"),
            ("population=0-1&population=abc", "population"),
            ("source=nope", "source"),
            ("year=20", "year"),
            ("effect=0", "effect"),
            ("cost=yes", "cost"),
            ("year=令和2年度", "year"),
            ("source=dx2021&source=1", "source"),
            ("step=4", "step"),
            ("step=0&step=x", "step"),
            ("section=3", "section"),
            ("prefecture=1", "prefecture"),
            ("prefecture=48", "prefecture"),
            ("region=okinawa", "region"),
            ("kind=ward", "kind"),
            ("topic=nope", "topic"),
            ("page=0", "page"),
            ("page=x", "page"),
            ("page=1&page=2", "page"),
            ("population_min=-1", "population_min"),
            ("population_max=x", "population_max"),
            ("population_max=10.0", "population_max"),
            ("near_population=1_000", "near_population"),
            ("page=1.0", "page"),
            ("population_min=99999999999999999999", "population_min"),
            ("population_min=1&population_min=2", "population_min"),
            ("body=999999", "body"),
            ("body=063631&body=x", "body"),
            ("near=999999", "near"),
            ("near=063631&near=394106", "near"),
            ("near_population=0", "near_population"),
            ("sort=random", "sort"),
            ("q=" + "あ" * 201, "q"),
            ("q=a&q=b", "q"),
        ],
    )
    def test_an_invalid_value_gives_an_error_and_no_case(self, query: str, name: str) -> None:
        case_filter = asked(query)
        assert list(case_filter.errors) == [name]
        assert found_by(query) == []
        assert list(case_filter.results[0:20]) == []


def test_an_unknown_population_is_in_no_numbered_band() -> None:
    without_cases()
    make_case(bodies=[FUNAGATA])
    set_population(FUNAGATA, None)
    assert len(asked("population=0-1").found()) == 0
    assert len(asked("population=unknown").found()) == 1


def test_the_error_names_the_value_and_what_is_allowed() -> None:
    assert asked("population=abc").errors == {
        "population": [
            "「abc」は選べません。次のいずれかを指定してください："
            "0-1（1万人未満）、1-3（1〜3万人）、3-5（3〜5万人）、5-10（5〜10万人）、10-20（10〜20万人）、"
            "20-50（20〜50万人）、50-100（50〜100万人）、100-（100万人以上）、unknown（不明）"
        ]
    }


def test_an_unknown_parameter_is_an_error_only_where_asked_strictly() -> None:
    assert asked("utm_source=mail").errors == {}
    assert list(asked("utm_source=mail", strict=True).errors) == ["utm_source"]
    assert asked("step=1&page=2", strict=True).errors == {}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "すべての事例"),
        ("source=dx2021&step=1", "自治体DX推進手順書参考事例集・ステップ1の事例"),
        ("step=2", "ステップ2の事例"),
        ("step=3&step=2", "ステップ2・ステップ3の事例"),
        ("step=2&population=1-3", "ステップ2・人口1〜3万人の事例"),
        ("population=unknown", "人口不明の事例"),
        ("population_min=5000&population_max=9999", "人口5,000人以上・人口9,999人以下の事例"),
        ("body=063631&near=394106", "山形県舟形町の事例（高知県日高村に近い順）"),
        ("near_population=8000", "すべての事例（人口8,000人に近い順）"),
        ("prefecture=29&kind=town&section=3-3", "DX推進のための人材の確保・奈良県・町の事例"),
    ],
)
def test_the_sentence_tells_the_query(query: str, words: str) -> None:
    assert sentence(asked(query)) == words


def test_the_query_is_told_again_without_page_and_strangers() -> None:
    assert asked("page=2&utm=1&kind=town&step=3&step=2").query == "step=2&step=3&kind=town"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("population=0-1&step=3", ["dx2021-46-1"]),
        ("prefecture=29&kind=town", ["dx2021-27-1"]),
        ("population=0-1&step=2", ["dx2021-14-1", "dx2021-16-1", "dx2021-29-1"]),
        ("population=unknown", []),
        ("kind=special_ward", ["dx2021-38-1"]),
        ("kind=village", ["dx2021-44-2", "dx2021-46-1"]),
        ("region=hokkaido", ["dx2021-23-1", "dx2021-36-1", "dx2021-43-1"]),
    ],
)
def test_the_casebook_answers(query: str, found: list[str]) -> None:
    assert found_by(query) == found


@pytest.mark.parametrize(
    ("query", "suggested"),
    [
        (
            "q=研修&step=1",
            [("「ステップ」の条件を外す", 21, "q=研修"), ("「言葉」の条件を外す", 6, "step=1")],
        ),
        (
            "population=50-100&step=0",
            [
                ("人口20〜50万人も含める", 2, "step=0&population=50-100&population=20-50"),
                ("人口100万人以上も含める", 2, "step=0&population=50-100&population=100-"),
                ("「ステップ」の条件を外す", 3, "population=50-100"),
                ("「人口」の条件を外す", 7, "step=0"),
            ],
        ),
        (
            "q=デジタルデバイト",
            [
                ("「デジタルデバイト」を「デジタルデバイド」に変える", 12, "q=デジタルデバイド"),
                ("「デジタルデバイト」を「デジタルディバイド」に変える", 12, "q=デジタルディバイド"),
                ("「デジタルデバイト」を「デジタルデバイド対策」に変える", 12, "q=デジタルデバイド対策"),
                ("「言葉」の条件を外す", 60, ""),
            ],
        ),
        (
            "q=議事録申請",
            [
                ("「議事録申請」を「議事録」に変える", 1, "q=議事録"),
                ("「言葉」の条件を外す", 60, ""),
            ],
        ),
    ],
)
def test_an_empty_result_suggests_queries_that_find_something(
    query: str, suggested: list[tuple[str, int, str]]
) -> None:
    found = [(one.label, one.count, unquote_plus(one.query)) for one in suggestions(asked(query))]
    assert found == suggested


@pytest.mark.parametrize(
    ("query", "left_out", "count"),
    [
        ("q=外部人材 CIO補佐官 予算", "「予算」を除く", 2),
        ("q=人口1万人以下の町でオンライン申請をしている事例", "「人口1万人以下」「町」を除く", 13),
        ("q=ドローン 月旅行 火星移住", "「月旅行」「火星移住」を除く", 1),
    ],
)
def test_what_has_most_of_the_words_is_closest(query: str, left_out: str, count: int) -> None:
    found = closest(asked(query))
    assert found is not None
    assert (found.label, found.count) == (left_out, count)


@pytest.mark.parametrize("query", ["q=月旅行", "", "step=0&population=50-100"])
def test_nothing_is_closest_where_there_is_one_word_or_none(query: str) -> None:
    assert closest(asked(query)) is None
