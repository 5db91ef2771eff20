"""The data that the script of the search box asks for."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.making import make_case

pytestmark = pytest.mark.django_db

PATH = "/suggestions.json"


def test_a_suggestion_says_what_it_is_and_where_it_leads(client: Client) -> None:
    kinds = {"kind": "区分", "parameter": "section", "value": "4-3", "url": "/cases/?section=4-3"}
    assert client.get(PATH, {"q": "デジタルデバイド対"}).json() == {
        "suggestions": [{**kinds, "label": "デジタルデバイド対策", "count": 12}]
    }
    name, url = "北海道北見市", "/cases/?q=%E5%8C%97%E6%B5%B7%E9%81%93%E5%8C%97%E8%A6%8B%E5%B8%82"
    assert client.get(PATH, {"q": "きたみ"}).json() == {
        "suggestions": [
            {"kind": "団体", "label": name, "count": 1, "parameter": "q", "value": name, "url": url}
        ]
    }
    assert "言葉にある団体" in client.get(url).text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("りゅうがさ", ["茨城県龍ケ崎市"]),
        ("13382", ["東京都御蔵島村"]),
        ("府中", ["東京都府中市", "広島県府中市", "広島県府中町"]),
        ("デジタル", []),
    ],
)
def test_a_box_for_a_body_is_suggested_bodies_alone(client: Client, text: str, names: list[str]) -> None:
    found = client.get(PATH, {"only": "bodies", "q": text}).json()["suggestions"]
    assert [one["label"] for one in found] == names


@pytest.mark.parametrize("query", ["", "?q=", "?q=%E3%80%80", "?q=どこにもない", "?x=1"])
def test_where_there_is_nothing_to_suggest_the_list_is_empty(client: Client, query: str) -> None:
    response = client.get(PATH + query)
    assert (response.status_code, response.json()) == (200, {"suggestions": []})


def test_what_cannot_be_read_is_refused_as_data(client: Client) -> None:
    long = client.get(PATH, {"q": "あ" * 201})
    message = "言葉は200文字以内で入力してください（今は201文字です）。"
    assert (long.status_code, long.json()) == (400, {"errors": {"q": [message]}})
    assert client.get(PATH, {"only": "x"}).json()["errors"].keys() == {"only"}
    assert client.get(f"{PATH}?q=%00").json()["errors"].keys() == {"detail"}
    assert client.get(PATH, {"q": "あ" * 200}).status_code == 200


def test_an_answer_is_kept_as_long_as_the_catalogue_stays_the_same(client: Client) -> None:
    first = client.get(PATH, {"q": "研修"})
    again = client.get(PATH, {"q": "研修"}, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, first["Cache-Control"]) == (304, client.get("/cases.json")["Cache-Control"])
    make_case(title="研修")
    changed = client.get(PATH, {"q": "研修"}, headers={"If-None-Match": first["ETag"]})
    counts = [response.json()["suggestions"][0]["count"] for response in (first, changed)]
    assert counts == [21, 22]


def test_robots_are_told_to_leave_it(client: Client) -> None:
    assert f"Disallow: {PATH}\n" in client.get("/robots.txt").text
