from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from pytest_django import DjangoAssertNumQueries
from schemathesis import GenerationMode

from catalog.models import Body
from catalog.output.api import LockedGenerator
from catalog.output.records import facts_of
from dxcases.wsgi import application
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case, make_varied_cases, without_cases
from tests.oracle import cases_with_rows, record_of

pytestmark = pytest.mark.django_db


def get(client: Client, url: str) -> Any:
    return client.get(url).json()


def expected_record(slug: str) -> dict[str, Any]:
    url = f"http://testserver/cases/{slug}/"
    return {"slug": slug, "url": url, **record_of(cases_with_rows().get(slug=slug))}


def test_a_list_tells_query_facets_and_records(client: Client) -> None:
    answer = get(client, "/api/v1/cases/?population=0-1&step=3")
    assert list(answer) == [
        "count",
        "next",
        "previous",
        "query",
        "source",
        "terms",
        "understood",
        "named_bodies",
        "facets",
        "results",
    ]
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    assert answer["query"] == "ステップ3・人口1万人未満の事例"
    assert [facet["name"] for facet in answer["facets"]] == [
        "step",
        "section",
        "population",
        "region",
        "prefecture",
        "kind",
        "topic",
        "effect",
        "cost",
        "source",
        "year",
    ]
    steps = {one["value"]: (one["count"], one["selected"]) for one in answer["facets"][0]["options"]}
    assert steps == {"0": (1, False), "1": (0, False), "2": (3, False), "3": (1, True)}
    assert answer["results"] == [expected_record("dx2021-46-1")]
    assert list(answer["results"][0]) == list(expected_record("dx2021-46-1"))


def office_in_the_list(code: str) -> dict[str, str]:
    """Site, telephone and address of a body as the fixture has them."""
    lines = (django_settings.BASE_DIR / "fixtures/30_bodies.jsonl").read_text(encoding="utf-8").splitlines()
    (fields,) = (row["fields"] for row in map(json.loads, lines) if row["pk"] == code)
    return {name: fields[name] for name in ("website", "telephone", "address")}


def test_a_case_and_a_body_answer_for_themselves(client: Client) -> None:
    response = client.get("/api/v1/cases/dx2021-46-1/")
    assert response.json() == expected_record("dx2021-46-1")
    assert response.headers["Link"] == '<http://testserver/about/#terms>; rel="license"'
    mention = {
        "slug": "dx2021-46-1",
        "url": "http://testserver/cases/dx2021-46-1/",
        "title": response.json()["title"],
    }
    assert get(client, f"/api/v1/bodies/{HIDAKA}/") == {
        "code": "394106",
        "name": "日高村",
        "kana": "ひだかむら",
        "kind": "village",
        "prefecture": {"code": "39", "name": "高知県"},
        "population": 5000,
        "population_as_of": "2020-01-01",
        "population_source": "自治体DX推進手順書参考事例集",
        "population_band": "0-1",
        **office_in_the_list("394106"),
        "abolished_on": None,
        "successor": None,
        "region": "shikoku",
        "latitude": 33.5347,
        "longitude": 133.3733,
        "cases": [mention],
        "similar_to": [],
    }


def test_what_is_said_of_a_body_is_what_the_cases_say_of_it(client: Client) -> None:
    make_varied_cases()
    said: Any = {}
    for case in get(client, "/cases.json")["results"]:
        said |= {body["code"]: {**body, "note": "", "contact": None} for body in case["bodies"]}
    bodies = Body.objects.select_related("prefecture").filter(code__in=said)
    assert {body.code: {**facts_of(body), "note": "", "contact": None} for body in bodies} == said
    assert len(said) == 90


@pytest.mark.parametrize(
    ("query", "count", "first"),
    [
        ("", 1788, "010006"),
        ("name=ひだか", 6, "112429"),
        ("prefecture=39&kind=village", 6, "393053"),
        ("population=unknown&kind=prefecture", 0, ""),
        ("region=shikoku&population=0-1", 34, "363014"),
    ],
)
def test_bodies_are_found(client: Client, query: str, count: int, first: str) -> None:
    answer = get(client, f"/api/v1/bodies/?{query}")
    codes = [body["code"] for body in answer["results"]]
    assert (answer["count"], codes[0] if codes else "") == (count, first)


def test_a_draft_is_nowhere(client: Client) -> None:
    make_case("draft", status="draft", bodies=[KASHIHARA], title="下書きの題")
    assert client.get("/api/v1/cases/draft/").status_code == 404
    assert "draft" not in client.get("/api/v1/cases/?page_size=100").text
    assert "下書きの題" not in client.get(f"/api/v1/bodies/{KASHIHARA}/").text


def test_pages_lead_to_each_other(client: Client) -> None:
    answer = get(client, "/api/v1/cases/?step=2&page_size=10&page=2")
    assert answer["next"] == "http://testserver/api/v1/cases/?step=2&page_size=10&page=3"
    assert answer["previous"] == "http://testserver/api/v1/cases/?step=2&page_size=10&page=1"
    last = get(client, answer["next"])
    assert (len(last["results"]), last["next"]) == (2, None)


def test_nearness_is_told_where_the_list_is_ordered_by_it(client: Client) -> None:
    (first,) = get(client, f"/api/v1/cases/?near={FUNAGATA}&page_size=1")["results"]
    assert first["nearness"] == {
        "body": FUNAGATA,
        "population_ratio": 1.0,
        "same_prefecture": True,
        "same_region": True,
        "same_kind": True,
        "distance_km": 0.0,
    }
    (other,) = get(client, f"/api/v1/cases/?near={FUNAGATA}&page_size=1&sort=document")["results"]
    assert "nearness" not in other


@pytest.mark.parametrize(
    ("url", "status", "names"),
    [
        ("/api/v1/cases/?population=abc&x=1", 400, ["population", "x"]),
        ("/api/v1/cases/?page_size=0", 400, ["page_size"]),
        ("/api/v1/cases/?page_size=101", 400, ["page_size"]),
        ("/api/v1/cases/?page_size=5&page_size=6", 400, ["page_size"]),
        ("/api/v1/cases/?page=99", 404, ["detail"]),
        ("/api/v1/cases/nope/", 404, ["detail"]),
        ("/api/v1/bodies/?kind=x&step=1", 400, ["kind", "step"]),
        ("/api/v1/bodies/999999/", 404, ["detail"]),
    ],
)
def test_errors_have_one_shape(client: Client, url: str, status: int, names: list[str]) -> None:
    response = client.get(url)
    assert response.status_code == status
    assert list(response.json()["errors"]) == names


NOTHING_HERE = "このアドレスには何もありません。"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/api/v1/cases/nope/", NOTHING_HERE),
        ("/api/v1/cases/舟形町/", NOTHING_HERE),
        ("/api/v1/bodies/舟形町/", NOTHING_HERE),
        ("/api/v1/nope/", NOTHING_HERE),
        ("/data/nope.csv", NOTHING_HERE),
        ("/api/v1/cases/?page=999", "999ページ目はありません。この一覧は3ページまでです。"),
        (f"/api/v1/bodies/?name={FUNAGATA}&page=2", "2ページ目はありません。この一覧は1ページまでです。"),
    ],
)
def test_what_is_not_there_is_told_in_japanese(client: Client, address: str, message: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()) == (404, {"errors": {"detail": [message]}})


def test_other_methods_are_refused_and_head_answered(client: Client) -> None:
    assert client.head("/api/v1/cases/").status_code == 200
    for method in ("post", "put", "patch", "delete", "trace"):
        response = getattr(client, method)("/api/v1/cases/")
        assert (response.status_code, list(response.json())) == (405, ["errors"])
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_for_any_number_of_cases(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    without_cases()
    for _ in range(count):
        make_case(bodies=[FUNAGATA, KASHIHARA], topics=["data"])
    client.get("/api/v1/cases/")  # makes the index
    with django_assert_num_queries(3):
        client.get("/api/v1/cases/")


def test_the_schema_is_valid_and_gives_no_warning(tmp_path: Any) -> None:
    file = tmp_path / "schema.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    assert "operationId: case_list" in file.read_text()


def test_the_schema_has_a_name_that_browsers_read(client: Client) -> None:
    for query, name in (("", "dxcases-openapi.yaml"), ("?format=json", "dxcases-openapi.json")):
        headers = client.get(f"/api/v1/schema/{query}").headers
        assert headers["Content-Disposition"] == f'inline; filename="{name}"'


def test_the_page_on_the_api_reads_without_other_hosts(client: Client) -> None:
    text = client.get("/api/v1/docs/").text
    for name in ("case_list", "case_detail", "body_list", "body_detail"):
        assert f'<h2 id="{name}">' in text
    assert "<script" not in text
    rows = dict(re.findall(r"<code>(\w+)</code></th>\s*<td>.*?</td>\s*<td>(.*?)</td>", text, re.S))
    assert rows["page_size"].strip() == "1〜100の整数"
    assert rows["q"].strip() == "200文字まで"
    assert rows["near"].strip() == "6桁の全国地方公共団体コード"
    assert "<code>-updated</code>" in rows["sort"]


@pytest.fixture
def api() -> Iterator[Any]:
    """The API behind the real WSGI application, within the transaction of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    for signal in signals:
        signal.connect(close_old_connections)


A_FIFTH = settings.default.max_examples // 5  # type: ignore[union-attr]


@pytest.mark.long
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(
    "path",
    ["/api/v1/cases/", "/api/v1/cases/{slug}/", "/api/v1/bodies/", "/api/v1/bodies/{code}/"],
)
def test_the_api_keeps_to_its_schema(api: Any, path: str, mode: GenerationMode) -> None:
    @settings(max_examples=A_FIFTH, suppress_health_check=list(HealthCheck))
    @given(case=api[path]["GET"].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate()

    check()


@pytest.mark.long
def test_the_schema_is_made_for_many_at_once() -> None:
    """drf-spectacular's own generator fails where two threads use it."""

    def paths(_: int) -> int:
        try:
            return len(LockedGenerator().get_schema(request=None, public=True)["paths"])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(paths, range(40))) == {4}
