"""The result of a query as JSON, and as a table, CSV or XLSX; the columns are those of `columns`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Self

import orjson
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalog.documents.reading import Document
from catalog.documents.records import Absolute, CaseRecord
from catalog.output.columns import CIRCULAR, COLUMNS, HEADERS, Column, TableRecord, defused, table_record
from catalog.output.sheets import RowSheet

NARROW, WIDE = 12, 50  # widths in characters
A4 = 9  # as workbooks number sizes of paper
MAX_CELL_LENGTH = 32_767  # units of UTF-16 that a cell of a spreadsheet holds
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


def cells(row: TableRecord, columns: Sequence[Column] = COLUMNS) -> list[Any]:
    return [defused(column.write(row)) for column in columns]


def table_records(documents: Iterable[Document], absolute: Absolute) -> Iterator[TableRecord]:
    """The rows of a table as the documents come."""
    for document in documents:
        yield table_record(document, absolute)


@dataclass(frozen=True)
class Forms:
    """How the cells of a workbook look."""

    head: Format
    text: Format
    link: Format
    persons: Format

    @classmethod
    def of(cls, book: xlsxwriter.Workbook) -> Self:
        def made(**looks: Any) -> Format:
            return book.add_format({"text_wrap": True, "valign": "top", **looks})

        return cls(
            head=made(bold=True, bg_color="#E8F1FE", border=1, border_color="#B3B3B3"),
            text=made(),
            link=made(font_color="#0017C1", underline=True),
            persons=made(num_format='#,##0"人"'),
        )

    def of_column(self, column: Column) -> tuple[Format, Format | None]:
        """That of the cells of a column, and that of its links if it has such."""
        return self.persons if column.is_persons else self.text, self.link if column.is_address else None


def write_xlsx(
    file: IO[bytes],
    rows: Iterable[TableRecord],
    about: Iterable[tuple[str, str]],
    columns: Sequence[Column] = COLUMNS,
) -> None:
    """Writes a workbook to `file`: a sheet to print and hand around, one with `columns`, which imports
    again, and one with `about`, labels with their texts.

    Texts stay texts, codes with their zeros. Rows go to temporary files as they come, so that memory does
    not grow with their number.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        forms = Forms.of(book)
        circular, cases = circular_sheet(book, CIRCULAR, forms), _sheet(book, "事例", columns, forms)
        cases.freeze_panes(1, 1)
        number = 0
        for number, row in enumerate(rows, start=1):
            circular.add_row(number, map(truncate, cells(row, CIRCULAR)))
            cases.add_row(number, map(truncate, cells(row, columns)))
        circular.autofilter(0, 0, number, len(CIRCULAR) - 1)
        cases.autofilter(0, 0, number, len(columns) - 1)
        write_about(book.add_worksheet("条件と出典"), about, forms)


def _sheet(book: xlsxwriter.Workbook, name: str, columns: Sequence[Column], forms: Forms) -> RowSheet:
    """A sheet with a header, which each printed page repeats, across A4."""
    sheet: RowSheet = book.add_worksheet(name, RowSheet)
    for at_column, column in enumerate(columns):
        sheet.set_column(at_column, at_column, column.width or (WIDE if column.is_wide else NARROW))
        sheet.write_string(0, at_column, column.header, forms.head)
    sheet.set_looks(forms.of_column(column) for column in columns)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_footer("&C&P／&N")
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return sheet


def circular_sheet(book: xlsxwriter.Workbook, columns: Sequence[Column], forms: Forms) -> RowSheet:
    """The sheet to hand around: all of it on the width of one page."""
    sheet = _sheet(book, "回覧用", columns, forms)
    sheet.freeze_panes(1, 0)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    return sheet


def write_about(sheet: Worksheet, about: Iterable[tuple[str, str]], forms: Forms) -> None:
    """Writes labels with their texts, of which an address leads to where it says."""
    sheet.set_column(0, 0, NARROW)
    sheet.set_column(1, 1, 2 * WIDE)
    for number, (label, value) in enumerate(about):
        sheet.write_string(number, 0, label, forms.head)
        safe = truncate(defused(value))
        if not value.startswith("http") or sheet.write_url(number, 1, value, forms.link, safe) < 0:
            sheet.write_string(number, 1, safe, forms.text)


def truncate(cell: Any) -> Any:
    """The cell, a text as far as a spreadsheet holds it."""
    if not isinstance(cell, str) or len(cell) <= MAX_CELL_LENGTH // 2:
        return cell
    units = cell.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_LENGTH:
        return cell
    return units[: 2 * (MAX_CELL_LENGTH - len(TRUNCATED))].decode("utf-16-le", "ignore") + TRUNCATED
