import re

import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from dxcases.errors import AWAY, DISK_FULL, OTHERS_WRITE, READ_ONLY, TOO_SLOW, server_error


def answer_to(error: Exception, path: str = "/") -> HttpResponse:
    """What the site says where a view raised the error."""
    try:
        raise error
    except Exception:
        return server_error(RequestFactory().get(path))


def caused_by(cause: Exception) -> OperationalError:
    error = OperationalError()
    error.__cause__ = cause
    return error


def test_a_missing_page_is_our_own_404(client: Client) -> None:
    response = client.get("/nope/")
    assert response.status_code == 404
    assert "ページが見つかりません" in response.text
    assert 'href="/cases/"' in response.text


def test_what_is_not_there_is_told_to_programs_as_data(client: Client) -> None:
    assert client.get("/api/v1/nope/").json() == {"errors": {"detail": ["このアドレスには何もありません。"]}}


def test_a_fault_is_our_own_500() -> None:
    response = answer_to(ValueError())
    assert response.status_code == 500
    assert "ページを表示できません" in response.text


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OperationalError(), AWAY),
        (InterfaceError(), AWAY),
        (caused_by(psycopg.errors.QueryCanceled()), TOO_SLOW),
        (caused_by(psycopg.errors.ReadOnlySqlTransaction()), READ_ONLY),
        (caused_by(psycopg.errors.DiskFull()), DISK_FULL),
    ],
)
@pytest.mark.parametrize("path", ["/cases/", "/cases.json"])
def test_a_database_that_fails_is_told_by_503_to_ask_again(error: Exception, message: str, path: str) -> None:
    response = answer_to(error, path)
    assert response.status_code == 503
    assert (response["Retry-After"], response["Cache-Control"]) == ("10", "no-store")
    assert message in response.text


@pytest.mark.parametrize("cause", [psycopg.errors.QueryCanceled(), psycopg.errors.LockNotAvailable()])
def test_who_waited_for_another_editor_is_not_told_of_a_search(cause: Exception) -> None:
    assert OTHERS_WRITE in answer_to(caused_by(cause), "/admin/catalog/case/add/").text


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "413", "429", "500"])
def test_an_error_page_has_its_title_twice_and_no_address_of_its_own(name: str) -> None:
    html = render_to_string(f"{name}.html", request=RequestFactory().get("/nope/"))
    (title,) = re.findall("<h1>(.+)</h1>", html)
    assert f"<title>{title}｜" in html
    assert 'href="/cases/"' in html
    assert "/nope/" not in html


def test_who_may_not_open_a_page_is_led_back_to_the_editors_menu() -> None:
    html = render_to_string("403.html", request=RequestFactory().get("/admin/catalog/case/"))
    assert '<a href="/admin/">編集メニューへ戻る</a>' in html
