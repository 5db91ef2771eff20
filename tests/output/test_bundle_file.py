"""The ZIP of the catalogue as the site hands it out."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from catalog.bundle.writing import finder_page
from catalog.finding.index import current_index
from catalog.output.asking import environ_of
from tests.making import make_case

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


@pytest.mark.long
def test_the_page_that_searches_has_every_public_case_and_one_script() -> None:
    make_case("draft-of-ours", title="下書きの題名", status="draft")
    request = WSGIRequest(environ_of("http://localhost", "/cases/"))
    html, policy = finder_page(current_index(), request)
    assert (html.count('<article class="card">'), "下書きの題名" in html) == (60, False)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.endswith(f"script-src 'sha256-{digest}'")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="に書き込めません"):
        call_command("bundle", tmp_path / "missing" / "x.zip", site="http://localhost")
