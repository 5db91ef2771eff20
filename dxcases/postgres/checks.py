"""Whether a database is fit to hold the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error
from django.db import connections

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


def lacks_fixes(number: int) -> str:
    """What to do about a server, by its server_version_num, that lacks fixes of known holes; else empty."""
    major, minor = divmod(number, 10_000)
    if minor >= (first := FIRST_SAFE_MINOR.get(major, 0)):
        return ""
    return (
        f"PostgreSQL {major}.{minor} には既知の脆弱性があります。{major}.{first}以上に更新してください"
        "（Debianでは「apt update && apt upgrade」）。"
    )
