"""A PostgreSQL of the tests' own, which they stop, kill and freeze, and the application over it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.reliability.load import load
from tests.servers.clusters import OwnCluster, fill, own_cluster
from tests.servers.gunicorn import collect_static_files, gunicorn_of_make_run


@pytest.fixture(scope="session")
def database(casebook: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnCluster]:
    with own_cluster() as database:
        with django_db_blocker.unblock():
            fill(database, casebook)
        yield database


@pytest.fixture(scope="session")
def static_files() -> None:
    collect_static_files()


@pytest.fixture
def site(database: OwnCluster, static_files: None) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Port and process of two workers in production's settings, warm."""
    with gunicorn_of_make_run(database.url, DEBUG="off", WEB_WORKERS="2") as (port, process):
        for _ in range(3):
            with load(port, 20):
                time.sleep(1)
        yield port, process
