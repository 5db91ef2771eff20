"""The worker of gunicorn that serves the site: addresses may have letters beyond ASCII as they are."""

from __future__ import annotations

import fcntl
import re
import time
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from dxcases.operating.serve import TURN
from dxcases.postgres.cluster import locked

# Bytes: the address of a dossier has up to twenty notes. gunicorn knows 8,190 or no bound.
MAX_REQUEST_LINE = 48 * 1024
HEAD_SECONDS = 2  # between two parts of a request's head; nginx sends it as a whole
MAX_BODY = 32 * 1024**2  # bytes, as nginx lets through to the admin
BODY_SECONDS = 5
NOT_ASCII = re.compile(rb"[\x80-\xff]")


class LenientRequest(Request):
    """Takes an address as `curl` and old clients send it: bytes beyond ASCII count as percent-encoded.

    gunicorn itself answers these in English and without the site's headers. What is not UTF-8 then, Django
    refuses as it refuses the same in percent-encoding.
    """

    def parse(self, unreader: Any) -> Any:
        """As gunicorn's, but a thread does not wait for the rest of a request while others have none."""
        if self.cfg.limit_request_line:  # behind nginx there is none here
            self.limit_request_line = MAX_REQUEST_LINE
        unreader.sock.settimeout(HEAD_SECONDS)
        try:
            return super().parse(unreader)
        except TimeoutError as error:
            raise NoMoreData from error
        finally:
            unreader.sock.settimeout(None)

    def parse_request_line(self, line_bytes: bytes) -> None:
        method, blank, rest = line_bytes.partition(b" ")
        encoded = NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], rest)
        super().parse_request_line(method + blank + encoded)


class Worker(ThreadWorker):
    def init_process(self) -> None:
        RequestParser.mesg_class = LenientRequest
        super().init_process()

    def handle_request(self, req: Any, conn: Any) -> bool:
        """As gunicorn's, but what the site left unread of a request's body is read, too.

        A connection that is closed over an unread body loses the answer on its way: nginx then says that the
        site is down where it had refused. gunicorn itself reads 64 KiB.
        """
        is_kept = super().handle_request(req, conn)
        return conn.parser.finish_body(time.monotonic() + BODY_SECONDS, MAX_BODY) and is_kept

    def load_wsgi(self) -> None:
        """Load the site while no other `make run` prepares, for whom static files go and come again."""
        if not TURN.exists():
            return super().load_wsgi()
        with TURN.open() as turn, locked(turn, fcntl.LOCK_SH):
            return super().load_wsgi()
