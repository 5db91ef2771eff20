"""A comparison of cases as a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone
from xlsxwriter.format import Format

from catalog.documents.reading import Document
from catalog.documents.records import Absolute
from catalog.output.columns import defused
from catalog.output.exports import A4, truncate
from catalog.output.files import XLSX
from catalog.output.records import join_terms

QUESTION, ANSWER = 16, 44  # widths in characters
FILE_NAME = "事例の比較.xlsx"

Rows = Iterable[tuple[str, list[str]]]  # a question, and what each case has to say to it


def sent_comparison(documents: list[Document], rows: Rows, address: str, absolute: Absolute) -> FileResponse:
    """The workbook to save. `address`: of the page with the same comparison."""
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    about = [
        ("アドレス", address),
        ("利用条件", join_terms((one.source_title, one.extra["terms"]) for one in documents)),
        ("作成日", timezone.localdate().isoformat()),
    ]
    heads = [(document.record["title"], absolute(document.path)) for document in documents]
    write_comparison(file, heads, rows, about)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=FILE_NAME, content_type=XLSX)


def write_comparison(
    file: IO[bytes], heads: list[tuple[str, str]], rows: Rows, about: Iterable[tuple[str, str]]
) -> None:
    """Writes a sheet with a column a case, under its title and address, to be printed across one sheet of A4,
    and a sheet with `about`, labels with their texts. The same day it is the same file.
    """
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime.combine(timezone.localdate(), time())})
        head, text = add_comparison(book, heads, rows)
        sheet = book.add_worksheet("出典と条件")
        sheet.set_column(0, 0, QUESTION)
        sheet.set_column(1, 1, 2 * ANSWER)
        for row, (label, value) in enumerate(about):
            sheet.write_string(row, 0, label, head)
            sheet.write_string(row, 1, value, text)


def add_comparison(
    book: xlsxwriter.Workbook, heads: list[tuple[str, str]], rows: Rows
) -> tuple[Format, Format]:
    """Adds the sheet with a column a case; returns how its heads and its texts look."""
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F1FE", "border": 1}
    )
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    sheet = book.add_worksheet("比較")
    sheet.set_column(0, 0, QUESTION)
    sheet.set_column(1, len(heads), ANSWER)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, "項目", head)
    for column, (title, address) in enumerate(heads, start=1):
        sheet.write_url(0, column, address, head, truncate(defused(title)))
    for row, (question, answers) in enumerate(rows, start=1):
        sheet.write_string(row, 0, question, head)
        for column, answer in enumerate(answers, start=1):
            sheet.write_string(row, column, truncate(defused(answer)), text)
    return head, text
