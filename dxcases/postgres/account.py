"""Who the embedded PostgreSQL runs as, since it refuses to run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import stat
import subprocess
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

ERROR = re.compile(r"\b(error|fatal|panic):", re.IGNORECASE)


class LocalPostgresError(Exception):
    """Says in one line what is wrong and what to do about it."""


def find_account(data_folders: Iterable[Path]) -> Account:
    """The server's account: ourselves, or for root an account that exists and is not root.

    It is the owner of the data, where there are any. Raises LocalPostgresError.
    """
    if os.geteuid() != 0:
        return Account(pwd.getpwuid(os.geteuid()))
    for data in data_folders:
        if data.exists() and (owner := data.stat().st_uid) != 0:
            return Account(pwd.getpwuid(owner))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return Account(pwd.getpwnam(name))
    raise LocalPostgresError(
        "PostgreSQLを動かす一般アカウントがありません。"
        "一般の利用者で実行するか、DATABASE_URL を指定してください。"
    )


class Account:
    """An account of this machine, with what is done in its name."""

    def __init__(self, entry: pwd.struct_passwd) -> None:
        self.user_id, self.group_id = entry.pw_uid, entry.pw_gid

    def can_enter(self, folder: Path) -> bool:
        """Whether the account gets into `folder`, or into the nearest parent there is."""
        if os.geteuid() != 0:
            return True
        while not folder.exists():
            folder = folder.parent
        return self.run(["test", "-x", folder], check=False).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Whether the account may run the program, whose mode a umask may have narrowed."""
        return os.geteuid() != 0 or self.run(["test", "-x", program], check=False).returncode == 0

    def owns(self, path: Path) -> bool:
        return path.stat().st_uid == self.user_id

    def make_way(self, folder: Path) -> None:
        """Make `folder`, and the parents it lacks, for the account to enter, whatever root's umask is."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in missing if os.geteuid() == 0 else ():
            one.chmod(0o755)

    def make_folder(self, folder: Path) -> None:
        """Make a folder that the account alone can enter. Raises FileExistsError."""
        folder.mkdir(mode=0o700)
        os.chown(folder, self.user_id, self.group_id)

    def has_to_itself(self, folder: Path) -> bool:
        """Whether `folder` is a real folder, not a link, that the account owns and it alone can enter."""
        status = folder.lstat()
        is_folder, is_open = stat.S_ISDIR(status.st_mode), status.st_mode & 0o077
        return is_folder and not is_open and status.st_uid == self.user_id

    def run(
        self, command: Sequence[str | Path], *, check: bool = True, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end. `check`: raise LocalPostgresError with its reason if it fails."""
        finished = subprocess.run(
            [os.fspath(part) for part in command],
            input=input or "",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            **self.process_options,
        )
        if check and finished.returncode != 0:
            reason = reason_in((finished.stderr.strip() or finished.stdout.strip()).splitlines())
            raise LocalPostgresError(f"{Path(command[0]).name} に失敗しました：{reason}")
        return finished

    @cached_property
    def process_options(self) -> dict[str, Any]:
        """Options to start a program as the account, out of reach of the caller's PG… variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options: dict[str, Any] = {"env": {**environment, "LC_ALL": "C.UTF-8"}, "cwd": "/"}
        if os.geteuid() == 0:
            options |= {"user": self.user_id, "group": self.group_id, "extra_groups": []}
        return options


def reason_in(lines: Sequence[str]) -> str:
    """Why a program of PostgreSQL failed, by what it printed: its first error, else its last words."""
    errors = (line.strip() for line in lines if ERROR.search(line))
    return next(errors, lines[-1].strip() if lines else "")
