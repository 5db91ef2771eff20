"""Changes to many rows from a file: what would happen to each is told first, then all happens or nothing.

A dry run makes the changes and takes them back, so that what it tells is what the import does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Model

from catalog.importing.tables import Problem, TableRow
from dxcases import access_log

Progress = Callable[[list[TableRow]], Iterable[TableRow]]  # hands on the rows and shows how far it is


class Outcome(StrEnum):
    NEW = "新規"
    CHANGED = "変更"
    UNCHANGED = "変更なし"
    REFUSED = "取り込めない"


@dataclass(frozen=True)
class Change:
    """What a column becomes, as texts; a list is one item a line."""

    column: str
    old: str
    new: str


@dataclass
class RowReport:
    """What an import does with a row. `key` is the primary key of what it changed, unless it is refused."""

    number: int
    name: str
    is_new: bool = False
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    key: Any = None

    @property
    def outcome(self) -> Outcome:
        if self.problems:
            return Outcome.REFUSED
        if self.is_new:
            return Outcome.NEW
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED


@dataclass
class Report:
    """What an import does with a file. `skipped` has the numbers of rows left out, by reason."""

    rows: list[RowReport] = field(default_factory=list)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    is_applied: bool = False

    def of(self, *outcomes: Outcome) -> list[RowReport]:
        return [row for row in self.rows if row.outcome in outcomes]

    @property
    def refused(self) -> list[RowReport]:
        return self.of(Outcome.REFUSED)

    @property
    def effective(self) -> list[RowReport]:
        """The rows that change something."""
        return self.of(Outcome.NEW, Outcome.CHANGED)

    @property
    def worth_reading(self) -> list[RowReport]:
        """The rows to look at before agreeing: refused ones first."""
        others = [row for row in self.rows if row.warnings and row.outcome == Outcome.UNCHANGED]
        return [*self.refused, *self.effective, *others]

    @property
    def summary(self) -> str:
        counts = [f"{outcome} {len(self.of(outcome)):,}行" for outcome in Outcome]
        counts += [f"{reason}（対象外） {len(numbers):,}行" for reason, numbers in self.skipped.items()]
        return "、".join(counts)

    @property
    def digest(self) -> str:
        """Equal for two reports that tell the same."""
        facts = [(row.number, row.name, str(row.outcome), row.changes) for row in self.rows]
        text = json.dumps([facts, self.skipped], default=vars, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def log(self, user: AbstractBaseUser | None, model: type[Model], file_name: str) -> None:
        """Tells the log of the site what was imported, by whom (None at the command line) and from what."""
        new, changed = (len(self.of(outcome)) for outcome in (Outcome.NEW, Outcome.CHANGED))
        access_log.log_import(user, model._meta.model_name or "", file_name, new, changed)

    def lines(self) -> Iterator[str]:
        """The report as text, without what stays as it is."""
        for row in self.worth_reading:
            yield f"{row.number}行目 {row.name}：{row.outcome}"
            yield from (f"    {one.column}：{one.message}" for one in row.problems if one.column)
            yield from (f"    {one.message}" for one in row.problems if not one.column)
            yield from (f"    {one.column}：「{one.old}」→「{one.new}」" for one in row.changes)
            yield from (f"    注意 {one.column}：{one.message}" for one in row.warnings)
        for reason, numbers in self.skipped.items():
            yield f"対象外（{reason}）：{'、'.join(map(str, numbers))}行目"
        yield self.summary


def all_or_nothing(work: Callable[[], Report], *, dry_run: bool, expected: str | None) -> Report:
    """The report of `work`, whose changes stay only if none was refused and it is no dry run.

    With `expected`, the digest of a report that somebody agreed to, they stay only if this one tells the
    same.
    """
    with transaction.atomic():
        report = work()
        report.is_applied = not dry_run and not report.refused and expected in (None, report.digest)
        if not report.is_applied:
            transaction.set_rollback(True)
    return report


def wrong_codes(codes: Iterable[str]) -> set[str]:
    """Those that are not six digits of which the last is the check digit (decision 0001)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM unnest(%s::text[]) AS code WHERE NOT is_body_code(code)", [list(codes)]
        )
        return {code for (code,) in cursor}
