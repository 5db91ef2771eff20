"""What was confirmed is there after the server was killed, again and again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from catalog.models import Topic
from tests.reliability.load import THOROUGH
from tests.servers.clusters import HOST, OwnCluster, connected, fill, own_cluster, production
from tests.servers.gunicorn import collect_static_files

pytestmark = [pytest.mark.long, pytest.mark.alone]

KILLS = 20 if THOROUGH else 5
LONGEST_SECONDS_OF_SAVES = 0.5
SECONDS_TO_RECOVER = 30

CASE = "dx2021-1-1"

# An editor who adds topics and corrects a case in the admin without end, and prints what the admin confirmed.
# Where an answer failed the same form is sent again, with the lock number that was seen before, and how many
# versions hold what it says is printed.
EDITOR = f"""
import itertools, logging, time
import django
django.setup()
from django.contrib.auth.models import User
from django.db import DatabaseError, close_old_connections
from django.test import Client
from django.test.utils import setup_test_environment
from catalog import history
from catalog.models import Case
from tests.filling import change_url, opened

setup_test_environment()
logging.disable()
client = Client(raise_request_exception=False, headers={{"host": "{HOST}"}})
client.force_login(User.objects.create_superuser("editor"))
case = Case.objects.get(slug="{CASE}")

def read(what):
    while True:
        close_old_connections()  # as after every request of a server
        try:
            return what()
        except (DatabaseError, TypeError, KeyError):  # the latter two: a page without form
            time.sleep(0.02)

for number in itertools.count():
    topic = {{"slug": f"saved-{{number}}", "title": f"保存{{number}}", "position": 1}}
    answer = client.post("/admin/catalog/topic/add/", topic)
    if answer.headers.get("location") == "/admin/catalog/topic/":
        print(topic["slug"], flush=True)
    form = {{**read(lambda: opened(client, case)), "title": f"題{{number}}", "reason": "訂正"}}
    status = client.post(change_url(case), form).status_code
    while status not in (200, 302):
        close_old_connections()
        status = client.post(change_url(case), form).status_code
        if status in (200, 302):
            versions = read(lambda: list(history.versions_of(case)[:3]))
            saved = sum(version.field_dict["title"] == form["title"] for version in versions)
            print("again", status, "saved", saved, flush=True)
    close_old_connections()
"""
# Prints what stands in the database without the version that was made with it, or the other way round, as of
# one moment, for the editor goes on meanwhile.
WITHOUT_ITS_VERSION = f"""
import django
django.setup()
from django.db import connection, transaction
from reversion.models import Version
from catalog import history
from catalog.models import Case, Topic

with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    topics = list(Topic.objects.filter(slug__startswith="saved-"))
    for written in (Case.objects.get(slug="{CASE}"), *topics):
        newest = history.versions_of(written).first()
        if newest is None or history.texts_in(newest) != history.texts_of(written):
            print(written)
    known = {{str(topic.pk) for topic in topics}}
    for version in Version.objects.get_for_model(Topic):
        if version.object_id not in known:
            print(version)
"""


@pytest.fixture
def cluster(own_databases: None) -> Iterator[OwnCluster]:
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
def editor(cluster: OwnCluster, casebook: Path, tmp_path: Path) -> Iterator[Path]:
    """The file to which an editor at work writes what was confirmed."""
    fill(cluster, casebook)
    collect_static_files()
    confirmed = tmp_path / "confirmed"
    with confirmed.open("w") as told:
        started = subprocess.Popen(
            [sys.executable, "-c", EDITOR], cwd=settings.BASE_DIR, env=production(cluster.url), stdout=told
        )
    yield confirmed
    started.kill()
    started.wait()


def test_kills_of_the_server_lose_no_confirmed_save_and_part_none_from_its_version(
    cluster: OwnCluster, editor: Path
) -> None:
    random.seed(20)
    for _ in range(2):  # with the second topic, the case has been saved once, too
        wait_for_more(editor)
    with ExitStack() as servers:
        for _ in range(KILLS):
            wait_for_more(editor)
            time.sleep(random.uniform(0, LONGEST_SECONDS_OF_SAVES))
            cluster.kill()
            servers.enter_context(cluster.running())
            assert run(cluster, WITHOUT_ITS_VERSION) == ""
        wait_for_more(editor)
        told = lines(editor)
        with connected(cluster) as database:
            kept = set(Topic.objects.using(database.alias).values_list("slug", flat=True))
    again = [line for line in told if line.startswith("again")]
    confirmed = [line for line in told if line not in again]
    print(f"{KILLS} kills, {len(confirmed)} saves confirmed, cases saved again: {Counter(again)}")
    assert [slug for slug in confirmed if slug not in kept] == []
    assert len(confirmed) > KILLS
    # Where the save whose answer failed stands, the second answer tells of it and saves nothing again.
    assert set(again) == {"again 302 saved 1"}


def run(cluster: OwnCluster, code: str) -> str:
    """What a program on the cluster's database prints."""
    command = [sys.executable, "-c", code]
    return subprocess.check_output(command, cwd=settings.BASE_DIR, env=production(cluster.url), text=True)
