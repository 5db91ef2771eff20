"""Readers while editors write, each on a connection of its own: every answer is of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connections
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from catalog.models import Case, Section, Source
from tests.making import FUNAGATA, KASHIHARA, make_case, make_source

DRAFTS = 30
READERS = 3
ROUNDS = 5
WHOLE = (
    "/cases.json",
    "/cases.json?q=競争",
    f"/cases.json?near={FUNAGATA}",
    "/api/v1/cases/?page_size=100&q=競争",
)
PAGES = ("/", "/cases/?q=競争", "/cases/?sort=-updated", f"/bodies/{KASHIHARA}/", "/cases/dx2021-17-1/")


@pytest.fixture
def drafts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[int]]:
    """The keys of drafts that other connections see, too; all that came with them goes at the end."""
    with django_db_blocker.unblock():
        try:
            yield [
                make_case(f"racing-{number}", title=f"競争{number}", bodies=[KASHIHARA], status="draft").pk
                for number in range(DRAFTS)
            ]
        finally:
            Case.objects.filter(slug__startswith="racing-").delete()
            Section.objects.filter(source__slug__startswith="racing-").delete()
            Source.objects.filter(slug__startswith="racing-").delete()
            connections.close_all()


def publish_and_withdraw(keys: list[int], done: Event) -> int:
    """Publishes and withdraws case after case, and makes new ones of new sources, until all is read."""
    changes = 0
    try:
        while not done.is_set():
            for key in keys:
                Case.objects.filter(pk=key, status="published").update(
                    status="withdrawn", withdrawn_reason="終了"
                ) or Case.objects.filter(pk=key).update(status="published")
                changes += 1
                if done.is_set():
                    break
            source = make_source(f"racing-{changes}").slug
            make_case(f"racing-new-{changes}", source=source, bodies=[FUNAGATA])
    finally:
        connections.close_all()
    return changes


def read(_: int) -> list[tuple[str, int, int]]:
    """Reads all addresses some times over; gives what each whole result says to hold, and what it holds."""
    client, whole = Client(), list[tuple[str, int, int]]()
    try:
        for _round in range(ROUNDS):
            for address in WHOLE:
                answer = client.get(address).json()
                whole.append((address, answer["count"], len(answer["results"])))
            assert [client.get(address).status_code for address in PAGES] == [200] * len(PAGES)
    finally:
        connections.close_all()
    return whole


@pytest.mark.long
def test_readers_get_whole_answers_while_cases_are_published_and_withdrawn(drafts: list[int]) -> None:
    done = Event()
    with ThreadPoolExecutor(READERS + 1) as threads:
        writer = threads.submit(publish_and_withdraw, drafts, done)
        try:
            answers = [answer for whole in threads.map(read, range(READERS)) for answer in whole]
        finally:
            done.set()
        changes = writer.result()
    assert [answer for answer in answers if answer[1] != answer[2]] == []
    assert len({count for address, count, _ in answers if address == "/cases.json"}) > 1  # it did change
    assert changes > ROUNDS
