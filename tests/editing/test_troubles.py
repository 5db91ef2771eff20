"""Troubles: what editors may write, and what readers get."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from catalog.editing.roles import PUBLISHERS
from catalog.models import Trouble
from tests.making import KASHIHARA, make_case, without_cases

pytestmark = pytest.mark.django_db

ADD = "/admin/catalog/trouble/add/"


@pytest.fixture
def publisher(client: Client) -> Client:
    account = User.objects.create_user("koukai", is_staff=True)
    account.groups.add(Group.objects.get(name=PUBLISHERS))
    client.force_login(account)
    return client


def sent(query: str) -> dict[str, str]:
    fields = {"slug": "new", "title": "困った", "sentence": "困っている。", "position": "99"}
    return {**fields, "query": query}


def links(client: Client) -> list[tuple[str, str]]:
    """Address and text of each link of the page."""
    main = client.get("/troubles/").text.partition("<main")[2].partition("</main>")[0]
    found = re.findall(r'<li><a href="([^"]+)"><strong>(.*?)</a>', main)
    return [(unescape(href), re.sub("<[^>]+>", "", text)) for href, text in found]


def test_every_trouble_leads_to_a_list_of_as_many_cases_as_it_says(client: Client) -> None:
    told = links(client)
    assert len(told) == Trouble.objects.count() == 16
    for href, text in told:
        counted = client.get(href.replace("/cases/", "/cases.json")).json()["count"]
        assert text.endswith(f"（{counted}件）"), text
        assert 2 <= counted <= 20


def test_home_and_empty_lists_lead_to_the_troubles(client: Client) -> None:
    assert 'href="/troubles/"' in client.get("/").text
    assert 'href="/troubles/"' in client.get("/cases/?q=どこにもない").text
    assert 'href="/troubles/"' not in client.get("/cases/").text


@pytest.mark.parametrize(
    "query",
    [
        "topic=hanko",
        "https://dx.example.jp/cases/?topic=hanko&q=&page=1&view=table&compare=dx2021-1-1",
        "/cases/?topic=hanko",
        "?topic=hanko",
    ],
)
def test_a_query_is_taken_as_it_stands_in_the_address_of_a_list(publisher: Client, query: str) -> None:
    assert publisher.post(ADD, sent(query)).status_code == 302
    assert Trouble.objects.get(slug="new").query == "topic=hanko"
    assert ("/cases/?topic=hanko", "困った（3件）") in links(publisher)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("topic=nope", "テーマ：「nope」は選べません。"),
        ("population_min=x", "人口（人以上）："),
        ("tpic=hanko", "tpic：この名前の指定はありません。"),
        ("topic=hanko&population=0-1&kind=prefecture", "この条件に合う事例が、今はありません。"),
        ("page=1", "条件がありません。"),
        ("https://example.jp/bodies/?kind=town", "事例の一覧のアドレスではありません。"),
    ],
)
def test_a_query_that_is_none_or_finds_nothing_is_refused(publisher: Client, query: str, told: str) -> None:
    response = publisher.post(ADD, sent(query))
    assert (response.status_code, told in unescape(response.text)) == (200, True)
    assert not Trouble.objects.filter(slug="new").exists()


def test_a_trouble_without_cases_is_not_told_of(publisher: Client) -> None:
    without_cases()
    assert links(publisher) == []
    assert "今は、お困りごとの一覧がありません。" in publisher.get("/troubles/").text
    assert publisher.get("/admin/catalog/trouble/").status_code == 200
    make_case(topics=["hanko"], bodies=[KASHIHARA])
    assert [text for _, text in links(publisher)] == ["ハンコがなくならない（1件）"]
