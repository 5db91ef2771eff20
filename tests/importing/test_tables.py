from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from catalog.importing import tables
from catalog.importing.tables import TableRow, UnreadableTable, read_sheets
from tests.quick import one_in


def workbook(*rows: list[Any]) -> bytes:
    book, file = Workbook(), BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def book_with(sheet: str, head: str = "") -> bytes:
    """A workbook whose sheet has this XML within its <sheetData>."""
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook(["a"]))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                start, _, rest = content.decode().partition("<sheetData>")
                content = f"{head}{start}<sheetData>{sheet}{rest[rest.index('</sheetData>') :]}".encode()
            new.writestr(name, content)
    return file.getvalue()


def book_with_part(name: str, content: str) -> bytes:
    """A workbook with one part more."""
    file = BytesIO(workbook(["a"]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, content)
    return file.getvalue()


def read_table(content: bytes) -> list[TableRow]:
    return next(read_sheets(content)).rows


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in read_table(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_is_read_in_each_encoding(encoding: str) -> None:
    content = '見出し,値\r\n"一\r\n二",〜\r\n'.replace("〜", "～").encode(encoding)
    assert cells(content) == [["見出し", "値"], ["一\n二", "～"]]


def test_a_workbook_gives_texts_as_a_person_sees_them() -> None:
    assert cells(workbook(["識別名", "数"], ["a\r\nb", 17], ["063631", 5.0], [" ", None], ["c", 0.5])) == [
        ["識別名", "数"],
        ["a\nb", "17"],
        ["063631", "5"],
        ["c", "0.5"],
    ]


def test_each_sheet_of_a_workbook_has_its_name_and_rows() -> None:
    book, file = Workbook(), BytesIO()
    for name, row in (("一枚目", ["a"]), ("空", []), ("三枚目", ["b", 1])):
        book.create_sheet(name).append(row)
    del book["Sheet"]
    book.save(file)
    assert [(sheet.name, [row.cells for row in sheet.rows]) for sheet in read_sheets(file.getvalue())] == [
        ("一枚目", [["a"]]),
        ("空", []),
        ("三枚目", [["b", "1"]]),
    ]
    assert [(sheet.name, len(sheet.rows)) for sheet in read_sheets(b"a,b\nc,d\n")] == [("", 2)]


def test_the_reading_that_excel_keeps_with_a_word_is_no_part_of_it() -> None:
    """In 総務省's list of codes the cell of 滝沢市 has it."""
    cell = "<row><c t='inlineStr'><is><t>滝沢市</t><rPh sb='2' eb='3'><t>シ</t></rPh></is></c></row>"
    assert cells(book_with(cell)) == [["滝沢市"]]


def test_rows_keep_the_numbers_that_a_spreadsheet_shows() -> None:
    for content in ("題\n\n一\n".encode(), workbook(["題"], [], ["一"])):
        assert [(row.number, row.cells) for row in read_table(content)] == [(1, ["題"]), (3, ["一"])]


def test_a_formula_and_control_characters_are_told_by_cell() -> None:
    sheet = workbook(["題", "=1+1"])
    for content in (sheet, "題,=1+1".encode()):
        (row,) = read_table(content)
        assert row.problems == {
            1: "数式が入っています。値に置き換えてください（文字として書くときは先頭に「'」を付けます）。"
        }
    (row,) = read_table(b"a\0b,ab\x1b")
    assert row.problems == {
        0: "2文字目に、使えない制御文字（U+0000）があります。消してください。",
        1: "3文字目に、使えない制御文字（U+001B）があります。消してください。",
    }


def test_a_text_over_the_limit_is_told_by_cell() -> None:
    (row,) = read_table(("題," + "長" * 100_001).encode())
    assert row.problems == {1: "長すぎます（100,001文字）。100,000文字以下にしてください。"}


NOT_TEXT = (
    "文字コードを読み取れません。表計算ソフトで「CSV UTF-8（コンマ区切り）」か「Excelブック（.xlsx）」として"
    "保存し直してください。"
)
BROKEN = (
    "ブックを読み取れません。途中で切れているか壊れています。"
    "表計算ソフトで開き、「Excelブック（.xlsx）」として保存し直してください。"
)
CUT_SHORT = "ファイルが途中で切れています。元のファイルをもう一度入手するか、保存し直してください。"
TOO_MUCH = "ブックの中身が大きすぎます。展開して50MB以下に分けてください。"
BILLION_LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'

BAD_FILES = {
    "empty": (b"", "ファイルが空です。"),
    "byte order mark alone": (b"\xef\xbb\xbf", "ファイルが空です。"),
    "blank": (b" \r\n,,\r\n", "ファイルが空です。"),
    "UTF-16": ("識別名,題名\n".encode("utf-16"), NOT_TEXT),
    "neither UTF-8 nor CP932": (b"a,b\nc,\x81 \n", f"2行目：{NOT_TEXT}"),
    "cut within a character": ("識別名,題".encode()[:-1], CUT_SHORT),
    "cut within a quoted cell": ('題\n"一'.encode(), f'2行目：引用符（"）が閉じていません。{CUT_SHORT}'),
    "quote within a quoted cell": (
        '題\n"一"二"'.encode(),
        '2行目：引用符（"）の使い方が正しくありません。セルの中の「"」は「""」と2つ重ねて書いてください。',
    ),
    "a hundred columns and one": (
        workbook(["a"] * 101),
        "1行目：列が多すぎます（101列）。100列以下にしてください。",
    ),
    "a workbook of a million columns": (
        book_with("<row>" + "<c/>" * 1_000_000 + "</row>"),
        "列が多すぎます。100列以下にしてください。",
    ),
    "a column beyond all": (book_with('<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'), BROKEN),
    "a row beyond all": (
        book_with('<row r="999999999999"><c r="A999999999999"><v>1</v></c></row>'),
        "行番号が1,048,576を超えています。",
    ),
    "too many rows": (b"a\n" * 20_002, "行が多すぎます。見出しを除いて20,000行以下に分けてください。"),
    "too large": (b"a" * (20 * 1024 * 1024 + 1), "ファイルが大きすぎます。20MB以下に分けてください。"),
    "zip bomb": (book_with(" " * (51 * 1024 * 1024)), TOO_MUCH),
    "element bomb in a part of another name": (
        book_with_part("xl/other.bin", "<a>" + "<a/>" * 100_001 + "</a>"),
        TOO_MUCH,
    ),
    "element bomb among relations": (
        book_with_part("xl/_rels/other.xml.rels", "<a>" + "<a/>" * 100_001 + "</a>"),
        TOO_MUCH,
    ),
    "string bomb": (book_with_part("xl/ss.dat", "<sst>" + "<si/>" * 600_001 + "</sst>"), TOO_MUCH),
    "entities": (book_with("<row><c><v>&b;</v></c></row>", BILLION_LAUGHS), BROKEN),
    "workbook cut short": (workbook(["題"], ["一"])[:-100], BROKEN),
    "a zip that is no workbook": (b"PK\x05\x06" + bytes(18), BROKEN),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "古い形式（.xls）かパスワード付きのブックです。パスワードを外し、"
        "「Excelブック（.xlsx）」として保存し直してください。",
    ),
}

BOMBS = {  # each takes seconds
    "a million columns": (
        b"a" + b"," * 1_000_000 + b"b",
        "1行目：列が多すぎます（1,000,001列）。100列以下にしてください。",
    ),
    "element bomb": (book_with("<row/>" * 3_000_001), TOO_MUCH),
}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        *one_in(2, BAD_FILES.values()),
        *(pytest.param(*bomb, marks=pytest.mark.long) for bomb in BOMBS.values()),
    ],
    ids=[*BAD_FILES, *BOMBS],
)
def test_a_file_that_is_no_table_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        read_table(content)
    assert str(refused.value) == message


def test_a_workbook_is_not_unpacked_before_its_size_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_PARTS", 3)
    with pytest.raises(UnreadableTable, match="中身が大きすぎます"):
        read_table(workbook(["題"]))


def test_parts_that_are_no_xml_are_let_be() -> None:
    assert cells(book_with_part("xl/media/image1.png", "\x89PNG <not xml")) == [["a"]]


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_SECONDS", -1)
    with pytest.raises(UnreadableTable, match="時間がかかりすぎます"):
        read_table(workbook(["題"], ["一"]))
