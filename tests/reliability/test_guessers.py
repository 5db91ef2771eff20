"""Password guessers beside readers: one name, which is soon refused unhashed, and a new name each time."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlencode

import pytest

from tests.reliability.load import THOROUGH, Answer, connection_to, load, quantile, summary
from tests.servers.clusters import OwnCluster
from tests.servers.gunicorn import free_port, gunicorn

pytestmark = [pytest.mark.long, pytest.mark.alone]

GUESSERS = 8
ROUNDS, SECONDS = (4, 6) if THOROUGH else (1, 3)
PER_SECOND = 10
MOST_TIMES = 3
LOGIN = "/admin/login/"
PATHS = [
    "/",
    "/cases/",
    "/cases/?q=%E7%A0%94%E4%BF%AE",
    "/cases/dx2021-36-1/",
    "/bodies/063631/",
    "/steps/2/",
]
numbers = count()
NAMES: dict[str, Callable[[], str]] = {
    "one name": lambda: "henshu",
    "a new name each time": lambda: f"name{next(numbers)}",
}


@contextmanager
def guessing(port: int, name: Callable[[], str]) -> Iterator[Counter[int]]:
    """Eight guess without a pause inside the `with`; how many answers had which status is known after it."""
    over, statuses = threading.Event(), Counter[int]()
    with ThreadPoolExecutor(GUESSERS) as pool:
        jobs = [pool.submit(guess_until, over, port, name) for _ in range(GUESSERS)]
        try:
            yield statuses
        finally:
            over.set()
            for job in jobs:
                statuses.update(job.result())


def guess_until(over: threading.Event, port: int, name: Callable[[], str]) -> list[int]:
    connection, statuses = connection_to(port), list[int]()
    _, cookie, page = send(connection, "GET")
    token = re.findall(r'name="csrfmiddlewaretoken" value="(.+?)"', page)[0]
    while not over.is_set():
        form = {"csrfmiddlewaretoken": token, "username": name(), "password": "a wrong password"}
        status, _, _ = send(connection, "POST", urlencode(form), cookie)
        statuses.append(status)
    connection.close()
    return statuses


def send(
    connection: http.client.HTTPConnection, method: str, form: str = "", cookie: str = ""
) -> tuple[int, str, str]:
    """Status, the cookie set, and the page."""
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, LOGIN, form, headers)
    response = connection.getresponse()
    page = response.read().decode()
    return response.status, response.headers.get("Set-Cookie", "").partition(";")[0], page


@pytest.mark.parametrize("names", NAMES)
def test_guessers_do_not_keep_readers_waiting(database: OwnCluster, names: str) -> None:
    port, alone, beside, guesses = free_port(), list[Answer](), list[Answer](), Counter[int]()
    with gunicorn(database.url, f"127.0.0.1:{port}", ALLOWED_HOSTS="127.0.0.1"):
        with load(port, PER_SECOND, PATHS):
            time.sleep(2)  # builds what each worker keeps
        for _ in range(ROUNDS):
            with load(port, PER_SECOND, PATHS) as answers:
                time.sleep(SECONDS)
            alone += answers
            with guessing(port, NAMES[names]) as statuses, load(port, PER_SECOND, PATHS) as answers:
                time.sleep(SECONDS)
            beside += answers
            guesses += statuses
    times = quantile(beside, 0.95) / quantile(alone, 0.95)
    print(f"readers alone: {summary(alone)}")
    print(f"beside {GUESSERS} guessers with {names}: {summary(beside)}; p95 × {times:.1f}")
    print(f"guesses by status: {dict(guesses)}")
    assert {answer.status for answer in alone + beside} == {200}
    assert guesses.total() > 0
    if THOROUGH:
        assert times <= MOST_TIMES
