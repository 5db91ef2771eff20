"""The table of cases, column by column: how a cell is written from a record, and how it is read back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from catalog.documents.reading import Document
from catalog.documents.records import (
    Absolute,
    CaseBodyRecord,
    CaseRecord,
    FigureRecord,
    name_in_full,
)
from catalog.models import Kind

FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r'")
YES, NO = "はい", "いいえ"
KINDS = {kind.value: str(kind.label) for kind in Kind}
MAX_DIGITS = 9


class TableRecord(CaseRecord):
    """A record with what a table repeats on every row: how to cite the case, and the terms of its source."""

    citation: str
    terms: str


def table_record(document: Document, absolute: Absolute) -> TableRecord:
    return {
        **document.with_url(absolute),
        "citation": document.citation,
        "terms": document.extra["terms"],
    }


def defused(cell: Any) -> Any:
    """The cell with ' before what a spreadsheet would take for a formula, or for a ' of this kind."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in FORMULA_STARTS else cell


def undefused(cell: str) -> str:
    """The inverse of `defused` for texts; leaves a cell that was not defused as it is."""
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA_STARTS else cell


def lines(values: Iterable[Any]) -> str:
    r"""Several values in one cell, one a line; within one a line break is \n and a backslash \\."""
    return "\n".join(map(escaped, values))


def escaped(value: Any) -> str:
    """A value on one line; nothing for None."""
    text = "" if value is None else str(value)
    if "\\" in text or "\n" in text:
        return text.replace("\r\n", "\n").replace("\\", "\\\\").replace("\n", "\\n")
    return text


def unescaped(line: str) -> str:
    r"""The inverse of `escaped`, and of the \： of a figure's label; another backslash stays one."""
    return re.sub(r"\\([\\n：])", lambda match: "\n" if match[1] == "n" else match[1], line)


def of_bodies(key: str) -> Callable[[TableRecord], str]:
    """A column with one line a body: what its record has there, nothing where that is unknown."""
    return lambda row: lines([body[key] for body in row["bodies"]])  # type: ignore[literal-required]


def of_prefectures(key: Literal["code", "name"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([body["prefecture"][key] for body in row["bodies"]])


def of_links(key: Literal["url", "label"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([link[key] for link in row["links"]])


def of_similar(key: Literal["code", "note", "url"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([body[key] for body in row["similar"]["bodies"]])


def similar_names(row: TableRecord) -> str:
    return lines(map(name_in_full, row["similar"]["bodies"]))


def open_ended(row: TableRecord) -> str:
    return YES if row["similar"]["open_ended"] else NO


def populations(bodies: list[CaseBodyRecord]) -> int | str:
    """Of one body a number, so that a spreadsheet can sort by it; of several one line a body."""
    known = [body["population"] for body in bodies]
    return known[0] if len(known) == 1 and known[0] else lines(known)


def figures(records: list[FigureRecord]) -> str:
    r"""A figure a line, label：value; a ： within a label is \：."""
    labels = [escaped(one["label"]).replace("：", r"\：") for one in records]
    values = [escaped(one["value"]) for one in records]
    return "\n".join(map("：".join, zip(labels, values, strict=True)))


def as_text(cell: str) -> str:
    return cell


def as_key(cell: str) -> str:
    """A name that is looked up, however wide it was typed."""
    return unicodedata.normalize("NFKC", cell).strip()


def as_number(cell: str) -> int | None:
    """A whole number; None for an empty cell. Raises ValueError with what to do."""
    digits = as_key(cell)
    if not digits:
        return None
    if not re.fullmatch(f"[0-9]{{1,{MAX_DIGITS}}}", digits):
        raise ValueError("0以上の整数を入力してください。")
    return int(digits)


def as_answer(cell: str) -> bool:
    """An empty cell is a no. Raises ValueError for anything but the two words."""
    if as_key(cell) not in (YES, NO, ""):
        raise ValueError(f"「{YES}」か「{NO}」を入力してください。")
    return as_key(cell) == YES


def as_items(cell: str) -> list[str]:
    """The lines that are not blank."""
    return [unescaped(line) for line in cell.split("\n") if line.strip()]


def as_set(cell: str) -> list[str]:
    """The lines that are not blank, in an order of their own: that of the cell means nothing."""
    return sorted({item.strip() for item in as_items(cell)})


def as_lines(cell: str) -> list[tuple[str, ...]]:
    """Every line, since others stand beside it; blank ones only up to the last that is not."""
    return [(unescaped(line),) for line in cell.rstrip("\n").split("\n")] if cell.strip() else []


def as_codes(cell: str) -> list[tuple[str, ...]]:
    return [(as_code(line),) for (line,) in as_lines(cell)]


def as_code(text: str) -> str:
    """A 全国地方公共団体コード; where a spreadsheet took the leading zero for a number's, it comes back."""
    code = as_key(text)
    return code.zfill(6) if re.fullmatch("[1-9][0-9]{4}", code) else code


def as_figures(cell: str) -> list[tuple[str, ...]]:
    """Label and value of each line. Raises ValueError for a line without ：."""
    found: list[tuple[str, ...]] = []
    for line in cell.split("\n"):
        match = re.fullmatch(r"((?:[^\\：]|\\.)*)：(.*)", line)
        if match:
            found.append((unescaped(match[1]), unescaped(match[2])))
        elif line.strip():
            raise ValueError(f"「項目：値」の形で、1行に1件ずつ入力してください（{line}）。")
    return found


@dataclass(frozen=True)
class Column:
    """A column of the table of cases.

    `write` makes its cell from a record. `sets` names the field of `Case`, or the rows that belong to a
    case, which an import sets to what `read` makes of the cell; `read` raises ValueError with what to do.
    Columns that set rows give one tuple a line, the row's fields named in `parts`.

    A column that sets nothing follows from others. `follows` marks those that do so for as long as nobody
    corrects a name: if such a cell disagrees with what it follows from, one of the two is a slip.
    `is_wide` and `is_address`, a cell that holds one address, are for workbooks.
    """

    header: str
    write: Callable[[TableRecord], Any]
    sets: str = ""
    read: Callable[[str], Any] = as_text
    parts: tuple[str, ...] = ()
    follows: bool = False
    is_wide: bool = False
    is_address: bool = False


COLUMNS = (
    Column("識別名", lambda row: row["slug"], "slug", as_key),
    Column("URL", lambda row: row["url"], is_address=True),
    Column("題名", lambda row: row["title"], "title", is_wide=True),
    Column("ステップ", lambda row: row["step"]["number"], follows=True),
    Column("ステップの名称", lambda row: row["step"]["title"], follows=True),
    Column("区分", lambda row: row["section"]["id"], "section", as_key),
    Column("区分の名称", lambda row: row["section"]["title"], follows=True),
    Column("テーマ", lambda row: lines([topic["title"] for topic in row["topics"]]), "topics", as_set),
    Column("ポイント", lambda row: lines(row["points"]), "points", as_items, is_wide=True),
    Column("背景", lambda row: row["background"], "background", is_wide=True),
    Column("取組内容", lambda row: row["approach"], "approach", is_wide=True),
    Column("成果", lambda row: row["outcome"], "outcome", is_wide=True),
    Column(
        "数値", lambda row: figures(row["figures"]), "figures", as_figures, ("label", "value"), is_wide=True
    ),
    Column("団体コード", of_bodies("code"), "case_bodies", as_codes, ("body_id",)),
    Column("団体名", of_bodies("name"), follows=True),
    Column("団体のよみ", of_bodies("kana"), follows=True),
    Column("団体の種別", lambda row: lines([KINDS[body["kind"]] for body in row["bodies"]]), follows=True),
    Column("都道府県コード", of_prefectures("code")),
    Column("都道府県", of_prefectures("name"), follows=True),
    Column("人口", lambda row: populations(row["bodies"])),
    Column("人口の基準日", of_bodies("population_as_of")),
    Column("団体の注記", of_bodies("note"), "case_bodies", as_lines, ("note",)),
    Column("関連リンクのURL", of_links("url"), "links", as_lines, ("url",), is_address=True),
    Column("関連リンクの表示名", of_links("label"), "links", as_lines, ("label",)),
    Column("関連資料", lambda row: lines(row["references"]), "references", as_items, is_wide=True),
    Column("類似団体コード", of_similar("code"), "similar_bodies", as_codes, ("body_id",)),
    Column("類似団体", similar_names, follows=True),
    Column("類似団体の注記", of_similar("note"), "similar_bodies", as_lines, ("note",)),
    Column("類似団体のURL", of_similar("url"), "similar_bodies", as_lines, ("url",), is_address=True),
    Column("類似団体はほかにもある", open_ended, "similar_open_ended", as_answer),
    Column("出典", lambda row: row["source"]["title"], "source", as_key),
    Column("出典のページ", lambda row: row["source"]["page"], "page", as_number),
    Column("ページ内の順番", lambda row: row["source"]["order"], "order", as_number),
    Column("出典の見出し", lambda row: row["source"]["heading"], "heading"),
    Column("更新日時", lambda row: row["updated_at"]),
    Column("出典の表示", lambda row: row["citation"]),
    Column("利用条件", lambda row: row["terms"]),
)
HEADERS = tuple(column.header for column in COLUMNS)
