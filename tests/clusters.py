"""PostgreSQL servers of a test's own, which it may stop, kill and freeze."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dxcases.local_postgres import NAME, PORT, Cluster


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


def url_of(cluster: Cluster) -> str:
    """The cluster's database as a DATABASE_URL."""
    return f"postgres://{NAME}@:{PORT}/{cluster.socket_folder}/{NAME}"


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
    connections.databases["own"] = {
        **connections.databases["default"],
        "OPTIONS": {},
        **parameters,
        **changes,
    }
    try:
        yield connections["own"]
    finally:
        connections["own"].close()
        del connections["own"]
        del connections.databases["own"]
