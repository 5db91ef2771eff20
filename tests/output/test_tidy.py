"""The open data as tables, held against the state's rule on machine readability (decision 0040).

0 fatal: no record on more than one line. 0 critical: no cell with more than one datum.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from catalog.models import Case
from catalog.output.columns import unescaped
from catalog.output.tidy import BY_NAME, TABLES, Table, figure_cells, lines_of
from tests.importing.test_cases import make_full_case
from tests.making import FUNAGATA, KASHIHARA, without_cases

pytestmark = pytest.mark.django_db

# What parts several values in one cell.
SEVERAL = re.compile(r"[;；\n\r\v\f\x85\u2028\u2029]")
READ: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def content_of(table: str) -> str:
    return Client().get(f"/data/{table}.csv").getvalue().decode()


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content_of(table), newline="")))


def faults_of(table: Table, content: str) -> list[tuple[int, str, str]]:
    """What of the rule the CSV breaks: line, header and what is wrong."""
    lines = content.splitlines()
    records = [next(csv.reader([line])) for line in lines]
    header, *rows = records
    faults = [(1, name, "twice") for name, times in Counter(header).items() if times > 1 or not name]
    if (
        header != table.headers
        or "\ufeff" in content
        or list(csv.reader(StringIO(content, newline=""))) != records
    ):
        faults.append((1, "", "header, mark, or a record on several lines"))
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            faults.append((line, "", "cells"))
            continue
        for column, cell in zip(table.columns, row, strict=True):
            if cell != cell.strip():
                faults.append((line, column.header, "white space"))
            if SEVERAL.search(cell) and column.header != "文":
                faults.append((line, column.header, "several"))
            if (cell == "" and column.required) or (column.choices and cell not in ("", *column.choices)):
                faults.append((line, column.header, "choice"))
            if cell and column.pattern and not re.fullmatch(column.pattern, cell):
                faults.append((line, column.header, "pattern"))
            try:
                READ[column.type](cell) if cell else None
            except ValueError:
                faults.append((line, column.header, column.type))
    return faults


def test_every_table_keeps_the_rule_in_every_cell() -> None:
    make_full_case("made")
    assert {table.name: faults_of(table, content_of(table.name)) for table in TABLES} == {
        table.name: [] for table in TABLES
    }
    codes = [row["団体コード"] for row in rows_of("bodies")]
    assert codes == sorted(set(codes))
    assert {len(code) for code in codes} == {6}


def test_a_table_that_breaks_the_rule_is_told() -> None:
    table = BY_NAME["case_bodies"]
    header, first, *_ = content_of("case_bodies").split("\r\n")
    assert faults_of(table, f"{header}\r\n{first}\r\n") == []
    wrong = {
        first.replace(",070009,", ',"070009\n040002",'): (2, "", "cells"),
        first.replace(",070009,", ",70009,"): (2, "団体コード", "pattern"),
        first.replace(",1,", ",一,"): (2, "順番", "integer"),
        f" {first}": (2, "事例の識別名", "white space"),
    }
    for line, fault in wrong.items():
        assert fault in faults_of(table, f"{header}\r\n{line}\r\n")


def test_the_tables_say_what_the_records_say() -> None:
    make_full_case("made")
    records = {record["slug"]: record for record in Client().get("/cases.json").json()["results"]}
    cases = rows_of("cases")
    assert [row["識別名"] for row in cases] == list(records)
    assert [(row["題名"].removeprefix("'"), row["年度"], row["ステップ"]) for row in cases] == [
        (one["title"], str(one["year"] or ""), str(one["step"]["number"])) for one in records.values()
    ]
    lists: dict[str, Any] = {
        "points": lambda one: [(point,) for point in one["points"]],
        "figures": lambda one: [(figure["label"], figure["value"]) for figure in one["figures"]],
        "case_bodies": lambda one: [(body["code"],) for body in one["bodies"]],
        "topics": lambda one: [(topic["id"], topic["title"]) for topic in one["topics"]],
        "links": lambda one: [(link["url"], link["label"]) for link in one["links"]],
        "references": lambda one: [(title,) for title in one["references"]],
        "similar": lambda one: [
            (body["code"], body["note"], body["url"] or "") for body in one["similar"]["bodies"]
        ],
    }
    for name, wanted in lists.items():
        told = [
            (row.pop("事例の識別名"), int(row.pop("順番")), *map(as_read, row.values()))
            for row in rows_of(name)
        ]
        expected = [
            (slug, number, *values)
            for slug, record in records.items()
            for number, values in enumerate(wanted(record), start=1)
        ]
        assert [row[: len(expected[0])] for row in told] == expected
    named = {body["code"] for one in records.values() for body in (*one["bodies"], *one["similar"]["bodies"])}
    assert {row["団体コード"] for row in rows_of("bodies")} == named


def as_read(cell: str) -> str:
    """The cell without what keeps a spreadsheet from calculating, and with its line breaks."""
    return unescaped(cell[1:] if cell[:1] == "'" else cell)


def test_a_long_text_comes_back_from_its_lines() -> None:
    texts: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for row in rows_of("texts"):
        key = (row["事例の識別名"], row["項目"], row["団体コード"])
        texts.setdefault(key, []).append((int(row["段落"]), row["文"]))
    for record in Client().get("/cases.json").json()["results"]:
        wanted = {
            ("背景", ""): record["background"],
            ("取組内容", ""): record["approach"],
            ("成果", ""): record["outcome"],
            **{("団体の注記", body["code"]): body["note"] for body in record["bodies"]},
        }
        for (label, code), text in wanted.items():
            assert joined(texts.pop((record["slug"], label, code), [])) == text
    assert texts == {}


def joined(lines: list[tuple[int, str]]) -> str:
    """The text of these lines, as the page about the data tells it."""
    paragraphs: dict[int, list[str]] = {}
    for paragraph, line in lines:
        paragraphs.setdefault(paragraph, []).append(line)
    return "\n\n".join(map("\n".join, paragraphs.values()))


def test_lines_are_counted_within_their_paragraphs() -> None:
    assert list(lines_of(" 一\r\n・二 \n\n \n三")) == [(1, 1, "一"), (1, 2, "・二"), (2, 1, "三")]


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        *(
            ("5,513件", 5513, "件"),
            ("8回", 8, "回"),
            ("56%", 56, "%"),
            ("10", 10, ""),
            ("1.5時間", 1.5, "時間"),
        ),
        *(
            (value, None, "")
            for value in ("約100人", "10年以上", "1〜2名", "10億円", "平成29年", "5,51件", "40%超")
        ),
    ],
)
def test_a_figure_is_a_number_only_where_it_is_one_number_with_its_unit(
    value: str, number: float | None, unit: str
) -> None:
    assert figure_cells("項目", value) == ("項目", value, number, unit)


def test_the_workbook_has_the_tables_a_sheet_each_and_nothing_else() -> None:
    make_full_case("made")
    book = load_workbook(BytesIO(Client().get("/data/tables.xlsx").getvalue()))
    assert book.sheetnames == [table.title for table in TABLES]
    for table, sheet in zip(TABLES, book, strict=True):
        assert (list(sheet.merged_cells.ranges), sheet.sheet_state) == ([], "visible")
        assert not any(
            one.hidden for one in (*sheet.column_dimensions.values(), *sheet.row_dimensions.values())
        )
        rows = [
            ["" if value is None else str(value) for value in row]
            for row in sheet.iter_rows(values_only=True)
        ]
        assert rows == list(csv.reader(StringIO(content_of(table.name), newline="")))
        kinds = {type(value) for row in sheet.iter_rows(min_row=2, values_only=True) for value in row}
        assert kinds <= {str, int, float, type(None)}
    codes = [cell.value for cell in book["事例の団体"]["C"]]
    assert (FUNAGATA in codes, KASHIHARA in codes) == (True, True)


def test_tables_follow_the_version_and_have_their_headers_without_a_case() -> None:
    client = Client()
    first = client.get("/data/points.csv")
    assert client.get("/data/points.csv", headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert first["Access-Control-Allow-Origin"] == "*"
    Case.objects.filter(slug="dx2021-1-1").update(points=["要点"])
    later = client.get("/data/points.csv", headers={"If-None-Match": first["ETag"]})
    assert (later.status_code, b"dx2021-1-1,1,\xe8\xa6\x81\xe7\x82\xb9\r\n" in later.getvalue()) == (
        200,
        True,
    )
    without_cases()
    assert content_of("points") == "事例の識別名,順番,ポイント\r\n"
    assert client.get("/data/nothing.csv").status_code == 404
    assert client.get("/data/points.csv?q=1").status_code == 400
