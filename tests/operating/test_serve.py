"""`make run`'s server, started as a process of its own in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings

from dxcases.postgres.cluster import NAME, PORT, Cluster
from tests.servers.gunicorn import free_port, listens

LAST_LINE = "終了するには Ctrl-C を押してください。\n"


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A copy of the project's files as a fresh clone has them."""
    folder = Path(tempfile.mkdtemp(prefix="dxcases serve "))
    folder.chmod(0o755)
    for name in ("manage.py", "dxcases", "catalog", "templates", "static", "fixtures"):
        source = settings.BASE_DIR / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(checkout: Path, port: int | str, **environment: str) -> subprocess.Popen[str]:
    own = {"DATABASE_URL", "DEBUG", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.Popen(
        [sys.executable, "-m", "dxcases.operating.serve"],
        cwd=checkout,
        env={**inherited, "PORT": str(port), "WEB_WORKERS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(server: subprocess.Popen[str], line: str) -> None:
    assert server.stdout is not None
    for printed in server.stdout:
        if printed == line:
            return
    _, errors = server.communicate()
    pytest.fail(f"ended before {line!r}: {errors}")


def page(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}") as response:
        return response.read().decode()


def nothing_is_left(checkout: Path, port: int) -> bool:
    cluster = Cluster(checkout / "var")
    with pytest.raises(URLError):
        page(port, "/")
    return not (cluster.data / "postmaster.pid").exists() and not cluster.socket_folder.exists()


@pytest.mark.long
def test_it_serves_the_casebook_keeps_changes_and_ends_cleanly(checkout: Path, port: int) -> None:
    server = serve(checkout, port)
    wait_for(server, LAST_LINE)
    assert "60件" in page(port, "/cases/")
    assert "/static/catalog/site." in page(port, "/")
    host = str(Cluster(checkout / "var").socket_folder)
    with psycopg.connect(host=host, port=PORT, user=NAME, dbname=NAME) as connection:
        connection.execute("UPDATE catalog_case SET status = 'draft' WHERE slug = 'dx2021-1-1'")
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(20) == 0
    assert nothing_is_left(checkout, port)

    again = serve(checkout, port)
    wait_for(again, LAST_LINE)
    assert "59件" in page(port, "/cases/")
    again.terminate()
    assert again.wait(20) == 0
    assert nothing_is_left(checkout, port)


@pytest.mark.long
def test_ctrl_c_during_the_start_leaves_nothing_running(checkout: Path, port: int) -> None:
    server = serve(checkout, port)
    wait_for(server, "データベースの構造を確認しています…\n")
    server.send_signal(signal.SIGINT)
    assert server.wait(20) == 0
    assert nothing_is_left(checkout, port)


@pytest.mark.long
def test_two_first_starts_at_once_agree(checkout: Path, port: int) -> None:
    servers = [serve(checkout, port), serve(checkout, free_port())]
    for server in servers:
        wait_for(server, LAST_LINE)
    assert "60件" in page(port, "/cases/")
    for server in servers:
        server.terminate()
        assert server.wait(20) == 0


@pytest.mark.long
def test_a_killed_start_leaves_no_web_server_that_holds_the_port(checkout: Path, port: int) -> None:
    server = serve(checkout, port)
    wait_for(server, LAST_LINE)
    server.kill()
    server.wait()
    deadline = time.monotonic() + 20
    while listens(f"127.0.0.1:{port}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = serve(checkout, port)  # and takes over the database that was left
    wait_for(again, LAST_LINE)
    again.terminate()
    assert again.wait(20) == 0
    assert nothing_is_left(checkout, port)


@pytest.mark.long
def test_a_terminal_without_japanese_letters_ends_nothing(checkout: Path, port: int) -> None:
    server = serve(
        checkout, port, PYTHONIOENCODING="latin-1", DATABASE_URL="postgres://nobody@127.0.0.1:1/none"
    )
    _, errors = server.communicate(timeout=20)
    assert (server.returncode, "Traceback" in errors, "DATABASE_URL" in errors) == (1, False, True)


@pytest.mark.long
def test_a_web_server_that_dies_ends_all_with_a_message(checkout: Path, port: int) -> None:
    server = serve(checkout, port)
    wait_for(server, LAST_LINE)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    (gunicorn,) = [pid for pid in children if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(int(gunicorn), signal.SIGTERM)
    _, errors = server.communicate(timeout=20)
    assert server.returncode == 1
    assert "Webサーバーが終了しました" in errors
    assert nothing_is_left(checkout, port)


def test_a_taken_port_is_told_before_anything_is_made(checkout: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        output, errors = serve(checkout, port).communicate(timeout=20)
    assert errors.count("\n") == 1
    assert f"ポート{port}は使えません" in errors
    assert "PORT=8001 make run" in errors
    assert output == ""
    assert not (checkout / "var").exists()


@pytest.mark.parametrize("given", ["abc", "0", "70000"])
def test_a_port_that_is_none_is_told(checkout: Path, given: str) -> None:
    server = serve(checkout, given)
    _, errors = server.communicate(timeout=20)
    assert (server.returncode, errors) == (
        1,
        f"PORT={given} は使えません。1〜65535の番号を指定してください。\n",
    )


def test_a_database_that_does_not_answer_is_told_in_one_line(checkout: Path, port: int) -> None:
    server = serve(checkout, port, DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    _, errors = server.communicate(timeout=20)
    assert server.returncode == 1
    assert errors.count("\n") == 1
    assert errors.startswith("データベースに接続できません。DATABASE_URL を確認してください：")
