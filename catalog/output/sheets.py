"""Sheets of a workbook whose rows are written whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.url import Url
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

MAX_LINKS, MAX_LINK_LENGTH = 65_530, 2_079  # of a sheet
# What XML takes for something else, and what a workbook writes by its code: `_x000D_`.
SPECIAL = re.compile("[&<>_\x00-\x08\x0b-\x1f\ufffe\uffff]")


class Look(NamedTuple):
    """A column: its letters, the number of its format, and that of links if its texts are addresses."""

    letters: str
    form: int
    link: int | None


class RowSheet(Worksheet):
    """A sheet of a book with `constant_memory`, to which rows are added whole after what is written by cells.

    XlsxWriter takes several times as long for a cell.
    """

    looks: Sequence[Look] = ()

    def set_looks(self, columns: Iterable[tuple[Format, Format | None]]) -> None:
        """Sets the format of each column, and that of links where its texts are addresses."""
        self.looks = [
            Look(xl_col_to_name(column), form._get_xf_index(), link and link._get_xf_index())
            for column, (form, link) in enumerate(columns)
        ]

    def add_row(self, row: int, values: Iterable[int | float | str]) -> None:
        """Writes a number or a short enough text a column; an empty one is not written and costs nothing.

        An address leads to where it says, as long as the sheet holds more; several lines are none.
        """
        self._write_single_row(row)
        self._check_dimensions(row, len(self.looks) - 1)
        at, cells = row + 1, list[str]()
        for column, ((letters, form, link), value) in enumerate(zip(self.looks, values, strict=True)):
            if isinstance(value, int | float):
                cells.append(f'<c r="{letters}{at}" s="{form}"><v>{value}</v></c>')
            elif value:
                if link is not None and "\n" not in value:
                    form = link
                    self._lead(row, column, value)
                text = self._as_xml_text(value)
                cells.append(f'<c r="{letters}{at}" s="{form}" t="inlineStr"><is>{text}</is></c>')
        self.row_data_fh.write(f'<row r="{at}">{"".join(cells)}</row>')

    def _lead(self, row: int, column: int, address: str) -> None:
        """Makes a cell lead to its address, if the sheet has room for it."""
        if self.hlink_count < MAX_LINKS and address.startswith("http") and len(address) <= MAX_LINK_LENGTH:
            self.hlink_count += 1
            self.hyperlinks[row][column] = Url(address)

    def _as_xml_text(self, text: str) -> str:
        space = "" if text == text.strip() else ' xml:space="preserve"'
        if SPECIAL.search(text):
            text = self._escape_data(self._escape_control_characters(text))
        return f"<t{space}>{text}</t>"
