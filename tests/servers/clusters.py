"""PostgreSQL servers of a test's own, which it may stop, kill and freeze."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dxcases.postgres.backup import restore
from dxcases.postgres.cluster import NAME, PORT, Cluster

HOST = "dx.example.jp"
TRIES = 20  # of a query that a standby cancels

_numbers = count()


class OwnCluster(Cluster):
    """A cluster held by this process, with the ways of going away."""

    @property
    def url(self) -> str:
        """For Django; a socket's folder stands in the path."""
        return f"postgres://{NAME}:@:{PORT}/{self.socket_folder}/{NAME}"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.socket_folder), port=PORT, user=NAME, dbname=NAME, autocommit=True
        )

    def value(self, query: str, *parameters: object) -> Any:
        """The value that the query gives. Where replication cancels it on a standby, it is asked again."""
        for _ in range(TRIES):
            with self.connect() as connection, suppress(psycopg.errors.SerializationFailure):
                (value,) = connection.execute(query.encode(), parameters).fetchone() or ()
                return value
        raise AssertionError(f"cancelled {TRIES} times: {query}")

    def stop(self, mode: str) -> None:
        """`mode` is fast or immediate. Returns when the server is gone."""
        self.run("pg_ctl", "stop", "-w", "-m", mode, "-D", self.data)

    def start(self) -> None:
        self.start_unless_running()

    def kill(self) -> None:
        """Kills the server's main process; its children end when they see that it is gone."""
        os.kill(self.processes()[0], signal.SIGKILL)

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
        self.restart()
        try:
            yield
        finally:
            with self.connect() as connection:
                connection.execute("SET default_transaction_read_only = off")
                connection.execute(f"{setting} = off")
            self.restart()

    def restart(self) -> None:
        self.stop("fast")
        self.start()

    def processes(self) -> list[int]:
        """The main process and its children."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def follow(self, primary: OwnCluster) -> None:
        """Makes the data of a hot standby of `primary`, by pg_basebackup; it follows by streaming."""
        self.home.mkdir()
        self.account.make_folder(self.data)
        origin: list[str | Path] = ["-h", primary.socket_folder, "-p", PORT, "-U", NAME]
        self.run("pg_basebackup", *origin, "-D", self.data, "-R", "-c", "fast")
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write("max_standby_streaming_delay = 0\n")  # replication never waits for a reader


@contextmanager
def new_cluster() -> Iterator[OwnCluster]:
    """One without data, not running, in a folder with a space in its name; gone after the `with`."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases own "))
    folder.chmod(0o755)
    try:
        yield OwnCluster(folder / "var")
    finally:
        shutil.rmtree(folder)


@contextmanager
def own_cluster() -> Iterator[OwnCluster]:
    """A running server with one empty database; server and data are gone after the `with`."""
    with new_cluster() as cluster, cluster.running():
        yield cluster


@contextmanager
def standby_of(primary: OwnCluster) -> Iterator[OwnCluster]:
    """A running hot standby."""
    with new_cluster() as cluster:
        cluster.follow(primary)
        with cluster.running():
            yield cluster


@contextmanager
def filled_cluster() -> Iterator[OwnCluster]:
    """A running server with the casebook, where no backup of it is at hand (see `fill`)."""
    with own_cluster() as cluster:
        for command in ("migrate", "load_catalogue"):
            run_manage(cluster, command)
        yield cluster


@contextmanager
def connected(cluster: Cluster, **changes: str) -> Iterator[BaseDatabaseWrapper]:
    """Django's connection to the cluster's database, under an alias of its own."""
    parameters = {
        "NAME": NAME,
        "USER": NAME,
        "PASSWORD": "",
        "HOST": str(cluster.socket_folder),
        "PORT": PORT,
    }
    alias = f"own{next(_numbers)}"
    connections.databases[alias] = {
        **connections.databases["default"],
        "OPTIONS": {},
        **parameters,
        **changes,
    }
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def fill(cluster: Cluster, casebook: Path) -> None:
    """Brings the casebook, a backup, into the cluster's empty database."""
    with connected(cluster) as database:
        restore(database, casebook, print)


def inherited() -> dict[str, str]:
    """The environment of the tests without what tests/conftest.py sets, which on a server is a fault."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}


def production(database_url: str, **changes: str) -> dict[str, str]:
    """The environment of a process of ours on a database, with the settings of a server."""
    own = {"DEBUG": "off", "SECRET_KEY": "not a secret " * 5, "ALLOWED_HOSTS": HOST}
    own |= {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "dxcases.settings"}
    return {**inherited(), **own, **changes}


def manage(cluster: OwnCluster, *arguments: str, **changes: str) -> subprocess.Popen[str]:
    """`manage.py` on the cluster's database, started."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=production(cluster.url, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_manage(cluster: OwnCluster, *arguments: str, **changes: str) -> str:
    """What `manage.py` prints on the cluster's database, where it ends well."""
    with manage(cluster, *arguments, **changes) as process:
        told, _ = process.communicate()
    assert process.returncode == 0, told
    return told
