"""PostgreSQL servers of a test's own, which it may stop, kill and freeze."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dxcases.postgres.backup import restore
from dxcases.postgres.cluster import NAME, PORT, Cluster

HOST = "dx.example.jp"

_numbers = count()


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A running server with one empty database; server and data are gone after the `with`."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases-own-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "var")
    try:
        with cluster.running():
            yield cluster
    finally:
        shutil.rmtree(folder)


@contextmanager
def filled_cluster() -> Iterator[Cluster]:
    """A running server with the casebook."""
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


def environment(cluster: Cluster, **changes: str) -> dict[str, str]:
    """That of a process of ours on the cluster's database, with the settings of a server."""
    url = f"postgres://{NAME}@:{PORT}/{cluster.socket_folder}/{NAME}"
    own = {"DATABASE_URL": url, "DEBUG": "off", "SECRET_KEY": "not a secret " * 5, "ALLOWED_HOSTS": HOST}
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "dxcases.settings", **own, **changes}


def manage(cluster: Cluster, *arguments: str, **changes: str) -> subprocess.Popen[str]:
    """`manage.py` on the cluster's database, started."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment(cluster, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_manage(cluster: Cluster, *arguments: str, **changes: str) -> str:
    """What `manage.py` prints on the cluster's database, where it ends well."""
    with manage(cluster, *arguments, **changes) as process:
        told, _ = process.communicate()
    assert process.returncode == 0, told
    return told
