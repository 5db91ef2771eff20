"""Backups of the whole database by PostgreSQL's own programs, and the way back.

A backup is one file in pg_dump's custom format. It tells by itself how many rows each table has, so a restore
is checked against the file and needs nothing beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from dxcases.postgres.programs import major_in, program_folders

Say = Callable[[str], None]

LOCK_SECONDS = 10
COPY = re.compile(rb"COPY public\.(\w+) \(")
END_OF_COPY = b"\\.\n"
DUMPED_TABLE = re.compile(r'dumping contents of table "public\.(\w+)"')
NAME = "dxcases-{:%Y%m%dT%H%M%SZ}.dump"
ANY_NAME = "dxcases-*Z.dump"

# The schema as PostgreSQL makes it in a new database; the owner stays able to drop it again.
EMPTY_SCHEMA = f"""
SET LOCAL lock_timeout = '{LOCK_SECONDS}s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
"""


class BackupError(Exception):
    """Says in one line what is wrong and what to do about it."""


def back_up(connection: BaseDatabaseWrapper, folder: Path, say: Say) -> Path:
    """Writes a backup into `folder` and returns its path; `say` gets lines of progress.

    The file appears under its name only when it is whole, on the disk and read through; nobody but its owner
    can read it. Raises BackupError.
    """
    client = Client.of(connection)
    path = folder / NAME.format(datetime.now(UTC))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def restore(connection: BaseDatabaseWrapper, path: Path, say: Say, *, force: bool = False) -> None:
    """Replaces the content of the database by that of the backup `path`, all or nothing.

    Raises BackupError, also for a file that is no whole backup or comes from a newer PostgreSQL, and for a
    database that holds any table unless `force`.
    """
    client = Client.of(connection)
    if not force and table_names(connection):
        raise BackupError(
            "データベースにすでにデータがあるため、復元しませんでした。"
            "いまの内容を捨てて置き換えるときは --force を付けてください（make restore FILE=… FORCE=1）。"
        )
    say("バックアップを確かめています…")
    with client.script_of(path) as script:
        expected = rows_in(script)
        say("データベースに書き込んでいます…")
        client.replace_by(script)
    if expected != (found := rows_of(connection)):
        differences = "、".join(sorted(name for name in expected | found if expected[name] != found[name]))
        raise BackupError(f"復元した行数がバックアップと合いません：{differences}")
    say(f"{len(expected)}個の表、{expected.total()}行を復元し、行数を確かめました。")


def remove_all_but(newest: int, folder: Path) -> list[Path]:
    """Removes the backups in `folder` except the `newest` ones; returns what was removed."""
    too_old = backups_in(folder)[newest:]
    for path in too_old:
        path.unlink()
    return too_old


def backups_in(folder: Path) -> list[Path]:
    """The backups in `folder`, the newest first."""
    return sorted(folder.glob(ANY_NAME), reverse=True)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its name, for good, when the `with` ends without an error."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        try:
            yield Path(new.name)
            os.fsync(new.fileno())
            os.rename(new.name, path)
        except BaseException:
            os.unlink(new.name)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def rows_in(script: Path) -> Counter[str]:
    """How many rows of each table a script of pg_restore brings."""
    rows = Counter[str]()
    table = ""
    with script.open("rb") as lines:
        for line in lines:
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
        self._run("pg_dump", *options, *self.arguments, hear=lambda line: say_table(line, say))

    @contextmanager
    def script_of(self, path: Path) -> Iterator[Path]:
        """The backup as a script of SQL, in a file that is gone after the `with`; reads `path` to its end."""
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "restore.sql"
            try:
                self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path))
            except BackupError as error:
                raise BackupError(
                    f"{path} は壊れているか、より新しいPostgreSQLのバックアップです。{error}"
                ) from error
            yield script

    def replace_by(self, script: Path) -> None:
        """Empties the database and runs the script in one transaction: a fault leaves all as it was."""
        options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        commands = (f"--command={EMPTY_SCHEMA}", f"--file={script}")
        self._run("psql", *options, *commands, *self.arguments)

    def _run(self, program: str, *arguments: str, hear: Say = lambda line: None) -> None:
        reason = ""
        with subprocess.Popen(
            [os.fspath(self.programs / program), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as started:
            for line in started.stderr or ():
                if not reason and "error:" in line.lower():
                    reason = line.strip()
                hear(line)
        if started.returncode != 0:
            raise BackupError(f"{program} に失敗しました：{reason}")


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
