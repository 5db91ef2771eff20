"""The result of a query as JSON, and as a table, CSV or XLSX; the columns are those of `columns`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import IO, Any

import orjson
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from catalog.documents.reading import Document
from catalog.documents.records import Absolute, CaseRecord
from catalog.output.columns import COLUMNS, HEADERS, TableRecord, defused, table_record

NARROW, WIDE = 12, 50  # widths in characters
MAX_CELL_LENGTH = 32_767  # characters that a cell of a spreadsheet holds
TRUNCATED = "…（長いため途中までです。全文はCSVまたはJSONにあります）"


class Echo:
    """A file for `csv.writer` whose writing gives back what is written."""

    def write(self, text: str) -> str:
        return text


def json_parts(metadata: dict[str, Any], records: Iterable[CaseRecord]) -> Iterator[bytes]:
    """A JSON object in parts, as they come: `metadata`, and `results`, the records."""
    yield orjson.dumps(metadata)[:-1] + b', "results": ['
    for number, record in enumerate(records):
        yield (b",\n" if number else b"\n") + orjson.dumps(record)
    yield b"]}\n"


def csv_parts(rows: Iterable[TableRecord], *, bom: bool) -> Iterator[bytes]:
    """A header, then a row a case, as they come. `bom` makes spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEADERS).encode("utf-8-sig" if bom else "utf-8")
    for row in rows:
        yield writer.writerow(cells(row)).encode()


def cells(row: TableRecord) -> list[Any]:
    return [defused(column.write(row)) for column in COLUMNS]


def table_records(documents: Iterable[Document], absolute: Absolute) -> Iterator[TableRecord]:
    """The rows of a table as the documents come."""
    for document in documents:
        yield table_record(document, absolute)


def write_xlsx(file: IO[bytes], rows: Iterable[TableRecord], about: Iterable[tuple[str, str]]) -> None:
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


def _write_cases(sheet: Worksheet, rows: Iterable[TableRecord], head: Any, text: Any, link: Any) -> None:
    for at_column, column in enumerate(COLUMNS):
        sheet.set_column(at_column, at_column, WIDE if column.is_wide else NARROW)
        sheet.write_string(0, at_column, column.header, head)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    number = 0
    for number, row in enumerate(rows, start=1):
        for at_column, column in enumerate(COLUMNS):
            value = column.write(row)
            is_address = column.is_address and value and "\n" not in value
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
    if not address.startswith("http") or sheet.write_url(row, column, address, form, truncate(safe)) < 0:
        sheet.write_string(row, column, truncate(safe), form)


def truncate(text: str) -> str:
    """The text, as far as a cell of a spreadsheet holds it."""
    return text if len(text) <= MAX_CELL_LENGTH else text[: MAX_CELL_LENGTH - len(TRUNCATED)] + TRUNCATED
