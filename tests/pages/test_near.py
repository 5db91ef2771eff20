"""From one's own body to the nearest cases: what is asked, where it leads, and what is answered first."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from catalog.models import Body, SimilarBody
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    OSAKA,
    TAWARAMOTO,
    make_case,
    set_population,
    without_cases,
)
from tests.shown import linked_cases, main_of, section_of

pytestmark = pytest.mark.django_db

YOKOHAMA = "141003"


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>|\s+", "", html))


def answer(client: Client, url: str) -> str | None:
    found = re.search(r'<p class="answer">(.*?)</p>', client.get(url, follow=True).text, re.DOTALL)
    return found and text_of(found[1])


@pytest.mark.parametrize(
    "name", ["舟形", "ふながた", FUNAGATA, "山形県舟形町", "山形 舟形町", "最上郡舟形町"]
)
def test_the_own_body_is_found_by_name_kana_or_code(client: Client, name: str) -> None:
    response = client.get("/near/", {"name": name, "step": "2", "near_population": "9", "sort": "document"})
    assert (response.status_code, response["Location"]) == (302, f"/cases/?step=2&near={FUNAGATA}")


def test_several_bodies_are_choices_that_keep_the_query(client: Client) -> None:
    text = client.get("/near/", {"name": "美郷町", "step": "2"}).text
    assert re.findall(r'href="/cases/\?step=2&amp;near=(\d+)">(.*?)<', text) == [
        ("054348", "秋田県美郷町"),
        ("324485", "島根県美郷町"),
        ("454311", "宮崎県美郷町"),
    ]


def test_a_part_of_a_name_is_asked_about_and_what_is_not_found_is_said(client: Client) -> None:
    assert "岐阜県揖斐川町" in client.get("/near/?name=斐川町").text
    assert "見つかりません" in client.get("/near/?name=どこにもない").text
    assert client.get("/near/?name=").status_code == 400
    assert client.get("/near/").status_code == 200


def test_a_ward_leads_to_its_city_and_the_list_says_so(client: Client) -> None:
    response = client.get("/near/?name=横浜市中区&step=2")
    assert response["Location"] == (
        f"/cases/?step=2&near={YOKOHAMA}&name=%E6%A8%AA%E6%B5%9C%E5%B8%82%E4%B8%AD%E5%8C%BA"
    )
    assert answer(client, "/near/?name=横浜市中区").startswith(  # type: ignore[union-attr]
        "「横浜市中区」は神奈川県横浜市の区です。市の事例と人口でお答えします。神奈川県横浜市の事例が1件あります"
    )
    for other in ("横浜市", "<b>", "大阪市北区", "長" * 50):
        assert "市の区です" not in client.get(f"/cases/?near={YOKOHAMA}", {"name": other}).text


def test_a_body_that_ended_leads_to_the_one_that_follows_it_and_the_list_says_so(client: Client) -> None:
    Body.objects.filter(code=FUNAGATA).update(abolished_on="2025-04-01", successor=KASHIHARA)
    told = "山形県舟形町は2025年4月1日に廃止され、今の団体は奈良県橿原市です。"
    assert answer(client, "/near/?name=舟形町").startswith(f"{told}奈良県橿原市の事例が")  # type: ignore[union-attr]
    assert told in text_of(client.get("/near/?name=形町").text)


@pytest.fixture
def three_cases() -> None:
    without_cases()
    make_case("town", bodies=[FUNAGATA], topics=["training"])
    make_case("city", bodies=[KASHIHARA], topics=["data"])
    SimilarBody.objects.create(
        case=make_case("prefecture", bodies=[OSAKA], title="府の事例"), body_id=TAWARAMOTO
    )


@pytest.mark.usefixtures("three_cases")
@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            f"near={FUNAGATA}",
            "山形県舟形町の事例が1件あります（「自団体」の印）。続けて、人口の近い団体の事例を並べます。",
        ),
        (
            f"near={HIDAKA}",
            "高知県日高村の事例はありません。類似の取組としての掲載もありません。人口の近い団体の事例から並べます。",
        ),
        (
            f"near={TAWARAMOTO}",
            "奈良県田原本町の事例はありません。類似の取組を行っている団体として、「府の事例」に挙げられています。"
            "3〜5万人の団体の事例はありません。いちばん近いのは奈良県橿原市（12.2万人、御団体の約3.8倍）です。",
        ),
        (
            f"near={FUNAGATA}&topic=data",
            "山形県舟形町の事例は1件ありますが、この条件には合いません。この条件に合う1万人未満の団体の事例はありません。"
            "いちばん近いのは奈良県橿原市（12.2万人、御団体の約24倍）です。",
        ),
        (
            "near_population=8千人&topic=data",
            "この条件に合う1万人未満の団体の事例はありません。いちばん近いのは奈良県橿原市（12.2万人、御団体の約15倍）です。",
        ),
        ("near_population=8千人", None),
        (f"near={HIDAKA}&topic=bpr", "高知県日高村の事例はありません。類似の取組としての掲載もありません。"),
        (f"near={HIDAKA}&sort=document", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_list_by_nearness_begins_with_the_answer(client: Client, query: str, told: str | None) -> None:
    assert answer(client, f"/cases/?{query}") == told


@pytest.mark.usefixtures("three_cases")
def test_the_answer_leads_to_the_bodies_and_to_the_cases_that_name_the_own(client: Client) -> None:
    told = (
        client.get(f"/cases/?near={TAWARAMOTO}").text.partition('<p class="answer">')[2].partition("</p>")[0]
    )
    assert re.findall(r'href="([^"]+)"', told) == [
        f"/bodies/{TAWARAMOTO}/",
        "/cases/prefecture/",
        f"/bodies/{KASHIHARA}/",
    ]


def test_the_answer_stands_on_the_first_page_alone(client: Client) -> None:
    assert answer(client, f"/cases/?near={FUNAGATA}&page=2") is None


@pytest.mark.usefixtures("three_cases")
def test_cases_near_a_body_tell_why_and_own_ones_are_marked(client: Client) -> None:
    text = client.get(f"/cases/?near={FUNAGATA}").text
    assert "（山形県舟形町に近い順）" in text
    cards = [text_of(card) for card in re.findall(r'<article class="card">(.*?)</article>', text, re.DOTALL)]
    assert ["自団体" in card for card in cards] == [True, False, False]
    nearness = [re.findall(r"人口は.*?km", card) for card in cards]
    assert nearness == [[], ["人口は御団体の10倍以上・616km"], ["人口は御団体の10倍以上・618km"]]


def test_the_notice_about_the_population_is_for_bodies_without_one_alone(client: Client) -> None:
    notice = "人口が分からないため"
    assert notice not in client.get("/cases/?near=040002").text
    set_population("040002", None)
    assert notice in client.get("/cases/?near=040002").text
    assert answer(client, "/cases/?near=040002") == (
        "宮城県の事例が1件あります（「自団体」の印）。続けて、種別と地域の近い団体の事例を並べます。"
    )


@pytest.mark.usefixtures("three_cases")
def test_a_body_page_answers_where_there_is_no_case(client: Client) -> None:
    assert answer(client, f"/bodies/{FUNAGATA}/") is None
    assert answer(client, f"/bodies/{HIDAKA}/") == (
        "高知県日高村の事例はありません。類似の取組としての掲載もありません。近い団体の事例から3件を、下に挙げます。"
    )
    assert answer(client, f"/bodies/{TAWARAMOTO}/") == (
        "奈良県田原本町の事例はありません。類似の取組を行っている団体として、1件の事例に挙げられています。"
        "近い団体の事例から3件を、下に挙げます。"
    )
    near_by = section_of(client.get(f"/bodies/{HIDAKA}/").text, "near-by")
    assert linked_cases(near_by) == ["town", "city", "prefecture"]
    assert "人口はこの団体とほぼ同じ" in near_by


def test_a_case_page_asks_for_the_own_body_and_leads_to_cases_of_its_topics(client: Client) -> None:
    make_case("made", bodies=[OSAKA], topics=["data", "bpr"])
    form = section_of(client.get("/cases/made/").text, "own-body")
    assert re.findall(r'name="topic" value="([\w-]+)"', form) == ["bpr", "data"]
    response = client.get("/near/?topic=bpr&topic=data&name=高知県日高村")
    assert response["Location"] == f"/cases/?topic=bpr&topic=data&near={HIDAKA}"


def test_related_cases_say_that_it_is_the_body_of_the_case_they_compare_with(client: Client) -> None:
    make_case("made", bodies=[HIDAKA], topics=["data"])
    make_case("same-body", bodies=[HIDAKA], topics=["data"])
    related = section_of(client.get("/cases/made/").text, "related")
    cards = re.findall(r'<article class="card">(.*?)</article>', related, re.DOTALL)
    assert ("同じ団体" in cards[0], "自団体" in related) == (True, False)
    assert "人口はこの事例の団体" in cards[1]


def test_bodies_are_listed_by_how_well_the_name_fits(client: Client) -> None:
    text = main_of(client.get("/bodies/?name=津市").text)
    assert re.findall(r'<a href="/bodies/\d+/">(.*?)<', text)[:2] == ["三重県津市", "千葉県木更津市"]
    assert "<h3>" not in text
    assert "<h3>" in client.get("/bodies/?prefecture=06").text


@pytest.mark.parametrize("name", ["near_population", "population_min", "population_max", "q", "sort"])
def test_an_error_leads_to_its_field(client: Client, name: str) -> None:
    response = client.get(f"/cases/?{name}={'た' * 300}")
    assert response.status_code == 400
    assert f'<strong><a href="#id_{name}">' in response.text
    assert f'id="id_{name}"' in response.text


def test_an_unknown_own_body_leads_to_where_it_is_chosen(client: Client) -> None:
    assert '<strong><a href="#id_name">自団体</a>' in client.get("/cases/?near=999999").text
    for unseen in ("page", "body", "source"):
        assert f'href="#id_{unseen}"' not in client.get(f"/cases/?{unseen}=x").text


def test_where_there_is_nothing_to_answer_no_box_stands_empty(client: Client) -> None:
    assert answer(client, "/cases/?q=zzzz&near_population=8000") is None
