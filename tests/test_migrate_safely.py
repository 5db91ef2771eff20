"""Migrations of a real database while gunicorn serves pages from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import psycopg
import pytest

from dxcases.postgres.cluster import NAME
from tests.servers.clusters import HOST, OwnCluster, fill, manage, own_cluster
from tests.servers.gunicorn import free_port, gunicorn

pytestmark = [pytest.mark.usefixtures("own_databases"), pytest.mark.long, pytest.mark.alone]

READER_SECONDS = 8
LONGEST_PAGE_SECONDS = 1.5
MIGRATING = {"DJANGO_SETTINGS_MODULE": "tests.migrating.settings"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    with own_cluster() as cluster:
        yield cluster


def read_slowly(cluster: OwnCluster, seconds: float) -> None:
    """A reader of the cases that keeps its transaction open."""
    with psycopg.connect(host=str(cluster.socket_folder), user=NAME, dbname=NAME) as reader:
        reader.execute("SELECT count(*) FROM catalog_case")
        reader.execute("SELECT pg_sleep(%s)", [seconds])


def seconds_of_page(port: int) -> float:
    """How long a list of cases takes."""
    started = time.monotonic()
    request = Request(f"http://127.0.0.1:{port}/cases/?q={quote('研修')}", headers={"Host": HOST})
    with urlopen(request) as answer:
        assert answer.status == 200
    return time.monotonic() - started


def test_no_page_waits_long_behind_a_migration_behind_a_reader(cluster: OwnCluster, casebook: Path) -> None:
    fill(cluster, casebook)
    port = free_port()
    with gunicorn(cluster.url, f"127.0.0.1:{port}"), ThreadPoolExecutor() as pool:
        for _ in range(8):  # each worker's first page is slow
            seconds_of_page(port)
        reader = pool.submit(read_slowly, cluster, READER_SECONDS)
        time.sleep(0.2)
        migration = manage(cluster, "migrate_safely", **MIGRATING)
        waits = []
        while migration.poll() is None:
            waits.append(seconds_of_page(port))
            time.sleep(0.02)
        reader.result()
        told, _ = migration.communicate()
    print(f"{len(waits)} pages, longest {max(waits):.2f} s")
    assert migration.returncode == 0
    assert "やり直します（1回目）" in told
    assert "Applying migrating.0001_add_column_to_case... OK" in told
    assert max(waits) <= LONGEST_PAGE_SECONDS


def test_it_gives_up_in_the_end_and_says_what_to_do(cluster: OwnCluster) -> None:
    with psycopg.connect(host=str(cluster.socket_folder), user=NAME, dbname=NAME) as reader:
        reader.execute("LOCK django_migrations")
        migration = manage(cluster, "migrate_safely", "--tries", "1")
        told, _ = migration.communicate()
    assert migration.returncode == 1
    assert "表が空かないため、1回で中止しました。" in told
