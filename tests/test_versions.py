"""What the catalogue runs on has no hole known in November 2026, and is what was reviewed."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.version import Version

from dxcases.postgres.checks import lacks_fixes
from tests.servers.clusters import OwnCluster, connected

FLOORS = [("django", "5.2.19"), ("gunicorn", "27"), ("urllib3", "2.7"), ("psycopg", "3.3")]
FILES = ["requirements.txt", "requirements-dev.txt"]


def pinned(file: str) -> list[str]:
    """The requirements of a file, each with its hashes on one line."""
    text = (settings.BASE_DIR / file).read_text(encoding="utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


@pytest.mark.parametrize(("package", "oldest"), FLOORS)
def test_installed_packages_are_no_older_than_their_mended_versions(package: str, oldest: str) -> None:
    assert Version(version(package)) >= Version(oldest)


@pytest.mark.parametrize("file", FILES)
def test_no_requirement_is_older_than_its_mended_version(file: str) -> None:
    requirements = [Requirement(line.partition("--hash")[0]) for line in pinned(file)]
    versions = {one.name: re.sub("^==", "", str(one.specifier)) for one in requirements}
    floors = {name: oldest for name, oldest in FLOORS if name in versions}
    assert {"django", "gunicorn", "psycopg"} <= set(floors)
    assert [name for name, oldest in floors.items() if Version(versions[name]) < Version(oldest)] == []


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_one_version_with_hashes_and_from_no_named_place(file: str) -> None:
    exact = re.compile(
        r"[a-z0-9.-]+(\[[a-z,-]+])?==[0-9][0-9a-z.]*( ; [^@/]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+"
    )
    lines = pinned(file)
    assert len(lines) > 20
    assert [line for line in lines if not exact.fullmatch(line)] == []
    assert "://" not in (settings.BASE_DIR / file).read_text(encoding="utf-8")


@pytest.mark.long
def test_the_postgresql_that_comes_along_lacks_no_fix(filled: OwnCluster, own_databases: None) -> None:
    with connected(filled) as database, database.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (number,) = cursor.fetchone()
    assert int(number) >= 180_004
    assert lacks_fixes(int(number)) == ""
