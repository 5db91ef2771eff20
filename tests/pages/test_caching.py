from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import urls
from catalog.documents import version
from catalog.models import Case, Topic
from catalog.pages import caching
from tests.addresses import PUBLIC, TELLS_ITS_TIME
from tests.making import FUNAGATA, make_case

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", PUBLIC.values())
def test_an_answer_known_already_takes_one_query_and_no_words(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, address: str
) -> None:
    first = client.get(address)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=5, stale-if-error=86400"
    assert "Cookie" not in first.headers.get("Vary", "")
    with django_assert_num_queries(1):
        second = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]


def test_every_url_is_public_or_of_health_or_a_form_or_of_editors() -> None:
    known = {*urls.public, *urls.health, *urls.forms, *urls.made}
    assert {pattern for pattern in urls.urlpatterns if pattern not in known} == set()
    assert {pattern.app_name for pattern in get_resolver().url_patterns if hasattr(pattern, "app_name")} == {
        "admin",
        "catalog",
    }


def test_a_published_change_is_seen_at_once(client: Client) -> None:
    address = "/cases/dx2021-17-1/"
    tag = client.get(address).headers["ETag"]
    Case.objects.filter(slug="dx2021-17-1").update(title="新しい題名")
    response = client.get(address, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert "新しい題名" in response.text
    assert response.headers["ETag"] != tag


def set_version(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_date_is_told_only_once_no_other_change_can_have_it(client: Client) -> None:
    make_case()
    assert "Last-Modified" not in client.get("/").headers
    before = timezone.now() - timedelta(days=400)
    set_version("UPDATE catalog_catalogueversion SET changed_at = %s", before)
    response = client.get("/")
    known = client.get("/", headers={"If-Modified-Since": response.headers["Last-Modified"]})
    assert known.status_code == 304
    older = client.get("/", headers={"If-Modified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"})
    assert older.status_code == 200


def test_the_tag_depends_on_address_host_date_and_code(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "example.jp"]
    now, get = version.current_version(), RequestFactory().get
    tags = [
        caching.etag_of(get("/cases/"), now),
        caching.etag_of(get("/cases/?step=1"), now),
        caching.etag_of(get("/cases/", headers={"Host": "example.jp"}), now),
        caching.etag_of(get("/cases/", secure=True), now),
        caching.etag_of(get("/api/v1/schema/"), now),
    ]
    with monkeypatch.context() as other_day:
        other_day.setattr(timezone, "localdate", lambda: date(2000, 1, 1))
        tags.append(caching.etag_of(get("/cases/"), now))
    settings.BASE_DIR /= "catalog/migrations"
    monkeypatch.setattr(caching, "SOURCE_FILES", ("*.py",))
    caching.code.cache_clear()
    tags.append(caching.etag_of(get("/cases/"), now))
    caching.code.cache_clear()
    assert len(set(tags)) == len(tags)


KEPT_FOR_MOMENTS = "public, max-age=0, s-maxage=5, stale-if-error=86400"


@pytest.mark.parametrize(
    ("address", "status", "meta", "kept"),
    [
        ("/cases/gone/", 410, {}, KEPT_FOR_MOMENTS),
        ("/api/v1/cases/gone/", 410, {}, KEPT_FOR_MOMENTS),
        ("/cases/nope/", 404, {}, KEPT_FOR_MOMENTS),
        ("/cases/?page=99", 404, {}, KEPT_FOR_MOMENTS),
        ("/bodies/999999/", 404, {}, KEPT_FOR_MOMENTS),
        ("/api/v1/cases/nope/", 404, {}, KEPT_FOR_MOMENTS),
        ("/nowhere/", 404, {}, KEPT_FOR_MOMENTS),
        ("/static/nope.css", 404, {}, KEPT_FOR_MOMENTS),
        ("/cases/?step=9", 400, {}, "no-store"),
        ("/cases/?q=%00", 400, {}, "no-store"),
        ("/compare/", 400, {}, "no-store"),
        ("/api/v1/cases/?x=1", 400, {}, "no-store"),
        *((f"/cases.{form}?x=1", 400, {}, "no-store") for form in ("csv", "xlsx", "json", "atom")),
        ("/cases/", 400, {"HTTP_HOST": "evil.example"}, "no-store"),
        ("/cases/", 405, {"REQUEST_METHOD": "PUT"}, "no-store"),
        ("/api/v1/cases/", 405, {"REQUEST_METHOD": "POST"}, "no-store"),
    ],
)
def test_no_browser_keeps_a_refusal(
    client: Client, address: str, status: int, meta: dict[str, str], kept: str
) -> None:
    """What a shared cache may keep takes the place of the page that was there."""
    make_case("gone", status="withdrawn", withdrawn_reason="申し出")
    response = client.get(address, **meta)  # type: ignore[arg-type]
    assert (response.status_code, response.headers["Cache-Control"]) == (status, kept)
    assert {"ETag", "Last-Modified"} & set(response.headers) == set()


def test_health_and_editors_pages_are_not_answered_by_version(client: Client) -> None:
    for address in ("/healthz/live", "/healthz/ready", "/admin/login/"):
        headers = client.get(address).headers
        assert "ETag" not in headers
        assert "public" not in headers["Cache-Control"]


def test_who_works_on_the_code_gets_every_page_anew(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert "ETag" not in client.get("/about/").headers


def test_a_catalogue_without_a_version_answers_all_the_same(client: Client) -> None:
    set_version("DELETE FROM catalog_catalogueversion")
    assert version.current_version() == version.NOTHING_YET
    assert client.get("/cases/").status_code == 200


def test_drafts_never_change_what_strangers_get(client: Client) -> None:
    chance = random.Random(1)
    drafts = [make_case(status="draft", bodies=[FUNAGATA], topics=["bpr"]) for _ in range(3)]
    listed = {*PUBLIC.values()} - {TELLS_ITS_TIME}
    before = {address: client.get(address).getvalue() for address in listed}
    for _ in range(4):
        draft = chance.choice(drafts)
        draft.title = f"下書き{chance.random()}"
        draft.save()
        draft.topics.set(chance.sample(list(Topic.objects.all()), 3))
    drafts[0].delete()
    assert {address: client.get(address).getvalue() for address in listed} == before
