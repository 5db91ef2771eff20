"""Backups of the whole database by PostgreSQL's own programs, and the way back.

A backup is one file in pg_dump's custom format. It tells by itself how many rows each table has, so a restore
is checked against the file and needs nothing beside it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from dxcases.postgres.account import reason_in
from dxcases.postgres.programs import major_in, program_folders

Say = Callable[[str], None]

LOCK_SECONDS = 10
COPY = re.compile(rb"COPY public\.(\w+) \(")
END_OF_COPY = b"\\.\n"
DUMPED_TABLE = re.compile(r'dumping contents of table "public\.(\w+)"')
NAME = "dxcases-%Y%m%dT%H%M%SZ.dump"
ANY_NAME = "dxcases-*Z.dump"
ANY_UNFINISHED = f".{ANY_NAME}.*"
CLOCKS_DIFFER = timedelta(hours=1)  # at most, between machines whose clocks are right
LOGINS = "django_session"

# What stands before and after the script of a backup. The schema is as PostgreSQL makes it in a new database:
# the owner stays able to drop it. No login is brought back: who has logged out since would be logged in.
BEGIN = f"""
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '{LOCK_SECONDS}s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
"""
COMMIT = """
DO $$ BEGIN
    IF to_regclass('public.django_session') IS NOT NULL THEN DELETE FROM public.django_session; END IF;
END $$;
COMMIT;
"""


class BackupError(Exception):
    """Says in one line what is wrong and what to do about it."""


def back_up(connection: BaseDatabaseWrapper, folder: Path, say: Say) -> Path:
    """Writes a backup into `folder` and returns its path; `say` gets lines of progress.

    The file appears under its name only when it is whole, on the disk and read through; nobody but its owner
    can read it. Raises BackupError.
    """
    client = Client.of(connection)
    path = folder / datetime.now(UTC).strftime(NAME)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in unfinished_in(folder):
            left.unlink()
            say(f"途中で終わったバックアップの残りを削除しました：{left.name}")
        with written_whole(path) as new:
            client.dump(new, say)
            with client.script_of(new) as script:
                rows = rows_in(script)
    except OSError as error:
        raise BackupError(
            f"{folder} に保存できません（{error.strerror}）。空き容量と権限を確認してください。"
        ) from error
    say(f"{len(rows)}個の表、{rows.total()}行を {path} に保存しました。")
    return path


def restore(
    connection: BaseDatabaseWrapper, path: Path, say: Say, *, force: bool = False, also: str = ""
) -> None:
    """Replaces the content of the database by that of the backup `path`, all or nothing; ends all logins.

    `also` is SQL to be done to the content before anybody sees it; it may add or take away no row.

    Raises BackupError, also for a file that is no whole backup or comes from a newer PostgreSQL, and for a
    database that holds any table unless `force`.
    """
    client = Client.of(connection)
    if not force and table_names(connection):
        raise BackupError(
            "データベースにすでにデータがあるため、復元しませんでした。"
            "いまの内容を捨てて置き換えるときは --force を付けてください（make restore FILE=… FORCE=1）。"
        )
    check_readable(path)
    say("バックアップを確かめています…")
    with client.script_of(path) as script:
        expected = rows_in(script)
    say("データベースに書き込んでいます…")
    with client.replacing() as content, client.script_of(path) as script:
        shutil.copyfileobj(script, content)
        content.write(also.encode())
    if LOGINS in expected:
        expected[LOGINS] = 0
    if expected != (found := rows_of(connection)):
        differences = "、".join(sorted(name for name in expected | found if expected[name] != found[name]))
        raise BackupError(f"復元した行数がバックアップと合いません：{differences}")
    say(f"{len(expected)}個の表、{expected.total()}行を復元し、行数を確かめました。")


def check_readable(path: Path) -> None:
    """Raises BackupError where there is no such file, or not for us."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise BackupError(
            f"{path} を読めません（{error.strerror}）。場所と権限を確認してください。"
        ) from error


def remove_all_but(newest: int, folder: Path, now: datetime) -> list[Path]:
    """Removes the backups in `folder` except the `newest` ones; returns what was removed.

    Those of the future stay and are not counted: else the next backup would be the oldest, and removed.
    """
    too_old = [path for path in backups_in(folder) if not is_of_future(path, now)][newest:]
    for path in too_old:
        path.unlink()
    return too_old


def backups_in(folder: Path) -> list[Path]:
    """The backups in `folder`, the newest first."""
    return sorted(filter(made_at, folder.glob(ANY_NAME)), reverse=True)


def made_at(path: Path) -> datetime | None:
    """When a backup was made, by its name, as a copy has a time of its own; None where it names no time."""
    try:
        return datetime.strptime(path.name, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_of_future(path: Path, now: datetime) -> bool:
    """Whether a backup was made while a clock was wrong."""
    made = made_at(path)
    return made is not None and made > now + CLOCKS_DIFFER


def unfinished_in(folder: Path) -> list[Path]:
    """What backups have left that were killed; not what one is writing now, which holds a lock."""
    return [path for path in folder.glob(ANY_UNFINISHED) if not is_locked(path)]


def is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its name, for good, when the `with` ends without an error."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        try:
            fcntl.flock(new, fcntl.LOCK_EX)
            yield Path(new.name)
            os.fsync(new.fileno())
            os.rename(new.name, path)
        except BaseException:
            os.unlink(new.name)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def rows_in(script: Iterable[bytes]) -> Counter[str]:
    """How many rows of each table a script of pg_restore, given by lines, brings."""
    rows = Counter[str]()
    table = ""
    for line in script:
        if table:
            table = "" if line == END_OF_COPY else table
            rows[table] += bool(table)
        elif match := COPY.match(line):
            table = match[1].decode()
            rows[table] = 0
    del rows[""]
    return rows


def rows_of(connection: BaseDatabaseWrapper) -> Counter[str]:
    """How many rows each table of the database holds."""
    rows = Counter[str]()
    for name in table_names(connection):
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))
            rows[name] = cursor.fetchone()[0]
    return rows


def table_names(connection: BaseDatabaseWrapper) -> list[str]:
    return sorted(connection.introspection.table_names())


@dataclass
class Client:
    """PostgreSQL's client programs of the same major version as the server, bound to one database.

    Each method raises BackupError with the program's own reason where it fails.
    """

    programs: Path
    arguments: Sequence[str]
    environment: dict[str, str]

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper) -> Client:
        """Raises BackupError where the database cannot be reached or the programs are not there."""
        # Django's `dbshell` starts psql with these; the password goes by the environment, which `ps` hides.
        command, given = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
        environment = {**os.environ, **(given or {}), "LC_ALL": "C.UTF-8"}
        return cls(programs_of(server_major(connection)), command[1:], environment)

    def dump(self, path: Path, say: Say) -> None:
        options = ("--format=custom", "--verbose", f"--file={path}")
        with self._started("pg_dump", *options, *self.arguments, stdout=subprocess.DEVNULL) as dump:
            said = []
            for line in dump.stderr or ():
                said.append(line.decode(errors="replace"))
                say_table(said[-1], say)
        check_end("pg_dump", dump, said)

    @contextmanager
    def script_of(self, path: Path) -> Iterator[IO[bytes]]:
        """The backup as a script of SQL, to be read to its end inside the `with`; it takes no space."""
        options = ("--no-owner", "--no-privileges", "--file=-")
        with self._started("pg_restore", *options, str(path)) as reader:
            yield reader.stdout  # type: ignore[misc]
            said = lines_of(reader)
        try:
            check_end("pg_restore", reader, said)
        except BackupError as error:
            raise BackupError(
                f"{path} は壊れているか、より新しいPostgreSQLのバックアップです。{error}"
            ) from error

    @contextmanager
    def replacing(self) -> Iterator[IO[bytes]]:
        """Where to write the script that is to take the place of all there is; committed after the `with`.

        Whatever fails or is killed before, leaves all as it was.
        """
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
        with self._started("psql", *options, *self.arguments, stdin=subprocess.PIPE) as writer:
            script: IO[bytes] = writer.stdin  # type: ignore[assignment]
            with suppress(BrokenPipeError):  # of which psql tells why
                script.write(BEGIN.encode())
                yield script
                script.write(COMMIT.encode())
            with suppress(BrokenPipeError):
                script.close()
            said = lines_of(writer)
        check_end("psql", writer, said)

    def _started(
        self, program: str, *arguments: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        command = [os.fspath(self.programs / program), *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
        )


def lines_of(started: subprocess.Popen[bytes]) -> list[str]:
    """What a program that says little has to complain of, once it ends."""
    return (started.stderr.read() if started.stderr else b"").decode(errors="replace").splitlines()


def check_end(program: str, ended: subprocess.Popen[bytes], said: Sequence[str]) -> None:
    """Raises BackupError where the program has failed."""
    if ended.returncode != 0:
        raise BackupError(f"{program} に失敗しました：{reason_in(said)}")


def say_table(line: str, say: Say) -> None:
    if match := DUMPED_TABLE.search(line):
        say(f"保存中：{match[1]}")


def server_major(connection: BaseDatabaseWrapper) -> int:
    """Raises BackupError where the database cannot be reached."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise BackupError(
            "データベースに接続できません。DATABASE_URL とPostgreSQLを確認してください。"
        ) from error
    return connection.pg_version // 10_000  # type: ignore[attr-defined]


def programs_of(major: int) -> Path:
    """The first folder whose programs are of this major version. Raises BackupError if there is none."""
    for folder in program_folders():
        if major_of(folder) == major:
            return folder
    raise BackupError(
        f"データベースと同じ版（{major}）の pg_dump がありません。"
        f"Debian・Ubuntuでは「apt install postgresql-client-{major}」を実行するか、"
        f"PG_BIN にPostgreSQL {major}のbinフォルダーを指定してください。"
    )


def major_of(folder: Path) -> int | None:
    """The major version of the folder's pg_dump, if it has one."""
    try:
        printed = subprocess.run(
            [os.fspath(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return major_in(printed)
