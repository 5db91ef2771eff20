"""Nothing is lost behind nginx while workers die and the server is reloaded."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings

from tests.servers.clusters import OwnCluster
from tests.servers.nginx import Front, site

pytestmark = [pytest.mark.long, pytest.mark.alone]

READERS = 4
DISTURBANCES = 4
PAGES_BETWEEN = 15
LONGEST_SECONDS_BETWEEN = 60


def test_no_answer_is_lost_while_workers_die_and_reload(front: Front, cluster: OwnCluster) -> None:
    with site(front, cluster) as server, Readers(front) as readers:
        for _ in range(DISTURBANCES):
            readers.wait_for_pages(PAGES_BETWEEN)
            os.kill(workers(server)[0], signal.SIGKILL)
            readers.wait_for_pages(PAGES_BETWEEN)
            server.send_signal(signal.SIGHUP)
        readers.wait_for_pages(PAGES_BETWEEN)
    print(f"{DISTURBANCES} kills, {DISTURBANCES} reloads, {readers.statuses.total()} pages")
    assert list(readers.statuses) == [200]


class Readers:
    """Readers at work inside the `with`, each asking for pages that no cache has."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.statuses: Counter[int] = Counter()
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=[number]) for number in range(READERS)]

    def __enter__(self) -> Readers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.end.set()
        for thread in self.threads:
            thread.join()

    def read(self, reader: int) -> None:
        for number in count():
            if self.end.is_set():
                return
            self.statuses[self.front.ask(f"/cases/?reader={reader}&number={number}").status] += 1

    def wait_for_pages(self, number: int) -> None:
        enough, deadline = self.statuses.total() + number, time.monotonic() + LONGEST_SECONDS_BETWEEN
        while self.statuses.total() < enough:
            assert time.monotonic() < deadline, "the site does not answer"
            time.sleep(0.01)


def test_without_the_web_server_copies_are_served_and_else_a_page_in_japanese(
    front: Front, cluster: OwnCluster
) -> None:
    with site(front, cluster) as server:
        fresh = front.ask("/steps/2/")
        time.sleep(6)  # until the copy is no longer fresh
        server.terminate()
        server.wait()
        stale, none, post = front.ask("/steps/2/"), front.ask("/steps/3/"), front.ask("/admin/", "POST", b"")
        remove_old_copies(front, hours_later=23)
        stale_after_23_hours = front.ask("/steps/2/")
        remove_old_copies(front, hours_later=25)
        none_after_25_hours = front.ask("/steps/2/")
    assert (stale.status, stale.cache, stale.body) == (200, "STALE", fresh.body)
    assert stale_after_23_hours.body == fresh.body
    assert none_after_25_hours.status == 503
    for answer in (none, post):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<h1>ただいま表示できません</h1>" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        for name in ("Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options"):
            assert answer.headers[name]


def remove_old_copies(front: Front, hours_later: int) -> None:
    """Runs what stale-dxcases.timer starts every hour, with copies as old as they will be then."""
    then = time.time() - hours_later * 3600
    for copy in (front.folder / "cache").rglob("*"):
        if copy.is_file():
            os.utime(copy, (then, then))
    unit = (settings.BASE_DIR / "deploy/systemd/stale-dxcases.service").read_text(encoding="utf-8")
    command = unit.split("ExecStart=")[1].splitlines()[0]
    subprocess.run(
        shlex.split(command.replace("/var/cache/nginx/dxcases", f"{front.folder}/cache")), check=True
    )


def workers(server: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]
