"""What only drafts have, a section, a source, a topic, a year, nothing tells readers of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from catalog.bundle.writing import finder_page
from catalog.finding.index import current_index
from catalog.models import Case, Guideline, Section, Topic
from catalog.output.asking import environ_of
from catalog.output.assistants import listed_tools
from tests.addresses import PUBLIC, VARIANTS
from tests.making import make_case, make_source
from tests.test_publication import text_of

pytestmark = pytest.mark.django_db

MARK = "zqzq"
VALUES = {"section": f"{MARK}-3-1", "source": MARK, "topic": f"{MARK}-topic"}
TYPED = (MARK, "スミレ", "スミレの本", "zqzqの本", "ステップ2", "2047")


@pytest.fixture
def draft() -> Case:
    """Under a section, a source, a topic and a year that no other case has."""
    source = make_source(MARK)
    source.title = "スミレの本"
    source.save()
    Section.objects.filter(source=source).update(title="スミレの章")
    topic = Topic.objects.create(slug=f"{MARK}-topic", title="スミレの扱い", position=99)
    Guideline.objects.create(
        title="手引き",
        publisher="国",
        published_on="2020-01-01",
        published_note="令和2年",
        section_id=VALUES["section"],
        group="国",
        heading="全般",
        position=99,
    )
    return make_case(
        f"{MARK}-case", source=MARK, section="3-1", topics=[topic.slug], status="draft", year=2047
    )


def everything_told(client: Client) -> Iterator[tuple[str, str]]:
    """Every public answer, those to what is wrong, and what goes out by other ways; each with its name."""
    addresses = [*PUBLIC.values(), *(one for some in VARIANTS.values() for one in some)]
    addresses += [f"/suggestions.json?q={text}" for text in TYPED]
    for name in (*VALUES, "year", "step", "kind"):
        addresses += [f"{path}?{name}=nonsense" for path in ("/cases/", "/cases.json", "/api/v1/cases/")]
    for address in addresses:
        yield address, text_of(address, client.get(address))
    yield "MCP", str(listed_tools())
    yield "bundle", finder_page(current_index(), WSGIRequest(environ_of("http://localhost", "/cases/")))[0]


def telling(client: Client) -> list[str]:
    hidden = (MARK, "スミレ", "2047年度")
    return [name for name, text in everything_told(client) if any(one in text for one in hidden)]


def test_nothing_tells_of_what_only_drafts_have(client: Client, draft: Case) -> None:
    assert telling(client) == []


@pytest.mark.long
def test_all_that_is_offered_is_told_once_a_case_is_public(client: Client, draft: Case) -> None:
    current_index()
    Case.objects.filter(pk=draft.pk).update(status="published")
    told = telling(client)
    assert {"/", "/api/v1/schema/", "/guidelines/", "/about/", "/data/", "/steps/2/", "MCP", "bundle"} <= {
        *told
    }
    assert {f"/api/v1/cases/?{name}=nonsense" for name in VALUES} <= {*told}


@pytest.mark.long
def test_an_address_that_once_found_cases_stays_valid_and_is_no_longer_named(
    client: Client, draft: Case
) -> None:
    Case.objects.filter(pk=draft.pk).update(status="published")
    current_index()
    Case.objects.filter(pk=draft.pk).update(status="withdrawn", withdrawn_reason="申し出")
    assert telling(client) == []
    for name, value in VALUES.items():
        answer = client.get(f"/api/v1/cases/?{name}={value}")
        assert (answer.status_code, answer.json()["count"]) == (200, 0)
        assert "スミレ" not in client.get(f"/cases/?{name}={value}").text


def test_asked_for_it_finds_nothing_and_has_no_name(client: Client, draft: Case) -> None:
    for name, value in VALUES.items():
        answer = client.get(f"/api/v1/cases/?{name}={value}")
        assert (answer.status_code, answer.json()["count"]) == (200, 0)
        for path in ("/cases/", "/cases.json", "/api/v1/cases/"):
            assert "スミレ" not in client.get(f"{path}?{name}={value}").text
