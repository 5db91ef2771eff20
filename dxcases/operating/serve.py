"""What `make run` starts: database, migrations, data, static files, web server; until Ctrl-C ends it all."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from dxcases import local_secret
from dxcases.operating.terminal import say_whatever_the_terminal_can_show
from dxcases.postgres.account import LocalPostgresError
from dxcases.postgres.cluster import locked, running_if_needed, undisturbed

VAR_DIR = Path(__file__).resolve().parents[2] / "var"
TURN = VAR_DIR / "prepare.turn"  # locked by who prepares and, shared, by workers that load what is prepared
START_SECONDS = 30
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1


class CannotServe(Exception):
    """Says in one line what is wrong and what to do about it."""


def main() -> int:
    """Serves until a signal ends it. Returns the exit code: 0 after Ctrl-C, 1 after a fault (on stderr)."""
    # SIGINT as well: a shell starts what runs in the background with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    say_whatever_the_terminal_can_show()
    try:
        serve()
    except KeyboardInterrupt:
        say("終了しました。")
        return 0
    except (CannotServe, LocalPostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def say(line: str) -> None:
    print(line, flush=True)


def serve() -> None:
    port = free_port(os.environ.get("PORT", "8000"))
    use_production_settings()
    say("データベースを準備しています…")
    with running_if_needed():
        prepare_in_turn()
        run_server(port)


def free_port(given: str) -> int:
    """The port to listen on. Raises CannotServe if it is no port or taken."""
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        raise CannotServe(f"PORT={given} は使えません。1〜65535の番号を指定してください。")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(given)))
        except OSError as error:
            raise CannotServe(
                f"ポート{given}は使えません（{error.strerror}）。"
                "「PORT=8001 make run」のように別の番号を指定してください。"
            ) from error
    return int(given)


def use_production_settings() -> None:
    """The settings as others would meet them, unless the environment says otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dxcases.settings")
    os.environ.setdefault("DEBUG", "off")
    if not os.environ.get("SECRET_KEY"):
        try:
            os.environ["SECRET_KEY"] = local_secret.secret_key(VAR_DIR)
        except OSError as error:
            raise CannotServe(
                f"{VAR_DIR} に書き込めません（{error.strerror}）。書き込める場所に置いて実行してください。"
            ) from error


def prepare_in_turn() -> None:
    """Prepares while nobody else does, who has been started in the same moment. Raises CannotServe."""
    from django.db import DatabaseError

    try:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        with TURN.open("a") as turn, locked(turn):
            prepare()
    except (DatabaseError, OSError) as error:
        words = " ".join(str(error).split())
        raise CannotServe(f"準備できません。空き容量と権限を確認してください：{words}") from error


def prepare() -> None:
    """Brings database and static files up to date. Raises CannotServe."""
    import django
    from django.core.management import call_command
    from django.db import connection

    from dxcases.postgres import checks

    django.setup()
    if reasons := checks.reasons_against("default"):
        raise CannotServe(" ".join(reasons))
    say("データベースの構造を確認しています…")
    call_command("migrate_safely", verbosity=0)
    call_command("load_catalogue")
    say("画面の部品を用意しています…")
    call_command("collectstatic", interactive=False, verbosity=0)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def run_server(port: int) -> None:
    """Runs gunicorn until it ends, which it does not by itself: then CannotServe is raised."""
    # Between fork and exec nothing is done that could wait for a thread.
    server = subprocess.Popen(gunicorn_command(port), start_new_session=True, preexec_fn=end_with_parent)
    try:
        wait_until_it_answers(server, port)
        say(f"\n自治体DX事例カタログ： http://127.0.0.1:{port}/")
        say("編集者の登録：別の端末で「make admin」を実行してください。管理画面は /admin/ です。")
        say("終了するには Ctrl-C を押してください。")
        code = server.wait()
    finally:
        stop(server)
    raise CannotServe(f"Webサーバーが終了しました（終了コード {code}）。上の記録を確認してください。")


def end_with_parent() -> None:
    """On Linux this process is told to end when its parent has been killed, and would hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def gunicorn_command(port: int, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command that is run in this environment, which says how many workers and threads there are."""
    return [
        *(sys.executable, "-m", "gunicorn", "dxcases.wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--http-parser", "python"),
        *("--worker-class", "dxcases.web_worker.Worker"),
        *("--workers", environment.get("WEB_WORKERS", "2"), "--threads", environment.get("WEB_THREADS", "8")),
        *("--log-level", "warning", "--graceful-timeout", "5"),
        *("--no-control-socket", "--forwarder-headers", ""),
    ]


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise CannotServe("Webサーバーを起動できません。上の記録を確認してください。")


def stop(server: subprocess.Popen[bytes]) -> None:
    with undisturbed():
        if server.poll() is None:
            server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
