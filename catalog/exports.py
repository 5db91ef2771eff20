"""The result of a query as tables and feeds, all made from `records.case_record`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from catalog.models import Kind

Record = dict[str, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "'")


def lines(values: Iterable[Any]) -> str:
    r"""Several values in one cell, one a line; within one a line break is \n and a backslash \\."""
    return "\n".join(str(value).replace("\\", "\\\\").replace("\n", "\\n") for value in values)


def of_bodies(*path: str) -> Callable[[Record], str]:
    """A column with one line a body: the value at `path` of its record, empty where it is unknown."""

    def cell(record: Record) -> str:
        return lines(at(body, path) for body in record["bodies"])

    return cell


def at(value: Any, path: Iterable[str]) -> Any:
    for key in path:
        value = value[key]
    return "" if value is None else value


# Header and cell of each column, in order.
COLUMNS: list[tuple[str, Callable[[Record], Any]]] = [
    ("識別名", lambda record: record["slug"]),
    ("URL", lambda record: record["url"]),
    ("題名", lambda record: record["title"]),
    ("ステップ", lambda record: record["step"]["number"]),
    ("ステップの名称", lambda record: record["step"]["title"]),
    ("区分", lambda record: record["section"]["id"]),
    ("区分の名称", lambda record: record["section"]["title"]),
    ("テーマ", lambda record: lines(topic["title"] for topic in record["topics"])),
    ("ポイント", lambda record: lines(record["points"])),
    ("背景", lambda record: record["background"]),
    ("取組内容", lambda record: record["approach"]),
    ("成果", lambda record: record["outcome"]),
    ("数値", lambda record: lines(f"{one['label']}：{one['value']}" for one in record["figures"])),
    ("団体コード", of_bodies("code")),
    ("団体名", of_bodies("name")),
    ("団体のよみ", of_bodies("kana")),
    ("団体の種別", lambda record: lines(Kind(body["kind"]).label for body in record["bodies"])),
    ("都道府県コード", of_bodies("prefecture", "code")),
    ("都道府県", of_bodies("prefecture", "name")),
    ("人口", of_bodies("population")),
    ("人口の基準日", of_bodies("population_as_of")),
    ("団体の注記", of_bodies("note")),
    ("関連リンクのURL", lambda record: lines(link["url"] for link in record["links"])),
    ("関連リンクの表示名", lambda record: lines(link["label"] for link in record["links"])),
    ("関連資料", lambda record: lines(record["references"])),
    ("類似団体コード", lambda record: lines(one["code"] for one in record["similar"]["bodies"])),
    (
        "類似団体",
        lambda record: lines(
            name_in_full(one["prefecture"]["name"], one["name"]) for one in record["similar"]["bodies"]
        ),
    ),
    ("類似団体の注記", lambda record: lines(one["note"] for one in record["similar"]["bodies"])),
    ("類似団体のURL", lambda record: lines(one["url"] or "" for one in record["similar"]["bodies"])),
    ("類似団体はほかにもある", lambda record: "はい" if record["similar"]["open_ended"] else "いいえ"),
    ("出典", lambda record: record["source"]["title"]),
    ("出典のページ", lambda record: record["source"]["page"]),
    ("ページ内の順番", lambda record: record["source"]["order"]),
    ("出典の見出し", lambda record: record["source"]["heading"]),
    ("更新日時", lambda record: record["updated_at"]),
]


def name_in_full(prefecture: str, name: str) -> str:
    return name if name == prefecture else f"{prefecture}{name}"


def csv_rows(records: Iterable[Record], *, bom: bool) -> Iterator[str]:
    """The lines of a CSV file: a header, then a row a case. `bom` makes spreadsheets read it as UTF-8."""
    writer = csv.writer(Echo())
    yield ("\ufeff" if bom else "") + writer.writerow([header for header, _ in COLUMNS])
    for record in records:
        yield writer.writerow([defused(cell(record)) for _, cell in COLUMNS])


def defused(cell: Any) -> Any:
    """The cell with ' before what a spreadsheet would take for a formula, or for a ' of this kind."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


class Echo:
    """A file for `csv.writer` that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line
