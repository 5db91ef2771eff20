"""Django's PostgreSQL backend with bounds: nothing waits long for a server that is away (decision 0010).

OPTIONS has, besides Django's own, numbers of seconds: `statement_seconds`, which a statement may take, 0 for
no bound; `seconds_to_wait` and `seconds_between_tries` in the place of this module's.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

WAIT_SECONDS = 1.8  # for a connection: a restart of the server takes less
CHECK_SECONDS = 1.0  # for an idle connection to answer: with all processors busy, half of it was not enough
RETRY_SECONDS = 0.5  # while the server is known to be away


class ServerSilent(psycopg.OperationalError):
    """The server has not answered in time, and has not closed the connection either: it is frozen."""


class ServerAway(psycopg.OperationalError):
    """Another thread has waited for the server in vain a moment ago."""


def is_of_lost_connection(error: BaseException | None) -> bool:
    """Whether a connection that there was broke: not whether none could be had, nor whether a query failed.

    The state of the connection does not tell: Django connects anew at the end of a transaction that broke.
    """
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    if isinstance(error, PoolTimeout | ServerAway):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


class Connection(psycopg.Connection[Any]):
    """A connection that gives up a server which is frozen, and then is closed.

    The server's own statement_timeout cannot help there, nor can TCP: the kernel goes on acknowledging.
    """

    seconds_to_answer: float | None = WAIT_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises ServerSilent after `seconds_to_answer`."""
        try:
            return super().wait(gen, interval, timeout or self.seconds_to_answer)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
            raise ServerSilent(f"no answer in {self.seconds_to_answer} s") from error


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from psycopg's pool, looks at each, and drops all idle ones when one is dead.

    `seconds_to_wait` is how long a thread waits for a connection. Once a wait was in vain, the others fail at
    once and one at a time asks again, so that answers do not pile up behind a server that is away.
    """

    _turn = threading.Lock()
    _ask_again_at: dict[str, float] = {}  # by alias, for all threads; only while the server is away

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = self.settings_dict["OPTIONS"]
        self.seconds_to_wait = options.get("seconds_to_wait", WAIT_SECONDS)
        self.seconds_between_tries = options.get("seconds_between_tries", RETRY_SECONDS)

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        for name in ("seconds_to_wait", "seconds_between_tries"):
            parameters.pop(name, None)
        if seconds := parameters.pop("statement_seconds", 0):
            parameters["options"] = f"-c statement_timeout={seconds}s"
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg.OperationalError after at most `seconds_to_wait` and a look at one connection."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        seconds = self._seconds_to_ask()
        try:
            connection = self._wait_for_connection(conn_params, time.monotonic() + seconds)
        except psycopg.OperationalError:
            self._ask_again_at[self.alias] = time.monotonic() + self.seconds_between_tries
            raise
        self._ask_again_at.pop(self.alias, None)
        return connection

    def _seconds_to_ask(self) -> float:
        """How long this thread may ask for a connection. Raises psycopg.OperationalError if another does."""
        with self._turn:
            due, now = self._ask_again_at.get(self.alias), time.monotonic()
            if due is None:
                return self.seconds_to_wait
            if now < due:
                raise ServerAway("the server was away a moment ago")
            self._ask_again_at[self.alias] = now + WAIT_SECONDS
            return min(self.seconds_to_wait, RETRY_SECONDS)

    def _wait_for_connection(self, conn_params: dict[str, Any], deadline: float) -> Any:
        """Asks the pool time and again: for each it tries to connect at once, by itself ever more rarely."""
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > deadline:
                    raise
                continue
            if self._is_alive(connection):
                return connection

    def _is_alive(self, connection: Connection) -> bool:
        """Whether the server has not closed the connection; where it has, the other idle ones are dead too.

        Raises ServerSilent.
        """
        connection.seconds_to_answer = CHECK_SECONDS
        try:
            self.pool.check_connection(connection)
        except psycopg.OperationalError as error:
            connection.close()
            self.pool.putconn(connection)
            self.pool.drain()
            if isinstance(error, ServerSilent):
                raise
            return False
        seconds = self.settings_dict["OPTIONS"].get("statement_seconds", 0)
        connection.seconds_to_answer = seconds + 1 if seconds else None
        return True
