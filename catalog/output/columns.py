"""The table of cases, column by column: how a cell is written from a record, and how it is read back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from catalog.documents.reading import Document
from catalog.documents.records import (
    Absolute,
    CaseBodyRecord,
    CaseRecord,
    FigureRecord,
    name_in_full,
)
from catalog.models import Case, Fact, Followed, Kind, SourceKind
from catalog.models.base import as_short, plain_code, with_hyphens
from catalog.models.days import YEARS_BEFORE, read_day

FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r'")
YES, NO = "はい", "いいえ"
SOURCE_KINDS = {kind.value: str(kind.label) for kind in SourceKind}
KINDS = {kind.value: str(kind.label) for kind in Kind}
FACT_KINDS = {kind.value: str(kind.label) for kind in Fact.Kind}
FACT_GRADES = {grade.value: str(grade.label) for grade in Fact.Grade}
FOLLOWED_ROLES = {role.value: str(role.label) for role in Followed.Role}
MAX_DIGITS = 9
# How spreadsheets write the day that they took a section for: as day of this year, or as the number of a day.
DAY_FOR_SECTION = re.compile(
    r"(?:\d{4}[-/.年])?(?P<month>\d{1,2})[-/月](?P<day>\d{1,2})日?(?: 0:00(?::00)?)?"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ENGLISH_DAY_FOR_SECTION = re.compile(rf"(?P<day>\d{{1,2}})-(?P<month>{'|'.join(MONTHS)})", re.IGNORECASE)
FISCAL_YEAR = re.compile("(令和?|平成?|[RH])(元|[0-9]{1,2})|([0-9]{4})")
AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,3})?")
SERIAL_START, SERIAL_DIGITS = date(1899, 12, 30), 5


class TableRecord(CaseRecord):
    """A record with what a table repeats on every row: how to cite the case, and the terms of its source.

    `status` and `editor_note` are for the tables of editors alone.
    """

    citation: str
    terms: str
    status: str
    editor_note: str


def table_record(document: Document, absolute: Absolute) -> TableRecord:
    return {
        **document.with_url(absolute),
        "citation": document.citation,
        "terms": document.extra["terms"],
        "status": document.extra["status"],
        "editor_note": document.extra["editor_note"],
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


def known(number: int | None) -> int | str:
    """The number, or an empty cell."""
    return "" if number is None else number


def of_bodies(key: str) -> Callable[[TableRecord], str]:
    """A column with one line a body: what its record has there, nothing where that is unknown."""
    return lambda row: lines([body[key] for body in row["bodies"]])  # type: ignore[literal-required]


def of_contacts(
    key: Literal["section", "telephone", "email", "checked_on"],
) -> Callable[[TableRecord], str]:
    """A column with one line a body: whom it names for the case. Nothing where no body names anybody."""

    def write(row: TableRecord) -> str:
        contacts = [body["contact"] for body in row["bodies"]]
        return lines([contact and contact[key] for contact in contacts]) if any(contacts) else ""

    return write


def of_prefectures(key: Literal["code", "name"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([body["prefecture"][key] for body in row["bodies"]])


def of_links(key: Literal["url", "label"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([link[key] for link in row["links"]])


def of_facts(key: str, labels: dict[str, str] | None = None) -> Callable[[TableRecord], str]:
    """A column with one line a fact: what its record has there, or what that is called."""
    return lambda row: beside([fact[key] for fact in row["facts"]], labels)  # type: ignore[literal-required]


def of_followed(key: str, labels: dict[str, str] | None = None) -> Callable[[TableRecord], str]:
    return lambda row: beside([one[key] for one in row["followed"]], labels)  # type: ignore[literal-required]


def beside(values: list[Any], labels: dict[str, str] | None = None) -> str:
    """Values that stand in one cell line by line beside those of others; nothing where there is none."""
    texts = [labels[value] if labels else value for value in values]
    return lines(texts) if any(value not in (None, "") for value in texts) else ""


def section(row: TableRecord) -> str:
    """The number with the title: 3-1 alone would be the first of March to a spreadsheet."""
    return f"{row['section']['id']} {row['section']['title']}".strip()


def of_similar(key: Literal["code", "note", "url"]) -> Callable[[TableRecord], str]:
    return lambda row: lines([body[key] for body in row["similar"]["bodies"]])


def similar_names(row: TableRecord) -> str:
    return lines(map(name_in_full, row["similar"]["bodies"]))


def open_ended(row: TableRecord) -> str:
    return YES if row["similar"]["open_ended"] else NO


def confirmations(row: TableRecord) -> str:
    names = {body["code"]: name_in_full(body) for body in row["bodies"]}
    return lines(f"{names[one['body']]}：{one['month']}" for one in row["confirmed"])


def populations(bodies: list[CaseBodyRecord]) -> int | str:
    """Of one body a number, so that a spreadsheet can sort by it; of several one line a body."""
    persons = [body["population"] for body in bodies]
    return persons[0] if len(persons) == 1 and persons[0] else lines(persons)


def sizes(bodies: list[CaseBodyRecord]) -> int | str:
    """As `populations`, for people."""
    persons = populations(bodies)
    return (
        persons
        if isinstance(persons, int)
        else "\n".join(f"{int(one):,}人" if one else "不明" for one in persons.split("\n"))
    )


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


def as_section(cell: str) -> str:
    """The number of a section, with or without its title; also where a spreadsheet took it for a day."""
    key = with_hyphens(cell).strip()
    if key.isdecimal() and len(key) == SERIAL_DIGITS:
        day = SERIAL_START + timedelta(days=int(key))
        return f"{day.month}-{day.day}"
    if match := DAY_FOR_SECTION.fullmatch(key):
        return f"{int(match['month'])}-{int(match['day'])}"
    if match := ENGLISH_DAY_FOR_SECTION.fullmatch(key):
        return f"{MONTHS.index(match['month'].lower()) + 1}-{int(match['day'])}"
    return key.split(" ", 1)[0]


def as_number(cell: str) -> int | None:
    """A whole number; None for an empty cell. Raises ValueError with what to do."""
    digits = as_key(cell)
    if not digits:
        return None
    if not re.fullmatch(f"[0-9]{{1,{MAX_DIGITS}}}", digits):
        raise ValueError("0以上の整数を入力してください。")
    return int(digits)


def as_place(cell: str) -> int:
    """As `as_number`; the first place where none is given."""
    number = as_number(cell)
    return 1 if number is None else number


def as_status(cell: str) -> str:
    """The state that a label names; an empty cell is a draft. Raises ValueError for another."""
    states = {label: value for value, label in Case.Status.choices}
    found = states.get(as_key(cell) or str(Case.Status.DRAFT.label))
    if found is None:
        raise ValueError(f"「{cell}」という状態はありません。{'、'.join(states)}のどれかです。")
    return found


def as_year(cell: str) -> int | None:
    """A fiscal year, of our time or of an era, with or without 年度. Raises ValueError with what to do."""
    text = as_key(cell).removesuffix("度").removesuffix("年")
    if not text:
        return None
    if match := FISCAL_YEAR.fullmatch(text):
        era, of_era, year = match.groups()
        return int(year) if year else YEARS_BEFORE[era[0]] + int(of_era.replace("元", "1"))
    raise ValueError(f"「{cell}」は年度として読めません。「2020」か「令和2年度」のように入力してください。")


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


def as_days(cell: str) -> list[tuple[Any, ...]]:
    """A day or nothing on each line. Raises ValueError for what is no day."""
    return [(read_day(line) if line.strip() else None,) for (line,) in as_lines(cell)]


def as_keys(cell: str) -> list[tuple[str, ...]]:
    return [(as_key(line),) for (line,) in as_lines(cell)]


def as_telephones(cell: str) -> list[tuple[str, ...]]:
    return [(with_hyphens(line).strip(),) for (line,) in as_lines(cell)]


def as_choices(labels: dict[str, str]) -> Callable[[str], list[tuple[str, ...]]]:
    """Reads the value that each line names. Raises ValueError, with the names that there are, for another."""
    values = {label: value for value, label in labels.items()}

    def read(cell: str) -> list[tuple[str, ...]]:
        names = [as_key(line) for (line,) in as_lines(cell)]
        if unknown := [name for name in names if name not in values]:
            raise ValueError(f"「{unknown[0]}」はありません。{'、'.join(values)}のどれかです。")
        return [(values[name],) for name in names]

    return read


def as_amounts(cell: str) -> list[tuple[Any, ...]]:
    """A number or nothing on each line. Raises ValueError for what is no number."""
    return [(as_amount(line),) for (line,) in as_lines(cell)]


def as_amount(text: str) -> Decimal | None:
    digits = as_key(text).replace(",", "")
    if not digits:
        return None
    if not AMOUNT.fullmatch(digits):
        raise ValueError(
            f"「{text}」は数として読めません。「5400」「3.5」のように、数だけを入力してください。"
        )
    return as_short(Decimal(digits))


def as_pages(cell: str) -> list[tuple[Any, ...]]:
    return [(as_number(line),) for (line,) in as_lines(cell)]


def as_optional_codes(cell: str) -> list[tuple[Any, ...]]:
    return [(as_code(line) or None,) for (line,) in as_lines(cell)]


def as_codes(cell: str) -> list[tuple[str, ...]]:
    return [(as_code(line),) for (line,) in as_lines(cell)]


def as_code(text: str) -> str:
    """A 全国地方公共団体コード as it is written, in half width; see `code_and_name`."""
    return plain_code(code_and_name(text)[0])


def code_and_name(text: str) -> tuple[str, str]:
    """A code, and the name that may stand after it, as in the lists of the template."""
    code, _, name = as_key(text).partition(" ")
    return code, name


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
    Columns that set rows give one tuple a line, the row's fields named in `parts`; they get `nothing` for a
    line that a cell lacks.

    A column that sets nothing follows from others. `follows` marks those that do so for as long as nobody
    corrects a name: if such a cell disagrees with what it follows from, one of the two is a slip.
    `is_wide` or `width`, in characters, `is_address`, a cell that holds one address, and `is_persons` are for
    workbooks. `about` tells readers what is in the column, `several` that a cell has one value a line, and
    `type` of what type a cell is, as JSON Schema calls it.
    """

    header: str
    write: Callable[[TableRecord], Any]
    sets: str = ""
    read: Callable[[str], Any] = as_text
    parts: tuple[str, ...] = ()
    nothing: Any = ""
    follows: bool = False
    is_wide: bool = False
    is_address: bool = False
    is_persons: bool = False
    width: int = 0
    about: str = ""
    several: bool = False
    type: Literal["string", "integer"] = "string"

    def text(self, row: TableRecord) -> str:
        """The cell as text; an empty one for what a draft lacks."""
        value = self.write(row)
        return "" if value is None else str(value)


def columns_of_place(
    head: str, of_rows: Callable[[str], Callable[[TableRecord], str]], rows: str
) -> tuple[Column, ...]:
    """Where each of these rows is from: a page of the source, or the answer of a body with its day."""
    return (
        Column(
            f"{head}のページ",
            of_rows("page"),
            rows,
            as_pages,
            ("page",),
            nothing=None,
            about="出典のページ。団体の回答では空",
            several=True,
        ),
        Column(
            f"{head}の回答団体",
            of_rows("answered_by"),
            rows,
            as_optional_codes,
            ("answered_by_id",),
            nothing=None,
            about="回答した団体のコード。出典によるものは空",
            several=True,
        ),
        Column(
            f"{head}の回答日",
            of_rows("answered_on"),
            rows,
            as_days,
            ("answered_on",),
            nothing=None,
            about="団体が回答した日",
            several=True,
        ),
    )


COLUMNS = (
    Column("識別名", lambda row: row["slug"], "slug", as_key, about="事例の識別名。変わりません"),
    Column("URL", lambda row: row["url"], is_address=True, about="事例のページのアドレス"),
    Column("題名", lambda row: row["title"], "title", is_wide=True, about="事例の題名"),
    Column(
        "ステップ",
        lambda row: row["step"]["number"],
        follows=True,
        about="手順書のステップ（0〜3）",
        type="integer",
    ),
    Column(
        "ステップの名称", lambda row: row["step"]["title"], follows=True, about="手順書でのステップの名称"
    ),
    Column("区分", section, "section", as_section, about="出典の区分の番号と名称"),
    Column("区分の名称", lambda row: row["section"]["title"], follows=True, about="出典の区分の名称"),
    Column(
        "テーマ",
        lambda row: lines([topic["title"] for topic in row["topics"]]),
        "topics",
        as_set,
        about="事例のテーマ",
        several=True,
    ),
    Column(
        "ポイント",
        lambda row: lines(row["points"]),
        "points",
        as_items,
        is_wide=True,
        about="取組の要点",
        several=True,
    ),
    Column(
        "背景",
        lambda row: row["background"],
        "background",
        is_wide=True,
        about="取り組む前の状況と、始めた理由",
    ),
    Column("取組内容", lambda row: row["approach"], "approach", is_wide=True, about="何をどのように行ったか"),
    Column("成果", lambda row: row["outcome"], "outcome", is_wide=True, about="得られた結果"),
    Column(
        "数値",
        lambda row: figures(row["figures"]),
        "figures",
        as_figures,
        ("label", "value"),
        is_wide=True,
        about="本文にある数値。「項目：値」の形",
        several=True,
    ),
    Column(
        "事実の種類",
        of_facts("kind", FACT_KINDS),
        "facts",
        as_choices(FACT_KINDS),
        ("kind",),
        about="初期費用、年間費用、期間、体制・人員、効果、制度・補助金、連携先",
        several=True,
    ),
    Column(
        "事実の項目",
        of_facts("label"),
        "facts",
        as_lines,
        ("label",),
        about="何の数や事実か",
        several=True,
    ),
    Column(
        "事実の前の値",
        of_facts("before"),
        "facts",
        as_amounts,
        ("before",),
        nothing=None,
        about="効果の、取り組む前の値",
        several=True,
    ),
    Column(
        "事実の値",
        of_facts("value"),
        "facts",
        as_amounts,
        ("value",),
        nothing=None,
        about="値。数のない記述では空",
        several=True,
    ),
    Column(
        "事実の単位",
        of_facts("unit"),
        "facts",
        as_lines,
        ("unit",),
        about="値の単位",
        several=True,
    ),
    Column(
        "事実の記載",
        of_facts("text"),
        "facts",
        as_lines,
        ("text",),
        about="記載（原文のとおり）",
        several=True,
    ),
    Column(
        "事実の確かさ",
        of_facts("grade", FACT_GRADES),
        "facts",
        as_choices(FACT_GRADES),
        ("grade",),
        about="実測値、見込み、記述のみ",
        several=True,
    ),
    *columns_of_place("事実", of_facts, "facts"),
    Column(
        "団体コード",
        of_bodies("code"),
        "case_bodies",
        as_codes,
        ("body_id",),
        about="取り組んだ団体の全国地方公共団体コード（6桁）",
        several=True,
    ),
    Column("団体名", of_bodies("name"), follows=True, about="団体名", several=True),
    Column("団体のよみ", of_bodies("kana"), follows=True, about="団体名のよみ", several=True),
    Column(
        "団体の種別",
        lambda row: lines([KINDS[body["kind"]] for body in row["bodies"]]),
        follows=True,
        about="都道府県、政令指定都市、市、特別区、町、村",
        several=True,
    ),
    Column("都道府県コード", of_prefectures("code"), about="都道府県コード（JIS X 0401、2桁）", several=True),
    Column("都道府県", of_prefectures("name"), follows=True, about="都道府県名", several=True),
    Column(
        "人口", lambda row: populations(row["bodies"]), about="人口（人）。分からない団体は空", several=True
    ),
    Column("人口の基準日", of_bodies("population_as_of"), about="人口の基準日", several=True),
    Column("人口の出典", of_bodies("population_source"), about="人口の出典", several=True),
    Column(
        "団体の公式サイト", of_bodies("website"), is_address=True, about="公式サイトのアドレス", several=True
    ),
    Column("団体の代表電話", of_bodies("telephone"), about="代表電話", several=True),
    Column(
        "団体の注記",
        of_bodies("note"),
        "case_bodies",
        as_lines,
        ("note",),
        about="この事例での団体についての注記",
        several=True,
    ),
    Column(
        "照会先の部署",
        of_contacts("section"),
        "case_bodies",
        as_lines,
        ("contact_section",),
        about="団体自身が示した照会先の部署",
        several=True,
    ),
    Column(
        "照会先の電話",
        of_contacts("telephone"),
        "case_bodies",
        as_telephones,
        ("contact_telephone",),
        about="照会先の電話",
        several=True,
    ),
    Column(
        "照会先のメール",
        of_contacts("email"),
        "case_bodies",
        as_keys,
        ("contact_email",),
        about="照会先のメール",
        several=True,
    ),
    Column(
        "照会先の確認日",
        of_contacts("checked_on"),
        "case_bodies",
        as_days,
        ("contact_checked_on",),
        nothing=None,
        about="照会先を確かめた日",
        several=True,
    ),
    Column(
        "関連リンクのURL",
        of_links("url"),
        "links",
        as_lines,
        ("url",),
        is_address=True,
        about="事例に関わるページのアドレス",
        several=True,
    ),
    Column(
        "関連リンクの表示名",
        of_links("label"),
        "links",
        as_lines,
        ("label",),
        about="そのページの表示名",
        several=True,
    ),
    Column(
        "関連資料",
        lambda row: lines(row["references"]),
        "references",
        as_items,
        is_wide=True,
        about="事例に関わる資料の名称",
        several=True,
    ),
    Column(
        "類似団体コード",
        of_similar("code"),
        "similar_bodies",
        as_codes,
        ("body_id",),
        about="類似の取組を行っている団体のコード",
        several=True,
    ),
    Column("類似団体", similar_names, follows=True, about="類似の取組を行っている団体", several=True),
    Column(
        "類似団体の注記",
        of_similar("note"),
        "similar_bodies",
        as_lines,
        ("note",),
        about="出典にある注記",
        several=True,
    ),
    Column(
        "類似団体のURL",
        of_similar("url"),
        "similar_bodies",
        as_lines,
        ("url",),
        is_address=True,
        about="出典にあるアドレス",
        several=True,
    ),
    Column(
        "類似団体はほかにもある",
        open_ended,
        "similar_open_ended",
        as_answer,
        about="「はい」は、出典が「など」としているもの",
    ),
    Column(
        "取り入れ・手本の団体コード",
        of_followed("code"),
        "followed",
        as_codes,
        ("body_id",),
        about="取組を取り入れた団体か、手本にした団体のコード",
        several=True,
    ),
    Column(
        "取り入れ・手本の団体",
        lambda row: lines(map(name_in_full, row["followed"])),
        follows=True,
        about="その団体",
        several=True,
    ),
    Column(
        "取り入れ・手本の関係",
        of_followed("role", FOLLOWED_ROLES),
        "followed",
        as_choices(FOLLOWED_ROLES),
        ("role",),
        about="取り入れた団体、手本にした団体",
        several=True,
    ),
    Column(
        "取り入れ・手本の記載",
        of_followed("note"),
        "followed",
        as_lines,
        ("note",),
        about="そう分かる記載",
        several=True,
    ),
    *columns_of_place("取り入れ・手本", of_followed, "followed"),
    Column(
        "年度",
        lambda row: known(row["year"]),
        "year",
        as_year,
        about="取組を始めた年度（西暦）。分からないものは空",
        type="integer",
    ),
    Column("出典", lambda row: row["source"]["title"], "source", as_key, about="出典の題名"),
    Column(
        "出典の種類",
        lambda row: SOURCE_KINDS[row["source"]["kind"]],
        follows=True,
        about="事例集、団体などの資料、ウェブページ",
    ),
    Column("出典のURL", lambda row: row["source"]["url"], is_address=True, about="出典のアドレス"),
    Column(
        "出典のページ",
        lambda row: known(row["source"]["page"]),
        "page",
        as_number,
        about="出典のページ。ページのない出典では空",
        type="integer",
    ),
    Column(
        "ページ内の順番",
        lambda row: row["source"]["order"],
        "order",
        as_place,
        about="同じページの中の順番",
        type="integer",
    ),
    Column("出典の見出し", lambda row: row["source"]["heading"], "heading", about="出典の見出し"),
    Column(
        "団体の確認",
        confirmations,
        about="今の内容を確認した団体と月。内容が変わるとなくなります",
        several=True,
    ),
    Column("更新日時", lambda row: row["updated_at"], about="事例の更新日時（ISO 8601）"),
    Column("出典の表示", lambda row: row["citation"], about="引用するときの出典の書き方"),
    Column("利用条件", lambda row: row["terms"], about="出典の利用条件"),
)
# What the tables of editors have besides, and no public file.
EDITORS_COLUMNS = (
    Column(
        "状態",
        lambda row: str(Case.Status(row["status"]).label),
        "status",
        as_status,
        about="下書き、公開、取り下げ",
    ),
    Column(
        "編集注",
        lambda row: row["editor_note"],
        "editor_note",
        is_wide=True,
        about="出典の矛盾や誤記など、読者に伝えること",
    ),
)
EDITORS_TABLE = (*COLUMNS[:1], *EDITORS_COLUMNS, *COLUMNS[1:])
# The sheet of a workbook that is printed and handed around; nothing reads it back.
CIRCULAR = (
    Column("団体", lambda row: lines(map(name_in_full, row["bodies"])), width=16),
    Column("人口", lambda row: sizes(row["bodies"]), is_persons=True, width=11),
    Column("題名", lambda row: row["title"], width=22),
    Column("ポイント", lambda row: "\n".join(f"・{point}" for point in row["points"]), width=32),
    Column(
        "数値", lambda row: "\n".join(f"{one['label']}：{one['value']}" for one in row["figures"]), width=20
    ),
    Column("成果", lambda row: row["outcome"], width=32),
    Column("出典のページ", lambda row: known(row["source"]["page"]), width=7),
    Column("アドレス", lambda row: row["url"], is_address=True, width=18),
)
HEADERS = tuple(column.header for column in COLUMNS)
# What tables from before these columns have not; what is known then stays.
OPTIONAL = frozenset(header for header in HEADERS if header.startswith("照会先の"))
