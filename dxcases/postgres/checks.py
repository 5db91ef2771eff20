"""Whether a database is fit to hold the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

MIN_SERVER_VERSION = 150_000  # server_version_num of PostgreSQL 15.0
# The first minor version of each major one without the holes known in November 2026.
FIRST_SAFE_MINOR = {15: 18, 16: 14, 17: 10, 18: 4}


def check_databases(
    app_configs: Any = None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Django's system check: an error for each reason why a database named in `databases` is unfit."""
    return [
        Error(reason, id="dxcases.E001") for alias in databases or () for reason in reasons_against(alias)
    ]


def reasons_against(alias: str) -> list[str]:
    """One line for each reason why the database cannot be used; none if it can.

    With LC_CTYPE=C PostgreSQL's text functions pass over Japanese without a word, hence the last rule.
    """
    parameters = connections[alias].get_connection_params()
    parameters.pop("pool", None)  # a plain connection tells why it fails; the pool only that it waited
    try:
        with psycopg.connect(**{"connect_timeout": 5, **parameters}) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
                "pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
            ).fetchone()
    except psycopg.Error as error:
        words = " ".join(str(error).split())
        return [f"データベースに接続できません。DATABASE_URL を確認してください：{words}"]
    return [] if row is None else unfit(*row)


def unfit(number: int, version: str, encoding: str, character_type: str) -> list[str]:
    reasons = []
    if number < MIN_SERVER_VERSION:
        reasons.append(f"PostgreSQL {version} は使えません。15以上のデータベースを指定してください。")
    if encoding != "UTF8":
        reasons.append(
            f"データベースの文字コードが {encoding} です。ENCODING 'UTF8' で作ったものを指定してください。"
        )
    if character_type in {"C", "POSIX"}:
        reasons.append(
            f"データベースの LC_CTYPE が {character_type} で、日本語を正しく扱えません。"
            "LC_CTYPE 'C.UTF-8' などで作ったものを指定してください。"
        )
    return reasons


def schema_that_does_not_fit() -> str:
    """What to do where the tables are not those that the code knows; else empty. Raises DatabaseError."""
    loader = MigrationLoader(connection)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    known = {*loader.disk_migrations, *replaced}
    of_our_apps = {key for key in loader.applied_migrations if key[0] in loader.migrated_apps}
    if unknown := sorted(".".join(key) for key in of_our_apps - known):
        return (
            f"データベースの構造が、このプログラムより新しいものです（{'、'.join(unknown)}）。"
            "新しい版のプログラムに戻すか、この版のバックアップから復元してください。"
        )
    if any(key not in loader.applied_migrations for key in loader.graph.nodes):
        return "未適用のマイグレーションがあります。manage.py migrate を実行してください。"
    known_columns, columns, required = columns_of_models(), *columns_of_tables()
    if different := [*sorted(known_columns - columns), *sorted(required - known_columns)]:
        return does_not_fit(different[0])
    return ""


def does_not_fit(what: str) -> str:
    return (
        f"データベースの構造がこのプログラムと合いません（{what}）。"
        "この版で作ったバックアップから復元するか、空のデータベースで作り直してください。"
    )


def columns_of_models() -> set[str]:
    """Each column that the code knows, after the name of its table."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    pairs = ((model._meta.db_table, model._meta.local_concrete_fields) for model in models)
    return {f"{table}.{field.column}" for table, fields in pairs for field in fields}


def columns_of_tables() -> tuple[set[str], set[str]]:
    """Each column that there is; and those of the code's tables that want a value with every row."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname || '.' || attname, attnotnull AND NOT atthasdef AND attidentity = ''"
            " AND relname = ANY(%s)"
            " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped",
            [tables],
        )
        rows = cursor.fetchall()
    return {name for name, _ in rows}, {name for name, wanted in rows if wanted}


def lacks_fixes(number: int) -> str:
    """What to do about a server, by its server_version_num, that lacks fixes of known holes; else empty."""
    major, minor = divmod(number, 10_000)
    if minor >= (first := FIRST_SAFE_MINOR.get(major, 0)):
        return ""
    return (
        f"PostgreSQL {major}.{minor} には既知の脆弱性があります。{major}.{first}以上に更新してください"
        "（Debianでは「apt update && apt upgrade」）。"
    )
