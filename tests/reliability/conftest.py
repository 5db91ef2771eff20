"""A PostgreSQL of the tests' own, which they stop, kill and freeze, and the application over it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from dxcases.postgres.cluster import NAME, PORT, Cluster
from tests.reliability.load import load
from tests.web_server import gunicorn

TRIES = 20  # of a query that a standby cancels


class Database:
    """A cluster held by this process, with the ways of going away."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder)

    @property
    def url(self) -> str:
        """For Django; a socket's folder stands in the path."""
        return f"postgres://{NAME}:@/{self.cluster.socket_folder}/{NAME}"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        host = str(self.cluster.socket_folder)
        return psycopg.connect(host=host, port=PORT, user=NAME, dbname=NAME, autocommit=True)

    def value(self, query: str, *parameters: object) -> Any:
        """The value that the query gives. Where replication cancels it on a standby, it is asked again."""
        for _ in range(TRIES):
            with self.connect() as connection, suppress(psycopg.errors.SerializationFailure):
                (value,) = connection.execute(query.encode(), parameters).fetchone() or ()
                return value
        raise AssertionError(f"cancelled {TRIES} times: {query}")

    def stop(self, mode: str) -> None:
        """`mode` is fast or immediate. Returns when the server is gone."""
        self.cluster.run("pg_ctl", "stop", "-w", "-m", mode, "-D", self.cluster.data)

    def start(self) -> None:
        self.cluster.start_unless_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server stands still inside the `with`."""
        processes = self.processes()
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    @contextmanager
    def only_read(self) -> Iterator[None]:
        """New transactions cannot write inside the `with`, as on a standby."""
        setting = f"ALTER DATABASE {NAME} SET default_transaction_read_only"
        with self.connect() as connection:
            connection.execute(f"{setting} = on")
        self.stop("fast")
        self.start()
        try:
            yield
        finally:
            with self.connect() as connection:
                connection.execute("SET default_transaction_read_only = off")
                connection.execute(f"{setting} = off")
            self.stop("fast")
            self.start()

    def processes(self) -> list[int]:
        postmaster = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]


def manage(database: Database, *command: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database.url, "DEBUG": "on"},
        check=True,
        capture_output=True,
    )


@contextmanager
def filled_database() -> Iterator[Database]:
    """Filled with the casebook."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases drill "))
    folder.chmod(0o755)
    database = Database(folder / "var")
    with database.cluster.running():
        manage(database, "migrate", "--verbosity", "0")
        manage(database, "load_catalogue")
        yield database
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    with filled_database() as database:
        yield database


@pytest.fixture(scope="session")
def static_files() -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DEBUG": "off", "SECRET_KEY": "x" * 50},
        check=True,
    )


@pytest.fixture
def site(database: Database, static_files: None) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Port and process of two workers in production's settings, warm."""
    with gunicorn(database.url, DEBUG="off", WEB_WORKERS="2") as (port, process):
        for _ in range(3):
            with load(port, 20):
                time.sleep(1)
        yield port, process
