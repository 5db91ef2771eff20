"""One state of the catalogue for one answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from dxcases.postgres.replicas import connection_to_read


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All that is read inside is of one moment, whatever is committed meanwhile; nothing can be written.

    Inside a transaction that has begun already, that one's rules hold. What is to be written after the
    answer, `transaction.on_commit` takes.
    """
    connection = connection_to_read()
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
