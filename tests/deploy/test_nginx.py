from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.message import Message
from http.client import RemoteDisconnected, parse_headers
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

from dxcases.postgres.cluster import NAME
from tests.servers.clusters import HOST, OwnCluster
from tests.servers.nginx import Front, own_front, site
from tests.test_headers import HSTS

pytestmark = pytest.mark.long

FRESH_SECONDS = 5
ELSEWHERE = "127.0.0.2"  # all of 127.0.0.0/8 is this machine
WITHDRAWN = "/cases/dx2021-1-1/"
SEARCH = f"/cases/?q={quote('研修')}"
PACKED = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def server(front: Front, cluster: OwnCluster) -> Iterator[subprocess.Popen[bytes]]:
    with site(front, cluster) as server:
        yield server


def test_nginx_finds_no_fault_in_the_file(front: Front) -> None:
    told = subprocess.run(front.command("-t"), capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr


running = pytest.mark.usefixtures("server")


@running
def test_http_leads_to_https(front: Front) -> None:
    answer = front.ask_plainly("/cases/?page=1")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/cases/?page=1")
    assert {name: answer.headers[name] for name in settings.FIXED_HEADERS} == settings.FIXED_HEADERS
    assert answer.headers["Strict-Transport-Security"] is None  # RFC 6797 forbids it without TLS


@running
def test_another_host_name_gets_no_answer(front: Front) -> None:
    with pytest.raises(RemoteDisconnected):
        front.ask_plainly("/", host="elsewhere.example")


@running
def test_a_proof_for_acme_is_read_from_its_folder(front: Front) -> None:
    folder = front.folder / "acme/.well-known/acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("proof")
    assert front.ask_plainly("/.well-known/acme-challenge/token").text == "proof"


@running
def test_a_page_is_fetched_once_and_then_comes_from_the_cache(front: Front) -> None:
    first, second = front.ask("/cases/dx2021-17-2/"), front.ask("/cases/dx2021-17-2/")
    assert (first.status, first.cache, second.cache) == (200, "MISS", "HIT")
    assert second.body == first.body
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Strict-Transport-Security"):
        assert second.headers[name] == first.headers[name] != ""


@running
def test_pages_are_compressed(front: Front) -> None:
    plain, packed = front.ask("/about/"), front.ask("/about/", headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.cache == "HIT"
    assert len(packed.body) < len(plain.body) / 2


@running
@pytest.mark.parametrize("path", ["/", "/cases/", SEARCH])
def test_text_and_style_of_home_and_list_are_light_as_they_are_sent(front: Front, path: str) -> None:
    page = front.ask(path, headers=PACKED)
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', gzip.decompress(page.body).decode())
    sent = [page, *(front.ask(sheet, headers=PACKED) for sheet in sheets)]
    assert len(sent) >= 3
    assert {answer.headers["Content-Encoding"] for answer in sent} == {"gzip"}
    assert sum(len(answer.body) for answer in sent) <= 14 * 1024


@running
def test_a_static_file_is_cached_for_good_with_djangos_headers(front: Front) -> None:
    (path,) = re.findall(r'href="(/static/catalog/site\.[^"]+\.css)"', front.ask("/").text)
    first, second = front.ask(path), front.ask(path)
    assert (first.status, second.cache) == (200, "HIT")
    assert "immutable" in second.headers["Cache-Control"]
    assert second.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert second.headers["X-Content-Type-Options"] == "nosniff"


@running
def test_the_admin_is_never_cached(front: Front) -> None:
    token = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
    first, second = front.ask("/admin/login/"), front.ask("/admin/login/")
    assert (first.status, first.cache, second.cache) == (200, None, None)
    assert token.findall(first.text) != token.findall(second.text)


@running
def test_what_a_visitor_claims_about_the_way_here_changes_nothing(front: Front) -> None:
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "proto=http"}
    answer = front.ask("/robots.txt", headers=claims)
    assert answer.status == 200
    assert f"Sitemap: https://{HOST}/sitemap.xml" in answer.text


@pytest.mark.parametrize(
    ("path", "size", "status"), [("/cases/", 2, 413), ("/admin/", 2, 403), ("/admin/", 33, 413)]
)
@running
def test_only_the_admin_takes_large_files(front: Front, path: str, size: int, status: int) -> None:
    answer = front.ask(path, "POST", b"x" * (size * 1024**2))
    assert answer.status == status
    assert ("<h1>ファイルが大きすぎます</h1>" in answer.text) is (status == 413)


@pytest.mark.parametrize("mebibytes", [0, 2])
def test_while_the_site_is_down_a_file_of_any_size_gets_the_page_that_says_so(mebibytes: int) -> None:
    with own_front() as front, front.running():
        answer = front.ask("/admin/", "POST", b"x" * (mebibytes * 1024**2))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "<h1>ただいま表示できません</h1>" in answer.text


def ask_raw(front: Front, request: bytes) -> Message:
    """The status, as `Status`, and the headers of the answer to any bytes."""
    with front.connect() as connection:
        connection.sendall(request)
        answer = connection.makefile("rb")
        status = answer.readline().split()[1].decode()
        headers = parse_headers(answer)
    headers["Status"] = status
    return headers


TO_US = f"Host: {HOST}\r\nConnection: close\r\n".encode()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /?" + b"a" * 50_000 + b" HTTP/1.1\r\n" + TO_US, "414"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 50_000 + b"\r\n" + TO_US, "400"),
        (b"GET / HTTP/1.1\r\nHost: not/a/host\r\n", "400"),
        (b"TRACE / HTTP/1.1\r\n" + TO_US, "405"),
        (b"POST /cases/ HTTP/1.1\r\nContent-Length: 2000000\r\n" + TO_US, "413"),
        (b"GET / HTTP/1.1\r\n" + TO_US, "200"),
        (b"PUT / HTTP/1.1\r\nContent-Length: 0\r\n" + TO_US, "405"),
        (b"GET /cases/?q=\xe7\xa0\x94\xe4\xbf\xae HTTP/1.1\r\n" + TO_US, "200"),
        (b"GET /cases/?q=\x8c\xa4\x8f\x43 HTTP/1.1\r\n" + TO_US, "400"),
        (b"GET /cases/?q=%00 HTTP/1.1\r\n" + TO_US, "400"),
        (b"GET /nope/ HTTP/1.1\r\n" + TO_US, "404"),
        (b"GET /static/nope.css HTTP/1.1\r\n" + TO_US, "404"),
        # Which gunicorn would refuse without any header.
        (b"GET /cases/?q=" + b"a" * 7_000 + b" HTTP/1.1\r\n" + TO_US, "400"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(500)) + TO_US, "200"),
        (b"AB / HTTP/1.1\r\n" + TO_US, "405"),
        (b"GET /admin HTTP/1.1\r\n" + TO_US, "301"),
        (b"GET / HTTP/9.9\r\n" + TO_US, "505"),
        (b"POST /admin/ HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + TO_US, "501"),
    ],
)
@running
def test_every_answer_has_every_header_whoever_makes_it(
    front: Front, request_bytes: bytes, status: str
) -> None:
    headers = ask_raw(front, request_bytes + b"\r\n")
    assert headers["Status"] == status
    assert {name: headers[name] for name in settings.FIXED_HEADERS} == settings.FIXED_HEADERS
    assert headers["Strict-Transport-Security"] == HSTS
    assert {"default-src 'none'", "frame-ancestors 'none'"} < {
        *headers["Content-Security-Policy"].split("; ")
    }


@pytest.mark.parametrize(
    ("path", "status"), [("/cases.json?x=1", 400), ("/api/v1/cases/?q=%00", 400), ("/data/x.json", 404)]
)
@running
def test_refusals_of_data_are_read_by_scripts_of_other_sites(front: Front, path: str, status: int) -> None:
    answer = front.ask(path)
    assert (answer.status, list(json.loads(answer.text))) == (status, ["errors"])
    assert READ_BY_ALL.items() <= dict(answer.headers).items()


READ_BY_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def test_what_nginx_itself_refuses_of_data_is_data() -> None:
    with own_front() as front, front.running():
        data = [front.ask(f"{path}x") for path in settings.DATA_PATHS]
        page, about_data = front.ask("/cases/"), front.ask("/data/")
    for one in data:
        assert (one.status, list(json.loads(one.text))) == (503, ["errors"])
        assert one.headers["Content-Type"] == "application/json"
    for one in (*data, about_data):
        assert READ_BY_ALL.items() <= dict(one.headers).items()
    for one in (page, about_data):
        assert (one.status, one.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert page.headers["Access-Control-Allow-Origin"] is None
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@running
def test_the_log_has_request_ids_and_what_the_cache_did(front: Front) -> None:
    front.ask("/guidelines/")
    line = logged(front, "/guidelines/")
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])
    assert (line["status"], line["cache"]) == (200, "MISS")


def logged(front: Front, uri: str) -> dict[str, str]:
    """The log's last line about an address. nginx writes it after the answer, so it is waited for."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = map(json.loads, (front.folder / "dxcases.log").read_text(errors="replace").splitlines())
        if of_uri := [line for line in lines if line["uri"] == uri]:
            return of_uri[-1]
        time.sleep(0.05)
    raise AssertionError(f"{uri} is not in the log")


def test_without_the_database_the_last_good_copy_is_served(
    front: Front, cluster: OwnCluster, server: subprocess.Popen[bytes]
) -> None:
    fresh = front.ask(SEARCH)
    assert front.ask(WITHDRAWN).status == 200
    time.sleep(FRESH_SECONDS + 1)
    withdraw(cluster)
    assert front.ask(WITHDRAWN).status == 404
    time.sleep(FRESH_SECONDS + 1)
    with stopped(cluster):
        stale, withdrawn = front.ask(SEARCH), front.ask(WITHDRAWN)
    assert (stale.status, stale.cache, stale.body) == (200, "STALE", fresh.body)
    assert (withdrawn.status, withdrawn.cache) == (404, "STALE")


def withdraw(cluster: OwnCluster) -> None:
    with psycopg.connect(host=str(cluster.socket_folder), user=NAME, dbname=NAME) as database:
        database.execute("UPDATE catalog_case SET status = 'draft' WHERE slug = 'dx2021-1-1'")


@contextmanager
def stopped(cluster: OwnCluster) -> Iterator[None]:
    """The server is down inside the `with`, and up again after it."""
    file = cluster.data / "postmaster.pid"
    os.kill(int(file.read_text().split()[0]), signal.SIGINT)
    try:
        while file.exists():
            time.sleep(0.05)
        yield
    finally:
        with cluster.running():
            pass


@running
def test_what_is_no_request_gets_no_answer_in_the_name_of_the_site(front: Front) -> None:
    for request in (b"GET / HTTP/9.9\r\nHost: elsewhere.example\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", front.http), timeout=30) as connection:
            connection.sendall(request)
            assert connection.recv(1) == b""


@running
def test_who_sends_a_request_by_drops_is_let_go(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.http), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def statuses_of_many(front: Front, path: str, number: int) -> set[int]:
    """Of requests at once from an address that nginx counts, which this machine's usual one is not."""
    with ThreadPoolExecutor(number) as pool:
        return {
            answer.status for answer in pool.map(lambda _: front.ask(path, source=ELSEWHERE), range(number))
        }


@running
@pytest.mark.alone
def test_files_for_one_address_are_counted_and_pages_still_come(front: Front) -> None:
    assert statuses_of_many(front, "/cases.csv?step=1", 40) == {200, 429}
    assert statuses_of_many(front, "/cases/?step=1", 40) == {200}
    with ThreadPoolExecutor(40) as pool:
        answers = pool.map(lambda _: front.ask("/cases.json", source=ELSEWHERE), range(40))
        refused = next(answer for answer in answers if answer.status == 429)
    assert list(json.loads(refused.text)) == ["errors"]
    assert (refused.headers["Retry-After"], refused.headers["Access-Control-Allow-Origin"]) == ("10", "*")


@running
@pytest.mark.alone
def test_passwords_from_one_address_wait_in_nginx_and_those_beyond_are_refused(front: Front) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: front.ask("/admin/login/", "POST", b""), range(16)))
    refused = [answer for answer in answers if answer.status == 429]
    assert 1 <= len(refused) <= 5  # eleven get in, and one more with each second meanwhile
    assert {answer.status for answer in answers} == {403, 429}  # none had a token for its form
    assert ("<h1>要求が続いています</h1>" in refused[0].text, refused[0].headers["Retry-After"]) == (
        True,
        "10",
    )
    assert front.ask("/admin/login/").status == 200
    assert front.ask("/about/").status == 200


@running
@pytest.mark.alone
def test_forms_for_everybody_are_never_cached_small_and_few_from_one_address(front: Front) -> None:
    first, second = front.ask("/report/"), front.ask("/report/")
    assert (first.status, first.cache, second.cache, first.headers["Cache-Control"]) == (
        *(200, None, None),
        "no-store",
    )
    assert front.ask("/report/", "POST", b"x" * 200 * 1024).status == 413
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: front.ask("/report/", "POST", b""), range(16)))
    assert {answer.status for answer in answers} == {400, 429}
    assert front.ask("/report/").status == 200


@running
def test_the_link_of_a_confirmation_stands_in_no_log(front: Front) -> None:
    assert front.ask("/confirm/a-secret-of-somebody/").status == 404
    assert logged(front, "/confirm/")["status"] == 404
    assert "a-secret-of-somebody" not in (front.folder / "dxcases.log").read_text(errors="replace")
