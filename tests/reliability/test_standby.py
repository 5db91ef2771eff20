"""A hot standby takes the public reads; whatever becomes of it, no answer is lost (decision 0012)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.addresses import PUBLIC
from tests.reliability.load import PER_SECOND, Answer, ask, load, summary
from tests.servers.clusters import OwnCluster, standby_of
from tests.servers.clusters import manage as run
from tests.servers.gunicorn import gunicorn_of_make_run

pytestmark = [pytest.mark.long, pytest.mark.alone]

PAGES = [*PUBLIC.values(), "/cases/?q=%E7%AA%93", "/cases/?near=063631"]
SECONDS_TO_FOLLOW = 10


@pytest.fixture(scope="module")
def standby(database: OwnCluster) -> Iterator[OwnCluster]:
    """A hot standby of `database`."""
    with standby_of(database) as standby:
        yield standby


@pytest.fixture(scope="module")
def port(database: OwnCluster, standby: OwnCluster, static_files: None) -> Iterator[int]:
    """Of two workers that know the standby."""
    own = {"DATABASE_REPLICA_URL": standby.url, "DATABASE_STATEMENT_SECONDS": "5", "WEB_WORKERS": "2"}
    with gunicorn_of_make_run(database.url, DEBUG="off", **own) as (port, _):
        yield port


def wait_until_it_follows(database: OwnCluster, standby: OwnCluster) -> None:
    sent = database.value("SELECT pg_current_wal_lsn()")
    deadline = time.monotonic() + SECONDS_TO_FOLLOW
    while not standby.value("SELECT pg_last_wal_replay_lsn() >= %s", sent):
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.05)


@contextmanager
def paused(standby: OwnCluster) -> Iterator[None]:
    """The standby lags inside the `with`: it takes what the primary sends and does not apply it."""
    standby.value("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        standby.value("SELECT pg_wal_replay_resume()")


def rows_read(database: OwnCluster) -> int:
    """How many rows of its documents were read so far; sessions tell once a second, when they work."""
    return database.value(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
        " WHERE relname = 'catalog_casedocument'"
    )


def read_every_page(port: int, seconds: float = 3) -> None:
    """Again and again."""
    over = time.monotonic() + seconds
    while time.monotonic() < over:
        assert [ask(port, path).status for path in PAGES] == [200] * len(PAGES)


def while_asked(port: int, happens: Callable[[], None]) -> list[Answer]:
    with load(port, PER_SECOND) as answers:
        time.sleep(1)
        happens()
        time.sleep(1)
    return answers


def errors(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.status != 200]


def test_public_pages_are_read_from_the_standby_alone(
    port: int, database: OwnCluster, standby: OwnCluster
) -> None:
    read_every_page(port)
    before = rows_read(database), rows_read(standby)
    read_every_page(port)
    assert rows_read(database) == before[0]
    assert rows_read(standby) > before[1]


def test_a_change_is_seen_at_once_however_far_the_standby_lags(
    port: int, database: OwnCluster, standby: OwnCluster
) -> None:
    with paused(standby), database.connect() as primary:
        for title in ("ひとつめの題名", "ふたつめの題名"):
            primary.execute("UPDATE catalog_case SET title = %s WHERE slug = 'dx2021-17-1'", [title])
            assert title in ask(port, "/cases/dx2021-17-1/").body
            assert title in ask(port, "/cases.csv").body
        answers = while_asked(port, lambda: time.sleep(2))
    print(f"standby lags: {summary(answers)}")
    assert errors(answers) == []
    wait_until_it_follows(database, standby)
    assert "ふたつめの題名" in ask(port, "/cases/dx2021-17-1/").body


def test_killed_frozen_and_back_again_it_costs_no_answer(
    port: int, database: OwnCluster, standby: OwnCluster
) -> None:
    def kill_and_start() -> None:
        standby.kill()
        time.sleep(3)
        standby.start()

    def freeze() -> None:
        with standby.frozen():
            time.sleep(3)

    def restart() -> None:
        standby.restart()

    for happens in (kill_and_start, freeze, restart):
        answers = while_asked(port, happens)
        print(f"standby, {happens.__name__}: {summary(answers)}")
        assert errors(answers) == []
        wait_until_it_follows(database, standby)
    before = rows_read(standby)
    read_every_page(port, 7)  # five seconds after it failed it is asked again
    assert rows_read(standby) > before


def test_queries_that_replication_cancels_are_made_on_the_primary(
    port: int, database: OwnCluster, standby: OwnCluster
) -> None:
    over = threading.Event()

    def lock() -> None:
        """Takes the tables from readers again and again: the standby must end who reads them there."""
        with database.connect() as primary:
            while not over.is_set():
                with primary.transaction():
                    primary.execute(
                        "LOCK TABLE catalog_body, catalog_source, catalog_guideline, catalog_case"
                    )
                    primary.execute("SELECT pg_current_xact_id()")
                time.sleep(0.01)

    locker = threading.Thread(target=lock)
    before = cancelled(standby)
    locker.start()
    try:
        answers = while_asked(port, lambda: ask_until_cancelled(port, standby, before))
    finally:
        over.set()
        locker.join()
    print(f"standby cancelled {cancelled(standby) - before} queries: {summary(answers)}")
    assert errors(answers) == []


def cancelled(standby: OwnCluster) -> int:
    return standby.value(
        "SELECT confl_lock FROM pg_stat_database_conflicts WHERE datname = current_database()"
    )


def ask_until_cancelled(port: int, standby: OwnCluster, before: int) -> None:
    deadline = time.monotonic() + 30
    while cancelled(standby) - before < 3:
        assert time.monotonic() < deadline, "replication cancelled no query"
        read_every_page(port, 0.1)


def test_without_the_primary_readers_still_read(database: OwnCluster, standby: OwnCluster, port: int) -> None:
    database.stop("immediate")
    try:
        with load(port, PER_SECOND) as answers:
            time.sleep(3)
        pages = [ask(port, path).status for path in PAGES]
        nothing, ready = ask(port, "/cases/?q=zzzz"), ask(port, "/healthz/ready")
    finally:
        database.start()
    print(f"primary away, standby reads: {summary(answers)}")
    assert errors(answers) == []
    assert pages == [200] * len(PAGES)
    assert (nothing.status, ready.status) == (200, 503)


def test_the_doctor_tells_of_a_standby(database: OwnCluster, standby: OwnCluster, tmp_path: Path) -> None:
    wait_until_it_follows(database, standby)
    nowhere = f"postgres://dxcases:@/{tmp_path}/dxcases"
    urls = ",".join((standby.url, nowhere, database.url))
    told, _ = run(database, "doctor", DATABASE_REPLICA_URL=urls).communicate()
    levels = [line.split("：")[0] for line in told.splitlines() if "replica" in line]
    assert levels == ["OK\treplica1", "異常\treplica2", "異常\treplica3"]
    with paused(standby):
        database.value("SELECT pg_logical_emit_message(false, '', repeat('x', 17 * 1024 * 1024))")
        told, _ = run(database, "doctor", DATABASE_REPLICA_URL=standby.url).communicate()
    assert "注意\treplica1：主系より17 MiB遅れています。" in told


def test_a_standby_that_never_answers_is_no_reason_to_fail(
    database: OwnCluster, static_files: None, tmp_path: Path
) -> None:
    nowhere = f"postgres://dxcases:@/{tmp_path}/dxcases"
    with gunicorn_of_make_run(database.url, DATABASE_REPLICA_URL=nowhere, DEBUG="off") as (port, _):
        assert [ask(port, path).status for path in PAGES] == [200] * len(PAGES)
