"""The tests' PostgreSQL, with the casebook in the test database."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import override_settings, teardown_databases
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling

from dxcases.postgres.account import LocalPostgresError
from dxcases.postgres.backup import back_up
from dxcases.postgres.cluster import running_if_needed
from tests.servers.clusters import OwnCluster, connected, fill, filled_cluster, own_cluster
from tests.template import make_test_databases

# How often a property is tried in make test, in make test-all and when somebody asks for it.
hypothesis.settings.register_profile("quick", max_examples=10, deadline=None)
hypothesis.settings.register_profile("whole", max_examples=60, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("quick")

# The driver of the browser runs a loop in the thread of the tests, where Django would refuse to ask.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# What tests start is a developer's, whatever they import: dxcases.wsgi turns DEBUG off where nothing is said.
os.environ.setdefault("DEBUG", "on")

ONE_BY_ONE = {"tests/browser/test_access.py", "tests/browser/test_live.py", "tests/test_hostile_input.py"}

server = ExitStack()


def pytest_configure() -> None:
    try:
        server.enter_context(running_if_needed())
    except LocalPostgresError as error:
        pytest.exit(str(error), 1)


def pytest_unconfigure() -> None:
    server.close()


def pytest_collection_finish() -> None:
    """What is loaded by now stays, so Python need not look through it again for what nobody refers to.

    A tenth of the time of all tests went by with that.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class ByModule(LoadScopeScheduling):
    """Gives each worker of xdist whole modules, since a module's tests share what is made for them.

    Tests of the modules in ONE_BY_ONE go to whichever worker is free, at last, so that all end together.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return nodeid if module in ONE_BY_ONE else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    return ByModule(config, log)


@pytest.fixture(scope="session", autouse=True)
def quick_settings(django_test_environment: None) -> Iterator[None]:
    """What would take long in each of thousands of tests.

    Accounts are made at once, where the real hasher takes half a second (but in test_sign_in); static files
    are looked for when one is asked for, where a web server reads them all before the first request.
    """
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=quick, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,  # gives each worker of xdist a database of its own
) -> Iterator[None]:
    """A test database with the casebook; a test that wants other cases takes these away and is rolled back.

    Whichever tests are collected: pytest-django's own makes none where no test is marked, and browser tests
    alone would write to the developer's database.
    """
    with django_db_blocker.unblock():
        made = make_test_databases()
    yield
    with django_db_blocker.unblock():
        end_other_sessions()
        teardown_databases(made, verbosity=0)


def end_other_sessions() -> None:
    """Ends what threads of tests have left connected: a database in use cannot be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="class")
def rows_of_class(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets a fixture of a class write what all its tests read; it is taken back after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def casebook(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A backup of the casebook, to fill servers with."""
    with django_db_blocker.unblock(), server_of_our_version() as database:
        return back_up(database, tmp_path_factory.mktemp("casebook"), print)


@contextmanager
def server_of_our_version() -> Iterator[BaseDatabaseWrapper]:
    """The test database, or a copy of it where its server may be of another version than those of tests."""
    if not os.environ.get("DATABASE_URL"):
        yield connection
        return
    with filled_cluster() as cluster, connected(cluster) as database:
        yield database


@pytest.fixture(scope="session")
def filled(casebook: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnCluster]:
    """A server of its own with the casebook, for tests to read."""
    with own_cluster() as cluster:
        with django_db_blocker.unblock():
            fill(cluster, casebook)
        yield cluster


@pytest.fixture
def own_databases(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets a test connect to its own servers. It must leave the default connection, a real one, alone."""
    with django_db_blocker.unblock():
        yield
