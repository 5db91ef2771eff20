"""Rows written whole are what XlsxWriter makes of the same values cell by cell."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalog.output import sheets
from catalog.output.sheets import RowSheet

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.sampled_from(
    [
        "_x000D_",
        "a_x0041_x0042_",
        "<b> & \"'",
        " 前後 ",
        "一\n二",
        "\r",
        "\x0b\ufffe",
        "https://例え.jp/?a=1&b=2#c",
    ]
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 10**9) | TEXTS), min_size=1, max_size=4)
HEADER = ("一", "二", "三")


def read(content: BytesIO) -> list[list[tuple[Any, ...]]]:
    """Value, format of numbers, colour and address of every cell."""
    sheet = load_workbook(content)["行"]
    return [
        [
            (cell.value, cell.number_format, cell.font.color.rgb, cell.hyperlink and cell.hyperlink.target)
            for cell in row
        ]
        for row in sheet.iter_rows(max_col=len(HEADER))
    ]


def written(rows: list[tuple[Any, ...]], *, whole: bool) -> BytesIO:
    content = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        text, link = book.add_format(), book.add_format({"font_color": "#0017C1"})
        persons = book.add_format({"num_format": '#,##0"人"'})
        sheet = book.add_worksheet("行", RowSheet if whole else None)
        for column, label in enumerate(HEADER):
            sheet.write_string(0, column, label, text)
        if whole:
            sheet.set_looks([(text, None), (text, link), (persons, None)])
        for number, values in enumerate(rows, start=1):
            if whole:
                sheet.add_row(number, values)
                continue
            for column, (value, form) in enumerate(zip(values, (text, link, persons), strict=True)):
                if isinstance(value, int):
                    sheet.write_number(number, column, value, form)
                elif value and column == 1 and value.startswith("http"):
                    sheet.write_url(number, column, value, form)
                elif value:
                    sheet.write_string(number, column, value, text if column == 1 and "\n" in value else form)
    return content


@given(ROWS)
@example([("一", "https://example.jp/" + "長" * 200, 0), ("", "", "")])
def test_rows_are_what_cells_would_be(rows: list[tuple[Any, ...]]) -> None:
    assert read(written(rows, whole=True)) == read(written(rows, whole=False))


def test_a_text_in_tags_of_a_workbook_stays_a_text() -> None:
    _, (cell, *_) = read(written([("<r><t>太字</t></r>", "", 0)], whole=True))
    assert cell[0] == "<r><t>太字</t></r>"


def test_addresses_beyond_what_a_sheet_holds_are_texts(monkeypatch: Any) -> None:
    monkeypatch.setattr(sheets, "MAX_LINKS", 1)
    monkeypatch.setattr(sheets, "MAX_LINK_LENGTH", 30)
    addresses = ["https://example.jp/too-long-for-a-link", "https://example.jp/1", "https://example.jp/2"]
    _, *rows = read(written([("", address, 1) for address in addresses], whole=True))
    assert [row[1][0] for row in rows] == addresses
    assert [row[1][3] for row in rows] == [None, "https://example.jp/1", None]
