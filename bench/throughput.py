"""Requests a second over real sockets: gunicorn alone, then nginx in front of it, as `deploy/` sets them up.

What limits the figures: gunicorn and nginx run one worker each, which uses up one core. (With two of gunicorn
it is chance which of them takes more of the connections.) The readers, on another core, took a tenth of it
before gunicorn and half of it before nginx: they send requests made beforehand and look only where an answer
ends. Connections are kept, so hardly any TLS handshake is measured. Of rates `deploy/nginx/` limits only that
of passwords, which are not asked for here.
"""

from __future__ import annotations

import multiprocessing
import re
import selectors
import shutil
import socket
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.servers.clusters import HOST, filled_cluster
from tests.servers.gunicorn import free_port, gunicorn
from tests.servers.nginx import own_front, site

READERS, CONNECTIONS = 2, 8  # processes, and connections of each
ROUNDS, SECONDS = 5, 2.0  # rows take turns, so that other work on the machine meets all alike
RECEIVED_AT_ONCE = 65_536

Connect = Callable[[], socket.socket]


@dataclass(frozen=True)
class Row:
    """A request that is sent again and again, and the status of its answers."""

    name: str
    connect: Connect
    request: bytes
    status: int


def report() -> None:
    """Prints requests a second, and each second row as a ratio to the first."""
    print(f"{'over sockets':28}{'requests/s':>12}{'ratio':>8}{'bytes':>10}")
    readers = ProcessPoolExecutor(READERS, multiprocessing.get_context("spawn"))
    with readers, filled_cluster() as cluster:
        bind = f"127.0.0.1:{free_port()}"
        with gunicorn(cluster.url, bind, WEB_WORKERS="1"):
            compare(readers, rows_of_gunicorn(bind))
        if not (shutil.which("nginx") and shutil.which("openssl")):
            print(
                "nginxの行を測定するには、nginxとopensslが必要です。"
                "Debian・Ubuntuでは「apt install nginx openssl」を実行してください。"
            )
            return
        with own_front() as front, site(front, cluster):
            compare(readers, rows_of_nginx(front.connect))


def rows_of_gunicorn(bind: str) -> list[Row]:
    host, port = bind.split(":")
    connect = partial(socket.create_connection, (host, int(port)), 30)
    etag = found(rb"\r\nETag: ([^\r]+)", answer_of(connect, get("/cases/")))
    return [
        Row("gunicorn: ok", connect, get("/healthz/live"), 200),
        Row("gunicorn: list, known: 304", connect, get("/cases/", f"If-None-Match: {etag}"), 304),
    ]


def rows_of_nginx(connect: Connect) -> list[Row]:
    """Both from nginx's cache, where `deploy/nginx/` keeps static files too, and compressed by it."""
    packed = "Accept-Encoding: gzip"
    stylesheet = found(rb'"(/static/catalog/site\.\w+\.css)"', answer_of(connect, get("/cases/")))
    return [
        Row("nginx: static file", connect, get(stylesheet, packed), 200),
        Row("nginx: list, cached", connect, get("/cases/", packed), 200),
    ]


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {HOST}", *headers, "", ""]).encode()


def found(pattern: bytes, answer: bytes) -> str:
    match = re.search(pattern, answer)
    if not match:
        raise SystemExit(f"{pattern!r} is not in the answer {answer[:500]!r}")
    return match[1].decode()


def compare(readers: ProcessPoolExecutor, rows: list[Row]) -> None:
    """The medians of rounds; a first round fills caches and starts the readers."""
    rates: dict[str, list[float]] = {row.name: [] for row in rows}
    for _ in range(1 + ROUNDS):
        for row in rows:
            counts = readers.map(answers, [row] * READERS)
            rates[row.name].append(sum(counts) / SECONDS)
    medians = [statistics.median(rates[row.name][1:]) for row in rows]
    for row, median in zip(rows, medians, strict=True):
        size = len(answer_of(row.connect, row.request))
        print(f"{row.name:28}{median:12,.0f}{median / medians[0]:8.2f}{size:10,}", flush=True)


def answers(row: Row) -> int:
    """How many answers come in SECONDS, one asked for on each connection at any time."""
    start = f"HTTP/1.1 {row.status} ".encode()
    count = 0
    with selectors.DefaultSelector() as selector:

        def ask(connection: socket.socket) -> None:
            connection.sendall(row.request)
            selector.register(connection, selectors.EVENT_READ, connection)

        for _ in range(CONNECTIONS):
            ask(row.connect())
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for key, _ in selector.select(SECONDS):
                connection: socket.socket = key.data
                answer = read(connection)
                if not answer.startswith(start):
                    raise SystemExit(f"{row.name} answers {answer[:50]!r}")
                count += 1
                if b"\r\nConnection: close\r\n" in answer:  # nginx, after a thousand answers
                    selector.unregister(connection)
                    connection.close()
                    ask(row.connect())
                else:
                    connection.sendall(row.request)
        for key in list(selector.get_map().values()):
            key.data.close()
    return count


def answer_of(connect: Connect, request: bytes) -> bytes:
    """One whole answer, on a connection of its own."""
    with connect() as connection:
        connection.sendall(request)
        return read(connection)


def read(connection: socket.socket) -> bytes:
    """An answer, head and body."""
    answer = b""
    while not is_whole(answer):
        received = connection.recv(RECEIVED_AT_ONCE)
        if not received:
            raise ConnectionError("closed in the middle of an answer")
        answer += received
    return answer


def is_whole(answer: bytes) -> bool:
    """Whether a body ends as its head says: after its length, after the last chunk, or with the head."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 304 "):
        return bool(end)
    if b"\r\nTransfer-Encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return len(body) == int(found(rb"\r\nContent-Length: (\d+)", head))
