"""Imports in a process of their own: started by a request, one after the other, with progress that is seen.

A process holds a lock of the database for as long as it works on a run; one that is killed lets go of it. So
whether somebody is at work is never guessed. What it writes stands or falls with the run's state.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from catalog.documents.many import writing_many_rows
from catalog.importing.report import Change, DoubtfulTable, Progress, Report, RowReport, UnknownDay
from catalog.importing.tables import Problem, UnreadableTable
from catalog.models import ImportRun

State = ImportRun.State
TURN, WORK = 202_611_27, 202_611_28  # kinds of locks: one run works at a time; on each run one process
SECONDS_TO_START = 30
SECONDS_BETWEEN_NEWS = 0.5
OVERTAKEN = "確認のあとにデータが変わったため、まだ取り込んでいません。新しい結果を確かめてください。"
FAULT = "サーバーで問題が起きたため、取り込んでいません。運用担当者に知らせてください。"

log = logging.getLogger(__name__)


def begin(run: ImportRun) -> None:
    """Has a process of its own work on the run, once the transaction has ended; the browser may go."""
    run.state, run.rows_done, run.rows_all, run.told = State.WAITING, 0, 0, ""
    run.save()
    transaction.on_commit(lambda: start(run.pk))


def start(key: int) -> None:
    process = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "run_import", str(key)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_STATEMENT_SECONDS": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie


def has_stopped(run: ImportRun) -> bool:
    """Whether nobody works on the run any more, though it is not at its end."""
    if not run.is_under_way or run.changed_at > timezone.now() - timedelta(seconds=SECONDS_BETWEEN_NEWS):
        return False
    is_starting = run.changed_at > timezone.now() - timedelta(seconds=SECONDS_TO_START)
    if run.state == State.WAITING and is_starting:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN pg_try_advisory_lock(%(kind)s, %(run)s)"
            " THEN pg_advisory_unlock(%(kind)s, %(run)s) ELSE false END",
            {"kind": WORK, "run": run.pk},
        )
        (is_free,) = cursor.fetchone()
    return bool(is_free) and ImportRun.objects.filter(pk=run.pk, changed_at=run.changed_at).exists()


def stopped_runs() -> list[str]:
    """The names of the files whose import has stopped halfway, for operators."""
    return [str(run) for run in ImportRun.objects.all() if has_stopped(run)]


class News:
    """A connection on which a process has its locks, and says how far it is while its transaction is open."""

    def __init__(self, key: int) -> None:
        self.key, self.at = key, 0.0
        self.database = connection.copy("default")

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Waits until no other run works; whether this one is ours."""
        try:
            if self.ask("SELECT pg_try_advisory_lock(%s, %s)", WORK, self.key):
                self.ask("SELECT pg_advisory_lock(%s)", TURN)
                yield True
                self.ask("SELECT pg_advisory_unlock_all()")
            else:
                yield False
        finally:
            self.database.close()

    def ask(self, query: str, *values: Any) -> Any:
        with self.database.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone()[0]

    def progress(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Hands on the rows and says now and then how many there are and were."""
        known = list(rows)
        for number, row in enumerate(known):
            if time.monotonic() > self.at + SECONDS_BETWEEN_NEWS:
                self.tell(number, len(known))
            yield row
        self.tell(len(known), len(known))

    def tell(self, done: int, of: int) -> None:
        self.at = time.monotonic()
        with self.database.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_importrun SET state = 'running', rows_done = %s, rows_all = %s,"
                " changed_at = clock_timestamp() WHERE id = %s",
                [done, of, self.key],
            )


# Does what the run is for, showing how far it is.
Work = Callable[[ImportRun, Progress], Report]


def perform(key: int, work: Work) -> None:
    """Works on a run that waits, in its turn: finds what it does or, where that was agreed to, does it."""
    news = News(key)
    with news.alone() as is_ours:
        run = ImportRun.objects.select_related("made_by").filter(pk=key, state=State.WAITING).first()
        if not is_ours or run is None:
            return
        news.tell(0, 0)
        try:
            with writing_many_rows():
                note(run, work(run, news.progress))
        except UnreadableTable as error:
            note_refusal(run, error)
        except Exception:
            log.exception("import run %s failed", key)
            run.state, run.told, run.agreed = State.FAILED, FAULT, ""
            run.save()


def note(run: ImportRun, report: Report) -> None:
    """Keeps what has come of it: in the transaction of the import, so that both are or neither is."""
    run.rows_done = run.rows_all = len(report.rows)
    run.summary, run.digest, run.needs_reason = report.summary, report.digest, report.needs_reason
    run.state = State.DONE if report.is_applied else State.CHECKED
    if run.agreed and not report.is_applied:
        run.told = OVERTAKEN
    run.agreed = run.agreed if report.is_applied else ""
    keep_report(run, report)
    run.save()


def note_refusal(run: ImportRun, error: UnreadableTable) -> None:
    run.state, run.told, run.agreed = State.ASKED, str(error), ""
    run.told_beside = "as_of" if isinstance(error, UnknownDay) else "file"
    run.doubt = error.doubt.value if isinstance(error, DoubtfulTable) else ""
    run.save()


def report_file(run: ImportRun) -> Path:
    return Path(settings.IMPORT_DIR) / f"report-{run.pk}.json"


def keep_report(run: ImportRun, report: Report) -> None:
    file = report_file(run)
    file.touch(mode=0o600)
    file.write_bytes(orjson.dumps(asdict(report)))


def kept_report(run: ImportRun) -> Report:
    """Raises FileNotFoundError where it is gone."""
    kept = orjson.loads(report_file(run).read_bytes())
    rows = [
        RowReport(
            **{
                **row,
                "changes": [Change(**one) for one in row["changes"]],
                **{name: [Problem(**one) for one in row[name]] for name in ("problems", "warnings")},
            }
        )
        for row in kept.pop("rows")
    ]
    return Report(rows, **kept)


def forget(runs: Iterable[ImportRun]) -> None:
    """Lets go of runs with their reports; their files go when they are a day old."""
    for run in runs:
        report_file(run).unlink(missing_ok=True)
        run.delete()
