"""The open data as tidy tables: one datum a cell, one record a line (docs/data.md, decision 0040).

`TABLES` is the one list. CSV, workbook, dictionary and Data Package are made of it, so another table is one
more entry. The file of editors, with lists within its cells, is `columns`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import IO, Any, Literal, NamedTuple

import xlsxwriter

from catalog.documents.reading import Document, stream_documents
from catalog.documents.records import Absolute, CaseRecord, FactRecord, StatedRecord
from catalog.finding.index import Index
from catalog.models import Body, Region, Source
from catalog.models.bands import CHOICES as BANDS
from catalog.output.columns import (
    FACT_GRADES,
    FACT_KINDS,
    FOLLOWED_ROLES,
    KINDS,
    NO,
    SOURCE_KINDS,
    YES,
    defused,
    escaped,
)
from catalog.output.exports import NARROW, Echo, Forms, truncate
from catalog.output.sheets import RowSheet

Cell = int | float | str | date | None
Cells = Sequence[Cell]

# What whole cells are like, as Table Schema has patterns.
CODE = "[0-9]{6}"
SLUG, SOURCE_SLUG = "[a-z0-9]+(-[a-z0-9]+)*", "[-a-zA-Z0-9_]+"
ADDRESS = "https?://.+"
TELEPHONE = "0[0-9]+-[0-9]+-[0-9]+"
# A figure that is one number with a plain unit, as the source prints it; all others stay texts alone.
UNITS = (
    *("人", "名", "件", "回", "つ", "団体", "市町村", "市町", "市", "町", "村", "手続", "台", "社", "企業"),
    *("時間", "分", "日", "日間", "週間", "か月", "年間", "円", "%"),
)
PLAIN_FIGURE = re.compile(rf"([0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(\.[0-9]+)?({'|'.join(UNITS)}|)")
PROSE = {"background": "背景", "approach": "取組内容", "outcome": "成果"}
NOTE = "団体の注記"
REGIONS = {region.value: str(region.label) for region in Region}
BAND_LABELS = dict(BANDS)


class TableColumn(NamedTuple):
    """A column: its header, what is in it, and what its cells are.

    `choices` are all values that a cell may have, `pattern` is what the whole of one is like, `refers_to`
    names the table and the column that have each value of this one. A cell of a column that is not
    `required` may be blank: the value is not known, or there is none. It never stands for zero.
    """

    header: str
    about: str
    type: Literal["string", "integer", "number", "date", "datetime"] = "string"
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    refers_to: tuple[str, str] = ("", "")
    width: int = 0


@dataclass(frozen=True)
class Material:
    """What tables are made of: the public cases as one state of the catalogue has them."""

    index: Index
    absolute: Absolute

    @cached_property
    def source_of(self) -> dict[int, str]:
        """The slug of the source by the key of the case."""
        keys = self.index.numbering.key
        return {
            keys(number): slug for slug, cases in self.index.cases_by["source"].items() for number in cases
        }

    def documents(self) -> Iterator[Document]:
        """All public cases in document order, a few in memory at a time."""
        numbering, cases = self.index.numbering, self.index.cases
        numbers = numbering.in_order(cases, slice(0, len(cases)))
        return stream_documents([numbering.key(number) for number in numbers])


@dataclass(frozen=True)
class Table:
    """A table: its name in addresses, the columns that tell its rows apart, and how its rows are made.

    Either `of_case` gives the rows of each case, or `of_all` those of the catalogue; a row has a value for
    each column in turn.
    """

    name: str
    title: str
    about: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    of_case: Callable[[Document, Material], Iterable[Cells]] | None = None
    of_all: Callable[[Material], Iterable[Cells]] | None = None

    def rows(self, material: Material) -> Iterator[Cells]:
        if self.of_all:
            yield from self.of_all(material)
        elif self.of_case:
            for document in material.documents():
                yield from self.of_case(document, material)

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


def one_datum(value: Cell) -> int | float | str:
    r"""The value fit for a cell: a text on one line, without white space around it.

    A line break within it is \n and a backslash \\, as `columns.unescaped` reads; a text that a spreadsheet
    would take for a formula has ' before it.
    """
    if isinstance(value, int | float):
        return value
    text = value.isoformat() if isinstance(value, date) else value or ""
    return defused(escaped(text.strip()))


def of_record(make: Callable[[CaseRecord], Iterable[Any]]) -> Callable[[Document, Material], Iterable[Cells]]:
    """Rows of a list in the record of a case: the slug, the place in the list from 1, what it has there."""

    def rows(document: Document, material: Material) -> Iterator[Cells]:
        slug = document.record["slug"]
        for number, values in enumerate(make(document.record), start=1):
            yield slug, number, *values

    return rows


def case_row(document: Document, material: Material) -> Iterator[Cells]:
    record = document.record
    source = record["source"]
    yield (
        record["slug"],
        material.absolute(document.path),
        record["title"],
        record["step"]["number"],
        record["step"]["title"],
        record["section"]["id"],
        record["section"]["title"],
        record["year"],
        YES if record["similar"]["open_ended"] else NO,
        material.source_of[document.key],
        source["page"],
        source["order"],
        source["heading"],
        document.citation,
        record["updated_at"],
    )


def text_rows(document: Document, material: Material) -> Iterator[Cells]:
    """The long texts of a case, a line a row: paragraphs are parted by blank lines."""
    record = document.record
    texts = [(label, "", record[field]) for field, label in PROSE.items()]  # type: ignore[literal-required]
    texts += [(NOTE, body["code"], body["note"]) for body in record["bodies"]]
    for label, code, text in texts:
        for paragraph, number, line in lines_of(text):
            yield record["slug"], label, code, paragraph, number, line


def lines_of(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a text, each with the numbers of its paragraph and of its place there, from 1."""
    stripped = [line.strip() for line in text.splitlines()]
    paragraphs = [list(some) for filled, some in groupby(stripped, key=bool) if filled]
    for number, paragraph in enumerate(paragraphs, start=1):
        for at, line in enumerate(paragraph, start=1):
            yield number, at, line


def figure_cells(label: str, value: str) -> Cells:
    """The figure as the source prints it, and as a number with its unit where it is just that."""
    match = PLAIN_FIGURE.fullmatch(value)
    if match is None:
        return label, value, None, ""
    whole, fraction, unit = match.groups()
    digits = whole.replace(",", "")
    return label, value, float(f"{digits}{fraction}") if fraction else int(digits), unit


def fact_cells(fact: FactRecord) -> Cells:
    return (
        FACT_KINDS[fact["kind"]],
        fact["label"],
        fact["before"],
        fact["value"],
        fact["unit"],
        fact["text"],
        FACT_GRADES[fact["grade"]],
        *where_stated(fact),
    )


def where_stated(one: StatedRecord) -> Cells:
    return one["page"], one["answered_by"], one["answered_on"]


def case_body_cells(record: CaseRecord) -> Iterator[Cells]:
    months = {one["body"]: one["month"] for one in record["confirmed"]}
    for body in record["bodies"]:
        contact = body["contact"]
        told = (
            [contact["section"], contact["telephone"], contact["email"], contact["checked_on"]]
            if contact
            else [""] * 4
        )
        yield body["code"], *told, months.get(body["code"])


def source_rows(material: Material) -> Iterator[Cells]:
    for source in material.index.sources_in_use:
        yield source_cells(source)


def source_cells(source: Source) -> Cells:
    return (
        source.slug,
        SOURCE_KINDS[source.kind],
        source.title,
        source.edition,
        source.publisher,
        source.published_on,
        source.url,
        source.read_on,
        source.terms,
        source.citation,
    )


def body_rows(material: Material) -> Iterator[Cells]:
    for body in material.index.bodies_in_cases:
        yield body_cells(body)


def body_cells(body: Body) -> Cells:
    return (
        body.code,
        body.name,
        body.kana,
        KINDS[body.kind],
        body.prefecture_id,
        body.prefecture.name,
        REGIONS[body.prefecture.region],
        body.population,
        body.population_as_of,
        body.population_source.title if body.population_source else None,
        BAND_LABELS.get(body.population_band),
        body.latitude,
        body.longitude,
        body.website,
        body.telephone,
        body.address,
        body.abolished_on,
        body.successor_id,
    )


CASE = TableColumn(
    "事例の識別名", "どの事例か", required=True, pattern=SLUG, refers_to=("cases", "識別名"), width=16
)
PLACE = TableColumn("順番", "事例の中での順番（1から）", "integer", required=True, width=7)
OF_BODY = TableColumn(
    "団体コード",
    "全国地方公共団体コード（検査数字を含む6桁）",
    required=True,
    pattern=CODE,
    refers_to=("bodies", "団体コード"),
    width=10,
)
# Where a statement stands: in the source, or in what a body answered.
WHERE_STATED = (
    TableColumn("ページ", "出典のページ。団体の回答では空", "integer"),
    OF_BODY._replace(header="回答した団体", about="回答した団体のコード。出典では空", required=False),
    TableColumn("回答日", "団体が回答した日。出典では空", "date", width=12),
)

TABLES = (
    Table(
        "cases",
        "事例",
        "1行に1事例。長い文は「文章」の表にあります。",
        (
            TableColumn("識別名", "事例の識別名。変わりません", required=True, pattern=SLUG, width=16),
            TableColumn("URL", "事例のページのアドレス", required=True, width=30),
            TableColumn("題名", "事例の題名", required=True, width=50),
            TableColumn(
                "ステップ", "手順書のステップ（0〜3）", "integer", required=True, choices=tuple("0123")
            ),
            TableColumn("ステップの名称", "手順書でのステップの名称", required=True, width=16),
            TableColumn("区分の識別名", "出典の区分の識別名", required=True, pattern=SLUG),
            TableColumn("区分の名称", "出典の区分の名称", required=True, width=24),
            TableColumn("年度", "取組を始めた年度（西暦）。分からないものは空", "integer"),
            TableColumn(
                "類似団体はほかにもある",
                "「はい」は、出典が「など」として、ほかにもあるとしているもの",
                required=True,
                choices=(YES, NO),
            ),
            TableColumn(
                "出典の識別名",
                "どの出典か",
                required=True,
                pattern=SOURCE_SLUG,
                refers_to=("sources", "識別名"),
            ),
            TableColumn("出典のページ", "出典のページ。ページのない出典では空", "integer"),
            TableColumn("ページ内の順番", "同じページの中の順番", "integer", required=True),
            TableColumn("出典の見出し", "出典の見出し", width=30),
            TableColumn("出典の表示", "引用するときの出典の書き方", required=True, width=30),
            TableColumn("更新日時", "事例の更新日時（ISO 8601）", "datetime", required=True, width=26),
        ),
        ("識別名",),
        of_case=case_row,
    ),
    Table(
        "texts",
        "文章",
        "事例の背景、取組内容、成果と、団体ごとの注記。1行に1行ずつ。同じ段落の行を改行で、段落を空行でつなぐと、"
        "元の文になります（行の前後の空白は除いてあります）。",
        (
            CASE,
            TableColumn("項目", "何の文章か", required=True, choices=(*PROSE.values(), NOTE), width=12),
            OF_BODY._replace(about="団体の注記では、どの団体についてか。ほかでは空", required=False),
            TableColumn("段落", "文章の中の何番目の段落か（1から）", "integer", required=True, width=7),
            TableColumn("行", "段落の中の何番目の行か（1から）", "integer", required=True, width=7),
            TableColumn("文", "その行の文", required=True, width=100),
        ),
        ("事例の識別名", "項目", "団体コード", "段落", "行"),
        of_case=text_rows,
    ),
    Table(
        "points",
        "ポイント",
        "事例の要点。1行に1つ。",
        (CASE, PLACE, TableColumn("ポイント", "取組の要点", required=True, width=80)),
        ("事例の識別名", "順番"),
        of_case=of_record(lambda record: ((point,) for point in record["points"])),
    ),
    Table(
        "figures",
        "数値",
        "本文にある数値。1行に1つ。",
        (
            CASE,
            PLACE,
            TableColumn("項目", "何の数値か", required=True, width=40),
            TableColumn("値", "数値と単位（原文のとおり）", required=True, width=30),
            TableColumn("数", "値が1つの数と単位だけのときの、その数。ほかは空", "number"),
            TableColumn("単位", "そのときの単位"),
        ),
        ("事例の識別名", "順番"),
        of_case=of_record(
            lambda record: (figure_cells(one["label"], one["value"]) for one in record["figures"])
        ),
    ),
    Table(
        "facts",
        "費用・体制・効果など",
        "数値を型のある値にした事実。1行に1つ。どの行にも、出典のページか、回答した団体と回答日があります。",
        (
            CASE,
            PLACE,
            TableColumn("種類", "何についての事実か", required=True, choices=tuple(FACT_KINDS.values())),
            TableColumn("項目", "何の数や事実か", required=True, width=40),
            TableColumn("前の値", "効果の、取り組む前の値", "number"),
            TableColumn("値", "値。数のない記述では空", "number"),
            TableColumn("単位", "値の単位"),
            TableColumn("記載", "出典や団体の記載", required=True, width=60),
            TableColumn("確かさ", "どのような記載か", required=True, choices=tuple(FACT_GRADES.values())),
            *WHERE_STATED,
        ),
        ("事例の識別名", "順番"),
        of_case=of_record(lambda record: map(fact_cells, record["facts"])),
    ),
    Table(
        "followed",
        "取り入れた団体・手本にした団体",
        "出典や団体の回答が、取り入れた、手本にしたとしている団体。1行に1事例の1団体。",
        (
            CASE,
            PLACE,
            OF_BODY,
            TableColumn(
                "関係", "事例との関係", required=True, choices=tuple(FOLLOWED_ROLES.values()), width=16
            ),
            TableColumn("記載", "そう分かる記載", required=True, width=60),
            *WHERE_STATED,
        ),
        ("事例の識別名", "団体コード"),
        of_case=of_record(
            lambda record: (
                (one["code"], FOLLOWED_ROLES[one["role"]], one["note"], *where_stated(one))
                for one in record["followed"]
            )
        ),
    ),
    Table(
        "case_bodies",
        "事例の団体",
        "取り組んだ団体。1行に1事例の1団体。注記は「文章」の表にあります。",
        (
            CASE,
            PLACE,
            OF_BODY,
            TableColumn("照会先の部署", "団体自身が示した照会先の部署", width=24),
            TableColumn("照会先の電話", "照会先の電話", pattern=TELEPHONE, width=16),
            TableColumn("照会先のメール", "照会先のメール", width=24),
            TableColumn("照会先の確認日", "照会先を確かめた日", "date", width=12),
            TableColumn(
                "確認した月",
                "団体が今の内容を確認した月（例：2026-12）。内容が変わると空になります",
                pattern="[0-9]{4}-[0-9]{2}",
            ),
        ),
        ("事例の識別名", "団体コード"),
        of_case=of_record(case_body_cells),
    ),
    Table(
        "topics",
        "事例のテーマ",
        "事例のテーマ。1行に1事例の1テーマ。",
        (
            CASE,
            PLACE,
            TableColumn("テーマの識別名", "テーマの識別名（条件の値に使うもの）", required=True, width=20),
            TableColumn("テーマ", "テーマの名称", required=True, width=30),
        ),
        ("事例の識別名", "テーマの識別名"),
        of_case=of_record(lambda record: ((topic["id"], topic["title"]) for topic in record["topics"])),
    ),
    Table(
        "links",
        "関連リンク",
        "事例に関わるページ。1行に1つ。",
        (
            CASE,
            PLACE,
            TableColumn("URL", "ページのアドレス", required=True, pattern=ADDRESS, width=50),
            TableColumn("表示名", "ページの表示名", required=True, width=40),
        ),
        ("事例の識別名", "URL"),
        of_case=of_record(lambda record: ((link["url"], link["label"]) for link in record["links"])),
    ),
    Table(
        "references",
        "関連資料",
        "事例に関わる資料。1行に1つ。",
        (CASE, PLACE, TableColumn("資料", "資料の名称", required=True, width=80)),
        ("事例の識別名", "順番"),
        of_case=of_record(lambda record: ((title,) for title in record["references"])),
    ),
    Table(
        "similar",
        "類似団体",
        "類似の取組を行っている団体。1行に1事例の1団体。",
        (
            CASE,
            PLACE,
            OF_BODY,
            TableColumn("注記", "出典にある注記", width=40),
            TableColumn("URL", "出典にあるアドレス", pattern=ADDRESS, width=40),
        ),
        ("事例の識別名", "団体コード"),
        of_case=of_record(
            lambda record: ((one["code"], one["note"], one["url"]) for one in record["similar"]["bodies"])
        ),
    ),
    Table(
        "sources",
        "出典",
        "公開している事例の出典。1行に1つ。",
        (
            TableColumn("識別名", "出典の識別名", required=True, pattern=SOURCE_SLUG),
            TableColumn(
                "種類",
                "事例集、団体などの資料、ウェブページ",
                required=True,
                choices=tuple(SOURCE_KINDS.values()),
            ),
            TableColumn("題名", "出典の題名", required=True, width=40),
            TableColumn("版", "出典の版"),
            TableColumn("発行者", "発行者", required=True, width=20),
            TableColumn("発行日", "発行日。日が分からないものは、その月の1日", "date"),
            TableColumn("URL", "出典のアドレス", pattern=ADDRESS, width=30),
            TableColumn("閲覧日", "ウェブページの内容を確かめた日", "date"),
            TableColumn("利用条件", "利用条件", required=True, width=60),
            TableColumn("出典の表示", "出典の全体を引用するときの書き方", required=True, width=40),
        ),
        ("識別名",),
        of_all=source_rows,
    ),
    Table(
        "bodies",
        "団体",
        "事例か類似団体に出てくる団体。1行に1つ。",
        (
            TableColumn(
                "団体コード",
                "全国地方公共団体コード（検査数字を含む6桁）",
                required=True,
                pattern=CODE,
                width=10,
            ),
            TableColumn("団体名", "団体名", required=True),
            TableColumn("団体名のよみ", "ひらがなのよみ", required=True, width=20),
            TableColumn("種別", "団体の種別", required=True, choices=tuple(KINDS.values())),
            TableColumn("都道府県コード", "JIS X 0401の2桁", required=True, pattern="[0-9]{2}"),
            TableColumn("都道府県", "都道府県名", required=True),
            TableColumn("地方", "地方", required=True, choices=tuple(REGIONS.values())),
            TableColumn("人口", "人口（人）。分からない団体は空", "integer"),
            TableColumn("人口の基準日", "人口の基準日", "date", width=12),
            TableColumn("人口の出典", "人口の出典", width=30),
            TableColumn("人口の区切り", "人口の区切り（以上・未満）", choices=tuple(BAND_LABELS.values())),
            TableColumn("緯度", "役所の位置（度）", "number"),
            TableColumn("経度", "役所の位置（度）", "number"),
            TableColumn("公式サイト", "公式サイトのアドレス", pattern=ADDRESS, width=30),
            TableColumn("代表電話", "代表電話", pattern=TELEPHONE, width=16),
            TableColumn("所在地", "役所の所在地", width=40),
            TableColumn("廃止日", "なくなった日。今ある団体は空", "date"),
            TableColumn("引き継いだ団体のコード", "なくなった団体を引き継いだ団体", pattern=CODE),
        ),
        ("団体コード",),
        of_all=body_rows,
    ),
)
BY_NAME = {table.name: table for table in TABLES}


def table_csv(table: Table, material: Material) -> Iterator[bytes]:
    """The table as CSV (RFC 4180, UTF-8) in parts, as they come: a header, then a record a line."""
    writer = csv.writer(Echo())
    yield writer.writerow(table.headers).encode()
    for row in table.rows(material):
        yield writer.writerow(map(one_datum, row)).encode()


def write_tables(file: IO[bytes], material: Material) -> None:
    """Writes a workbook: a sheet a table, its header in the first row, nothing merged and nothing hidden.

    The documents are read once for all tables.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": material.index.last_change.replace(tzinfo=None)})
        forms = Forms.of(book)
        sheets = {table.name: _Sheet(book, table, forms) for table in TABLES}
        for document in material.documents():
            for table in TABLES:
                if table.of_case:
                    sheets[table.name].add(table.of_case(document, material))
        for table in TABLES:
            if table.of_all:
                sheets[table.name].add(table.of_all(material))


class _Sheet:
    """A sheet of a workbook, to which rows are added as they come."""

    def __init__(self, book: xlsxwriter.Workbook, table: Table, forms: Forms) -> None:
        self.sheet: RowSheet = book.add_worksheet(table.title, RowSheet)
        self.last = 0
        for at, column in enumerate(table.columns):
            self.sheet.set_column(at, at, column.width or NARROW)
            self.sheet.write_string(0, at, column.header, forms.head)
        self.sheet.set_looks((forms.text, None) for _ in table.columns)
        self.sheet.freeze_panes(1, 0)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def add(self, rows: Iterable[Cells]) -> None:
        for row in rows:
            self.last += 1
            self.sheet.add_row(self.last, (truncate(one_datum(value)) for value in row))
