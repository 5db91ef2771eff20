"""A save that has waited for others too long says so, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client

from catalog.editing.forms import OTHERS_WRITE
from catalog.models import Case
from tests.filling import ADD, a_publisher, an_editor, change_url, new_case, opened

pytestmark = pytest.mark.django_db

VERSION = "UPDATE catalog_catalogueversion SET number = number"
CASE = "UPDATE catalog_case SET heading = heading WHERE slug = 'dx2021-1-1'"


@contextmanager
def somebody_writes(statement: str) -> Iterator[None]:
    """Another connection has written and goes on; we wait for nobody for longer than a moment."""
    with closing(psycopg.connect(**connection.get_connection_params())) as other:
        other.execute(statement.encode())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 300")
        yield
        other.rollback()


def test_a_new_case_is_kept_in_its_form() -> None:
    editor = a_publisher()
    form = new_case(title="待たされた題", status="draft")
    with somebody_writes(VERSION):
        answer = editor.post(ADD, form)
        assert answer.status_code == 503
        assert OTHERS_WRITE in answer.text
        assert 'value="待たされた題"' in answer.text
        assert not Case.objects.filter(slug="new-case").exists()
    assert editor.post(ADD, form).status_code == 302
    assert Case.objects.get(slug="new-case").title == "待たされた題"


@pytest.mark.long
@pytest.mark.parametrize("who", [a_publisher, an_editor])
def test_a_case_that_another_writes_is_not_waited_for_twice(who: Callable[[], Client]) -> None:
    editor, case = who(), Case.objects.get(slug="dx2021-1-1")
    form = {**opened(editor, case), "title": "待たされた題", "reason": "訂正"}
    with somebody_writes(CASE):
        answer = editor.post(change_url(case), form)
        assert answer.status_code == 503
        assert OTHERS_WRITE in answer.text
        assert 'value="待たされた題"' in answer.text
    assert editor.post(change_url(case), form).status_code == 302


def test_other_rows_are_kept_too() -> None:
    editor = a_publisher()
    topic = {"slug": "waited", "title": "待たされたテーマ", "position": "1"}
    with somebody_writes(VERSION):
        answer = editor.post("/admin/catalog/topic/add/", topic)
        assert (answer.status_code, OTHERS_WRITE in answer.text) == (503, True)
        assert 'value="待たされたテーマ"' in answer.text
    assert editor.post("/admin/catalog/topic/add/", topic).status_code == 302
