"""Writing very many rows while others go on writing: what readers read is made at the end (decision 0032)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def writing_many_rows() -> Iterator[None]:
    """A transaction that others do not wait for while it writes: documents and version follow as it ends.

    Until then reading a document of what was written gives what was there before; see `as_written`. Where
    the transaction is given up (`transaction.set_rollback`), nothing is made. Within another such block it is
    a part of that.
    """
    with transaction.atomic():
        if _is_writing_many():
            yield
            return
        _say("many")
        yield
        if not transaction.get_rollback():
            with connection.cursor() as cursor:
                cursor.execute("SELECT settle_many_rows()")
            _say("")


def _is_writing_many() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_writing_many()")
        (answer,) = cursor.fetchone()
    return bool(answer)


def _say(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('catalog.writing', %s, true)", [what])
