"""A file that the database cannot finish breaks off at its reader: it is never a short one that ends well."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.reliability.load import wait_until_it_is_well
from tests.servers.clusters import OwnCluster
from tests.servers.gunicorn import free_port, gunicorn

pytestmark = pytest.mark.long

LONG = 80_000  # characters added to each case, so that a file is more than all buffers on its way hold
RECEIVED = 65_536


@pytest.fixture
def port(database: OwnCluster) -> Iterator[int]:
    """Of the site, while every case is very long."""
    before = database.value("SELECT record FROM catalog_casedocument ORDER BY case_id LIMIT 1")
    with database.connect() as connection:
        connection.execute(
            """
            UPDATE catalog_casedocument
            SET record = replace(record, '"outcome" : "', '"outcome" : "' || repeat('あ', %s))
            """,
            [LONG],
        )
    assert database.value("SELECT min(length(record)) FROM catalog_casedocument") > LONG > len(before)
    port = free_port()
    try:
        with gunicorn(database.url, f"127.0.0.1:{port}", ALLOWED_HOSTS="127.0.0.1", WEB_WORKERS="1"):
            yield port
    finally:
        with database.connect() as connection:
            connection.execute(
                "UPDATE catalog_casedocument SET record = replace(record, repeat('あ', %s), '')", [LONG]
            )


def asked(port: int, path: str, version: str) -> http.client.HTTPResponse:
    """The answer, of which nothing but the head has been read; little of it waits on this side."""
    connection = socket.create_connection(("127.0.0.1", port), 30)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED)
    connection.sendall(f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response


@pytest.mark.parametrize("path", ["/cases.json", "/cases.csv"])
def test_a_file_whose_database_is_killed_midway_breaks_off(
    port: int, database: OwnCluster, path: str
) -> None:
    response = asked(port, path, "1.1")
    assert (response.status, response.headers["Transfer-Encoding"]) == (200, "chunked")
    begun = response.read(RECEIVED)
    assert len(begun) == RECEIVED
    database.kill()
    try:
        with pytest.raises(http.client.IncompleteRead):
            response.read()
    finally:
        database.start()
    wait_until_it_is_well(port, 5)
    whole = asked(port, path, "1.1").read()
    assert whole.startswith(begun)
    if path.endswith(".json"):
        assert json.loads(whole)["count"] == 60


def test_who_knows_no_chunks_gets_the_file_with_its_length(port: int) -> None:
    response = asked(port, "/cases.json", "1.0")
    content = response.read()
    assert int(response.headers["Content-Length"]) == len(content) > 60 * LONG
    assert json.loads(content)["count"] == 60


def test_a_reader_who_leaves_midway_leaves_no_transaction_open(port: int, database: OwnCluster) -> None:
    for _ in range(12):  # more than a worker has connections
        asked(port, "/cases.csv", "1.1").close()
    assert asked(port, "/cases/?step=2", "1.1").status == 200
    assert (
        database.value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'") == 0
    )
