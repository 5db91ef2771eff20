from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, router
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.test import RequestFactory

from catalog.models import Case
from dxcases.postgres import replicas
from tests.servers.clusters import OwnCluster, connected


@pytest.fixture
def replica(filled: OwnCluster, settings: Any, own_databases: None) -> Iterator[str]:
    """The alias of a second database, as a standby that has the same as the primary is one."""
    with connected(filled) as database:
        settings.REPLICAS = [database.alias]
        yield database.alias


def alias_read() -> str:
    return router.db_for_read(Case)


def answer() -> HttpResponse:
    """A response that says where it was read, by a query there."""
    connection = replicas.connection_to_read()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse(connection.alias)


def always() -> bool:
    return True


def never() -> bool:
    return False


def test_reads_go_where_they_are_sent_and_writes_and_migrations_to_the_primary(replica: str) -> None:
    with replicas.reading_from(replica):
        assert (router.db_for_read(Case), router.db_for_write(Case)) == (replica, DEFAULT_DB_ALIAS)
        assert Case.objects.published().count() == 60
        assert replicas.connection_to_read().alias == replica
    assert (router.db_for_read(Case), replicas.connection_to_read().alias) == (DEFAULT_DB_ALIAS,) * 2
    assert not router.allow_migrate(replica, "catalog")
    assert router.allow_migrate(DEFAULT_DB_ALIAS, "catalog")


def test_a_standby_is_read_if_it_is_current(replica: str) -> None:
    assert replicas.render_on_standby(always, answer).content == replica.encode()
    assert replicas.render_on_standby(never, answer).content == DEFAULT_DB_ALIAS.encode()


def test_what_is_rendered_late_is_read_from_the_standby_too(replica: str) -> None:
    def late() -> TemplateResponse:
        response = TemplateResponse(RequestFactory().get("/"), "404.html")
        response.add_post_render_callback(lambda one: read.append(alias_read()))
        return response

    read: list[str] = []
    replicas.render_on_standby(always, late)
    assert read == [replica]


def test_an_answer_that_a_standby_breaks_off_is_made_from_the_primary(
    replica: str, caplog: pytest.LogCaptureFixture
) -> None:

    def broken() -> HttpResponse:
        connection = replicas.connection_to_read()
        if connection.alias == replica:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return answer()

    for _ in range(2):
        assert replicas.render_on_standby(always, broken).content == DEFAULT_DB_ALIAS.encode()
    assert replicas.render_on_standby(always, answer).content == replica.encode()
    told = [record.getMessage().split(",")[0] for record in caplog.records]
    assert told == [f"{replica} fails", f"{replica} answers again"]


def test_a_standby_that_lacks_a_table_is_passed_over(replica: str) -> None:
    def on_a_new_table() -> HttpResponse:
        connection = replicas.connection_to_read()
        if connection.alias == replica:
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM made_by_the_next_migration")
        return answer()

    assert replicas.render_on_standby(always, on_a_new_table).content == DEFAULT_DB_ALIAS.encode()


def test_a_query_that_takes_too_long_is_not_repeated(replica: str) -> None:
    tried = []

    def slow() -> HttpResponse:
        tried.append(alias_read())
        with replicas.connection_to_read().cursor() as cursor:
            cursor.execute("SET statement_timeout = '20ms'")
            cursor.execute("SELECT pg_sleep(5)")
        return answer()

    with pytest.raises(OperationalError):
        replicas.render_on_standby(always, slow)
    assert tried == [replica]
    connections[replica].close()


def test_what_the_primary_cannot_tell_a_standby_does(replica: str) -> None:
    def away_on_the_primary() -> str:
        if alias_read() == DEFAULT_DB_ALIAS:
            raise OperationalError("away")
        return answer().content.decode()

    assert replicas.ask_primary_first(alias_read) == DEFAULT_DB_ALIAS
    assert replicas.ask_primary_first(away_on_the_primary) == replica


def test_where_nobody_answers_the_primary_s_error_is_raised(replica: str) -> None:
    def away() -> str:
        raise OperationalError(alias_read())

    with pytest.raises(OperationalError, match=DEFAULT_DB_ALIAS):
        replicas.ask_primary_first(away)
