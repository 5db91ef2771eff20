"""nginx with the file of `deploy/`, and a database with the casebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.servers.clusters import OwnCluster, fill, own_cluster
from tests.servers.nginx import Front, own_front


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    with own_front() as front:
        yield front


@pytest.fixture(scope="session")
def cluster(casebook: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnCluster]:
    with own_cluster() as cluster:
        with django_db_blocker.unblock():
            fill(cluster, casebook)
        yield cluster
