"""Changes to many rows from a file: what would happen to each is told first, then all happens or nothing.

Nobody waits meanwhile: a plan holds nothing, and what is written locks the catalogue's version at the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model, TextChoices

from catalog import history
from catalog.documents.many import writing_many_rows
from catalog.importing.tables import Problem, UnreadableTable
from dxcases import access_log

TRIES = 3
OTHERS_GO_ON = (
    "ほかの人が同じものを続けて変えているため、取り込めません。少し待ってから、もう一度お試しください。"
)

MISSING = "入力してください。"

Progress = Callable[[Iterable[Any]], Iterable[Any]]  # hands on the rows and shows how far it is


class Doubt(TextChoices):
    """What an import doubts of a table, with the words by which one takes it nevertheless."""

    TITLE = "title", "表の題名と違うことを承知で取り込む"
    MISSING = "missing", "一覧にない団体が多いことを承知で取り込む"

    @property
    def field(self) -> str:
        """The name of the box that a form has for it."""
        return f"despite_{self.value}"


class DoubtfulTable(UnreadableTable):
    """The table is probably not what is meant."""

    def __init__(self, doubt: Doubt, message: str) -> None:
        super().__init__(message)
        self.doubt = doubt


class UnknownDay(UnreadableTable):
    """The table does not tell of which day it is, or tells of one to come."""


class Outcome(StrEnum):
    NEW = "新規"
    CHANGED = "変更"
    UNCHANGED = "変更なし"
    PROPOSED = "改訂案"
    REFUSED = "取り込めない"
    SKIPPED = "対象外"


@dataclass(frozen=True)
class Change:
    """What a column becomes, as texts; a list is one item a line."""

    column: str
    old: str
    new: str

    @property
    def marked(self) -> tuple[list[history.Line], list[history.Line]]:
        """Both texts by lines, in which is marked what the other has not."""
        return history.marked(self.old.splitlines(), self.new.splitlines())


@dataclass
class RowReport:
    """What an import does with a row, or with what has none: then `number` is 0.

    `key` is the primary key of what it changed, unless it is refused. `is_proposal`: it makes a proposal
    rather than changing what is public. `is_public`: what it changes is or was public. `counted` is what
    stands behind its number: JSON has cases, but no lines.
    """

    number: int
    name: str
    is_new: bool = False
    is_skipped: bool = False
    is_proposal: bool = False
    is_public: bool = False
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    key: Any = None
    counted: str = "行目"

    @property
    def outcome(self) -> Outcome:
        if self.problems:
            return Outcome.REFUSED
        if self.is_skipped:
            return Outcome.SKIPPED
        if self.is_new:
            return Outcome.NEW
        if not self.changes:
            return Outcome.UNCHANGED
        return Outcome.PROPOSED if self.is_proposal else Outcome.CHANGED


@dataclass
class Report:
    """What an import does with a file. `skipped` has the numbers of rows left out, by reason.

    `facts` are what it takes for granted, by name, as the day of all its populations. `key` is the primary
    key of what keeps the import, where it can be taken back.
    """

    rows: list[RowReport] = field(default_factory=list)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    is_applied: bool = False
    key: Any = None

    def of(self, *outcomes: Outcome) -> list[RowReport]:
        return [row for row in self.rows if row.outcome in outcomes]

    @property
    def refused(self) -> list[RowReport]:
        return self.of(Outcome.REFUSED)

    @property
    def effective(self) -> list[RowReport]:
        """The rows that change something."""
        return self.of(Outcome.NEW, Outcome.CHANGED, Outcome.PROPOSED)

    @property
    def needs_reason(self) -> bool:
        """Whether it changes what is or was public."""
        return any(row.is_public for row in self.effective)

    @property
    def worth_reading(self) -> list[RowReport]:
        """The rows to look at before agreeing: refused ones first."""
        skipped = self.of(Outcome.SKIPPED)
        unchanged = [row for row in self.of(Outcome.UNCHANGED) if row.warnings]
        return [*self.refused, *skipped, *self.effective, *unchanged]

    @property
    def why_nothing(self) -> str:
        """What to tell of a file that changes nothing."""
        unchanged = self.of(Outcome.UNCHANGED)
        if not unchanged:
            return "取り込む行がありません。対象外の行と理由を確かめてください。"
        if any(row.warnings for row in unchanged):
            return "変わるものはありません。注意を確かめてください。"
        return "すべての行が今のデータと同じです。取り込むものはありません。"

    @property
    def summary(self) -> str:
        rows = {outcome: len(self.of(outcome)) for outcome in Outcome}
        for seldom in (Outcome.PROPOSED, Outcome.SKIPPED):
            if not rows[seldom]:
                del rows[seldom]
        counts = [f"{outcome} {number:,}行" for outcome, number in rows.items()]
        counts += [f"{reason}（対象外） {len(numbers):,}行" for reason, numbers in self.skipped.items()]
        return "、".join(counts)

    @property
    def digest(self) -> str:
        """Equal for two reports that tell the same."""
        facts = [(row.number, row.name, str(row.outcome), row.is_public, row.changes) for row in self.rows]
        text = json.dumps([self.facts, facts, self.skipped], default=vars, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def log(self, user: AbstractBaseUser | None, model: type[Model], file_name: str) -> None:
        """Tells the log of the site what was imported, by whom (None at the command line) and from what."""
        new, changed = (len(self.of(outcome)) for outcome in (Outcome.NEW, Outcome.CHANGED))
        access_log.log_import(user, model._meta.model_name or "", file_name, new, changed)

    def lines(self) -> Iterator[str]:
        """The report as text, without what stays as it is."""
        yield from (f"{name}：{fact}" for name, fact in self.facts.items())
        for row in self.worth_reading:
            place = f"{row.number}{row.counted} " if row.number else ""
            yield f"{place}{row.name}：{row.outcome}"
            yield from (f"    {one.column}：{one.message}" for one in row.problems if one.column)
            yield from (f"    {one.message}" for one in row.problems if not one.column)
            yield from (f"    {one.column}：「{one.old}」→「{one.new}」" for one in row.changes)
            yield from (f"    注意 {one.column}：{one.message}" for one in row.warnings)
        for reason, numbers in self.skipped.items():
            yield f"対象外（{reason}）：{'、'.join(map(str, numbers))}行目"
        yield self.summary
        if self.is_applied and self.key:
            yield f"取り込み番号：{self.key}"


class Overtaken(Exception):
    """Others have changed meanwhile what is to be written."""


def all_or_nothing(
    plan: Callable[[], Report], write: Callable[[], None], *, dry_run: bool, expected: str | None
) -> Report:
    """The report of `plan`, which leaves all as it is; `write` does it if nothing was refused and it is no
    dry run.

    With `expected`, the digest of a report that somebody agreed to, it is done only if this one tells the
    same. Where others change meanwhile what is to be written, it is planned anew.
    """
    for _ in range(TRIES):
        report = plan()
        if dry_run or report.refused or expected not in (None, report.digest):
            return report
        try:
            with writing_many_rows():
                write()
        except Overtaken:
            continue
        report.is_applied = True
        return report
    raise UnreadableTable(OTHERS_GO_ON)


def in_our_words(errors: Iterable[ValidationError]) -> list[str]:
    """What the errors of a field say, each once; of what is empty, what to do."""
    told = (MISSING if one.code in ("null", "blank") else text for one in errors for text in one.messages)
    return [*dict.fromkeys(told)]
