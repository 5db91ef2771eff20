"""The list of addresses is that of the site: every pattern has its place in what tests go through."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import path, resolve

from catalog import urls
from tests.addresses import (
    FORMS,
    LINKED_NOWHERE,
    NOT_IN_THE_SITEMAP,
    PAGES,
    PUBLIC,
    REFUSED_WITHOUT_A_QUERY,
    VARIANTS,
)
from tests.servers.addresses import FILES, PARAMETERS, QUERIES, address_of, page_addresses

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "address"), PUBLIC.items())
def test_each_pattern_has_an_address_that_answers_as_a_page_or_as_a_file(
    client: Client, name: str, address: str
) -> None:
    answer = client.get(address)
    assert (answer.status_code, resolve(urlsplit(address).path).url_name) == (200, name)
    assert (answer["Content-Type"] == "text/html; charset=utf-8") == (name not in FILES)


@pytest.mark.parametrize(("name", "address"), FORMS.items())
def test_each_form_answers(client: Client, name: str, address: str) -> None:
    assert (client.get(address).status_code, resolve(address).url_name) == (200, name)


def test_every_form_is_listed_but_the_one_that_its_link_alone_leads_to() -> None:
    assert {str(pattern.name) for pattern in urls.forms} == {*FORMS, "confirm"}
    taken = {path for path in (*FORMS.values(), "/confirm/a/") if path.startswith(settings.PUBLIC_FORM_PATHS)}
    assert len(taken) == len(urls.forms)


def test_a_pattern_whose_parameters_nobody_gave_is_refused() -> None:
    new = path("topics/<slug:slug>/", lambda request, slug: None, name="topic_detail")  # type: ignore[arg-type, return-value]
    with pytest.raises(LookupError, match="'topic_detail'"):
        address_of(new)


def test_no_table_names_a_pattern_that_is_gone() -> None:
    known = {str(pattern.name) for pattern in urls.public}
    named = {*PARAMETERS, *QUERIES, *FILES, *VARIANTS, *NOT_IN_THE_SITEMAP, *LINKED_NOWHERE}
    assert (named | REFUSED_WITHOUT_A_QUERY) - known == set()


def test_variants_are_of_the_page_that_they_are_listed_under() -> None:
    for name, addresses in VARIANTS.items():
        kinds = {resolve(urlsplit(unquote(address)).path).url_name for address in addresses}
        assert kinds == {name}
    assert len(PAGES) == len(set(PAGES))


def test_every_page_is_in_the_sitemap_or_not_for_a_reason(client: Client) -> None:
    listed = client.get("/sitemap.xml").text
    pages = page_addresses()
    missing = {name for name, address in pages.items() if f"http://testserver{address}</loc>" not in listed}
    assert missing == set(NOT_IN_THE_SITEMAP)
