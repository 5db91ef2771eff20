"""gunicorn as it is deployed reads addresses as `curl` and old clients send them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers.gunicorn import address_of_test_database, free_port, gunicorn

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def port(django_db_setup: None, django_db_blocker: object) -> Iterator[int]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        address = address_of_test_database()
    port = free_port()
    with gunicorn(address, f"127.0.0.1:{port}", ALLOWED_HOSTS="localhost", HTTPS="off"):
        yield port


def ask(port: int, target: str, encoding: str) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=90) as connection:
        head = f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n"  # 1.0 has no chunks
        connection.sendall(head.encode(encoding))
        answer = connection.makefile("rb").read()
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head_bytes.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.long
def test_japanese_letters_count_as_percent_encoded(port: int) -> None:
    status, headers, body = ask(port, "/cases.json?q=研修", "utf-8")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert json.loads(body)["query"] == "「研修」の事例"
    assert (
        json.loads(body)["count"]
        == json.loads(ask(port, "/cases.json?q=%E7%A0%94%E4%BF%AE", "ascii")[2])["count"]
    )


@pytest.mark.long
def test_no_header_says_where_the_site_begins(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /healthz/live HTTP/1.0\r\nHost: localhost\r\nSCRIPT_NAME: /evil\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"200"


@pytest.mark.long
def test_requests_sent_by_half_leave_threads_to_others(port: int) -> None:
    with ExitStack() as halves:
        for _ in range(20):  # more than there are threads
            half = halves.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert ask(port, "/healthz/live", "ascii")[0] == 200


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_body_that_nobody_asked_for_is_read_to_its_end(port: int, version: str) -> None:
    """Else the connection is cut, and with it, for who reads late, the answer."""
    size = 16 * 1024**2
    head = f"POST /admin/ HTTP/{version}\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).split()[1] == b"403"
        connection.sendall(b"x" * size)


@pytest.mark.long
def test_another_encoding_is_refused_in_japanese_with_what_to_do(port: int) -> None:
    status, headers, body = ask(port, "/cases.json?q=研修", "cp932")
    assert (status, headers["Access-Control-Allow-Origin"]) == (400, "*")
    assert "UTF-8でパーセントエンコードしてください" in json.loads(body)["errors"]["detail"][0]
