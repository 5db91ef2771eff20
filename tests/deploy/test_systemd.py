from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from dxcases.settings import env
from tests.guide import variables
from tests.servers.clusters import inherited

pytestmark = pytest.mark.long

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted(path.name for path in (DEPLOY / "systemd").glob("*.*") if path.is_file())


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as installed, with this checkout and its Python where /opt/dxcases will be."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(DEPLOY / "systemd", folder, dirs_exist_ok=True)
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("/opt/dxcases/.venv/bin/python", sys.executable)
            path.write_text(text.replace("/opt/dxcases", str(settings.BASE_DIR)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_no_fault_in_a_unit(units: Path, name: str) -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", units / name],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:/lib/systemd/system"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def directives(unit: str) -> list[tuple[str, str]]:
    """What the unit and the file for all of ours say, in order: names, each with its value."""
    files = (DEPLOY / "systemd/dxcases-.service.d/common.conf", DEPLOY / "systemd" / unit)
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.findall(r"^(\w+)=(.*)$", text.replace("%S", "/var/lib"), re.M)


def writable(unit: str) -> set[Path]:
    """The folders that stay writable for the unit's account under ProtectSystem=strict."""
    told = directives(unit)
    assert ("ProtectSystem", "strict") in told
    made = {Path("/var/lib", value) for name, value in told if name == "StateDirectory"}
    return made | {Path(value) for name, value in told if name == "ReadWritePaths"}


@pytest.mark.parametrize(
    ("unit", "setting"), [("dxcases-web.service", "IMPORT_DIR"), ("dxcases-backup.service", "BACKUP_DIR")]
)
def test_a_unit_may_write_where_the_site_keeps_its_files(unit: str, setting: str) -> None:
    own = dict(value.split("=", 1) for name, value in directives(unit) if name == "Environment")
    told = subprocess.run(
        [sys.executable, "-c", f"from dxcases import settings; print(settings.{setting})"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **own, **variables(DEPLOY / "env.example"), "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        check=True,
    )
    assert writable(unit) == {Path(told.stdout.strip())}


def test_the_environment_example_passes_djangos_check_and_names_no_unknown_variable() -> None:
    example = variables(DEPLOY / "env.example")
    assert set(example) <= set(env.scheme)
    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={**inherited(), **example, "SECRET_KEY": "not a secret " * 5},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


# How often, as the README, the guides and the code's own counting of days say.
EVERY = {
    "dxcases-backup": "day",
    "dxcases-bundle": "day",
    "dxcases-doctor": "hour",
    "dxcases-links": "day",
    "dxcases-release": "month",
    "dxcases-schedules": "five minutes",
    "dxcases-senders": "day",
    "stale-dxcases": "hour",
}
HOURS: dict[str, set[float]] = {
    "five minutes": {1 / 12},
    "hour": {1},
    "day": {24},
    "month": {24 * days for days in (28, 29, 30, 31)},
}


@pytest.mark.parametrize("timer", sorted(name for name in UNITS if name.endswith(".timer")))
def test_a_timer_runs_as_often_as_is_told(timer: str) -> None:
    text = (DEPLOY / "systemd" / timer).read_text(encoding="utf-8")
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", text, re.M)
    told = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=15", calendar],
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    times = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC", told.stdout)
    starts = [datetime.fromisoformat(time) for time in times]
    assert len(starts) == 15
    between = {(after - before) / timedelta(hours=1) for before, after in pairwise(starts)}
    assert between <= HOURS[EVERY[timer.removesuffix(".timer")]]
