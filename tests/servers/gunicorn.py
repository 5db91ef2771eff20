"""The site as it is deployed, run on a database of a test's own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from dxcases.postgres.cluster import Cluster
from tests.clusters import environment, run_manage

SECONDS_TO_START = 30


@contextmanager
def gunicorn(cluster: Cluster, bind: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn with the configuration of `deploy/`, answering on `bind`; stopped after the `with`."""
    run_manage(cluster, "collectstatic", "--noinput")
    command = ("-m", "gunicorn", "dxcases.wsgi:application", "--config", "deploy/gunicorn.conf.py")
    server = subprocess.Popen(
        [sys.executable, *command, "--bind", bind],
        cwd=settings.BASE_DIR,
        env=environment(cluster, **changes),
    )
    try:
        wait_for(bind)
        yield server
    finally:
        server.terminate()
        server.wait(40)


def wait_for(bind: str) -> None:
    """Waits until somebody listens on `bind`, as gunicorn and nginx write it."""
    deadline = time.monotonic() + SECONDS_TO_START
    while not listens(bind):
        assert time.monotonic() < deadline, f"nobody listens on {bind}"
        time.sleep(0.05)


def listens(bind: str) -> bool:
    host, _, last = bind.rpartition(":")
    family = socket.AF_UNIX if host == "unix" else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(last if host == "unix" else (host, int(last))) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
