"""Populations of bodies from a table laid out like 総務省's 住民基本台帳に基づく人口.

Such a table has titles above its header, a header of one to several lines, a row for each body by its code,
rows for the wards of designated cities, and totals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from catalog import history
from catalog.importing.report import Change, Progress, Report, RowReport, all_or_nothing, wrong_codes
from catalog.importing.tables import Problem, TableRow, UnreadableTable, column_name, plain
from catalog.models import Body, Kind
from catalog.output.columns import as_code

CODE, NAME, POPULATION, DATE = "団体コード", "市区町村名", "人口", "人口の基準日"
HEADER_WITHIN = 15  # rows

CODE_LABELS = (
    *(CODE, "全国地方公共団体コード", "地方公共団体コード", "市区町村コード", "都道府県・市区町村コード"),
    *("都道府県市区町村コード", "自治体コード"),
)
NAME_LABELS = (NAME, "市区町村", "市町村名", "団体名", "自治体名")
POPULATION_LABELS = (POPULATION, "総人口", "人口総数", "住民基本台帳人口", "総数")
TOTAL_LABELS = ("計", "総数", "合計", "総計")

WARD = "政令指定都市の区"
NORTHERN = "北方領土の村"
TOTAL = "コードのない行（合計、注記など）"
NORTHERN_TERRITORIES = ("016951", "016969", "016977", "016985", "016993", "017001")  # 色丹村 to 蘂取村
NATION = "00000"  # what a code of 全国 begins with
SAME_NAME = str.maketrans("ヶヵケカ", "けかけか")


@dataclass
class Columns:
    """Where a table has what: indexes of its columns, and of its first row of data."""

    code: int
    population: int
    name: int | None
    data: int


def import_populations(
    table: list[TableRow],
    as_of: date,
    *,
    dry_run: bool,
    progress: Progress = iter,
    expected: str | None = None,
    by: AbstractBaseUser | None = None,
) -> Report:
    """Sets the populations of bodies, in persons, and their date. Bodies the table lacks stay as they are.

    Wards and totals are skipped and counted. The history names `by`; None is the operator. Raises
    UnreadableTable where the columns cannot be told or the date is yet to come; see `all_or_nothing`.
    """
    if as_of > timezone.localdate():
        raise UnreadableTable("人口の基準日が未来の日付です。")
    columns = columns_of(table)
    rows = table[columns.data :]
    return all_or_nothing(
        lambda: PopulationTable(columns, rows, as_of, by).report(progress), dry_run=dry_run, expected=expected
    )


def columns_of(table: list[TableRow]) -> Columns:
    """Finds code, name and population by the labels of the header. Raises UnreadableTable."""
    places = enumerate(_place(row, CODE_LABELS) for row in table[:HEADER_WITHIN])
    top, code = next(((top, at) for top, at in places if at is not None), (0, None))
    if code is None:
        raise UnreadableTable(
            f"初めの{HEADER_WITHIN}行に「{CODE}」の列がありません。検査数字を含む6桁の団体コード、市区町村名、"
            "人口の列がある表にしてください（文字が化けているときは「CSV UTF-8」で保存し直してください）。"
        )
    data = next((at for at in range(top + 1, len(table)) if _has_number(table[at])), None)
    if data is None:
        raise UnreadableTable("見出しの下に、人口の入った行がありません。")
    return Columns(code, _population_column(table[top:data]), _place(table[top], NAME_LABELS), data)


def _place(row: TableRow, labels: Iterable[str]) -> int | None:
    return next((index for index, cell in enumerate(row.cells) if plain(cell) in labels), None)


def _has_number(row: TableRow) -> bool:
    return any(re.fullmatch(r"[0-9][0-9,]*", plain(cell)) for cell in row.cells)


def _population_column(header: list[TableRow]) -> int:
    """The column of the whole population. Raises UnreadableTable where there is none, or more than one.

    That is one called 人口 or the like without parts, or the 計 under such a label, or else a lone 計.
    """
    paths = _paths(header)
    for is_population in (_is_whole, _is_total_of_whole, _is_total):
        found = [index for index, path in paths.items() if is_population(path)]
        if len(found) == 1:
            return found[0]
        if found:
            names = "、".join(f"{column_name(index)}列" for index in found)
            raise UnreadableTable(f"人口の列が1つに決まりません（{names}）。使う列だけを残してください。")
    raise UnreadableTable("「人口」か、男女の「計」の列が見つかりません。")


def _is_whole(path: list[str]) -> bool:
    return path[-1] in POPULATION_LABELS and not (len(path) > 1 and path[-1] in TOTAL_LABELS)


def _is_total_of_whole(path: list[str]) -> bool:
    return len(path) > 1 and path[-1] in TOTAL_LABELS and path[-2] in POPULATION_LABELS


def _is_total(path: list[str]) -> bool:
    return path[-1] == "計"


def _paths(header: list[TableRow]) -> dict[int, list[str]]:
    """The labels over each column, from the top; a label reaches right until the next one beside or above it.

    Only a label with others under it reaches: 人口 over 男, 女, 計.
    """
    width = max(len(row.cells) for row in header)
    rows = [[_label(row.cells[at]) if at < len(row.cells) else "" for at in range(width)] for row in header]
    paths: dict[int, list[str]] = {at: [] for at in range(width)}
    for depth, row in enumerate(rows):
        reaching = ""
        for at in range(width):
            if row[at] or any(above[at] for above in rows[:depth]):
                reaching = row[at]
            below = any(under[at] for under in rows[depth + 1 :])
            label = row[at] or (reaching if below else "")
            if label:
                paths[at].append(label)
    return {at: path for at, path in paths.items() if path}


def _label(cell: str) -> str:
    return plain(cell).removesuffix("(人)")


@dataclass
class PopulationTable:
    """A table of populations within the transaction of its import."""

    columns: Columns
    rows: list[TableRow]
    as_of: date
    by: AbstractBaseUser | None
    result: Report = field(default_factory=Report)
    changed: dict[str, int] = field(default_factory=dict)  # the new population by code

    def report(self, progress: Progress) -> Report:
        codes = [self._code(row) for row in self.rows]
        locked = Body.objects.select_for_update(of=("self",)).select_related("prefecture").order_by("pk")
        self.bodies = locked.in_bulk(codes)
        self.wrong = wrong_codes(code for code in codes if code not in self.bodies)
        cities = Body.objects.filter(kind=Kind.DESIGNATED_CITY)
        self.with_wards = set(cities.values_list("prefecture", flat=True))
        self.first_with: dict[str, int] = {}
        for row in self.rows:
            reason = self._reason_to_skip(row)
            if reason:
                self.result.skipped.setdefault(reason, []).append(row.number)
            else:
                self.result.rows.append(self._row(row))
        self._save(progress)
        return self.result

    def _save(self, progress: Progress) -> None:
        """Writes what differs, and keeps in the history what was there and what is."""
        changed = [self.bodies[code] for code in self.changed]
        history.record_together(history.without_version(changed), None, history.BEGUN)
        for code in map(self._code, progress(self.rows)):
            if code in self.changed:
                body = self.bodies[code]
                body.population, body.population_as_of = self.changed[code], self.as_of
                body.save(update_fields=["population", "population_as_of"])
        history.record_together(changed, self.by, history.IMPORTED)

    def _cell(self, row: TableRow, index: int | None) -> str:
        return plain(row.cells[index]) if index is not None and index < len(row.cells) else ""

    def _code(self, row: TableRow) -> str:
        return as_code(self._cell(row, self.columns.code))

    def _reason_to_skip(self, row: TableRow) -> str:
        code = self._code(row)
        if not re.search("[0-9]", code) or code.startswith(NATION) or not _has_number(row):
            return "" if row.problems else TOTAL
        if code in self.bodies or code in self.wrong:
            return ""
        if code in NORTHERN_TERRITORIES:
            return NORTHERN
        return WARD if code[2] == "1" and code[:2] in self.with_wards else ""

    def _row(self, row: TableRow) -> RowReport:
        code = self._code(row)
        body = self.bodies.get(code)
        result = RowReport(row.number, f"{code} {body or self._cell(row, self.columns.name)}", key=code)
        result.problems = [*self._problems(row, code)]
        population = self._population(row)
        if population is None:
            found = self._cell(row, self.columns.population)
            result.problems.append(
                Problem(f"「{found}」は人口として読めません。1以上の整数を入力してください。", POPULATION)
            )
        if body and population and not result.problems:
            result.warnings = list(self._warnings(row, body, population))
            result.changes = _changes(body, population, self.as_of)
        if population and result.changes:
            self.changed[code] = population
        return result

    def _problems(self, row: TableRow, code: str) -> Iterator[Problem]:
        labels = {self.columns.code: CODE, self.columns.population: POPULATION, self.columns.name: NAME}
        for index, message in row.problems.items():
            if index in labels:
                yield Problem(message, labels[index])
        first = self.first_with.setdefault(code, row.number)
        if first != row.number:
            yield Problem(f"{first}行目と同じ団体コードです。", CODE)
        if code in self.wrong:
            yield Problem(_about_wrong_code(code), CODE)
        elif code not in self.bodies:
            yield Problem(
                "この団体は登録されていません。合併などで無くなった団体でないか確かめ、新しい団体なら先に"
                "「団体」に追加してください。",
                CODE,
            )

    def _population(self, row: TableRow) -> int | None:
        text = self._cell(row, self.columns.population).replace(",", "").removesuffix("人")
        return int(text) if re.fullmatch("[1-9][0-9]{0,8}", text) else None

    def _warnings(self, row: TableRow, body: Body, population: int) -> Iterator[Problem]:
        name = self._cell(row, self.columns.name)
        if body.kind != Kind.PREFECTURE and name and not _is_same_name(name, body.name):
            yield Problem(f"「{name}」とありますが、このコードは「{body}」です。", NAME)
        if body.population and not 0.8 <= population / body.population <= 1.25:
            yield Problem(
                "登録されている人口から2割以上変わります。列や行のずれがないか確かめてください。", POPULATION
            )
        if body.population_as_of and self.as_of < body.population_as_of:
            yield Problem("登録されている人口より古い日付です。", DATE)


def _about_wrong_code(code: str) -> str:
    if len(code) != 6:
        return "検査数字を含む6桁の団体コードを入力してください。"
    return "団体コードの検査数字（6桁目）が合いません。写し間違いがないか確かめてください。"


def _is_same_name(name: str, known: str) -> bool:
    """Whether they are the same but for 郡 before a town and the ways of writing ヶ."""
    return name.translate(SAME_NAME).endswith(known.translate(SAME_NAME))


def _changes(body: Body, population: int, as_of: date) -> list[Change]:
    pairs = [
        (POPULATION, body.population, population),
        (DATE, body.population_as_of, as_of),
    ]
    return [
        Change(column, "" if old is None else str(old), str(new)) for column, old, new in pairs if old != new
    ]
