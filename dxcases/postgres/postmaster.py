"""The main process of a server, as postmaster.pid in the folder of its data names it.

After a power cut the number in that file may be another process's by now.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path


def running_postmaster(data: Path) -> int | None:
    """The number of the server's main process; None where it does not run."""
    pid = pid_in_file(data)
    return pid if pid and is_postmaster(pid, data) else None


def remove_stale_pid_file(data: Path) -> None:
    """Remove the file where another process has its number: PostgreSQL would not start."""
    pid = pid_in_file(data)
    if pid and is_alive(pid) and not is_postmaster(pid, data):
        message = f"前回の postmaster.pid を取り除きます。いまのプロセス{pid}は別のものです。"
        print(message, file=sys.stderr, flush=True)
        (data / "postmaster.pid").unlink(missing_ok=True)


def pid_in_file(data: Path) -> int | None:
    """The number that the file names, whether such a process runs or not; None where there is no file."""
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int((data / "postmaster.pid").read_text().split()[0])
        return pid if pid > 0 else None  # negative: PostgreSQL without a server, as for initdb
    return None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether the process is the server of these data, in whose folder a server works."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self").exists():  # as on macOS
        command = ["ps", "-o", "args=", "-p", str(pid)]
        listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return "postgres" in listed and str(data) in listed
    with contextlib.suppress(OSError):
        is_server = (process / "comm").read_text().strip() == "postgres"
        return is_server and (process / "cwd").samefile(data)
    return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    return True
