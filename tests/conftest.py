"""The tests' PostgreSQL, with the casebook in the test database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from dxcases import local_postgres

server = ExitStack()


def pytest_configure() -> None:
    try:
        server.enter_context(local_postgres.running_if_needed())
    except local_postgres.LocalPostgresError as error:
        pytest.exit(str(error), 1)


def pytest_unconfigure() -> None:
    server.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The casebook is there for every test; one that wants other cases deletes these and is rolled back."""
    with django_db_blocker.unblock():
        call_command("load_catalogue")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The databases as other processes see them: in no transaction of the test's, so change nothing here."""
    with django_db_blocker.unblock():
        yield
