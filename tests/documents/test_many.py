"""Writing very many rows: others do not wait for it; documents and version are right after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from catalog.documents.many import writing_many_rows
from catalog.documents.reading import as_written, read_documents
from catalog.documents.version import current_version
from catalog.models import Case, CaseDocument, Link, Population
from tests.making import FUNAGATA, make_case
from tests.state import blocks_a_statement


@pytest.fixture
def case(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Case]:
    """A case that other connections see, too; it goes at the end, with all that came with it."""
    with django_db_blocker.unblock():
        try:
            yield make_case("many-1", title="前の題", status="draft")
        finally:
            Case.objects.filter(slug__startswith="many-").delete()
            connections.close_all()


@contextmanager
def somebody_else() -> Iterator[psycopg.Connection[Any]]:
    """Another editor's connection, which does not wait for anything."""
    with closing(psycopg.connect(**connection.get_connection_params(), autocommit=True)) as other:
        other.execute("SET lock_timeout = '200ms'")
        yield other


def as_made_anew(keys: list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id, record::text, extra::text, folded, words, grams FROM made_case_documents(%s)"
            " ORDER BY case_id",
            [keys],
        )
        return cursor.fetchall()


def as_kept(keys: list[int]) -> list[tuple[Any, ...]]:
    names = ("case_id", "record", "extra", "folded", "words", "grams__grams")
    return list(CaseDocument.objects.filter(pk__in=keys).order_by("pk").values_list(*names))


RENAME_OTHER = "UPDATE catalog_case SET heading = heading || '！' WHERE slug = 'dx2021-1-1'"
TAKE_BACK = "UPDATE catalog_case SET heading = rtrim(heading, '！') WHERE slug = 'dx2021-1-1'"


def test_others_write_meanwhile_and_all_is_right_at_the_end(case: Case) -> None:
    before = current_version()
    with somebody_else() as other:
        with writing_many_rows():
            Case.objects.filter(pk=case.pk).update(title="後の題")
            new = make_case("many-2", title="新しい題", status="draft")
            assert current_version() == before
            other.execute(RENAME_OTHER)  # which would wait for the version
            assert read_documents([case.pk])[0].record["title"] == "前の題"
            assert [one.record["title"] for one in as_written([case.pk])] == ["後の題"]
        other.execute(TAKE_BACK)
        # Nothing is left to do, nor to be waited for.
        assert other.execute("SELECT count(*) FROM catalog_due").fetchone() == (0,)
    keys = [case.pk, new.pk]
    assert [one.record["title"] for one in read_documents(keys)] == ["後の題", "新しい題"]
    assert as_kept(keys) == as_made_anew(keys)
    after = current_version()
    assert after.stamp != before.stamp
    assert after.followed_from > before.number  # an index is made anew


def test_cases_of_bodies_whose_populations_are_written_can_be_written(case: Case) -> None:
    with somebody_else() as other, writing_many_rows():
        Population.objects.create(body_id=FUNAGATA, persons=1, as_of="2026-01-01", source_id="casebook")
        note = "UPDATE catalog_casebody SET note = '注', body_id = body_id WHERE case_id = %s"
        other.execute(note, [case.pk])
        other.execute("SELECT FROM catalog_body WHERE code = %s FOR KEY SHARE", [FUNAGATA])
        transaction.set_rollback(True)


def test_who_forgets_to_settle_leaves_nothing_wrong(case: Case) -> None:
    before = current_version()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL catalog.writing = 'many'")
        Case.objects.filter(pk=case.pk).update(title="後の題")
    assert read_documents([case.pk])[0].record["title"] == "後の題"
    assert current_version().followed_from > before.number


def wait_until_it_waits(other: psycopg.Connection[Any], thread: Future[None]) -> None:
    """Until the thread waits for a lock that `other` has."""
    while not blocks_a_statement(other.cursor()):
        assert not thread.done(), thread.exception()
        time.sleep(0.02)


URL = "https://example.jp/many"
DEAD = (
    "INSERT INTO catalog_linkcheck"
    " (url, outcome, reason, final_url, checked_at, first_failed_on, failed_days)"
    f" SELECT '{URL}', 'dead', '', '', now(), now(), 30"
)


def write_many(key: int) -> None:
    """Changes a case and makes a new one, in another thread."""
    try:
        with writing_many_rows():
            Case.objects.filter(pk=key).update(title="後の題")
            new = make_case("many-2", title="新しい題", status="draft")
            Link.objects.create(case=new, url=URL, label="例")
    finally:
        connections.close_all()


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (
            f"UPDATE catalog_body SET name = '舟形市' WHERE code = '{FUNAGATA}'",
            f"UPDATE catalog_body SET name = '舟形町' WHERE code = '{FUNAGATA}'",
        ),
        (DEAD, f"DELETE FROM catalog_linkcheck WHERE url = '{URL}'"),
        ("UPDATE catalog_casebody SET note = '注' WHERE case_id = %s", "SELECT 1"),
    ],
    ids=["a body", "a link", "the case itself"],
)
def test_what_others_change_while_documents_are_made_is_in_them(case: Case, change: str, back: str) -> None:
    """The other commits when the documents are made and the version is waited for."""
    with somebody_else() as other, ThreadPoolExecutor(1) as threads:
        try:
            with other.transaction():
                other.execute(change.replace("%s", str(case.pk)))
                writing = threads.submit(write_many, case.pk)
                wait_until_it_waits(other, writing)
            writing.result()
        finally:
            other.execute("SET lock_timeout = 0")
            keys = list(Case.objects.filter(slug__startswith="many-").values_list("pk", flat=True))
            kept, anew = as_kept(keys), as_made_anew(keys)
            other.execute(back)
    assert len(keys) == 2
    assert kept == anew


def test_who_has_the_version_and_comes_for_a_document_is_given_way_to(case: Case) -> None:
    with somebody_else() as other, ThreadPoolExecutor(1) as threads:
        other.execute("SET lock_timeout = '10s'")
        with other.transaction():
            other.execute("UPDATE catalog_catalogueversion SET number = number")
            writing = threads.submit(write_many, case.pk)
            wait_until_it_waits(other, writing)
            other.execute("SELECT refresh_case_documents(%s)", [[case.pk]])
        writing.result()
    keys = list(Case.objects.filter(slug__startswith="many-").values_list("pk", flat=True))
    assert len(keys) == 2
    assert as_kept(keys) == as_made_anew(keys)
