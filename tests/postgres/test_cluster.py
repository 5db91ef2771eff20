"""Every test starts real servers on data of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from dxcases.postgres import cluster as clusters
from dxcases.postgres.account import LocalPostgresError
from dxcases.postgres.cluster import NAME, PORT, SHARED_HOME, Cluster
from dxcases.postgres.programs import find_programs, parts_of_installation

USER = """
import sys
from pathlib import Path
from dxcases.postgres.cluster import Cluster
with Cluster(Path(sys.argv[1])).running():
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a cluster may live: any account gets there, and the path has a space and Japanese in it."""
    path = Path(tempfile.mkdtemp(prefix="dxcases 事例 "))
    path.chmod(0o755)
    yield path / "var"
    shutil.rmtree(path)


def enter(folder: Path) -> subprocess.Popen[str]:
    """Another process that keeps the server running."""
    user = start(folder)
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    return user


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", USER, str(folder)]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate()
    assert user.returncode == 0


def connect(folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(Cluster(folder).socket_folder), port=PORT, user=NAME, dbname=NAME, autocommit=True
    )


def is_gone(folder: Path) -> bool:
    cluster = Cluster(folder)
    return not (cluster.data / "postmaster.pid").exists() and not cluster.socket_folder.exists()


@pytest.mark.long
def test_the_database_knows_japanese_and_checks_its_pages(folder: Path) -> None:
    with Cluster(folder).running(), connect(folder) as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('data_checksums'), "
            "lower('ＤＸ'), 'ぁ' ~ '[[:alpha:]]', current_setting('listen_addresses')"
        ).fetchone()
    assert row == ("UTF8", "on", "ｄｘ", True, "")


@pytest.mark.long
def test_processes_share_one_server_and_the_last_stops_it(folder: Path) -> None:
    first, second = enter(folder), enter(folder)
    leave(first)
    connect(folder).close()
    leave(second)
    assert is_gone(folder)


@pytest.mark.long
def test_two_first_users_at_once_agree(folder: Path) -> None:
    users = [start(folder) for _ in range(3)]
    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
    for user in users:
        leave(user)
    assert is_gone(folder)


@pytest.mark.long
def test_data_stay_from_one_run_to_the_next(folder: Path) -> None:
    with Cluster(folder).running(), connect(folder) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with Cluster(folder).running(), connect(folder) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


@pytest.mark.long
def test_a_killed_user_leaves_a_server_that_the_next_takes_over(folder: Path) -> None:
    user = enter(folder)
    user.kill()
    user.communicate()
    connect(folder).close()
    leave(enter(folder))
    assert is_gone(folder)


@pytest.mark.long
def test_a_killed_server_is_started_again(folder: Path) -> None:
    first = enter(folder)
    pid = int((Cluster(folder).data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    second = enter(folder)
    connect(folder).close()
    leave(first)
    leave(second)
    assert is_gone(folder)


@pytest.fixture
def other(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's account that has nothing to do with it, but its number in postmaster.pid."""
    cluster = Cluster(folder)
    with cluster.running():
        pass
    user = cluster.account.user_id if os.geteuid() == 0 else None
    process = subprocess.Popen(["sleep", "600"], user=user)
    (cluster.data / "postmaster.pid").write_text(f"{process.pid}\n{cluster.data}\n")
    yield process
    process.kill()
    process.wait()


@pytest.mark.long
def test_a_number_in_postmaster_pid_that_is_another_process_by_now_is_told_and_left_alone(
    folder: Path, other: subprocess.Popen[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    with Cluster(folder).running():
        connect(folder).close()
    assert f"プロセス{other.pid}" in capfd.readouterr().err
    assert other.poll() is None
    assert is_gone(folder)


@pytest.mark.long
def test_where_the_server_cannot_be_started_no_other_process_is_stopped_for_it(
    folder: Path, other: subprocess.Popen[bytes]
) -> None:
    (Cluster(folder).data / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalPostgresError), Cluster(folder).running():
        pass
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(1)


def test_the_socket_path_is_short_and_one_whatever_the_checkouts_path_and_tmpdir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_path = Path("/") / ("長" * 80)
    socket = Cluster(long_path).socket_folder / f".s.PGSQL.{PORT}.lock"
    assert len(os.fsencode(socket)) <= 107  # sun_path of Linux
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert Cluster(long_path).socket_folder == socket.parent


@pytest.mark.long
def test_where_no_socket_can_be_made_it_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "SHORT_PATH", Path("/proc/nowhere"))
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(LocalPostgresError, match="/proc に書き込めません"), Cluster(folder).running():
        pass


@pytest.mark.long
def test_data_whose_database_could_not_be_made_are_told_and_not_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk the statement fails while PostgreSQL's exit code is 0: the name is taken."""
    monkeypatch.setattr(clusters, "NAME", "postgres")
    with pytest.raises(LocalPostgresError, match="already exists"), Cluster(folder).running():
        pass
    assert not list(folder.glob("postgres*/"))


only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")


@pytest.fixture
def narrow_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@only_as_root
@pytest.mark.long
def test_roots_umask_keeps_no_server_out(folder: Path, narrow_umask: None) -> None:
    with Cluster(folder).running():
        connect(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o755
    with Cluster(folder).running():
        connect(folder).close()


@only_as_root
@pytest.mark.long
def test_programs_installed_under_a_narrow_umask_are_run_from_a_copy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = find_programs()
    for part in parts_of_installation(programs):
        shutil.copytree(part, folder.parent / part.name, symlinks=True)
    own = folder.parent / programs.relative_to(parts_of_installation(programs)[0].parent)
    for path in folder.parent.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setenv("PG_BIN", str(own))
    monkeypatch.setattr(clusters, "SHARED_HOME", folder.parent / "shared")
    cluster = Cluster(folder)
    with cluster.running():
        connect(folder).close()
    assert (cluster.home, cluster.programs.is_relative_to(folder.parent / "shared")) == (folder, True)


@only_as_root
@pytest.mark.long
def test_a_home_that_the_servers_account_cannot_enter_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(clusters, "SHARED_HOME", closed)
    folder.parent.joinpath("inner").mkdir(mode=0o700)
    with (
        pytest.raises(LocalPostgresError, match="に入れません"),
        Cluster(folder.parent / "inner" / "var").running(),
    ):
        pass


@only_as_root
@pytest.mark.long
def test_a_checkout_of_roots_alone_is_served_from_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.parent.chmod(0o700)
    programs = find_programs()
    for part in parts_of_installation(programs):
        shutil.copytree(part, folder.parent / part.name, symlinks=True)
    own = folder.parent / programs.relative_to(parts_of_installation(programs)[0].parent)
    monkeypatch.setenv("PG_BIN", str(own))
    cluster = Cluster(folder)
    try:
        with cluster.running():
            connect(folder).close()
        assert cluster.home.parent == SHARED_HOME
        assert cluster.programs.is_relative_to(cluster.home)
        assert not folder.exists()
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(cluster.home)


@pytest.mark.long
def test_data_of_another_version_are_refused_and_left_alone(folder: Path) -> None:
    with Cluster(folder).running():
        pass
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalPostgresError, match="PG_BIN に12"), Cluster(folder).running():
        pass
    assert (folder / "postgres" / "base").exists()


def test_a_folder_that_cannot_be_written_is_told() -> None:
    with pytest.raises(LocalPostgresError, match="書き込めません"), Cluster(Path("/proc/dxcases")).running():
        pass


def test_a_wrong_pg_bin_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere")
    with pytest.raises(LocalPostgresError, match="PG_BIN のフォルダー /nowhere"), Cluster(folder).running():
        pass
    assert not (folder / "postgres").exists()
