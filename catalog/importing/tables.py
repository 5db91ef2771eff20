"""A table as editors send it, CSV or XLSX, as rows of texts; what cannot be read is told in plain words."""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from time import thread_time
from typing import IO, Any
from xml.parsers.expat import ExpatError, ParserCreate

from openpyxl import load_workbook
from openpyxl.cell.cell import TYPE_FORMULA
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape

from catalog.importing.invisible import notice, visible

MEBIBYTE = 1024 * 1024
MAX_BYTES = 20 * MEBIBYTE
MAX_BYTES_UNPACKED = 50 * MEBIBYTE  # of a workbook, which is a ZIP file
MAX_PARTS = 1_000  # files in that ZIP file
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_SHEET_ROWS, MAX_SHEET_COLUMNS = 1_048_576, 16_384  # what a spreadsheet has, empty ones included
MAX_ELEMENTS = 3_000_000  # of XML in a workbook
MAX_STRINGS = 600_000  # that its cells share; each takes openpyxl some 15 µs and 200 bytes
MAX_OTHER_ELEMENTS = 100_000  # that are neither rows nor cells nor their texts: styles, relations, names
MAX_SECONDS = 30  # of a processor, for reading a workbook; one of MAX_ROWS by 25 takes half of it
MAX_TEXT_LENGTH = 100_000  # characters of a cell

OF_CELLS = {"row", "c", "v", "is", "t", "si", "r", "rPr", "rPh", "phoneticPr", "f"}
ZIP_START, OLD_WORKBOOK_START = b"PK", b"\xd0\xcf\x11\xe0"
UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")
CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

NOT_TEXT = (
    "文字コードを読み取れません。表計算ソフトで「CSV UTF-8（コンマ区切り）」か「Excelブック（.xlsx）」として"
    "保存し直してください。"
)
CUT_SHORT = "ファイルが途中で切れています。元のファイルをもう一度入手するか、保存し直してください。"
BROKEN_BOOK = (
    "ブックを読み取れません。途中で切れているか壊れています。"
    "表計算ソフトで開き、「Excelブック（.xlsx）」として保存し直してください。"
)
TOO_MUCH_UNPACKED = (
    f"ブックの中身が大きすぎます。展開して{MAX_BYTES_UNPACKED // MEBIBYTE}MB以下に分けてください。"
)
TOO_SLOW = "ブックを読むのに時間がかかりすぎます。要らないシートや列、書式を消すか、CSVで保存してください。"
OPEN_DOCUMENT = re.compile(rb"mimetypeapplication/vnd\.oasis\.opendocument")
NOT_FOR_BOOKS = (
    "LibreOfficeなどの形式（.ods）です。"
    "表計算ソフトで開き、「Excelブック（.xlsx）」として保存し直してください。"
)
OTHER_SEPARATORS = {"\t": "タブ", ";": "セミコロン（;）"}
NOT_COMMAS = (
    "コンマではなく{}で区切られています。表計算ソフトで開き、「CSV UTF-8（コンマ区切り）」か"
    "「Excelブック（.xlsx）」として保存し直してください。"
)
HEAD_LINES = 20  # in which a line tells by what the cells are parted
FORMULA = "数式が入っています。値に置き換えてください（文字として書くときは先頭に「'」を付けます）。"

csv.field_size_limit(MAX_BYTES)  # longer cells than usual are told apart below, in our words


class UnreadableTable(Exception):
    """The file cannot be taken as a table; says why, in which row where there is one, and what to do."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and in which column where it is in one."""

    message: str
    column: str = ""


@dataclass
class TableRow:
    """A row of a table: its number as a spreadsheet counts, from 1, its cells, and what is wrong with them.

    Line breaks within a cell are \\n. `problems` are by the index of the cell, so are `notices` of what
    was taken out because nobody sees it. `is_object`: it is made of an object of JSON, which has no cells.
    """

    number: int
    cells: list[str]
    problems: dict[int, str] = field(default_factory=dict)
    notices: dict[int, str] = field(default_factory=dict)
    is_object: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.problems and not any(map(str.strip, self.cells))


@dataclass
class Sheet:
    """A sheet of a workbook, or a CSV file, which has no name: its rows without blank ones."""

    name: str
    rows: list[TableRow]


def read_sheets(content: bytes, max_rows: int = MAX_ROWS) -> Iterator[Sheet]:
    """The sheets of a workbook, or a CSV file (UTF-8 or CP932) as one; the first is not empty.

    What the file is, its content tells. Each sheet is read when it is asked for. Raises UnreadableTable, also
    where a sheet has more than `max_rows` besides its headings.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableTable(f"ファイルが大きすぎます。{MAX_BYTES // MEBIBYTE}MB以下に分けてください。")
    if content.startswith(OLD_WORKBOOK_START):
        raise UnreadableTable(
            "古い形式（.xls）かパスワード付きのブックです。パスワードを外し、"
            "「Excelブック（.xlsx）」として保存し直してください。"
        )
    if OPEN_DOCUMENT.search(content[:200]):
        raise UnreadableTable(NOT_FOR_BOOKS)
    is_book = content.startswith(ZIP_START)
    for number, (name, rows) in enumerate(
        _sheets_of_book(content) if is_book else [("", _rows_of_text(content))]
    ):
        sheet = Sheet(name, list(_within_limits(rows, max_rows)))
        if not sheet.rows and number == 0:
            raise UnreadableTable("ファイルが空です。")
        yield sheet


def column_name(index: int) -> str:
    """The letters by which a spreadsheet calls the column."""
    return get_column_letter(index + 1)


def with_plain_breaks(text: str) -> str:
    """The text with \\n for every line break."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _within_limits(rows: Iterable[TableRow], max_rows: int) -> Iterator[TableRow]:
    number = 0
    for row in rows:
        if row.number > MAX_SHEET_ROWS:
            raise UnreadableTable(f"行番号が{MAX_SHEET_ROWS:,}を超えています。")
        if row.is_blank:
            continue
        number += 1
        if number > max_rows + 1:
            raise UnreadableTable(f"行が多すぎます。見出しを除いて{max_rows:,}行以下に分けてください。")
        if len(row.cells) > MAX_COLUMNS:
            raise UnreadableTable(
                f"{row.number}行目：列が多すぎます（{len(row.cells):,}列）。{MAX_COLUMNS}列以下にしてください。"
            )
        yield row


def _rows_of_text(content: bytes) -> Iterator[TableRow]:
    """Rows of CSV. A cell that begins with = is a formula to a spreadsheet: exports write ' before it."""
    text = _decoded(content)
    _refuse_other_separators(text)
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield _checked(number, [with_plain_breaks(cell) for cell in cells])
    except csv.Error as error:
        raise UnreadableTable(_about_csv_error(error, number + 1)) from error


def _refuse_other_separators(text: str) -> None:
    """By the first line that has a separator at all."""
    for line in islice(StringIO(text), HEAD_LINES):
        if "," in line:
            return
        for separator, name in OTHER_SEPARATORS.items():
            if separator in line:
                raise UnreadableTable(NOT_COMMAS.format(name))


def _about_csv_error(error: csv.Error, number: int) -> str:
    if "unexpected end" in str(error):
        return f'{number}行目：引用符（"）が閉じていません。{CUT_SHORT}'
    return (
        f'{number}行目：引用符（"）の使い方が正しくありません。'
        'セルの中の「"」は「""」と2つ重ねて書いてください。'
    )


def _decoded(content: bytes) -> str:
    """The text. Raises UnreadableTable where it is neither UTF-8 nor CP932."""
    if content.startswith(UTF16_STARTS):
        raise UnreadableTable(NOT_TEXT)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise UnreadableTable(CUT_SHORT) from error
    try:
        return content.decode("cp932")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableTable(f"{line}行目：{NOT_TEXT}") from error


def _sheets_of_book(content: bytes) -> Iterator[tuple[str, Iterator[TableRow]]]:
    """The sheets with their names. openpyxl reads foreign XML and raises what it likes at a broken book."""
    deadline = thread_time() + MAX_SECONDS
    _refuse_bomb(content)
    try:
        first, *others = load_workbook(BytesIO(content), read_only=True, keep_links=False).worksheets
    except Exception as error:
        raise UnreadableTable(BROKEN_BOOK) from error
    yield from ((sheet.title, _rows_of_sheet(sheet, deadline)) for sheet in (first, *others))


def _rows_of_sheet(sheet: Any, deadline: float) -> Iterator[TableRow]:
    """The rows of a sheet, each as wide as the widest before it at least."""
    width = 0
    try:
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            if cells or number > MAX_SHEET_ROWS:
                row = _row_of_sheet(number, cells, width)
                width = len(row.cells)
                yield row
            if thread_time() > deadline:
                raise UnreadableTable(TOO_SLOW)
    except UnreadableTable:
        raise
    except Exception as error:
        raise UnreadableTable(BROKEN_BOOK) from error


def _refuse_bomb(content: bytes) -> None:
    """Looks at what the parts of a workbook say they unpack to; zipfile unpacks no more than that.

    Then counts the elements of each, since an element takes far more memory than its few letters.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as book:
            parts = book.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_BYTES_UNPACKED:
                raise UnreadableTable(TOO_MUCH_UNPACKED)
            elements = _Elements()
            for part in parts:
                elements.count_in(book.open(part), is_xml=part.filename.endswith((".xml", ".rels")))
    except (zipfile.BadZipFile, ExpatError, zlib.error, ValueError, RuntimeError, EOFError) as error:
        raise UnreadableTable(BROKEN_BOOK) from error


class _Elements:
    """Counts the elements of a workbook's parts; which part is what, the workbook says, not its name.

    Raises UnreadableTable where there are too many, or too many cells in a row; a DTD is not for a book.
    """

    def __init__(self) -> None:
        self.number, self.strings, self.others, self.cells = 0, 0, 0, 0

    def count_in(self, part: IO[bytes], *, is_xml: bool) -> None:
        """A part that is no XML, such as a picture, has no elements; openpyxl stops where expat does."""
        parser = ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.StartDoctypeDeclHandler = self.count, self.refuse
        try:
            parser.ParseFile(part)
        except ExpatError:
            if is_xml:
                raise

    def count(self, name: str, attributes: Any) -> None:
        local = name.rpartition(" ")[2]
        self.number += 1
        self.strings += local == "si"
        self.others += local not in OF_CELLS
        self.cells = 0 if local == "row" else self.cells + (local == "c")
        if self.number > MAX_ELEMENTS or self.strings > MAX_STRINGS or self.others > MAX_OTHER_ELEMENTS:
            raise UnreadableTable(TOO_MUCH_UNPACKED)
        if self.cells > MAX_SHEET_COLUMNS:
            raise UnreadableTable(f"列が多すぎます。{MAX_COLUMNS}列以下にしてください。")

    def refuse(self, *declaration: Any) -> None:
        raise UnreadableTable(BROKEN_BOOK)


def _row_of_sheet(number: int, cells: Iterable[Any], width: int) -> TableRow:
    texts, formulas = [], {}
    for index, cell in enumerate(cells):
        texts.append(_text_of(cell.value))
        if cell.data_type == TYPE_FORMULA:
            formulas[index] = FORMULA
    while texts and not texts[-1]:
        texts.pop()
    return made_visible(number, texts + [""] * (width - len(texts)), formulas)


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return with_plain_breaks(unescape(value))
    if isinstance(value, datetime) and value.time().isoformat() == "00:00:00":
        return value.date().isoformat()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _checked(number: int, cells: list[str]) -> TableRow:
    formulas = {index: FORMULA for index, cell in enumerate(cells) if cell.startswith("=")}
    return made_visible(number, cells, formulas)


def made_visible(number: int, cells: list[str], formulas: dict[int, str]) -> TableRow:
    notices = {index: told for index, cell in enumerate(cells) if (told := notice(cell))}
    seen = [visible(cell) for cell in cells]
    problems = {index: problem for index, cell in enumerate(seen) if (problem := _problem_of(cell))}
    return TableRow(number, seen, {**problems, **formulas}, notices)


def _problem_of(cell: str) -> str:
    if len(cell) > MAX_TEXT_LENGTH:
        return f"長すぎます（{len(cell):,}文字）。{MAX_TEXT_LENGTH:,}文字以下にしてください。"
    found = CONTROL.search(cell)
    if found:
        at = found.start() + 1
        return f"{at}文字目に、使えない制御文字（U+{ord(found[0]):04X}）があります。消してください。"
    return ""
