from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.checks import Error
from django.db import connection, connections

from dxcases.postgres.checks import check_databases, lacks_fixes, reasons_against, unfit


@contextmanager
def alias_for(**changes: str) -> Iterator[str]:
    """Another database alias: the tests' own with other parameters."""
    connections.databases["other"] = {**connections.databases["default"], **changes}
    try:
        yield "other"
    finally:
        del connections["other"]
        del connections.databases["other"]


@contextmanager
def database(options: str) -> Iterator[str]:
    """The name of a real database made with `options`."""
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    with psycopg.connect(**parameters, autocommit=True) as maker:
        maker.execute(f"CREATE DATABASE dxcases_unfit TEMPLATE template0 {options}".encode())
        try:
            yield "dxcases_unfit"
        finally:
            maker.execute("DROP DATABASE dxcases_unfit WITH (FORCE)")


@pytest.mark.django_db
def test_the_tests_own_database_is_fit() -> None:
    assert reasons_against("default") == []
    assert check_databases(databases=["default"]) == []
    assert check_databases() == []


@pytest.mark.long
@pytest.mark.django_db
def test_a_database_with_lc_ctype_c_is_refused() -> None:
    with database("ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'") as name, alias_for(NAME=name) as alias:
        (reason,) = reasons_against(alias)
        assert "LC_CTYPE が C で、日本語を正しく扱えません" in reason
        assert check_databases(databases=[alias]) == [Error(reason, id="dxcases.E001")]


@pytest.mark.long
@pytest.mark.django_db
def test_a_database_that_is_not_utf8_is_refused() -> None:
    with (
        database("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'") as name,
        alias_for(NAME=name) as alias,
    ):
        assert "データベースの文字コードが SQL_ASCII です" in reasons_against(alias)[0]


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_told() -> None:
    with alias_for(HOST="127.0.0.1", PORT="1") as alias:
        (reason,) = reasons_against(alias)
        assert reason.startswith("データベースに接続できません。DATABASE_URL を確認してください：")
        assert "\n" not in reason


def test_a_server_older_than_15_is_refused() -> None:
    assert unfit(140011, "14.11", "UTF8", "C.UTF-8") == [
        "PostgreSQL 14.11 は使えません。15以上のデータベースを指定してください。"
    ]
    assert unfit(150000, "15.0", "UTF8", "ja_JP.UTF-8") == []


@pytest.mark.parametrize(
    ("safe", "unsafe"), [(150018, 150017), (160014, 160013), (170010, 170009), (180004, 180003)]
)
def test_a_server_with_known_holes_is_told(safe: int, unsafe: int) -> None:
    assert lacks_fixes(safe) == lacks_fixes(190000) == ""
    major, minor = divmod(safe, 10_000)
    assert f"{major}.{minor - 1} には既知の脆弱性があります。{major}.{minor}以上に" in lacks_fixes(unsafe)
