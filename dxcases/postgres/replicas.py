"""Where a request reads: from a hot standby while it is told to, else from the primary (decision 0012)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

T = TypeVar("T")
logger = logging.getLogger(__name__)

_alias: ContextVar[str | None] = ContextVar("alias", default=None)
_failing: set[str] = set()  # aliases of standbys of which the log has told that they fail


class Router:
    """Django's database router: inside `reading_from` reads go there and writes to the primary.

    Elsewhere, and for what is not of standbys, it leaves the choice to Django. Standbys are never migrated.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return _alias.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return DEFAULT_DB_ALIAS if _alias.get() else None

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        return True if _alias.get() else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db in settings.REPLICAS else None


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """This thread reads from the database `alias` inside the `with`."""
    token = _alias.set(alias)
    try:
        yield
    finally:
        _alias.reset(token)


def connection_to_read() -> BaseDatabaseWrapper:
    """Django's connection to read from, for SQL that no model asks."""
    return connections[_alias.get() or DEFAULT_DB_ALIAS]


def ask_primary_first(ask: Callable[[], T]) -> T:
    """What `ask` reads from the primary; where that is away, from a standby.

    Raises the primary's OperationalError or InterfaceError where none answers.
    """
    try:
        return ask()
    except (OperationalError, InterfaceError):
        for alias in standbys():
            with suppress(OperationalError, InterfaceError), reading_from(alias):
                return ask()
        raise


def render_on_standby(is_current: Callable[[], bool], make: Callable[[], HttpResponseBase]) -> Any:
    """The response that `make` gives, read from a standby that `is_current` finds up to date.

    It is made anew from the primary where no standby is, or one fails midway, for example since PostgreSQL
    cancels what stands in the way of replication. A query that takes too long does so everywhere: its error
    is raised.
    """
    for alias in standbys():
        try:
            with reading_from(alias):
                if not is_current():
                    continue
                response = rendered(make())
        except (DatabaseError, InterfaceError) as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise
            connections[alias].close()
            log_failure(alias, error)
        else:
            log_success(alias)
            return response
    return rendered(make())


def standbys() -> list[str]:
    """Their aliases, in an order of chance, so that each gets its share."""
    return random.sample(settings.REPLICAS, len(settings.REPLICAS))


def rendered(response: HttpResponseBase) -> HttpResponseBase:
    """The response with nothing left to read for it."""
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def log_failure(alias: str, error: Exception) -> None:
    """Once in the log until it answers again."""
    if alias not in _failing:
        _failing.add(alias)
        logger.warning("%s fails, reading from the primary: %s", alias, " ".join(str(error).split()))


def log_success(alias: str) -> None:
    if alias in _failing:
        _failing.discard(alias)
        logger.info("%s answers again", alias)
