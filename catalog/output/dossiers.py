"""A dossier of cases as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from tempfile import TemporaryFile

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone

from catalog.documents.reading import Document
from catalog.documents.records import Absolute
from catalog.output.columns import CIRCULAR, Column, table_record
from catalog.output.compared import Rows, add_comparison
from catalog.output.exports import Forms, cells, circular_sheet, truncate, write_about
from catalog.output.files import XLSX

FILE_NAME = "事例ファイル.xlsx"


@dataclass(frozen=True)
class Part:
    """A case of a dossier, and what its reader has written of it."""

    document: Document
    note: str


def sent_dossier(
    parts: Sequence[Part], rows: Rows, about: Iterable[tuple[str, str]], absolute: Absolute
) -> FileResponse:
    """The workbook to save: a sheet to hand around, with the notes, the comparison, and `about`, labels with
    their texts. The same day it is the same file.
    """
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime.combine(timezone.localdate(), time())})
        forms, columns = Forms.of(book), columns_of(parts)
        sheet = circular_sheet(book, columns, forms)
        for number, part in enumerate(parts, start=1):
            row = table_record(part.document, absolute)
            sheet.add_row(number, map(truncate, cells(row, columns)))
        if len(parts) > 1:
            heads = [(part.document.record["title"], absolute(part.document.path)) for part in parts]
            add_comparison(book, heads, rows)
        write_about(book.add_worksheet("出典と条件"), about, forms)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=FILE_NAME, content_type=XLSX)


def columns_of(parts: Sequence[Part]) -> list[Column]:
    """Those of any sheet to hand around, behind the number of the case, and before the note on it."""
    slugs = [part.document.record["slug"] for part in parts]
    notes = {slug: part.note for slug, part in zip(slugs, parts, strict=True)}
    return [
        Column("番号", lambda row: slugs.index(row["slug"]) + 1, width=5),
        *CIRCULAR,
        Column("メモ", lambda row: notes[row["slug"]], width=28),
    ]
