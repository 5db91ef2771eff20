"""What a database has, in a few words, to see that something left it as it was; and whether it waits."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection


def database_state() -> dict[str, str]:
    """Number and hash of the rows of every table, by its name."""
    with connection.cursor() as cursor:
        return state_of(cursor)


def state_of(cursor: Any) -> dict[str, str]:
    """The same of the database that a cursor is on."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return {table: _rows_of(cursor, table) for (table,) in cursor.fetchall()}


def _rows_of(cursor: Any, table: str) -> str:
    cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
    return "{} rows, {}".format(*cursor.fetchone())


def wait_for_a_blocked_statement(cursor: Any, *, seconds: int) -> None:
    """Returns when a statement in the database of the cursor waits for a lock; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # Within a transaction the server goes on telling of the connections that there were at first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        if cursor.fetchone() != (0,):
            return
        time.sleep(0.05)
    pytest.fail("nothing waits")
