"""What stands above the data of a statistics table: its titles, its columns, and what they say.

Such a table has titles, then a header of one to several lines. A label over others stands over each of them,
or once and reaches right, as a merged cell is read. The line with the code may be any; units may stand below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.importing.tables import Sheet, TableRow, UnreadableTable, column_name
from catalog.models.base import plain
from catalog.models.days import StatedDay, stated_days, without_days

HEADER_WITHIN = 15  # rows
MAX_TITLE_TEXTS = 2  # 表題： and the title beside it

CODE_LABELS = (
    *("団体コード", "全国地方公共団体コード", "地方公共団体コード", "自治体コード", "市区町村コード"),
    "市町村コード",
    *("都道府県・市区町村コード", "都道府県市区町村コード", "都道府県コード又は市区町村コード"),
)
NAME_LABELS = (
    *("市区町村名", "市区町村", "市町村名", "団体名", "自治体名", "地方公共団体名", "都道府県・市区町村"),
    "地域名",  # where nothing else is the name
)
PART_LABELS = ("地域名", "町字名", "町丁・字等")
DAY_LABELS = ("調査年月日", "基準日", "調査日", "時点")
POPULATION_LABELS = (
    *("人口", "総人口", "人口総数", "人口計", "人口(計)", "人口(総数)"),
    *("人口総計", "人口合計", "総人口数", "人口(男女計)", "人口(合計)"),
    *("住民基本台帳人口", "住民基本台帳登載人口", "住基人口", "住民登録人口"),
)
TOTAL_LABELS = ("計", "総数", "合計", "総計", "男女計")
SEX_LABELS = ("性別", "男女別")
# Alone or in brackets behind a label.
UNIT = r"(?:^|\()(?:単位:?)?(人|百人|千人|万人|世帯|千円|%|‰)(?:$|\)$)"
UNIT_OF_ALL = r"単位[^0-9]{0,3}?(百人|千人|万人)"  # in a title


@dataclass(frozen=True)
class Column:
    """A column with the labels over it, from the top, in half width and without blanks; titles are none."""

    index: int
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{column_name(self.index)}列"

    @property
    def days(self) -> list[StatedDay]:
        return [day for label in self.labels for day in stated_days(label)]

    @property
    def words(self) -> list[str]:
        """The labels without the days they state and without units."""
        words = (re.sub(UNIT, "", without_days(label)) for label in self.labels)
        return [word for word in words if word]


@dataclass(frozen=True)
class Heading:
    """The titles of a table, its columns, and the index of its first row of data."""

    titles: list[str]
    columns: list[Column]
    first: int

    def place(self, labels: Iterable[str], but: Iterable[int | None] = ()) -> int | None:
        """The index of the first column that has the first of these labels that there is."""
        for label in labels:
            for column in self.columns:
                if label in column.labels and column.index not in but:
                    return column.index
        return None


def read_heading(sheet: Sheet) -> Heading:
    """Finds the lines of the header around that with the code. What the sheet is called is a title, too.

    Raises UnreadableTable where there is no column of codes, or nothing below it.
    """
    rows = sheet.rows
    top = next((at for at, row in enumerate(rows[:HEADER_WITHIN]) if _code_place(row) is not None), None)
    if top is None:
        raise UnreadableTable(
            f"初めの{HEADER_WITHIN}行に「団体コード」の列がありません。団体コード（検査数字を含む6桁か、"
            "含まない5桁）、市区町村名、人口の列がある表にしてください（文字が化けているときは「CSV UTF-8」で"
            "保存し直してください）。"
        )
    code = _code_place(rows[top]) or 0
    first = next((at for at in range(top + 1, len(rows)) if _is_data(rows[at], code)), None)
    if first is None:
        raise UnreadableTable("見出しの下に、数の入った行がありません。")
    above = (dict.fromkeys(_texts(row)) for row in rows[:top])
    titles = [" ".join(texts) for texts in above if len(texts) <= MAX_TITLE_TEXTS]
    return Heading([*titles, sheet.name], _columns(rows[:first], code), first)


def _code_place(row: TableRow) -> int | None:
    return next((index for index, cell in enumerate(row.cells) if plain(cell) in CODE_LABELS), None)


def _is_data(row: TableRow, code: int) -> bool:
    """Whether it has a number beside a code or a name; a line of years alone is of the header."""
    texts = [plain(cell) for cell in row.cells]
    are_numbers = [is_number(text) for text in texts]
    has_name = any(text and not one for text, one in zip(texts, are_numbers, strict=True))
    return any(are_numbers) and (has_name or bool(texts[code : code + 1] and texts[code]))


def is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9][0-9,]*", text))


def _texts(row: TableRow) -> list[str]:
    return [cell for cell in map(str.strip, row.cells) if cell]


def _columns(header: list[TableRow], code: int) -> list[Column]:
    """The columns. A label that stands over the codes as well is a title."""
    width = max(len(row.cells) for row in header)
    grid = [[_label(row.cells[at]) if at < len(row.cells) else "" for at in range(width)] for row in header]
    reaching = _with_reach(grid)
    titles = {row[code] for row in reaching} - {*CODE_LABELS, *POPULATION_LABELS}
    return [Column(at, tuple(row[at] for row in reaching if row[at] not in titles)) for at in range(width)]


def _label(cell: str) -> str:
    label = plain(cell)
    return f"{label}年" if re.fullmatch("(?:19|20)[0-9]{2}", label) else label


def _with_reach(grid: list[list[str]]) -> list[list[str]]:
    """The labels, with those that reach right: over cells that have others below and share all above."""
    for depth, row in enumerate(grid):
        for at in range(1, len(row)):
            is_over_others = any(below[at] for below in grid[depth + 1 :])
            shares_above = all(above[at] == above[at - 1] for above in grid[:depth])
            if not row[at] and is_over_others and shares_above:
                row[at] = row[at - 1]
    return grid


def population_column(heading: Heading) -> Column:
    """The column of the whole population in persons. Raises UnreadableTable where it cannot be told.

    That is one called 人口 or the like, the 計 under such a label, or else a lone 計 beside 男 and 女.
    """
    if heading.place(SEX_LABELS) is not None:
        raise UnreadableTable(f"性別ごとの行がある表（年齢別の表など）です。{USE_TABLE_03}")
    wholes = [column for column in heading.columns if not _is_part(column)]
    has_sexes = {("男",), ("女",)} <= {tuple(column.words) for column in heading.columns}
    lone_totals = [column for column in wholes if has_sexes and column.words == ["計"]]
    found = [*filter(_is_whole, wholes)] or [*filter(_is_total_of_whole, wholes)] or lone_totals
    found = found or [column for column in wholes if column.days and not column.words]
    if len(found) == 1 and found[0].words:
        _refuse_other_units(found[0], heading.titles)
        return found[0]
    if len(found) > 1:
        raise UnreadableTable(_about_several(found))
    raise UnreadableTable(
        "人口の列が見つかりません。「人口」か「総人口」という見出しの列か、「人口」という見出しの下に「計」という"
        f"見出しの列がある表にしてください。{about_titles(heading.titles) or _about_code_list(heading)}"
    )


def _is_part(column: Column) -> bool:
    return any(word in ("男", "女") or re.search("外国人|日本人", word) for word in column.words)


def _is_whole(column: Column) -> bool:
    return bool(column.words) and column.words[-1] in POPULATION_LABELS


def _is_total_of_whole(column: Column) -> bool:
    """Whether it is called 計 under 人口, with nothing between them that narrows it."""
    words = list(column.words)
    while words and words[-1] in TOTAL_LABELS:
        words.pop()
    return bool(words) and words[-1] in POPULATION_LABELS


def _refuse_other_units(column: Column, titles: list[str]) -> None:
    units = [match[1] for label in column.labels if (match := re.search(UNIT, label))]
    told = re.search(UNIT_OF_ALL, plain("".join(titles)))
    unit = next((unit for unit in units if unit != "人"), told[1] if told and not units else "")
    if unit:
        raise UnreadableTable(f"{column.name}の人口の単位が「{unit}」です。1人の単位の表を使ってください。")


def _about_several(columns: list[Column]) -> str:
    years = [column.days[0].text if column.days else "" for column in columns]
    if all(years) and len(set(years)) > 1:
        pairs = "、".join(f"{column.name}：{year}" for column, year in zip(columns, years, strict=True))
        return (
            f"年ごとの人口の列が並んでいます（{pairs}）。取り込む年の列だけを残して保存し、もう一度選んで"
            "ください。"
        )
    names = "、".join(column.name for column in columns)
    return f"人口の列が1つに決まりません（{names}）。使う列だけを残してください。"


USE_TABLE_03 = (
    "同じ調査の「人口、世帯数、人口動態（市区町村別）【総計】」の表（表番号の終わりが03）を選んでください。"
)
OTHER_TABLES = (
    (r"外国人住民|在留外国人|外国人人口", "外国人だけの表です。"),
    (r"日本人住民|日本人人口", "日本人だけの表です。"),
    (r"年齢(?:階級|区分)?別", "年齢別の表です。"),
    (r"^(?!.*人口).*(世帯)", "世帯数の表です。"),
)


def about_titles(titles: list[str]) -> str:
    """That the titles are of a table of something else than the whole population; or nothing."""
    whole = plain("".join(titles))
    for pattern, about in OTHER_TABLES:
        if match := re.search(pattern, whole):
            return f"題名に「{match[match.lastindex or 0]}」とあります。{about}{USE_TABLE_03}"
    return ""


def _about_code_list(heading: Heading) -> str:
    is_list = any("(カナ)" in label for column in heading.columns for label in column.labels)
    return "団体コードの一覧は、「団体コードの一覧を取り込む」から取り込みます。" if is_list else ""
