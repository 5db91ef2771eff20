"""Readers who ask at a steady rate or each for one page after the other; on loopback only."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle

# Each asks the database and is light, so that the database's absence is measured, not the machine's load.
PATHS = ["/about/", "/guidelines/", "/near/?name=%E5%B1%B1"]
WAIT_SECONDS = 60  # for an answer, as nginx does (deploy/nginx/dxcases.conf)


THOROUGH = bool(os.environ.get("DRILL"))
PER_SECOND = 80 if THOROUGH else 20


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where none came; times are in seconds, `at` since the load began."""

    path: str
    status: int
    at: float
    seconds: float
    retry_after: str = ""
    body: str = ""


def ask(port: int, path: str, began: float = 0.0) -> Answer:
    """One request on a connection of its own."""
    connection = connection_to(port)
    try:
        return ask_on(connection, path, began)
    finally:
        connection.close()


def connection_to(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)


def ask_on(connection: http.client.HTTPConnection, path: str, began: float = 0.0) -> Answer:
    """One request on a connection that may have served others; it is closed where no answer came."""
    at = time.monotonic()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
        status, retry_after = response.status, response.headers.get("Retry-After", "")
    except (OSError, http.client.HTTPException):
        status, retry_after, body = 0, "", ""
        connection.close()
    return Answer(path, status, at - began, time.monotonic() - at, retry_after, body)


@contextmanager
def load(port: int, per_second: int, paths: Sequence[str] = PATHS) -> Iterator[list[Answer]]:
    """Asks `per_second` pages a second inside the `with`; the list is complete after it."""
    answers: list[Answer] = []
    over = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=200) as readers:

        def read(path: str) -> None:
            answers.append(ask(port, path, began))

        def send() -> None:
            for number, path in enumerate(cycle(paths)):
                if over.wait(max(0.0, began + number / per_second - time.monotonic())):
                    return
                readers.submit(read, path)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield answers
        finally:
            over.set()
            sender.join()


def read(port: int, kinds: Sequence[Sequence[str]], readers: int, seconds: float) -> list[Answer]:
    """What `readers` get who all ask at once, and for the next page as soon as one is there.

    Each asks for any path of any kind, and keeps its connection, as browsers do. Bodies are not kept.
    """
    began = time.monotonic()

    def read_on(number: int) -> list[Answer]:
        chance, connection, answers = random.Random(number), connection_to(port), list[Answer]()
        while time.monotonic() - began < seconds:
            answers.append(replace(ask_on(connection, chance.choice(chance.choice(kinds)), began), body=""))
        connection.close()
        return answers

    with ThreadPoolExecutor(readers) as pool:
        return [answer for answers in pool.map(read_on, range(readers)) for answer in answers]


def quantile(answers: list[Answer], share: float) -> float:
    """The seconds within which this share of the answers came."""
    times = sorted(answer.seconds for answer in answers)
    return times[min(len(times) - 1, int(len(times) * share))]


def summary(answers: list[Answer]) -> str:
    """One line for docs/reliability.md."""
    failed = sum(answer.status != 200 for answer in answers)
    median, p95, p99, longest = (quantile(answers, share) for share in (0.5, 0.95, 0.99, 1))
    return (
        f"{len(answers)} requests, {failed} not 200, median {median:.3f} s, p95 {p95:.2f} s, "
        f"p99 {p99:.2f} s, longest {longest:.2f} s"
    )


def wait_until_it_is_well(port: int, within: float) -> float:
    """Seconds until a page is answered with 200. Raises AssertionError after `within`."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        if ask(port, "/about/").status == 200:
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError(f"not well after {within} s")
