"""What stands at an address that nothing has."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Case
from catalog.pages.missing import words_in
from tests.making import make_case
from tests.shown import linked_cases, main_of

pytestmark = pytest.mark.django_db


def searched(page: str) -> str:
    (value,) = re.findall(r'<input id="id_q"[^>]* value="([^"]*)"', page)
    return unescape(value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/研修/", "研修"),
        ("/cases/書かない窓口.html", "書かない窓口"),
        ("/topics/オンライン_申請/", "オンライン 申請"),
        ("/cases/RPA", "RPA"),
        ("/nothing-here/", ""),
        ("/wp-login.php", ""),
        ("/cases/dx2021-17-9/", ""),
        ("/", ""),
        ("/<script>alert(1)</script>/", "script"),
        (f"/{'窓' * 100}", "窓" * 40),
    ],
)
def test_words_of_an_address_are_offered_to_be_looked_for(path: str, words: str) -> None:
    assert words_in(path) == words


def test_a_missing_page_searches_for_the_words_of_its_address(client: Client) -> None:
    response = client.get("/窓口/")
    assert response.status_code == 404
    assert searched(response.text) == "窓口"
    assert 'href="/#by-step"' in main_of(response.text)


@pytest.mark.parametrize(
    ("path", "slugs"),
    [
        ("/cases/dx2021-17-9/", ["dx2021-17-1", "dx2021-17-2"]),
        ("/cases/dx2021-17/", ["dx2021-17-1", "dx2021-17-2"]),
        ("/cases/DX2021_17_1/", ["dx2021-17-1"]),
        ("/cases/dx2021.1.1/", ["dx2021-1-1"]),
        ("/inquiry/dx2021-1-2/", ["dx2021-1-1"]),
        ("/cases/dx2021-99-1/", []),
        ("/cases/dx2021/", []),
        ("/cases/%/", []),
        ("/bodies/dx2021-17-9/", []),
    ],
)
def test_near_the_address_of_a_case_those_of_its_page_are_named(
    client: Client, path: str, slugs: list[str]
) -> None:
    response = client.get(path)
    assert (response.status_code, linked_cases(main_of(response.text))) == (404, slugs)


def test_no_draft_is_named(client: Client) -> None:
    make_case("made-1-1", status=Case.Status.DRAFT)
    make_case("made-1-2")
    assert linked_cases(client.get("/cases/made-1-1/").text) == ["made-1-2"]


@pytest.mark.parametrize("path", ["/x/", "/bodies.php", "/cases/あ/", f"/{'研修/' * 1_000}"])
def test_what_is_no_case_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, path: str
) -> None:
    with django_assert_num_queries(0):
        assert client.get(path).status_code in (301, 404)


def test_a_missing_body_is_looked_for_by_name(client: Client) -> None:
    page = main_of(client.get("/bodies/舟形町/").text)
    assert f'href="/bodies/?name={quote("舟形町")}">団体を「舟形町」で探す' in page
