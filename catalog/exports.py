"""The result of a query as JSON, and as a table, CSV or XLSX, made from `records.case_record`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from catalog.models import Case
from catalog.records import Absolute, CaseBodyRecord, CaseRecord, case_record


class Row(CaseRecord):
    """A record with what a table repeats on every row: how to cite the case, and the terms of its source."""

    citation: str
    terms: str


FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "'")


def lines(values: Iterable[Any]) -> str:
    r"""Several values in one cell, one a line; within one a line break is \n and a backslash \\."""
    return "\n".join(str(value).replace("\\", "\\\\").replace("\n", "\\n") for value in values)


def of_bodies(*path: str) -> Callable[[Row], str]:
    """A column with one line a body: the value at `path` of its record, empty where it is unknown."""

    def cell(row: Row) -> str:
        return lines(at(body, path) for body in row["bodies"])

    return cell


def populations(bodies: list[CaseBodyRecord]) -> int | str:
    """Of one body a number, so that a spreadsheet can sort by it; of several one line a body."""
    known = [body["population"] for body in bodies]
    return known[0] if len(known) == 1 and known[0] else lines("" if one is None else one for one in known)


def at(value: Any, path: Iterable[str]) -> Any:
    for key in path:
        value = value[key]
    return "" if value is None else value


# Header and cell of each column, in order.
COLUMNS: list[tuple[str, Callable[[Row], Any]]] = [
    ("識別名", lambda row: row["slug"]),
    ("URL", lambda row: row["url"]),
    ("題名", lambda row: row["title"]),
    ("ステップ", lambda row: row["step"]["number"]),
    ("ステップの名称", lambda row: row["step"]["title"]),
    ("区分", lambda row: row["section"]["id"]),
    ("区分の名称", lambda row: row["section"]["title"]),
    ("テーマ", lambda row: lines(topic["title"] for topic in row["topics"])),
    ("ポイント", lambda row: lines(row["points"])),
    ("背景", lambda row: row["background"]),
    ("取組内容", lambda row: row["approach"]),
    ("成果", lambda row: row["outcome"]),
    ("数値", lambda row: lines(f"{one['label']}：{one['value']}" for one in row["figures"])),
    ("団体コード", of_bodies("code")),
    ("団体名", of_bodies("name")),
    ("団体のよみ", of_bodies("kana")),
    ("団体の種別", lambda row: lines(body["kind"].label for body in row["bodies"])),
    ("都道府県コード", of_bodies("prefecture", "code")),
    ("都道府県", of_bodies("prefecture", "name")),
    ("人口", lambda row: populations(row["bodies"])),
    ("人口の基準日", of_bodies("population_as_of")),
    ("団体の注記", of_bodies("note")),
    ("関連リンクのURL", lambda row: lines(link["url"] for link in row["links"])),
    ("関連リンクの表示名", lambda row: lines(link["label"] for link in row["links"])),
    ("関連資料", lambda row: lines(row["references"])),
    ("類似団体コード", lambda row: lines(one["code"] for one in row["similar"]["bodies"])),
    (
        "類似団体",
        lambda row: lines(
            name_in_full(one["prefecture"]["name"], one["name"]) for one in row["similar"]["bodies"]
        ),
    ),
    ("類似団体の注記", lambda row: lines(one["note"] for one in row["similar"]["bodies"])),
    ("類似団体のURL", lambda row: lines(one["url"] or "" for one in row["similar"]["bodies"])),
    ("類似団体はほかにもある", lambda row: "はい" if row["similar"]["open_ended"] else "いいえ"),
    ("出典", lambda row: row["source"]["title"]),
    ("出典のページ", lambda row: row["source"]["page"]),
    ("ページ内の順番", lambda row: row["source"]["order"]),
    ("出典の見出し", lambda row: row["source"]["heading"]),
    ("更新日時", lambda row: row["updated_at"]),
    ("出典の表示", lambda row: row["citation"]),
    ("利用条件", lambda row: row["terms"]),
]
# Columns whose cells hold one address, which a spreadsheet can follow.
ADDRESSES = ("URL", "関連リンクのURL", "類似団体のURL")
NARROW, WIDE = 12, 50  # widths in characters
WIDE_COLUMNS = ("題名", "ポイント", "背景", "取組内容", "成果", "数値", "関連資料")
LONGEST_CELL = 32_767  # characters that a cell of a spreadsheet holds
CUT = "…（長いため途中までです。全文はCSVまたはJSONにあります）"


def name_in_full(prefecture: str, name: str) -> str:
    return name if name == prefecture else f"{prefecture}{name}"


def json_parts(told: dict[str, Any], records: Iterable[CaseRecord]) -> Iterator[str]:
    """A JSON object in parts, as they come: what `told` says, and `results`, the records."""
    head = json.dumps(told, ensure_ascii=False)
    yield f'{head[:-1]}, "results": ['
    for number, record in enumerate(records):
        yield (", " if number else "") + json.dumps(record, ensure_ascii=False)
    yield "]}"


def rows_of(cases: Iterable[Case], absolute: Absolute) -> Iterator[Row]:
    """The rows of a table as the cases come; load these with `CaseQuerySet.for_records()`."""
    for case in cases:
        yield {**case_record(case, absolute), "citation": case.citation, "terms": case.source.terms}


def csv_lines(rows: Iterable[Row], *, bom: bool) -> Iterator[str]:
    """The lines of a CSV file: a header, then a row a case. `bom` makes spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield ("\ufeff" if bom else "") + writer.writerow([header for header, _ in COLUMNS])
    for row in rows:
        yield writer.writerow([defused(cell(row)) for _, cell in COLUMNS])


def defused(cell: Any) -> Any:
    """The cell with ' before what a spreadsheet would take for a formula, or for a ' of this kind."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


class Echo:
    """A file for `csv.writer` that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def write_xlsx(file: IO[bytes], rows: Iterable[Row], about: Iterable[tuple[str, str]]) -> None:
    """Writes a workbook to `file`: a sheet with a row a case, and one with `about`, labels with their texts.

    Texts stay texts, codes with their zeros. Rows go to a temporary file as they come, so that memory does
    not grow with their number.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F1FE"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        link = book.add_format(
            {"text_wrap": True, "valign": "top", "font_color": "#0017C1", "underline": True}
        )
        _write_cases(book.add_worksheet("事例"), rows, head, text, link)
        sheet = book.add_worksheet("条件と出典")
        sheet.set_column(0, 0, NARROW)
        sheet.set_column(1, 1, 2 * WIDE)
        for number, (label, value) in enumerate(about):
            sheet.write_string(number, 0, label, head)
            _write(sheet, number, 1, value, link if value.startswith("http") else text, value)


def _write_cases(sheet: Worksheet, rows: Iterable[Row], head: Any, text: Any, link: Any) -> None:
    for at_column, (header, _) in enumerate(COLUMNS):
        sheet.set_column(at_column, at_column, WIDE if header in WIDE_COLUMNS else NARROW)
        sheet.write_string(0, at_column, header, head)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    number = 0
    for number, row in enumerate(rows, start=1):
        for at_column, (header, cell) in enumerate(COLUMNS):
            value = cell(row)
            is_address = header in ADDRESSES and value and "\n" not in value
            _write(sheet, number, at_column, value, link if is_address else text, value if is_address else "")
    sheet.autofilter(0, 0, number, len(COLUMNS) - 1)


def _write(sheet: Worksheet, row: int, column: int, value: Any, form: Any, address: str = "") -> None:
    """Writes a number as a number, and a text as a text that leads to `address` where one is given.

    A sheet holds 65,530 addresses of at most 2,079 characters; one beyond is written as text alone.
    """
    if isinstance(value, int):
        sheet.write_number(row, column, value, form)
        return
    safe = defused(value)
    if len(safe) > LONGEST_CELL:
        safe = safe[: LONGEST_CELL - len(CUT)] + CUT
    if not address.startswith("http") or sheet.write_url(row, column, address, form, safe) < 0:
        sheet.write_string(row, column, safe, form)
