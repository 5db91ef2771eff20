"""What was confirmed is there after the server was killed, again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from catalog.models import Topic
from dxcases.local_postgres import Cluster
from tests.clusters import HOST, connected, environment, fill, own_cluster

KILLS = 20
LONGEST_SECONDS_OF_SAVES = 0.5
SECONDS_TO_RECOVER = 30

# An editor who adds topics in the admin without end and prints each that the admin confirmed.
EDITOR = f"""
import itertools, logging
import django
django.setup()
from django.contrib.auth.models import User
from django.db import close_old_connections
from django.test import Client

logging.disable()
client = Client(raise_request_exception=False, headers={{"host": "{HOST}"}})
client.force_login(User.objects.create_superuser("editor"))
for number in itertools.count():
    topic = {{"slug": f"saved-{{number}}", "title": f"保存{{number}}", "position": 1}}
    answer = client.post("/admin/catalog/topic/add/", topic)
    if answer.headers.get("location") == "/admin/catalog/topic/":
        print(topic["slug"], flush=True)
    close_old_connections()  # as after every request of a server
"""


def kill(cluster: Cluster) -> None:
    """Kills the server's main process; its children end when they see that it is gone."""
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


@pytest.fixture
def cluster(own_databases: None) -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def wait_for_more(file: Path) -> None:
    before, deadline = len(lines(file)), time.monotonic() + SECONDS_TO_RECOVER
    while len(lines(file)) == before:
        assert time.monotonic() < deadline, "no save was confirmed"
        time.sleep(0.02)


@pytest.fixture
def editor(cluster: Cluster, casebook: Path, tmp_path: Path) -> Iterator[Path]:
    """The file to which an editor at work writes what was confirmed."""
    fill(cluster, casebook)
    confirmed = tmp_path / "confirmed"
    with confirmed.open("w") as told:
        started = subprocess.Popen(
            [sys.executable, "-c", EDITOR], cwd=settings.BASE_DIR, env=environment(cluster), stdout=told
        )
    yield confirmed
    started.kill()
    started.wait()


def test_twenty_kills_of_the_server_lose_no_confirmed_save(cluster: Cluster, editor: Path) -> None:
    random.seed(20)
    with ExitStack() as servers:
        for _ in range(KILLS):
            wait_for_more(editor)
            time.sleep(random.uniform(0, LONGEST_SECONDS_OF_SAVES))
            kill(cluster)
            servers.enter_context(cluster.running())
        wait_for_more(editor)
        confirmed = lines(editor)
        with connected(cluster) as database:
            kept = set(Topic.objects.using(database.alias).values_list("slug", flat=True))
    print(f"{KILLS} kills, {len(confirmed)} saves confirmed")
    assert [slug for slug in confirmed if slug not in kept] == []
    assert len(confirmed) > KILLS
