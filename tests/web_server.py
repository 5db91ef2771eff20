"""The application under its real web server, on a loopback port."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from dxcases.operating import serve
from tests.serving import free_port


def address_of_test_database() -> str:
    """The DATABASE_URL of Django's connection; a socket's folder stands in the path."""
    given = {key: str(value) for key, value in connection.settings_dict.items()}
    user = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    if given["HOST"].startswith("/"):
        return f"postgres://{user}@/{given['HOST']}/{given['NAME']}"
    return f"postgres://{user}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


@contextmanager
def gunicorn(database_url: str, **environment: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Its port and process, ready to answer; ended with the `with`."""
    port = free_port()
    own = {"DATABASE_URL": database_url, "DEBUG": "on", "SECRET_KEY": "x" * 50, "WEB_WORKERS": "1"}
    process = subprocess.Popen(
        serve.gunicorn_command(port),
        cwd=settings.BASE_DIR,
        env={**os.environ, **own, **environment},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        serve.wait_until_it_answers(process, port)
        yield port, process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
