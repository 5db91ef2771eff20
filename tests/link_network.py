"""A small Internet for the link checker: names with public addresses that all lead to one local server."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from catalog.links.network import Checker

PUBLIC = "8.8.8.8"  # nothing is ever sent there: `Network.connect` goes to the local server


@dataclass(frozen=True)
class Request:
    method: str
    host: str
    target: str
    head: str


Behaviour = Callable[[socket.socket, Request, Event], None]


@dataclass
class Network:
    """Names resolve by `names`, else to PUBLIC; a page behaves as `pages` says of its `host/path`."""

    port: int = 0
    pages: dict[str, Behaviour] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    connections: list[tuple[str, int]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return self.names.get(host, [PUBLIC])

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connections.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def checker(self, **options: object) -> Checker:
        """A checker of this network: no pause, and limits that a test can wait for."""
        limits: dict[str, object] = {"hop_seconds": 1, "total_seconds": 2, "pause": 0}
        return Checker(self.resolve, self.connect, **{**limits, **options})  # type: ignore[arg-type]

    def serve(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        while not self.closing.is_set():
            with suppress(OSError):
                Thread(target=self.answer, args=(listener.accept()[0], tls), daemon=True).start()

    def answer(self, accepted: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError), tls.wrap_socket(accepted, server_side=True) if tls else accepted as opened:
            request = read_request(opened)
            self.requests.append(request)
            self.pages[request.host + request.target](opened, request, self.closing)


def read_request(opened: socket.socket) -> Request:
    head = b""
    while b"\r\n\r\n" not in head:
        if not (received := opened.recv(4096)):
            raise ConnectionError("closed before the request was whole")
        head += received
    method, target, *_ = head.decode().split()
    host = head.decode().partition("Host: ")[2].partition("\r\n")[0]
    return Request(method, host, target, head.decode())


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Network]:
    """A network whose server runs until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        network = Network(port=listener.getsockname()[1])
        thread = Thread(target=network.serve, args=(listener, tls))
        thread.start()
        try:
            yield network
        finally:
            network.closing.set()
            thread.join()


def says(status: str, *headers: str, get: str = "") -> Behaviour:
    """Answers with a head of HTTP, to GET with another status where `get` gives it; and closes."""

    def behave(opened: socket.socket, request: Request, closing: Event) -> None:
        line = get if get and request.method == "GET" else status
        opened.sendall("\r\n".join([f"HTTP/1.1 {line}", *headers, "", ""]).encode())

    return behave


def leads_to(url: str, status: str = "302 Found") -> Behaviour:
    return says(status, f"Location: {url}")


def sends(data: bytes) -> Behaviour:
    """Answers with these bytes, whatever they are, and closes."""

    def behave(opened: socket.socket, request: Request, closing: Event) -> None:
        opened.sendall(data)

    return behave


def repeats(data: bytes, every: float = 0, first: bytes = b"") -> Behaviour:
    """Sends `first` and then `data` again and again, for as long as somebody listens."""

    def behave(opened: socket.socket, request: Request, closing: Event) -> None:
        opened.sendall(first)
        while not closing.wait(every):
            opened.sendall(data)

    return behave


def is_silent(opened: socket.socket, request: Request, closing: Event) -> None:
    """Takes the request and never answers."""
    closing.wait()
