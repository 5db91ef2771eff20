"""The ZIP of the catalogue as the site hands it out."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from catalog.bundle.writing import database, finder_page
from catalog.documents.addresses import absolute_for
from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.output.asking import environ_of
from catalog.output.columns import TableRecord
from catalog.output.exports import table_records
from tests.making import FUNAGATA, KASHIHARA, make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.BUNDLE_FILE = tmp_path / "dxcases.zip"
    return settings.BUNDLE_FILE


def test_it_is_linked_once_it_is_made(client: Client, file: Path) -> None:
    assert client.get("/data/dxcases.zip").status_code == 404
    assert "/data/dxcases.zip" not in client.get("/data/").text
    file.write_bytes(b"made")
    answer = client.get("/data/dxcases.zip")
    assert (answer.getvalue(), answer["Content-Type"]) == (b"made", "application/zip")
    assert answer["Content-Disposition"] == 'attachment; filename="dxcases.zip"'
    assert 'href="/data/dxcases.zip"' in client.get("/data/").text


def long_ago(path: Path, seconds: int) -> None:
    """As if the file or the folder had last changed so many seconds after the beginning of time."""
    os.utime(path, (seconds, seconds))


@pytest.mark.parametrize(
    ("header", "validator"), [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")]
)
def test_the_page_about_the_data_is_new_once_there_is_a_bundle_or_none(
    client: Client, file: Path, header: str, validator: str
) -> None:
    def known() -> dict[str, str]:
        return {header: client.get("/data/")[validator]}

    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_catalogueversion SET changed_at = '2020-01-01 00:00Z'")
    long_ago(file.parent, 1)
    without = known()
    assert client.get("/data/", headers=without).status_code == 304
    file.write_bytes(b"made")
    assert client.get("/data/", headers=without).status_code == 200
    long_ago(file.parent, 2)
    with_bundle = known()
    assert client.get("/data/", headers=with_bundle).status_code == 304
    file.unlink()
    assert client.get("/data/", headers=with_bundle).status_code == 200


def test_who_has_the_bundle_gets_it_again_only_once_it_is_made_anew(client: Client, file: Path) -> None:
    assert {"ETag", "Last-Modified"} & {*client.get("/data/dxcases.zip").headers} == set()
    file.write_bytes(b"made")
    long_ago(file, 1_000_000_000)
    first = client.get("/data/dxcases.zip")
    assert first["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
    assert first["Cache-Control"] == client.get("/data/")["Cache-Control"]
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = client.get("/data/dxcases.zip", headers=headers)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Cache-Control"] == first["Cache-Control"]
    file.write_bytes(b"anew")
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        anew = client.get("/data/dxcases.zip", headers=headers)
        assert (anew.status_code, anew.getvalue()) == (200, b"anew")


@pytest.mark.long
def test_the_page_that_searches_has_every_public_case_and_one_script() -> None:
    make_case("draft-of-ours", title="下書きの題名", status="draft")
    request = WSGIRequest(environ_of("http://localhost", "/cases/"))
    html, policy = finder_page(current_index(), request)
    assert (html.count('<article class="card">'), "下書きの題名" in html) == (60, False)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.endswith(f"script-src 'sha256-{digest}'")


def test_the_database_has_numbers_as_numbers_and_texts_as_they_were_written() -> None:
    make_case("formula", title="=1+1", approach="'+81", bodies=[FUNAGATA])
    make_case("shared", bodies=[FUNAGATA, KASHIHARA], year=2019)
    request = WSGIRequest(environ_of("http://localhost", "/cases/"))
    rows = [*table_records(CaseFilter({}).all_documents(), absolute_for(request))]
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(database(rows))

        def found(condition: str) -> list[str]:
            return [slug for (slug,) in opened.execute(f"SELECT 識別名 FROM cases WHERE {condition}")]

        def known(condition: Callable[[TableRecord], bool]) -> list[str]:
            return [row["slug"] for row in rows if condition(row)]

        def persons(row: TableRecord) -> int | None:
            return row["bodies"][0]["population"] if len(row["bodies"]) == 1 else None

        assert found('"年度" > 3000') == []
        assert "shared" in found('"年度" = 2019') == known(lambda row: row["year"] == 2019)
        assert "formula" in found('"年度" IS NULL') == known(lambda row: row["year"] is None)
        assert found('"ステップ" = 2') == known(lambda row: row["step"]["number"] == 2)
        assert "formula" in found('"人口" < 10000') == known(lambda row: (persons(row) or 10_000) < 10_000)
        assert "shared" in found('"人口" IS NULL') == known(lambda row: persons(row) is None)
        (written,) = opened.execute("SELECT 題名, 取組内容 FROM cases WHERE 識別名 = 'formula'")
        assert written == ("=1+1", "'+81")
        pages = [page for (page,) in opened.execute("SELECT 出典のページ FROM cases ORDER BY 1")]
        assert pages == sorted(row["source"]["page"] or 0 for row in rows)
        tables = ("cases", "bodies", "case_bodies", "case_topics")
        types = [kind for table in tables for kind in types_of(opened, table)]
        assert {*types} == {"INTEGER", "TEXT"}
        assert types.count("INTEGER") == 6


def types_of(opened: sqlite3.Connection, table: str) -> list[str]:
    return [kind for _, _, kind, *_ in opened.execute(f"PRAGMA table_info({table})")]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="に書き込めません"):
        call_command("bundle", tmp_path / "missing" / "x.zip", site="http://localhost")
