"""The tests' PostgreSQL, with the casebook in the test database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test.utils import setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker

from dxcases.postgres.account import LocalPostgresError
from dxcases.postgres.backup import back_up
from dxcases.postgres.cluster import Cluster, running_if_needed
from tests.clusters import connected, filled_cluster

server = ExitStack()


def pytest_configure() -> None:
    try:
        server.enter_context(running_if_needed())
    except LocalPostgresError as error:
        pytest.exit(str(error), 1)


def pytest_unconfigure() -> None:
    server.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: the driver's loop runs in this thread from then on, where Django refuses to ask."""
    items.sort(key=lambda item: "browser_name" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A test database with the casebook; a test that wants other cases deletes these and is rolled back.

    Whichever tests are collected: pytest-django's own makes none where no test is marked, and browser tests
    alone would write to the developer's database.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
        call_command("load_catalogue")
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def filled() -> Iterator[Cluster]:
    """A server of its own with the casebook, for tests to read."""
    with filled_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def casebook(
    filled: Cluster, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A backup of the casebook, to fill another server with."""
    with django_db_blocker.unblock(), connected(filled) as database:
        return back_up(database, tmp_path_factory.mktemp("casebook"), print)


@pytest.fixture
def own_databases(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets a test connect to its own servers. It must leave the default connection, a real one, alone."""
    with django_db_blocker.unblock():
        yield
