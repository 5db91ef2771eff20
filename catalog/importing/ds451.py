"""Cases in the form of the state's data model DS-451-3, as rows of the table that `cases` imports.

What `output.ds451` writes comes back as it was: where the items added by it are there, they are taken. Of a
file by others these columns are made of the model's own items (decision 0040).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.db.models import Max

from catalog.importing.tables import (
    MAX_BYTES,
    MAX_ROWS,
    MEBIBYTE,
    Sheet,
    TableRow,
    UnreadableTable,
    made_visible,
    with_plain_breaks,
)
from catalog.models import Body, Case, Section, Source, Topic
from catalog.models.base import TELEPHONE, plain, with_hyphens
from catalog.output.columns import COLUMNS, as_key, defused, escaped, lines, undefused
from catalog.output.ds451 import (
    ADDED,
    ADDED_NAMES,
    CASES_SHEET,
    CATALOGUE,
    COLLECTION_SHEET,
    NAMES,
    OF_FACTS,
    SAID_NOWHERE,
    WITHIN_APPROACH,
    WITHIN_BACKGROUND,
    joined,
)
from catalog.output.tidy import SLUG

TITLE, CONTENT, IDENTIFIER, THEME = "タイトル", "取り組み内容", "ID", "テーマ"
COLLECTION_NAME = "データカタログ名"
SOURCE_NAMES = ("出典", "事例集")
FACT_KIND = "事実の種類"
POINTS = "ポイント"  # which a case of ours has in any case
# Items of others that stand in the text of what was done and are not taken out of it again.
LEFT_WITHIN_APPROACH = ("キーワード", "関連事例")
# By the form in which names are compared; what is called otherwise has no field.
KNOWN_ITEMS = {plain(name): name for name in (*NAMES, *ADDED_NAMES, *SOURCE_NAMES)}
SEVERAL, SEVERAL_URLS = re.compile(r"[;；\n]"), re.compile(r"[;；\s]+")
OF_OBJECTS = ("対象組織", "連絡先情報")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
TELEPHONE_WITHIN = re.compile(TELEPHONE.pattern.strip("^$"))
AREA_CODE = re.compile(r"\((0[0-9]{1,4})\) ?")
NOT_JSON = "JSONとして読み取れません（{}）。DS-451-3の形の事例のファイルを選んでください。"
NESTED = "「{}」：文字か数か、その並びにしてください。"
NO_CASES = f"「{CASES_SHEET}」に事例がありません。DS-451-3の形の事例のファイルを選んでください。"
WHICH_BODY = (
    "対象組織「{}」がどの団体か決まりません。「山形県舟形町」のように都道府県から書くか、「団体コード」の項目に"
    "全国地方公共団体コードを入れてください。"
)
CONTACT_WITHOUT_DAY = "連絡先は、確かめた日（最終更新日か公開日）がないため取り込みません。"
CONTACTS_LEFT_OUT = (
    "連絡先が対象組織と同じ数ではないため、初めの1件だけを取り込みます。ほかの連絡先（{}）は、要るものを"
    "取り込んだ後に事例の画面で入力してください。"
)
PARTS_LEFT_OUT = (
    "連絡先の「{}」は、欄がないため取り込みません（{}）。"
    "要るものは、取り込んだ後に事例の画面で入力してください。"
)
CONTACT_WITHOUT_NAME = "名称のない連絡先は取り込みません（{}）。「連絡先名称」に部署を入れてください。"
THEME_LEFT_OUT = "「{}」という区分はないため、この出典の区分「{}」にします。"
NO_HEADING = "見出しのない列に値があります。見出しを付けるか、余分な列を消してください。"
NO_CONTACT = ("", "", "", "")
CONTACT_PARTS = ("連絡先名称", "連絡先電話番号", "連絡先メールアドレス")
CONTACT_HEADERS = ("照会先の部署", "照会先の電話", "照会先のメール", "照会先の確認日")
# Columns that stand in a table together.
TOGETHER = (
    ("団体コード", "団体の注記"),
    CONTACT_HEADERS,
    ("関連リンクのURL", "関連リンクの表示名"),
    ("類似団体コード", "類似団体の注記", "類似団体のURL"),
    *(tuple(column.header for column in COLUMNS if column.sets == rows) for rows in ("facts", "followed")),
)


@dataclass
class Given:
    """A case of a file: its number, its items as texts, and what was wrong with its cells.

    `lists` has the values of items that are arrays, which stay as they are. `bodies` and `contacts` are the
    names of the organisations and the parts of the contacts.
    """

    number: int
    items: dict[str, str]
    collection: str = ""
    is_object: bool = False
    lists: dict[str, list[str]] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)
    contacts: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def said(self, name: str) -> str:
        """The text of an item; nothing where it says that it is not known."""
        text = self.items.get(name, "")
        return "" if text.strip() in SAID_NOWHERE else text

    def several(self, name: str, parting: re.Pattern[str] = SEVERAL) -> list[str]:
        """The values of an item, of which a text is parted."""
        texts = self.lists[name] if name in self.lists else parting.split(self.said(name))
        return [text.strip() for text in texts if text.strip() not in SAID_NOWHERE]


def is_json(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def table_of_json(content: bytes) -> list[TableRow]:
    """The rows of a file that has its cases under 事例, or is a list of them; of one case alone, its row.

    Raises UnreadableTable.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableTable(f"ファイルが大きすぎます。{MAX_BYTES // MEBIBYTE}MB以下に分けてください。")
    try:
        read = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableTable(NOT_JSON.format(f"{error.lineno}行目の{error.colno}文字目")) from error
    cases = read.get(CASES_SHEET, read if TITLE in read else None) if isinstance(read, dict) else read
    cases = [cases] if isinstance(cases, dict) else cases
    if not isinstance(cases, list) or not cases:
        raise UnreadableTable(NO_CASES)
    if len(cases) > MAX_ROWS:
        raise UnreadableTable(f"事例が多すぎます。{MAX_ROWS:,}件以下に分けてください。")
    about = read.get(COLLECTION_SHEET) if isinstance(read, dict) else None
    collection = text_of(about.get(COLLECTION_NAME)) if isinstance(about, dict) else ""
    return table_of([given_of_object(number, one, collection) for number, one in enumerate(cases, start=1)])


def table_of_sheets(sheets: Iterable[Sheet]) -> list[TableRow] | None:
    """The rows of the first sheet that has items of the model; None where none has."""
    listed = list(sheets)
    for sheet in listed:
        names = [plain(cell) for cell in sheet.rows[0].cells] if sheet.rows else []
        if TITLE in names and CONTENT in names:
            refuse_twice(sheet.rows[0])
            collection = collection_of_sheets(listed)
            return table_of([given_of_row(row, sheet.rows[0], collection) for row in sheet.rows[1:]])
    return None


def refuse_twice(header: TableRow) -> None:
    """Raises UnreadableTable where two columns are called the same: one would be lost."""
    times = Counter(filter(None, map(item_called, header.cells)))
    if twice := [name for name, number in times.items() if number > 1]:
        raise UnreadableTable(
            f"{header.number}行目：「{'」「'.join(twice)}」の列が2つ以上あります。1つにまとめてください。"
        )


def collection_of_sheets(sheets: Iterable[Sheet]) -> str:
    """The name of the collection, from the sheet that has it."""
    for sheet in sheets:
        if len(sheet.rows) > 1 and COLLECTION_NAME in sheet.rows[0].cells:
            at = sheet.rows[0].cells.index(COLLECTION_NAME)
            return sheet.rows[1].cells[at] if at < len(sheet.rows[1].cells) else ""
    return ""


def item_called(name: str) -> str:
    """The item as the model writes it, or on one line what the model does not know."""
    return KNOWN_ITEMS.get(plain(name)) or " ".join(name.split())


def given_of_row(row: TableRow, header: TableRow, collection: str) -> Given:
    names = [item_called(cell) for cell in header.cells]
    items = {name: undefused(cell) for name, cell in zip(names, row.cells, strict=False) if name}
    found = Given(row.number, items, collection)
    found.bodies, found.contacts = found.several("対象組織"), [*map(contact_in, found.several("連絡先情報"))]
    told = {at: f"「{name}」：" for at, name in enumerate(names)}
    found.problems = [f"{told.get(at, '')}{problem}" for at, problem in row.problems.items()]
    found.notices = [f"{told.get(at, '')}{notice}" for at, notice in row.notices.items()]
    if any(cell.strip() and not name for name, cell in zip_longest(names, row.cells, fillvalue="")):
        found.problems.append(NO_HEADING)
    return found


def given_of_object(number: int, case: Any, collection: str) -> Given:
    """Raises UnreadableTable for what is no object."""
    if not isinstance(case, dict):
        raise UnreadableTable(f"{number}件目：項目の名前と値の組ではありません。")
    found = Given(number, {}, collection, is_object=True)
    objects: dict[str, list[Any]] = {name: [] for name in OF_OBJECTS}
    for key, value in case.items():
        name, values = item_called(key), value if isinstance(value, list) else [value]
        if name in OF_OBJECTS and any(isinstance(one, dict) for one in values):
            objects[name] = values
        elif any(isinstance(one, dict | list) for one in values):
            found.problems.append(NESTED.format(name))
        elif isinstance(value, list):
            found.lists[name] = [*map(text_of, value)]
            found.items[name] = as_item(name, found.lists[name])
        else:
            found.items[name] = text_of(value)
    organisations, contacts = objects.values()
    found.bodies = [name_in(one) for one in organisations] or found.several("対象組織")
    codes = [code_in(one) for one in organisations]
    if codes and all(codes):
        found.items.setdefault("団体コード", "\n".join(codes))
    found.contacts = [
        {part: text_of(text) for part, text in one.items()}
        if isinstance(one, dict)
        else contact_in(text_of(one))
        for one in contacts
    ] or [*map(contact_in, found.several("連絡先情報"))]
    if any(
        isinstance(text, dict | list) for one in contacts if isinstance(one, dict) for text in one.values()
    ):
        found.problems.append(NESTED.format("連絡先情報"))
    return found


def as_item(name: str, texts: list[str]) -> str:
    """The values of an array as the text of its item."""
    if name in ADDED_NAMES:
        return "\n".join(text.replace("\n", "\\n") for text in texts)
    return ";".join(texts)


def name_in(organisation: Any) -> str:
    """The name of an organisation, which is an object or the name itself."""
    return text_of(organisation.get("商号または名称") if isinstance(organisation, dict) else organisation)


def code_in(organisation: Any) -> str:
    address = organisation.get("登記住所") if isinstance(organisation, dict) else None
    return text_of(address.get("全国地方公共団体コード")) if isinstance(address, dict) else ""


def text_of(value: Any) -> str:
    return "" if value is None else with_plain_breaks(str(value))


def contact_in(text: str) -> dict[str, str]:
    """The contact that a text names, in its parts."""
    email = EMAIL.search(text)
    rest = AREA_CODE.sub(r"\1-", with_hyphens(EMAIL.sub(" ", text)))
    telephone = TELEPHONE_WITHIN.search(rest)
    section = " ".join(TELEPHONE_WITHIN.sub(" ", rest, count=1).split())
    parts = {"連絡先名称": section, "連絡先電話番号": telephone[0] if telephone else ""}
    return {**parts, "連絡先メールアドレス": email[0] if email else ""}


def table_of(cases: list[Given]) -> list[TableRow]:
    """The cases as a table with the header of those columns of which the file says something."""
    known = Known(cases)
    rows = [dict(known.cells(one)) for one in cases]
    has = {name for row in rows for name, cell in row.items() if cell}
    has |= {name for group in TOGETHER if has & set(group) for name in group}
    has |= {"団体コード", "団体の注記"} if has & set(CONTACT_HEADERS) else set()
    headers = [column.header for column in COLUMNS if column.header in {"識別名", *has}]
    table = [TableRow(1, headers)]
    for one, row in zip(cases, rows, strict=True):
        made = made_visible(one.number, [defused(row.get(name, "")) for name in headers], {})
        made.is_object = one.is_object
        if one.problems:
            made.problems[0] = "".join([*one.problems, *filter(None, [made.problems.get(0, "")])])
        if one.notices:
            made.notices[0] = "".join(one.notices)
        table.append(made)
    return table


class Known:
    """What the catalogue knows of that the items of a file name: sources, sections, topics and bodies."""

    def __init__(self, cases: Iterable[Given]) -> None:
        self.sources = {as_key(str(source)): source for source in Source.objects.all()}
        self.sections: dict[int, dict[str, str]] = defaultdict(dict)
        for section in Section.objects.all():
            self.sections[section.source_id][as_key(section.title)] = section.pk
        self.topics = {as_key(title): title for title in Topic.objects.values_list("title", flat=True)}
        self._read_bodies()
        ids = {as_key(one.said(IDENTIFIER)) for one in cases}
        slugs = ids | {self.slug_behind(one, key) for one in self.sources.values() for key in ids}
        known = Case.objects.filter(slug__in=[slug for slug in slugs if re.fullmatch(SLUG, slug)])
        self.cases = {case.slug: case for case in known.select_related("source")}
        last = Case.objects.order_by().values_list("source").annotate(Max("order"))
        self.last_order: Counter[int | None] = Counter(dict(last))

    def _read_bodies(self) -> None:
        # Joined, each body would bring a prefecture of its own.
        bodies = Body.objects.prefetch_related("prefecture")
        self.bodies_called: dict[str, list[str]] = defaultdict(list)
        for body in bodies.filter(abolished_on=None):
            for name in {body.full_name, body.name}:
                self.bodies_called[name].append(body.pk)
        current = set(self.bodies_called)
        for body in bodies.exclude(abolished_on=None):
            for name in {body.full_name, body.name} - current:
                self.bodies_called[name].append(body.pk)

    def cells(self, one: Given) -> Iterator[tuple[str, str]]:
        """The cells of a case by the header of their column."""
        collection = "" if one.collection == CATALOGUE else one.collection
        source_name = next(filter(None, (one.said(name) for name in SOURCE_NAMES)), collection)
        there = self.cases.get(as_key(one.said(IDENTIFIER)))
        source = self.sources.get(as_key(source_name)) if source_name else there and there.source
        slug = self.slug(one, source)
        yield "識別名", slug
        yield "題名", one.items.get(TITLE, "")
        yield "区分", one.items.get("区分") or self.section(one, source)
        yield "テーマ", "\n".join(title for key in self.keywords(one) if (title := self.topics.get(key)))
        yield POINTS, one.items.get(POINTS) or points_of(one.said("取り組みの概要"))
        under = {name: one.said(name) for name in WITHIN_BACKGROUND}
        yield "背景", joined(one.said("取り組み理由"), under, WITHIN_BACKGROUND)
        yield "取組内容", self.approach(one)
        yield "成果", one.said("成果")
        yield "年度", one.said("事例実施年")
        yield "出典", source_name
        yield "ページ内の順番", one.items.get("ページ内の順番") or self.order(slug, source)
        yield "団体コード", one.items.get("団体コード") or self.codes(one)
        taken = {"区分", POINTS, "出典", "ページ内の順番", "団体コード"}
        if not any(name in one.items for name in CONTACT_HEADERS):
            yield from zip(CONTACT_HEADERS, self.contacts(one), strict=True)
            taken |= set(CONTACT_HEADERS)
        if "関連リンクのURL" not in one.items:
            urls = one.several("関連URL", SEVERAL_URLS)
            yield "関連リンクのURL", lines(urls)
            yield "関連リンクの表示名", lines(map(host_of, urls))
            taken |= {"関連リンクのURL", "関連リンクの表示名"}
        yield from (
            (column.header, one.items.get(column.header, ""))
            for column in ADDED
            if column.header not in taken
        )

    def slug(self, one: Given, source: Source | None) -> str:
        """The ID where it is ours, a case's, or begins as those of the source; else behind the source's slug.

        Nothing where it has no letter for a slug: the case then gets one from its place.
        """
        key = as_key(one.said(IDENTIFIER))
        if not key or source is None or POINTS in one.items:
            return key
        is_there = key in self.cases and self.cases[key].source_id == source.pk
        if is_there or key.startswith(f"{source.slug}-"):
            return key
        return self.slug_behind(source, key)

    def slug_behind(self, source: Source, key: str) -> str:
        plain_key = re.sub("[^a-z0-9]+", "-", key.lower()).strip("-")
        return f"{source.slug.lower()}-{plain_key}".replace("_", "-") if plain_key else ""

    def order(self, slug: str, source: Source | None) -> str:
        """Of a case that is there its own; else the next in the source."""
        if slug in self.cases:
            return str(self.cases[slug].order)
        key = source.pk if source else None
        self.last_order[key] = (self.last_order[key] or 0) + 1
        return str(self.last_order[key])

    def section(self, one: Given, source: Source | None) -> str:
        """The section that the theme names; where a source has but one, that."""
        sections = self.sections[source.pk] if source else {}
        theme = one.said(THEME)
        if as_key(theme) in sections or len(sections) != 1:
            return sections.get(as_key(theme), theme)
        ((title, only),) = sections.items()
        if theme:
            one.notices.append(THEME_LEFT_OUT.format(theme, title))
        return only

    def keywords(self, one: Given) -> list[str]:
        return [as_key(word) for word in one.several("キーワード")]

    def approach(self, one: Given) -> str:
        """What was done, with the items under their names that a case has no field for."""
        under = {name: one.said(name) for name in (*WITHIN_APPROACH, *LEFT_WITHIN_APPROACH)}
        unknown = [word for word in one.several("キーワード") if as_key(word) not in self.topics]
        under["キーワード"] = "、".join(unknown)
        kinds = one.items.get(FACT_KIND, "").split("\n")
        under |= {name: "" for name, kind in OF_FACTS.items() if kind.label in kinds}
        if POINTS in one.items:  # ours: the related cases are those of the catalogue
            under["関連事例"] = ""
        own = {name: one.said(name) for name in one.items if plain(name) not in KNOWN_ITEMS}
        content = joined(one.said(CONTENT), own, [*own])
        return joined(content, under, (*WITHIN_APPROACH, *LEFT_WITHIN_APPROACH))

    def codes(self, one: Given) -> str:
        """The codes of the bodies named, one a line; what names none is told."""
        places = one.several("事例の場所")
        return "\n".join(self.code(name, places, one) for name in one.bodies if name not in SAID_NOWHERE)

    def code(self, name: str, places: list[str], one: Given) -> str:
        key = as_key(name).replace(" ", "")
        names = [key, *(f"{place}{key}" for place in places)]
        for codes in (self.bodies_called.get(name, []) for name in names):
            if len(codes) == 1:
                return codes[0]
        one.problems.append(WHICH_BODY.format(name))
        return ""

    def contacts(self, one: Given) -> list[str]:
        """The cells about contacts: of each body its own where there are as many, else the first body's."""
        day = one.said("最終更新日") or one.said("公開日")
        told = [contact_cells(contact, day) for contact in one.contacts]
        if any(any(cells) for cells in told) and not day:
            one.notices.append(CONTACT_WITHOUT_DAY)
            told = []
        if len(told) != len(one.bodies):
            left_out = [" ".join(filter(None, cells[:3])) for cells in told[1:] if any(cells)]
            if left_out:
                one.notices.append(CONTACTS_LEFT_OUT.format("、".join(left_out)))
            told = told[:1]
        if POINTS not in one.items:  # ours: what a contact says besides is said of its body
            one.notices += filter(None, map(left_out_of, one.contacts))
        return ["\n".join(cells) if any(cells) else "" for cells in zip(*told, strict=True)] or [*NO_CONTACT]


def contact_cells(contact: dict[str, str], day: str) -> tuple[str, str, str, str]:
    """Section, telephone, mail and day; all empty where it does not say whom to ask."""
    name = contact.get("連絡先名称", "").strip()
    if name in SAID_NOWHERE:
        return "", "", "", ""
    telephone = AREA_CODE.sub(r"\1-", with_hyphens(contact.get("連絡先電話番号", "")).strip())
    if telephone and not TELEPHONE.match(telephone):
        name, telephone = f"{name} {telephone}", ""
    return escaped(name), telephone, as_key(contact.get("連絡先メールアドレス", "")), day


def left_out_of(contact: dict[str, str]) -> str:
    """What is told of the parts of a contact that nothing is made of; empty where there are none."""
    said = {part: text.strip() for part, text in contact.items() if text.strip() not in SAID_NOWHERE}
    if CONTACT_PARTS[0] not in said:
        return CONTACT_WITHOUT_NAME.format("、".join(said.values())) if said else ""
    beyond = {part: text for part, text in said.items() if part not in CONTACT_PARTS}
    return PARTS_LEFT_OUT.format("」「".join(beyond), "、".join(beyond.values())) if beyond else ""


def points_of(text: str) -> str:
    """The sentences of a summary, one a line."""
    sentences = (one.strip() for one in re.split(r"。\s*|\n", text))
    return "\n".join(escaped(one) for one in sentences if one)


def host_of(url: str) -> str:
    """What a link without a name is called."""
    try:
        return urlsplit(url).netloc or url
    except ValueError:
        return url
