"""Three bare machines in one network, and the place where the project's source is to be had."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from rehearsal.machines import OUTSIDE, Machine, lacking, machines, run
from tests.servers.gunicorn import free_port, wait_for

PRIMARY, STANDBY = "192.0.2.10", "192.0.2.20"  # as in the guide
SUCCESSOR = "192.0.2.30"


@dataclass(frozen=True)
class Source:
    """A repository that git serves to the machines; `folder` is a checkout from which to push to it."""

    address: str
    folder: Path

    def publish(self, message: str) -> None:
        """Commits what changed in the checkout."""
        run("git", "-C", self.folder, "add", "--all")
        run("git", "-C", self.folder, "commit", "--quiet", "--message", message)
        run("git", "-C", self.folder, "push", "--quiet", "origin", "HEAD:main")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """This checkout's last commit; what is not committed is not in it."""
    folder = tmp_path_factory.mktemp("source")
    bare, work = folder / "dxcases.git", folder / "work"
    run("git", "init", "--quiet", "--bare", "--initial-branch=main", bare)
    run("git", "-C", settings.BASE_DIR, "push", "--quiet", bare, "HEAD:main")
    run("git", "clone", "--quiet", bare, work)
    run("git", "-C", work, "config", "user.name", "rehearsal")
    run("git", "-C", work, "config", "user.email", "rehearsal@example.jp")
    port = free_port()
    own = (f"--base-path={folder}", "--export-all", "--listen=127.0.0.1", f"--port={port}")
    daemon = subprocess.Popen(["git", "daemon", *own, str(folder)], stderr=subprocess.DEVNULL)
    try:
        wait_for(f"127.0.0.1:{port}")
        yield Source(f"git://{OUTSIDE}:{port}/dxcases.git", work)
    finally:
        daemon.terminate()
        daemon.wait(10)


@pytest.fixture(scope="session")
def network() -> Iterator[dict[str, Machine]]:
    if why := lacking():
        pytest.skip(why)
    with machines({"primary": PRIMARY, "standby": STANDBY, "successor": SUCCESSOR}) as found:
        yield found


@pytest.fixture
def primary(network: dict[str, Machine]) -> Machine:
    return network["primary"]


@pytest.fixture
def standby(network: dict[str, Machine]) -> Machine:
    """Also the one who asks from elsewhere in the network."""
    return network["standby"]


@pytest.fixture
def successor(network: dict[str, Machine]) -> Machine:
    """A new machine, to which the site moves."""
    return network["successor"]
