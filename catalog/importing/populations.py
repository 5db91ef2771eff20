"""Populations of bodies from a table of a statistic, as 総務省's 住民基本台帳に基づく人口 is laid out.

It has a row for each body by its code, and others: for all, for 郡 and islands, for wards of cities.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from catalog import history
from catalog.importing.codes import BodyCodes, Found, NamedCode, is_northern
from catalog.importing.headings import (
    CODE_LABELS,
    DAY_LABELS,
    NAME_LABELS,
    PART_LABELS,
    Column,
    Heading,
    about_titles,
    is_number,
    population_column,
    read_heading,
)
from catalog.importing.report import (
    Change,
    Doubt,
    DoubtfulTable,
    Overtaken,
    Progress,
    Report,
    RowReport,
    UnknownDay,
    all_or_nothing,
)
from catalog.importing.tables import Problem, Sheet, TableRow, UnreadableTable
from catalog.models import Body, Kind, Population, PopulationImport, PopulationSource
from catalog.models.base import plain
from catalog.models.days import StatedDay, stated_days

CODE, NAME, POPULATION = "団体コード", "市区町村名", "人口"
DATE, SOURCE, COLUMN = "人口の基準日", "人口の出典", "読む列"
REGISTER = "resident-register"  # the source of 総務省's tables
FIRST_NEW_YEARS_DAY = 2014  # since when they are of 1 January

WARD = "政令指定都市の区"
FORMER_WARD = "再編前の区"
COUNTY = "郡の合計"
ISLANDS = "島しょの合計"
NORTHERN = "北方領土の村"
TOTAL = "コードのない行（合計、注記など）"
PART = "市区町村の一部の地域"

NOT_GIVEN = ("-", "‐", "―", "*", "**", "***", "…", "...", "x", "X", "χ")


def import_populations(
    sheet: Sheet,
    *,
    as_of: date | None = None,
    source: str = REGISTER,
    file_name: str = "",
    despite: Collection[str] = (),
    dry_run: bool,
    progress: Progress = iter,
    expected: str | None = None,
    by: AbstractBaseUser | None = None,
) -> Report:
    """Sets the populations of bodies, in persons, of a day by a source (its slug).

    Without `as_of` the day is what the titles state. Rows of anything but a body are skipped and counted.
    What it writes can be taken back as a whole (`take_back`). The history names `by`; None is the operator.
    Raises UnreadableTable where columns cannot be told, UnknownDay where the day cannot or is yet to come,
    DoubtfulTable where the titles are of another table or day, unless `despite` has that doubt; see
    `all_or_nothing`.
    """
    statistic = StatisticsTable.of(sheet, file_name)
    if Doubt.TITLE not in despite:
        statistic.check_kind(source)
    day = as_of or statistic.day_for(source)
    if day > timezone.localdate():
        remedy = "日付を直してください。" if as_of else "表の題名の日付を確かめ、正しい日を入力してください。"
        raise UnknownDay(f"{DATE}（{day.isoformat()}）が未来の日付です。{remedy}")
    if Doubt.TITLE not in despite:
        statistic.check_day(day)
    made = PopulationImport(source=PopulationSource.objects.get(pk=source), as_of=day, file_name=file_name)
    made.made_by = by  # type: ignore[assignment]
    planned: list[PopulationTable] = []

    def plan() -> Report:
        made.changes = {}
        planned[:] = [PopulationTable(statistic, made)]
        return planned[0].report(progress)

    return all_or_nothing(plan, lambda: planned[0].write(), dry_run=dry_run, expected=expected)


def population_sheet(sheets: Iterator[Sheet]) -> Sheet:
    """The first sheet with codes and populations; where none has both, the first with codes, or the first.

    Before the table of a statistic there may be contents, notes or an empty form.
    """
    with_codes: Sheet | None = None
    first = next(sheets)
    for sheet in chain([first], sheets):
        try:
            heading = read_heading(sheet)
            with_codes = with_codes or sheet
            population_column(heading)
        except UnreadableTable:
            continue
        return sheet
    return with_codes or first


@dataclass
class StatisticsTable:
    """A table with what stands above its data: where it has what, and which day and kind it states."""

    heading: Heading
    population: Column
    rows: list[TableRow]
    file_name: str

    @classmethod
    def of(cls, sheet: Sheet, file_name: str) -> StatisticsTable:
        heading = read_heading(sheet)
        return cls(heading, population_column(heading), sheet.rows[heading.first :], file_name)

    def __post_init__(self) -> None:
        self.code = self.heading.place(CODE_LABELS)
        self.name = self.heading.place(NAME_LABELS)
        self.part = self.heading.place(PART_LABELS, but=[self.name])

    def cell(self, row: TableRow, index: int | None) -> str:
        return plain(row.cells[index]) if index is not None and index < len(row.cells) else ""

    @property
    def stated_day(self) -> StatedDay | None:
        """The day of the populations, as their column states it, or a column of days, or the titles.

        The name of the file is no witness: it often has the day on which the file was saved.
        """
        column = self.heading.place(DAY_LABELS)
        texts = [*self.population.labels, self.cell(self.rows[0], column), *self.heading.titles]
        days = [day for text in texts for day in stated_days(text)]
        same_year = [day for day in days if day.year == days[0].year]
        return next((day for day in same_year if day.exact), days[0] if days else None)

    def day_for(self, source: str) -> date:
        """The day that the table states. Raises UnknownDay where it does not."""
        stated = self.stated_day
        if stated and stated.exact:
            return stated.exact
        if stated and not stated.month and source == REGISTER and stated.year >= FIRST_NEW_YEARS_DAY:
            return date(stated.year, 1, 1)
        raise UnknownDay(f"{DATE}を入力してください（表の題名からは分かりません）。")

    def check_kind(self, source: str) -> None:
        """Raises DoubtfulTable where the titles, or the name of the file, are of another table."""
        titles = [*self.heading.titles, self.file_name]
        message = about_titles(titles)
        other = re.search("国勢調査|推計", "".join(titles))
        if not message and source == REGISTER and other:
            message = f"題名に「{other[0]}」とありますが、出典は住民基本台帳です。出典を選び直してください。"
        if message:
            raise DoubtfulTable(Doubt.TITLE, message)

    def check_day(self, day: date) -> None:
        stated = self.stated_day
        if stated and not stated.agrees_with(day):
            raise DoubtfulTable(
                Doubt.TITLE,
                f"表には「{stated.text}」とありますが、{DATE}は{day.isoformat()}です。基準日を直すか空にするか、"
                "その日の表を選んでください。",
            )


@dataclass
class PopulationTable:
    """A table of populations: first what each row does, then that it is done."""

    table: StatisticsTable
    made: PopulationImport
    result: Report = field(default_factory=Report)

    def report(self, progress: Progress) -> Report:
        column = self.table.population
        self.result.facts = {
            DATE: self.made.as_of.isoformat(),
            SOURCE: str(self.made.source),
            COLUMN: f"{column.name}（{'・'.join(column.labels)}）",
        }
        self._find_bodies()
        self.first_with: dict[str, int] = {}
        for row in progress(self.table.rows):
            reason = self._reason_to_skip(row)
            if reason:
                self.result.skipped.setdefault(reason, []).append(row.number)
            else:
                self.result.rows.append(self._row(row))
        return self.result

    def _find_bodies(self) -> None:
        """Finds the bodies of the rows, and their populations of the day."""
        table = self.table
        self.named = {
            row.number: NamedCode.of(table.cell(row, table.code), table.cell(row, table.name))
            for row in table.rows
        }
        bodies = Body.objects.select_related("prefecture", "population_source", "successor__prefecture")
        codes = BodyCodes(self.named.values(), bodies)
        self.found = {number: codes.find(named) for number, named in self.named.items()}
        self.wrong = codes.wrong
        self.given_whole = {self.found[row.number].code for row in table.rows if not self._part(row)}
        self.known = self._same_day()
        cities = Body.objects.filter(kind=Kind.DESIGNATED_CITY)
        self.with_wards = set(cities.values_list("prefecture", flat=True))

    def _part(self, row: TableRow) -> str:
        """The part of a body that the row is of; nothing where it is of all of it."""
        part = self.table.cell(row, self.table.part)
        return "" if part in ("-", "計", "総数", "全域", self.named[row.number].name) else part

    def _reason_to_skip(self, row: TableRow) -> str:
        named, found = self.named[row.number], self.found[row.number]
        if not named.has_code or not any(is_number(plain(cell)) for cell in row.cells):
            return "" if self.table.code in row.problems else TOTAL
        if found.body:
            return PART if self._part(row) and found.code in self.given_whole else ""
        if not re.fullmatch("[0-9]{5,6}", found.code) or found.code in self.wrong:
            return ""
        if "再編前" in named.name:
            return FORMER_WARD
        if is_northern(found.code):
            return NORTHERN
        is_ward = not named.name or named.name.endswith("区")
        if found.code[2] == "1" and found.code[:2] in self.with_wards and is_ward:
            return WARD
        if found.code[2] in "34567" and found.code[4] == "0":
            return COUNTY if named.name.endswith("郡") else ISLANDS if "島しょ" in named.name else ""
        return ""

    def _row(self, row: TableRow) -> RowReport:
        named, found = self.named[row.number], self.found[row.number]
        body = found.body
        result = RowReport(row.number, f"{found.code} {body or named.name}", key=found.code)
        if body and body.abolished_on and body.abolished_on <= self.made.as_of:
            result.is_skipped = True
            result.warnings = [Problem(about_end(body), CODE)]
            return result
        result.problems = [*self._problems(row, found)]
        population = self._population(row, result)
        if body and population and not result.problems:
            result.warnings = [*self._warnings(named, body, population)]
            result.changes = self._changes(body, population)
            if result.changes:
                self.made.changes[body.code] = [self.known.get(body.code), population]
        return result

    def _problems(self, row: TableRow, found: Found) -> Iterator[Problem]:
        table = self.table
        labels = {table.code: CODE, table.population.index: POPULATION, table.name: NAME}
        for index, message in row.problems.items():
            if index in labels:
                yield Problem(message, labels[index])
        first = self.first_with.setdefault(found.code, row.number)
        if part := self._part(row):
            yield Problem(
                f"「{part}」は市区町村の一部です。市区町村全体の人口の行だけを残してください。",
                PART_LABELS[0],
            )
        elif first != row.number:
            yield Problem(f"{first}行目と同じ団体コードです。どちらかを消してください。", CODE)
        if found.problem:
            yield Problem(found.problem, CODE)

    def _population(self, row: TableRow, result: RowReport) -> int | None:
        """The persons; None, and a problem, where the cell does not tell them."""
        cell = self.table.cell(row, self.table.population.index)
        text = re.sub(r"\.0+$", "", cell.replace(",", "").removesuffix("人"))
        if re.fullmatch("[1-9][0-9]{0,8}", text):
            return int(text)
        result.problems.append(Problem(about_number(cell), POPULATION))
        return None

    def _warnings(self, named: NamedCode, body: Body, population: int) -> Iterator[Problem]:
        if body.kind != Kind.PREFECTURE and named.name and not named.names(body):
            yield Problem(f"「{named.name}」とありますが、このコードは「{body}」です。", NAME)
        if body.population and not 0.8 <= population / body.population <= 1.25:
            yield Problem(
                "登録されている人口から2割以上変わります。列や行のずれがないか確かめてください。", POPULATION
            )
        if self._stays_behind(body):
            yield Problem(
                f"より新しいか優先される人口（{body.population_as_of}、{body.population_source}）があるため、"
                "読者に示す人口は変わりません。",
                DATE,
            )

    def _stays_behind(self, body: Body) -> bool:
        """Whether the body goes on with the population that it has."""
        as_of, shown, source = body.population_as_of, body.population_source, self.made.source
        if as_of is None or shown is None or as_of != self.made.as_of:
            return as_of is not None and as_of > self.made.as_of
        return (shown.position, shown.slug) < (source.position, source.slug)

    def _changes(self, body: Body, population: int) -> list[Change]:
        """What differs from the row of the same day and source, or else from what is shown."""
        known = self.known.get(body.code)
        if known is not None:
            return [] if known == population else [Change(POPULATION, str(known), str(population))]
        made = self.made
        pairs: list[tuple[str, Any, Any]] = [
            (POPULATION, body.population, population),
            (DATE, body.population_as_of, made.as_of),
            (SOURCE, body.population_source, made.source),
        ]
        return [
            Change(column, "" if old is None else str(old), str(new))
            for column, old, new in pairs
            if old != new
        ]

    def write(self) -> None:
        """Writes what differs, and keeps in the history what was there and what is. Raises Overtaken."""
        made, changed = self.made, Body.objects.filter(pk__in=self.made.changes)
        if not made.changes:
            return
        history.record_together(history.without_version(history.with_rows(changed)), None, history.BEGUN)
        self._lock()
        made.save(force_insert=True)
        self.result.key = made.pk
        Population.objects.bulk_create(
            [
                Population(body_id=code, persons=persons, as_of=made.as_of, source=made.source)
                for code, (_, persons) in made.changes.items()
            ],
            update_conflicts=True,
            unique_fields=["body", "as_of", "source"],
            update_fields=["persons"],
        )
        bodies = {body.code: body for body in history.with_rows(changed)}
        codes = (self.found[row.number].code for row in self.table.rows)
        written = (bodies.pop(code) for code in codes if code in bodies)
        history.record_together(written, made.made_by, f"{history.IMPORTED}：{made.file_name}")

    def _lock(self) -> None:
        """Keeps the bodies from others until the end; cases of them can be written. Raises Overtaken where
        what was read of their populations is no longer so.
        """
        bodies = Body.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=self.made.changes)
        shown = {body.pk: seen_of(body) for body in bodies.order_by("pk")}
        seen = {found.code: seen_of(found.body) for found in self.found.values() if found.body}
        if self._same_day() != self.known or any(seen[code] != one for code, one in shown.items()):
            raise Overtaken

    def _same_day(self) -> dict[str, int]:
        same = Population.objects.filter(as_of=self.made.as_of, source=self.made.source)
        return dict(same.values_list("body", "persons"))


def seen_of(body: Body) -> tuple[Any, ...]:
    return body.population, body.population_as_of, body.population_source_id, body.abolished_on


def about_end(body: Body) -> str:
    now = f"（現在の{body.successor}）" if body.successor else ""
    return f"この団体は{body.abolished_on}に廃止されています{now}。取り込みません。"


def about_number(cell: str) -> str:
    if not cell:
        return "人口が空です。人数を入力するか、この行を消してください。"
    if cell in NOT_GIVEN:
        return f"「{cell}」は数がない印です。人数を入力するか、この行を消してください。"
    if re.search("約|千|万", cell):
        return f"「{cell}」は概数です。1人の単位の整数を入力してください。"
    return f"「{cell}」は人口として読めません。1以上の整数を入力してください。"
