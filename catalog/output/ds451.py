"""Cases in the form of the state's data model for cases, DS-451-3 (decision 0040).

The names of the items, their order and which are required are those of DS-451-3「事例」 (デジタル庁,
政府相互運用性フレームワーク, 2022-03-31). `importing.ds451` reads what is written here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import IO, Any

import orjson
import xlsxwriter

from catalog.documents.addresses import url
from catalog.documents.reading import Document, read_titles
from catalog.documents.records import Absolute, CaseBodyRecord, name_in_full
from catalog.finding.index import Index
from catalog.finding.related import related_numbers
from catalog.models import Fact, Source
from catalog.output.columns import COLUMNS, Column, TableRecord, defused, table_record
from catalog.output.exports import WIDE, Forms, truncate
from catalog.output.sheets import RowSheet

NAME = "DS-451-3"
CATALOGUE = "自治体DX事例カタログ"
ABOUT = "自治体のDXの取組を、手順のステップ、団体、人口とともにまとめたデータです。"
UNKNOWN = "不明"
UNDIVIDED = "不明（背景は「取り組み理由」にまとめて記載）"
SAID_NOWHERE = frozenset(["", UNKNOWN, UNDIVIDED])
SEPARATOR = ";"  # of several values, as the model has it for keywords
MAX_SUMMARY = 300  # characters
CASES_AT_A_TIME, RELATED = 50, 4
CASES_SHEET, COLLECTION_SHEET = "事例", "事例集"
CONTACT_OF_BODY = "担当部署は不明。団体の代表の連絡先"
LOCAL_GOVERNMENT = "地方公共団体"

# Items for which a case has no field of its own: each stands in its text of what was done, under its name.
WITHIN_APPROACH = (
    *("サブタイトル", "行政サービス分類", "挑戦したこと", "学んだこと", "導入での工夫", "制約条件", "普及"),
    *("持続させる仕組み", "評価の方法", "利用した制度", "協力者"),
    *("イメージタイトル", "イメージファイル", "イメージのライセンス"),
    *("ビデオタイトル", "ビデオURL", "ビデオのライセンス"),
)
WITHIN_BACKGROUND = ("目的",)
# Of these a case may have facts: then the item is theirs, and what the text has under its name stays there.
OF_FACTS = {"利用した制度": Fact.Kind.SCHEME, "協力者": Fact.Kind.PARTNER}


@dataclass(frozen=True)
class Told:
    """A case as an export has it, with the addresses of the cases related to it."""

    row: TableRecord
    published_on: str | None
    related: list[str]

    @cached_property
    def background(self) -> tuple[str, dict[str, str]]:
        return parted(self.row["background"], WITHIN_BACKGROUND)

    @cached_property
    def approach(self) -> tuple[str, dict[str, str]]:
        return parted(self.row["approach"], [name for name in WITHIN_APPROACH if name not in self.of_facts])

    @cached_property
    def of_facts(self) -> dict[str, list[str]]:
        """The items that facts of the case say, by name."""
        stated = {
            name: [fact["text"] for fact in self.row["facts"] if fact["kind"] == kind]
            for name, kind in OF_FACTS.items()
        }
        return {name: texts for name, texts in stated.items() if texts}


@dataclass(frozen=True)
class Item:
    """An item of the model: its name, whether it is required, and what it says of a case.

    `write` gives a text, a number, or a list; nothing where it is not known.
    """

    name: str
    about: str
    write: Callable[[Told], Any]
    is_required: bool = False


def parted(text: str, names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The text without what stands at its end under these names in 【】, and that by name; see `joined`."""
    pieces = re.split(rf"(?:\A|\n\n)【({'|'.join(names)})】\n", text)
    main, under = pieces[0], dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return (main, under) if joined(main, under, names) == text else (text, {})


def joined(main: str, under: dict[str, str], names: Sequence[str]) -> str:
    """The text with what is said under these names at its end, in their order."""
    parts = [f"【{name}】\n{under[name]}" for name in names if under.get(name)]
    return "\n\n".join([main, *parts] if main else parts)


def summary(points: Iterable[str]) -> str:
    """The points as sentences, as many as a summary has room for."""
    text = ""
    for point in points:
        sentence = f"{' '.join(point.split()).removesuffix('。')}。"
        if len(text) + len(sentence) > MAX_SUMMARY:
            return text or f"{sentence[: MAX_SUMMARY - 1]}…"
        text += sentence
    return text


def prefectures(told: Told) -> str:
    names = dict.fromkeys(body["prefecture"]["name"] for body in told.row["bodies"])
    return SEPARATOR.join(names)


def organisation(body: CaseBodyRecord) -> dict[str, Any]:
    """A body in the words of the core data model 法人."""
    prefecture, name = body["prefecture"]["name"], body["name"]
    address = {
        "全国地方公共団体コード": body["code"],
        "都道府県": prefecture,
        "市区町村（郡）": "" if name == prefecture else name,
        "連結表記": body["address"],
    }
    return without_empty(
        {
            "商号または名称": name_in_full(body),
            "組織種別": LOCAL_GOVERNMENT,
            "WebサイトURL": body["website"],
            "登記住所": without_empty(address),
        }
    )


def contact(body: CaseBodyRecord) -> dict[str, Any]:
    """Whom the body names for the case, in the words of the core data model 連絡先; else the body itself."""
    named = body["contact"]
    if named is None:
        return without_empty(
            {
                "連絡先名称": UNKNOWN,
                "連絡先電話番号": body["telephone"],
                "連絡先URL": body["website"],
                "連絡先備考": CONTACT_OF_BODY,
            }
        )
    return without_empty(
        {
            "連絡先名称": named["section"] or name_in_full(body),
            "連絡先電話番号": named["telephone"],
            "連絡先メールアドレス": named["email"],
            "連絡先備考": f"{named['checked_on']}に確認",
        }
    )


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def of_approach(name: str) -> Item:
    return Item(name, "取組内容の中にその見出しで書かれているとき", lambda told: told.approach[1].get(name))


def of_facts_or_approach(name: str) -> Item:
    return Item(
        name,
        f"「{OF_FACTS[name].label}」の事実の記載。ないときは、取組内容の中にその見出しで書かれているもの",
        lambda told: SEPARATOR.join(told.of_facts.get(name, [])) or told.approach[1].get(name),
    )


ITEMS = (
    Item("タイトル", "題名", lambda told: told.row["title"], is_required=True),
    of_approach("サブタイトル"),
    Item("事例実施年", "取組を始めた年度", lambda told: told.row["year"]),
    Item("事例の場所", "団体の都道府県", prefectures, is_required=True),
    Item(
        "対象組織",
        "取り組んだ団体",
        lambda told: [organisation(body) for body in told.row["bodies"]],
        is_required=True,
    ),
    of_approach("行政サービス分類"),
    Item("テーマ", "出典の区分の名称", lambda told: told.row["section"]["title"]),
    Item(
        "キーワード",
        "テーマの名称。複数は ; で区切る",
        lambda told: SEPARATOR.join(topic["title"] for topic in told.row["topics"]),
    ),
    Item(
        "取り組みの概要",
        "ポイントを文につないだもの（300文字以内）",
        lambda told: summary(told.row["points"]) or UNKNOWN,
        is_required=True,
    ),
    Item("取り組み理由", "背景", lambda told: told.background[0] or UNKNOWN, is_required=True),
    Item(
        "目的",
        "背景の中の【目的】。分けて書かれていないときは不明",
        lambda told: told.background[1].get("目的") or (UNDIVIDED if told.background[0] else UNKNOWN),
        is_required=True,
    ),
    of_approach("挑戦したこと"),
    Item("取り組み内容", "取組内容", lambda told: told.approach[0] or UNKNOWN, is_required=True),
    of_approach("学んだこと"),
    Item("成果", "成果", lambda told: told.row["outcome"]),
    *(of_facts_or_approach(name) if name in OF_FACTS else of_approach(name) for name in WITHIN_APPROACH[4:]),
    Item(
        "関連URL",
        "関連リンクのアドレス",
        lambda told: [link["url"] for link in told.row["links"]],
    ),
    Item("関連事例", "このカタログで関わりの深い事例のアドレス", lambda told: told.related),
    Item(
        "連絡先情報",
        "団体自身が示した照会先。ないときは名称を不明とし、団体の代表の連絡先",
        lambda told: [contact(body) for body in told.row["bodies"]],
        is_required=True,
    ),
    Item("ID", "識別名", lambda told: told.row["slug"]),
    Item("公開日", "出典の発行日", lambda told: told.published_on),
    Item("最終更新日", "更新日時の日", lambda told: told.row["updated_at"][:10]),
)
NAMES = tuple(item.name for item in ITEMS)
REQUIRED = tuple(item.name for item in ITEMS if item.is_required)
# What the items carry whole; all else that an import sets is added under the name of its column.
CARRIED = frozenset(["slug", "title", "topics", "background", "approach", "outcome", "year"])
ADDED = tuple(column for column in COLUMNS if column.sets and column.sets not in CARRIED)
ADDED_NAMES = tuple(column.header for column in ADDED)


def told_cases(index: Index, numbers: Sequence[int], absolute: Absolute) -> Iterator[Told]:
    """The cases with these numbers, in their order, some at a time."""
    for start in range(0, len(numbers), CASES_AT_A_TIME):
        documents = index.read(numbers[start : start + CASES_AT_A_TIME])
        related = [related_numbers(document, index, RELATED) for document in documents]
        keys = {number: index.numbering.key(number) for numbers in related for number in numbers}
        slugs = {key: slug for key, (slug, _) in read_titles(keys.values()).items()}
        for document, others in zip(documents, related, strict=True):
            addresses = [absolute(url("catalog:case_detail", slugs[keys[number]])) for number in others]
            yield told(document, addresses, absolute)


def told(document: Document, related: list[str], absolute: Absolute) -> Told:
    return Told(table_record(document, absolute), document.extra["published_on"], related)


def as_object(case: Told) -> dict[str, Any]:
    """The case as JSON has it: what is empty is left out, as the model allows, but for what is required."""
    return without_empty(
        {
            **{item.name: item.write(case) for item in ITEMS},
            **{column.header: added(column, case) for column in ADDED},
        }
    )


def added(column: Column, case: Told) -> Any:
    """What an import reads of the column; of one with several values a list, each written as in its cell."""
    value = column.write(case.row)
    return str(value).split("\n") if column.several and value else value


def collection(sources: Iterable[Source], terms: str, changed_on: date) -> dict[str, str]:
    """The items about the collection as a whole."""
    publishers = "・".join(dict.fromkeys(source.publisher for source in sources))
    return without_empty(
        {
            "データカタログ名": CATALOGUE,
            "データカタログ説明": ABOUT,
            "データカタログ作成者": f"{CATALOGUE}（{publishers}の資料を加工して作成）" if publishers else "",
            "発行年": f"{changed_on:%Y}",
            "ライセンス": terms,
            "言語": "JPN",
        }
    )


def json_parts(metadata: dict[str, Any], cases: Iterable[Told]) -> Iterator[bytes]:
    """A JSON object in parts, as they come: `metadata`, and 事例, the cases."""
    yield orjson.dumps(metadata)[:-1] + f',"{CASES_SHEET}": ['.encode()
    for number, case in enumerate(cases):
        yield (b",\n" if number else b"\n") + orjson.dumps(as_object(case))
    yield b"]}\n"


def write_xlsx(file: IO[bytes], cases: Iterable[Told], about: dict[str, str]) -> None:
    """Writes a workbook: a sheet of the cases, one a row, and one of the collection.

    Several values of an item stand in its cell, parted by ; as the model has it; those of an added item as in
    the file of editors, one a line.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        forms = Forms.of(book)
        sheet = _sheet(book, CASES_SHEET, [*NAMES, *ADDED_NAMES], forms)
        for number, case in enumerate(cases, start=1):
            values = [*(cell(item.write(case)) for item in ITEMS), *(one.write(case.row) for one in ADDED)]
            sheet.add_row(number, (truncate(defused("" if one is None else one)) for one in values))
        _sheet(book, COLLECTION_SHEET, [*about], forms).add_row(1, about.values())


def _sheet(book: xlsxwriter.Workbook, name: str, headers: Sequence[str], forms: Forms) -> RowSheet:
    sheet: RowSheet = book.add_worksheet(name, RowSheet)
    for at, header in enumerate(headers):
        sheet.write_string(0, at, header, forms.head)
    sheet.set_column(0, len(headers) - 1, WIDE // 2)
    sheet.set_looks((forms.text, None) for _ in headers)
    sheet.freeze_panes(1, 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return sheet


def cell(value: Any) -> Any:
    """The value of an item in one cell: several parted, a body by its name, a contact in one line."""
    if not isinstance(value, list):
        return value
    return SEPARATOR.join(map(_in_words, value))


def _in_words(value: str | dict[str, Any]) -> str:
    if isinstance(value, str):
        return value
    return value.get("商号または名称") or " ".join(value.values())
