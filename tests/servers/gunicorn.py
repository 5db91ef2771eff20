"""The site under its web server, on any database: as it is deployed, and as `make run` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from dxcases.operating import serve
from tests.servers.clusters import production

START_SECONDS = 30
STOP_SECONDS = 40
DEPLOYED = ("-m", "gunicorn", "dxcases.wsgi:application", "--config", "deploy/gunicorn.conf.py")


@contextmanager
def gunicorn(database_url: str, bind: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn with the configuration of `deploy/`, answering on `bind`; stopped after the `with`."""
    collect_static_files()
    command = [sys.executable, *DEPLOYED, "--bind", bind]
    with started(command, production(database_url, **changes), bind) as server:
        yield server


@contextmanager
def gunicorn_of_make_run(database_url: str, **changes: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Port and process of gunicorn as `make run` starts it, by default one worker with DEBUG on."""
    port = free_port()
    own = {"DATABASE_URL": database_url, "DEBUG": "on", "SECRET_KEY": "x" * 50, "WEB_WORKERS": "1"}
    environment = {**os.environ, **own, **changes}
    with started(serve.gunicorn_command(port, environment), environment, f"127.0.0.1:{port}") as server:
        yield port, server


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], bind: str
) -> Iterator[subprocess.Popen[bytes]]:
    server = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stderr=subprocess.DEVNULL,  # it tells of each request that a test makes fail
        start_new_session=True,
    )
    try:
        wait_for(bind)
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(STOP_SECONDS)


@cache
def collect_static_files() -> None:
    """Pages in production name static files by their hashes, so these have to be there."""
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env=production(""),
        check=True,
    )


def address_of_test_database() -> str:
    """The DATABASE_URL of Django's connection; a socket's folder stands in the path."""
    given = {key: str(value) for key, value in connection.settings_dict.items()}
    user = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    if given["HOST"].startswith("/"):
        return f"postgres://{user}@/{given['HOST']}/{given['NAME']}"
    return f"postgres://{user}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def wait_for(bind: str) -> None:
    """Waits until somebody listens on `bind`, as gunicorn and nginx write it."""
    deadline = time.monotonic() + START_SECONDS
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
