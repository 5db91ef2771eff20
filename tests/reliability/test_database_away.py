"""The database restarts, is away, freezes, is only read; a worker is killed (decision 0010)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from dxcases.postgres.backend.base import WAIT_SECONDS
from tests.reliability.load import PER_SECOND, THOROUGH, ask, load, summary, wait_until_it_is_well
from tests.servers.clusters import OwnCluster
from tests.servers.gunicorn import gunicorn_of_make_run

pytestmark = [pytest.mark.long, pytest.mark.alone]

RESTARTS = 3 if THOROUGH else 1
SECONDS_AWAY = 30 if THOROUGH else 6
Site = tuple[int, "subprocess.Popen[bytes]"]


def restart(database: OwnCluster, mode: str) -> float:
    """Seconds for which the database was away."""
    began = time.monotonic()
    database.stop(mode)
    database.start()
    return time.monotonic() - began


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_under_load_fails_no_request(site: Site, database: OwnCluster, mode: str) -> None:
    """Tried until the machine is quick enough to restart the database within the time that pages wait."""
    port, _ = site
    done = 0
    for _ in range(RESTARTS * 4):
        with load(port, PER_SECOND) as before:
            time.sleep(1.5)
        with load(port, PER_SECOND) as answers:
            time.sleep(1)
            away = restart(database, mode)
            time.sleep(1)
        print(f"restart {mode} at {PER_SECOND}/s, away {away:.2f} s: {summary(answers)}")
        if away < WAIT_SECONDS - 0.3:
            assert [answer for answer in answers if answer.status != 200] == []
            assert max(one.seconds for one in answers) <= max(one.seconds for one in before) + away + 1
            done += 1
        if done == RESTARTS:
            return
    pytest.fail("the database never restarted in time")


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_lone_request_after_a_restart_is_answered_at_once(
    site: Site, database: OwnCluster, mode: str
) -> None:
    port, _ = site
    restart(database, mode)
    lone = ask(port, "/about/")
    print(f"lone request after a restart ({mode}): {lone.seconds:.3f} s")
    assert (lone.status, lone.seconds <= 1) == (200, True)


def test_while_it_is_away_every_answer_comes_soon_and_then_all_is_well(
    site: Site, database: OwnCluster
) -> None:
    port, _ = site
    ask(port, "/cases/")
    database.stop("immediate")
    try:
        with load(port, PER_SECOND) as answers:
            time.sleep(SECONDS_AWAY)
        page, data = ask(port, "/cases/"), ask(port, "/cases.json")
        live, ready = ask(port, "/healthz/live"), ask(port, "/healthz/ready")
    finally:
        database.start()
    seconds = wait_until_it_is_well(port, 5)
    print(f"away for {SECONDS_AWAY} s at {PER_SECOND}/s: {summary(answers)}; well {seconds:.2f} s after")
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) <= 2.5
    assert (page.status, page.retry_after) == (503, "10")
    assert "ただいま表示できません" in page.body
    assert (data.status, list(json.loads(data.body))) == (503, ["errors"])
    assert (live.status, ready.status, ready.seconds <= 1.5) == (200, 503, True)


def test_frozen_it_is_told_at_once_and_pages_do_not_pile_up(site: Site, database: OwnCluster) -> None:
    port, _ = site
    ask(port, "/cases/")
    with database.frozen():
        first = ask(port, "/healthz/ready")
        with load(port, PER_SECOND) as answers:
            time.sleep(SECONDS_AWAY)
            ready = ask(port, "/healthz/ready")
    seconds = wait_until_it_is_well(port, 5)
    print(f"frozen at {PER_SECOND}/s: {summary(answers)}")
    print(f"ready says so in {first.seconds:.2f} s; well {seconds:.2f} s after")
    assert (first.status, first.seconds <= 1.5) == (503, True)
    assert (ready.status, ready.seconds <= 1.5) == (503, True)
    assert max(answer.seconds for answer in answers) <= 2.5


def test_frozen_under_load_no_request_waits_for_long(site: Site, database: OwnCluster) -> None:
    port, _ = site
    with load(port, PER_SECOND) as answers:
        time.sleep(1)
        with database.frozen():
            time.sleep(4)
        time.sleep(1)
    print(f"frozen under load: {summary(answers)}")
    assert max(answer.seconds for answer in answers) <= 7  # a statement under way waits for its bound
    wait_until_it_is_well(port, 5)


def test_a_search_that_takes_too_long_asks_for_other_words(database: OwnCluster, static_files: None) -> None:
    with (
        gunicorn_of_make_run(database.url, DEBUG="off", DATABASE_STATEMENT_SECONDS="1") as (port, _),
        database.connect() as other,
        other.transaction(),
    ):
        assert ask(port, "/about/").status == 200  # now it has the index, which every page tells from
        other.execute("LOCK TABLE catalog_casegrams IN ACCESS EXCLUSIVE MODE")
        page, data, without = (ask(port, path) for path in ("/cases/?q=1", "/cases.json?q=1", "/about/"))
    assert (page.status, page.retry_after) == (503, "10")
    assert "検索に時間がかかりすぎたため、途中でやめました。" in page.body
    assert (data.status, "検索に時間がかかりすぎた" in data.body) == (503, True)
    assert without.status == 200


def test_a_database_that_is_only_read_shows_every_page(site: Site, database: OwnCluster) -> None:
    port, _ = site
    paths = ["/", "/cases/?q=%E7%AA%93", "/cases.csv", "/api/v1/cases/", "/admin/login/"]
    with database.only_read():
        statuses = [ask(port, path).status for path in paths]
    assert statuses == [200] * len(paths)


def test_a_killed_worker_loses_no_more_than_it_was_doing(site: Site) -> None:
    port, process = site
    with load(port, PER_SECOND) as answers:
        time.sleep(1.5)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        time.sleep(2.5)
    print(f"worker killed: {summary(answers)}")
    assert sum(answer.status != 200 for answer in answers) <= 8  # the threads of a worker
    assert all(answer.status == 200 for answer in answers if answer.at > 2.5)


def test_a_reload_under_load_loses_nothing(site: Site) -> None:
    port, process = site
    with load(port, PER_SECOND) as answers:
        time.sleep(1)
        process.send_signal(signal.SIGHUP)
        time.sleep(4)
    print(f"reload: {summary(answers)}")
    assert [answer for answer in answers if answer.status != 200] == []
