"""Values of indicators from a table with a line for each body and indicator, as デジタル庁's is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.contrib.auth.base_user import AbstractBaseUser

from catalog import history
from catalog.importing.codes import BodyCodes, Found, NamedCode
from catalog.importing.report import Change, Overtaken, Progress, Report, RowReport, all_or_nothing
from catalog.importing.tables import Problem, Sheet, TableRow, UnreadableTable
from catalog.models import NO_VALUE, NOT_ASKED, Body, Indicator, IndicatorValue, Kind
from catalog.models.base import plain

MAX_LINES = 60_000  # twice what the table of fifteen indicators has
# What the columns are called in the table of デジタル庁 as the catalogue has it, and in Japanese.
CODE, NAME, INDICATOR, VALUE = "団体コード", "団体名", "指標", "値"
COLUMNS = {
    CODE: {"code", "団体コード", "全国地方公共団体コード"},
    NAME: {"name", "団体名", "市区町村名"},
    INDICATOR: {"indicator", "指標", "項目", "項目名"},
    VALUE: {"value", "値"},
}
NOT_ASKED_WORDS = {"調査無し", "調査なし"}
NO_VALUE_WORDS = {"", "%", "-", "―", "値なし"}
DONE_WORDS = {"実施": 1.0, "未実施": 0.0}

Key = tuple[str, str]  # of a body and an indicator
# Values by key: None is 調査なし; where there is none, the body has no value.
Values = dict[Key, float | None]


def import_indicators(
    sheet: Sheet,
    *,
    file_name: str = "",
    dry_run: bool,
    progress: Progress = iter,
    expected: str | None = None,
    by: AbstractBaseUser | None = None,
) -> Report:
    """Sets the values of bodies by indicators that there are, which are told by `Indicator.label`.

    A line without a value takes away that of before. The history names `by`; None is the operator. Raises
    UnreadableTable where a column is missing; see `all_or_nothing`.
    """
    columns = columns_of(sheet)
    planned: list[IndicatorTable] = []

    def plan() -> Report:
        planned[:] = [IndicatorTable(sheet.rows[1:], columns, file_name, by)]
        return planned[0].report(progress)

    return all_or_nothing(plan, lambda: planned[0].write(), dry_run=dry_run, expected=expected)


def columns_of(sheet: Sheet) -> dict[str, int]:
    """Where the columns stand; that of names may be missing."""
    titles = [plain(cell).lower() for cell in sheet.rows[0].cells]
    found = {
        name: next((at for at, title in enumerate(titles) if title in known), -1)
        for name, known in COLUMNS.items()
    }
    missing = [f"「{name}」" for name, at in found.items() if at < 0 and name != NAME]
    if missing:
        raise UnreadableTable(
            f"1行目に{'、'.join(missing)}の列がありません。見出しを「code,name,group,indicator,value」にしてください。"
        )
    return found


@dataclass
class IndicatorTable:
    """The lines of a table: first what each does, then that it is done."""

    rows: list[TableRow]
    columns: dict[str, int]
    file_name: str
    by: AbstractBaseUser | None
    result: Report = field(default_factory=Report)

    def report(self, progress: Progress) -> Report:
        self.indicators = {plain(one.label): one for one in Indicator.objects.all()}
        self.named = {
            row.number: NamedCode.of(self.cell(row, CODE), self.cell(row, NAME)) for row in self.rows
        }
        codes = BodyCodes(set(self.named.values()), Body.objects.select_related("prefecture"))
        found = {named: codes.find(named) for named in set(self.named.values())}
        self.before, self.after = known_values(), Values()
        self.gone: set[Key] = set()
        self.first_with: dict[Key, int] = {}
        for row in progress(self.rows):
            self.result.rows.append(self._row(row, found[self.named[row.number]]))
        return self.result

    def cell(self, row: TableRow, column: str) -> str:
        at = self.columns[column]
        return plain(row.cells[at]) if 0 <= at < len(row.cells) else ""

    def _row(self, row: TableRow, found: Found) -> RowReport:
        label, text = self.cell(row, INDICATOR), self.cell(row, VALUE)
        indicator, body, named = self.indicators.get(label), found.body, self.named[row.number]
        result = RowReport(
            row.number,
            f"{found.code} {body or named.name} {indicator or label}",
            key=indicator.pk if indicator else None,
        )
        result.problems = [*self._problems(row, found, indicator)]
        if indicator is None or body is None or result.problems:
            return result
        try:
            new = value_of(text, indicator)
        except ValueError as error:
            result.problems.append(Problem(str(error), VALUE))
            return result
        if named.name and not named.names(body):
            told = f"「{named.name}」とありますが、このコードは「{body}」です。"
            result.warnings.append(Problem(told, NAME))
        result.changes = self._changes((body.code, indicator.pk), indicator, new)
        return result

    def _problems(self, row: TableRow, found: Found, indicator: Indicator | None) -> Iterator[Problem]:
        names = {at: name for name, at in self.columns.items()}
        yield from (Problem(told, names[at]) for at, told in row.problems.items() if at in names)
        if found.problem:
            yield Problem(found.problem, CODE)
        elif found.body and found.body.kind == Kind.PREFECTURE:
            yield Problem("都道府県の値は取り込めません。市区町村の行だけを残してください。", CODE)
        if indicator is None:
            yield Problem(
                f"「{self.cell(row, INDICATOR)[:100]}」を「表の項目名」とする指標がありません。先に「指標」に"
                "追加するか、指標の「表の項目名」を直してください。",
                INDICATOR,
            )
        elif found.body:
            first = self.first_with.setdefault((found.code, indicator.pk), row.number)
            if first != row.number:
                yield Problem(f"{first}行目と同じ団体の同じ指標です。どちらかを消してください。", INDICATOR)

    def _changes(self, key: Key, indicator: Indicator, new: list[float | None]) -> list[Change]:
        old = [self.before[key]] if key in self.before else []
        if old == new:
            return []
        if new:
            self.after[key] = new[0]
        else:
            self.gone.add(key)
        before, after = (indicator.about(one[0]) if one else NO_VALUE for one in (old, new))
        return [Change(VALUE, before, after)]

    def write(self) -> None:
        """Writes what differs, and keeps in the history what was there and what is. Raises Overtaken."""
        changed = {*self.after, *self.gone}
        if not changed:
            return
        if known_values(lock=True) != self.before:
            raise Overtaken
        before = rows_with(changed & self.before.keys())
        history.record_rows(history.without_version(before), None, history.BEGUN)
        IndicatorValue.objects.bulk_create(
            [
                IndicatorValue(body_id=body, indicator_id=indicator, value=value)
                for (body, indicator), value in self.after.items()
            ],
            update_conflicts=True,
            unique_fields=["indicator", "body"],
            update_fields=["value"],
        )
        IndicatorValue.objects.filter(pk__in=[row.pk for row in before if key_of(row) in self.gone]).delete()
        reason = f"{history.IMPORTED}：{self.file_name}"
        history.record_rows(rows_with(self.after.keys()), self.by, reason)


def known_values(*, lock: bool = False) -> Values:
    """All values; with `lock` nobody else changes them until the transaction ends."""
    rows = IndicatorValue.objects.order_by("pk")
    rows = rows.select_for_update() if lock else rows
    return {(body, one): value for body, one, value in rows.values_list("body", "indicator", "value")}


def rows_with(keys: Collection[Key]) -> list[IndicatorValue]:
    """The rows of these keys, each with what its name is made of."""
    rows = IndicatorValue.objects.select_related("body__prefecture", "indicator").order_by("pk")
    rows = rows.filter(body__in={body for body, _ in keys}, indicator__in={one for _, one in keys})
    return [row for row in rows if key_of(row) in keys]


def key_of(row: IndicatorValue) -> Key:
    return row.body_id, row.indicator_id


def value_of(text: str, indicator: Indicator) -> list[float | None]:
    """The value of a cell, None for 調査なし, or no value. Raises ValueError, which says what is wrong."""
    if text in NOT_ASKED_WORDS:
        return [None]
    if text in NO_VALUE_WORDS:
        return []
    if indicator.is_done_or_not:
        if text not in DONE_WORDS:
            raise ValueError(f"「{text[:50]}」は「実施」「未実施」「{NOT_ASKED}」のどれでもありません。")
        return [DONE_WORDS[text]]
    number = text.replace(",", "").removesuffix("%").removesuffix(plain(indicator.unit))
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", number):
        raise ValueError(f"「{text[:50]}」は数として読めません。数か「{NOT_ASKED}」を入力してください。")
    if refusal := indicator.refusal_of(float(number)):
        raise ValueError(f"「{text[:50]}」は値の範囲にありません。{refusal}")
    return [float(number)]
