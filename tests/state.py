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
    """Returns when a statement waits for a lock of the cursor's connection; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if blocks_a_statement(cursor):
            return
        time.sleep(0.05)
    pytest.fail("nothing waits")


def blocks_a_statement(cursor: Any) -> bool:
    """Whether a statement waits for a lock of the cursor's connection.

    By pg_locks: a transaction sees pg_stat_activity as it was at first, perhaps without who waits by now.
    """
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    return bool(cursor.fetchone() != (0,))
