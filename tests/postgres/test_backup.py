"""Backups of the tests' database, restored into a real second cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from catalog.models import Schedule
from dxcases.postgres.backup import (
    BackupError,
    Client,
    back_up,
    backups_in,
    programs_of,
    remove_all_but,
    restore,
    rows_of,
    table_names,
    unfinished_in,
    written_whole,
)
from dxcases.postgres.cluster import NAME
from dxcases.postgres.programs import find_programs
from tests.addresses import PUBLIC, TELLS_ITS_TIME
from tests.servers.clusters import OwnCluster, connected, own_cluster

pytestmark = pytest.mark.usefixtures("own_databases")

NOW = datetime(2026, 11, 26, tzinfo=UTC)

ALL_PAGES = sorted({*PUBLIC.values()} - {TELLS_ITS_TIME})
READ = """
import hashlib, json, sys
import django
django.setup()
from django.test import Client
pages = {path: Client().get(path, headers={"host": "localhost"}) for path in sys.argv[1:]}
told = {path: (p.status_code, hashlib.sha256(p.getvalue()).hexdigest()) for path, p in pages.items()}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def target(cluster: OwnCluster, own_databases: None) -> Iterator[BaseDatabaseWrapper]:
    """An empty database of an owner without further rights, as a real one is."""
    with psycopg.connect(
        host=str(cluster.socket_folder), user=NAME, dbname="postgres", autocommit=True
    ) as made:
        made.execute("CREATE ROLE owner LOGIN")
        made.execute("CREATE DATABASE target OWNER owner TEMPLATE template0")
        try:
            with connected(cluster, NAME="target", USER="owner") as database:
                yield database
        finally:
            made.execute("DROP DATABASE target WITH (FORCE)")
            made.execute("DROP ROLE owner")


@pytest.fixture
def source(filled: OwnCluster, own_databases: None) -> Iterator[BaseDatabaseWrapper]:
    with connected(filled) as database:
        yield database


@pytest.fixture
def backup(tmp_path: Path, source: BaseDatabaseWrapper) -> Path:
    return back_up(source, tmp_path, silent)


def silent(line: str) -> None:
    pass


def hashes(database: BaseDatabaseWrapper) -> dict[str, str]:
    """A hash of all rows of each table, whatever order they are stored in."""
    query = "SELECT md5(coalesce(string_agg(row::text, E'\\n' ORDER BY row::text), '')) FROM {} AS row"
    with database.cursor() as cursor:
        return {
            name: cursor.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()[0]
            for name in table_names(database)
        }


def pages(database: BaseDatabaseWrapper) -> dict[str, tuple[int, str]]:
    """Status and hash of every public page and file, read by a process that has that database."""
    told = subprocess.run(
        [sys.executable, "-c", READ, *ALL_PAGES],
        env={**os.environ, "DATABASE_URL": url_of(database), "DJANGO_SETTINGS_MODULE": "dxcases.settings"},
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(told.stdout)


def url_of(database: BaseDatabaseWrapper) -> str:
    own = database.settings_dict
    return f"postgres://{own['USER']}@:{own['PORT']}/{own['HOST']}/{own['NAME']}"


@pytest.mark.long
def test_a_restored_database_is_the_one_backed_up_to_the_last_row_and_page(
    backup: Path, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper, cluster: OwnCluster
) -> None:
    said: list[str] = []
    restore(target, backup, said.append)
    expected = rows_of(source)
    assert expected["catalog_case"] == 60
    assert rows_of(target) == expected
    assert hashes(target) == hashes(source)
    assert said[-1] == f"{len(expected)}個の表、{expected.total()}行を復元し、行数を確かめました。"
    read = pages(source)
    assert {status for status, _ in read.values()} == {200}
    assert pages(target) == read


@pytest.mark.long
def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(
    source: BaseDatabaseWrapper, tmp_path: Path
) -> None:
    said: list[str] = []
    path = back_up(source, tmp_path / "new", said.append)
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert said[:-1] == [f"保存中：{name}" for name in table_names(source)]
    assert str(path) in said[-1]


@pytest.mark.long
def test_a_database_with_tables_is_overwritten_only_when_forced(
    backup: Path, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper
) -> None:
    with target.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with pytest.raises(BackupError, match="--force"):
        restore(target, backup, silent)
    assert rows_of(target) == {"kept": 1}
    restore(target, backup, silent, force=True)
    restore(target, backup, silent, force=True)
    assert hashes(target) == hashes(source)


@pytest.mark.long
def test_a_damaged_backup_is_told_and_changes_nothing(
    backup: Path, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper
) -> None:
    backup.write_bytes(backup.read_bytes()[:-20_000])
    with target.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with pytest.raises(BackupError, match="壊れているか、より新しいPostgreSQLのバックアップです"):
        restore(target, backup, silent, force=True)
    assert rows_of(target) == {"kept": 1}


@pytest.mark.long
def test_a_fault_in_the_middle_of_a_restore_leaves_the_old_content(
    backup: Path, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper, cluster: OwnCluster
) -> None:
    """The fault comes late: the rows are there when the first trigger is made, which the database refuses."""
    with target.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with psycopg.connect(
        host=str(cluster.socket_folder), user=NAME, dbname="target", autocommit=True
    ) as admin:
        admin.execute("CREATE SCHEMA refusal")
        admin.execute(
            "CREATE FUNCTION refusal.refuse() RETURNS event_trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RAISE 'disk full, say'; END $$"
        )
        admin.execute(
            "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER') "
            "EXECUTE FUNCTION refusal.refuse()"
        )
    with pytest.raises(BackupError, match=r"psql に失敗しました：.*disk full, say"):
        restore(target, backup, silent, force=True)
    assert rows_of(target) == {"kept": 1}


@pytest.mark.long
def test_a_restore_that_ends_early_leaves_the_old_content(
    backup: Path, source: BaseDatabaseWrapper, target: BaseDatabaseWrapper
) -> None:
    """As where it is killed: psql gets a part of the script, and its input ends."""
    with target.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    client = Client.of(target)
    with client.script_of(backup) as script:
        whole = script.read()
    with suppress(KeyboardInterrupt), client.replacing() as content:
        content.write(whole[: len(whole) * 9 // 10])
        raise KeyboardInterrupt
    assert rows_of(target) == {"kept": 1}


@pytest.mark.long
def test_neither_way_needs_temporary_space(
    source: BaseDatabaseWrapper,
    target: BaseDatabaseWrapper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    restore(target, back_up(source, tmp_path, silent), silent)
    assert rows_of(target) == rows_of(source)


@pytest.mark.long
@pytest.mark.parametrize(("name", "reason"), [("none.dump", "No such file"), ("", "Is a directory")])
def test_a_file_that_cannot_be_read_is_not_called_broken(
    target: BaseDatabaseWrapper, tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(BackupError, match=f"を読めません（{reason}"):
        restore(target, tmp_path / name, silent)


@pytest.mark.long
def test_a_restore_ends_logins_and_tells_whose_account_came_back(
    source: BaseDatabaseWrapper,
    target: BaseDatabaseWrapper,
    backup: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    restore(target, backup, silent)
    execute(target, "INSERT INTO django_session VALUES ('key', 'data', now() + interval '1 hour')")
    columns = (
        "username, password, is_active, is_staff, is_superuser, first_name, last_name, email, date_joined"
    )
    for name in ("sato", "suzuki"):
        values = f"'{name}', 'old', true, true, false, '', '', '', now()"
        execute(target, f"INSERT INTO auth_user ({columns}) VALUES ({values})")
    with_login = back_up(target, tmp_path / "later", silent)
    execute(target, "DELETE FROM django_session")
    execute(target, "UPDATE auth_user SET password = 'new' WHERE username = 'sato'")
    call_command("restore", with_login, database=target.alias, force=True)
    assert rows_of(target)["django_session"] == 0
    told = capsys.readouterr().out
    assert "ログインは、すべて終わらせました" in told
    assert "バックアップの時点に戻りました：sato。" in told


@pytest.mark.long
def test_a_restore_holds_what_should_have_been_published_since_and_tells_what_waits(
    target: BaseDatabaseWrapper, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restore(target, backup, silent)
    execute(target, "UPDATE catalog_case SET status = 'draft' WHERE slug IN ('dx2021-17-1', 'dx2021-17-2')")
    columns = "case_id, status, due_at, reason, withdrawn_reason, made_at, failure"
    times = {"dx2021-17-1": "now() - interval '1 minute'", "dx2021-17-2": "'2099-04-01T09:00+09:00'"}
    for slug, when in times.items():
        values = f"SELECT id, 'published', {when}, '年度初め', '', now(), '' FROM catalog_case"
        execute(target, f"INSERT INTO catalog_schedule ({columns}) {values} WHERE slug = '{slug}'")
    with_schedules = back_up(target, tmp_path / "later", silent)
    call_command("restore", with_schedules, database=target.alias, force=True)
    past, future = Schedule.objects.using(target.alias).order_by("due_at").select_related("case")
    assert (past.held_at is None, future.held_at) == (False, None)
    told = capsys.readouterr().out.split("次の予約は、")
    assert (told[1].startswith("時刻が過ぎているため止めました。"), f"「{past.case}」" in told[1]) == (
        True,
        True,
    )
    assert told[2].startswith("その時刻に行われます。")
    assert f"「{future.case}」：2099年4月1日 09:00に公開する" in told[2]
    assert list(Schedule.objects.using(target.alias).due()) == []


def execute(database: BaseDatabaseWrapper, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def test_programs_of_another_version_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(find_programs()))
    with pytest.raises(BackupError, match=r"同じ版（15）の pg_dump がありません。.*postgresql-client-15"):
        programs_of(15)


def test_the_oldest_backups_go_and_other_files_stay(tmp_path: Path) -> None:
    days = [tmp_path / f"dxcases-2026112{day}T030000Z.dump" for day in range(5)]
    for path in [*days, tmp_path / "notes.txt"]:
        path.touch()
    assert remove_all_but(2, tmp_path, NOW) == [days[2], days[1], days[0]]
    assert backups_in(tmp_path) == [days[4], days[3]]
    assert (tmp_path / "notes.txt").exists()


def test_backups_made_while_a_clock_was_wrong_are_neither_counted_nor_removed(tmp_path: Path) -> None:
    future = tmp_path / "dxcases-20990101T030000Z.dump"
    days = [tmp_path / f"dxcases-2026112{day}T030000Z.dump" for day in range(3)]
    for path in [*days, future]:
        path.touch()
    assert remove_all_but(1, tmp_path, NOW) == [days[1], days[0]]
    assert backups_in(tmp_path) == [future, days[2]]
    # A clock that is years behind: what was made in truth is of the future then, and stays.
    behind = tmp_path / "dxcases-20200101T030000Z.dump"
    behind.touch()
    assert remove_all_but(1, tmp_path, datetime(2020, 1, 1, 4, tzinfo=UTC)) == []


@pytest.mark.long
def test_the_rest_of_a_killed_backup_goes_with_the_next_and_not_what_is_being_written(
    source: BaseDatabaseWrapper, tmp_path: Path
) -> None:
    left = tmp_path / ".dxcases-20261120T030000Z.dump.abcd"
    left.touch()
    with written_whole(tmp_path / "dxcases-20261121T030000Z.dump") as writing:
        assert unfinished_in(tmp_path) == [left]
        path = back_up(source, tmp_path, silent)
        assert {*tmp_path.iterdir()} == {path, writing}


@pytest.mark.long
def test_the_commands_tell_a_fault_in_one_line(source: BaseDatabaseWrapper, backup: Path) -> None:
    with pytest.raises(CommandError, match="--force"):
        call_command("restore", backup, database=source.alias)
    with pytest.raises(CommandError, match="保存できません（File exists）"):
        call_command("backup", folder=backup, database=source.alias)
    with pytest.raises(CommandError, match="--keep"):
        call_command("backup", "--keep", "0")
