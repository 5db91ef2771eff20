"""Scripts of other sites read the public data, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.quick import one_in

READ = """async ([address, options]) => {
    try {
        const answer = await fetch(address, options);
        return [answer.status, (await answer.text()).slice(0, 10)];
    } catch (error) { return [0, String(error)]; }
}"""


class Empty(BaseHTTPRequestHandler):
    """Another site: an empty page, which forbids nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def elsewhere(page: Page) -> Iterator[Page]:
    with HTTPServer(("127.0.0.1", 0), Empty) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "status", "start"),
    one_in(
        3,
        [
            ("/api/v1/cases/?q=研修", 200, '{"count":'),
            ("/api/v1/schema/", 200, "openapi: 3"),
            ("/cases.json", 200, '{"query":'),
            ("/cases.csv", 200, "識別名,URL,題名"),
            ("/cases.atom", 200, "<?xml vers"),
            ("/cases.json?nope=1", 400, '{"errors":'),
            ("/api/v1/cases/nope/", 404, '{"errors":'),
        ],
    ),
)
def test_data_are_read(elsewhere: Page, base_url: str, path: str, status: int, start: str) -> None:
    for options in ({}, {"headers": {"X-Own": "1"}}):
        found_status, found = elsewhere.evaluate(READ, [base_url + path, options])
        assert (found_status, found[: len(start)]) == (status, start)


@pytest.mark.parametrize("path", ["/cases/", "/admin/login/", "/static/catalog/site.css"])
def test_pages_are_not(elsewhere: Page, base_url: str, path: str) -> None:
    assert elsewhere.evaluate(READ, [base_url + path, {}]) == [0, "TypeError: Failed to fetch"]
