"""The right answer to each layout, as it is and unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catalog.importing.populations import import_populations, population_sheet
from catalog.importing.report import Doubt, DoubtfulTable, Outcome, Report
from catalog.importing.tables import UnreadableTable, read_sheets
from catalog.models import Population
from tests.importing.layouts import (
    ACCOUNTS,
    AGE,
    AKISHIMA,
    AREAS,
    BODIES,
    BY_YEAR,
    CENSUS,
    CODE_FIRST,
    CODES,
    COUNTIES,
    DATASET,
    ESTIMATE,
    FIVE_DIGITS,
    FOREIGNERS,
    HAIJIMA,
    IN_NUMBERS,
    IN_WORDS,
    MERGED,
    NOTES,
    POPULATIONS_BY_YEAR,
    REGISTER,
    REGISTER_HEADER,
    REGISTER_SHEET,
    SSDSE,
    TANAKA,
    TOTAL,
    WHOLE_REGISTER,
    as_book,
    as_csv,
    of_foreigners,
)
from tests.state import database_state

pytestmark = pytest.mark.django_db

TAKEN = {"010006": 5_000_000, "011002": 1_950_000, "013030": 15_000, "093017": 31_000, "131016": 69_139}
DATASET_HEADER, OLD_HEADER = (
    [label, *DATASET] for label in ("全国地方公共団体コード", "都道府県コード又は市区町村コード")
)


def run(content: bytes, as_of: date | None = None, **how: Any) -> Report:
    return import_populations(population_sheet(read_sheets(content)), as_of=as_of, dry_run=False, **how)


def written(day: date) -> dict[str, int]:
    of_day = Population.objects.filter(as_of=day, source="resident-register")
    return dict(of_day.values_list("body", "persons"))


@pytest.mark.parametrize(
    ("content", "day", "taken", "skipped"),
    [
        pytest.param(
            as_book(REGISTER, REGISTER_SHEET),
            date(2026, 1, 1),
            TAKEN,
            {"コードのない行（合計、注記など）": [7, 14, 15], "政令指定都市の区": [10]},
            id="A: 総計, the code in the last line",
        ),
        pytest.param(
            as_book(REGISTER, REGISTER_SHEET, MERGED),
            date(2026, 1, 1),
            TAKEN,
            {"コードのない行（合計、注記など）": [7, 14, 15], "政令指定都市の区": [10]},
            id="A2: with merged cells",
        ),
        pytest.param(
            as_csv(REGISTER),
            date(2026, 1, 1),
            TAKEN,
            {"コードのない行（合計、注記など）": [7, 14, 15], "政令指定都市の区": [10]},
            id="A3: as CSV of CP932",
        ),
        pytest.param(
            as_csv(CODE_FIRST),
            date(2026, 1, 1),
            TAKEN,
            {
                "コードのない行（合計、注記など）": [5, 15, 16],
                "政令指定都市の区": [8],
                "島しょの合計": [12],
                "再編前の区": [13],
                "北方領土の村": [14],
            },
            id="A4: the code in the first line",
        ),
        pytest.param(
            as_book([*REGISTER_HEADER, TOTAL, *BODIES, *COUNTIES, *NOTES]),
            date(2026, 1, 1),
            TAKEN,
            {
                "コードのない行（合計、注記など）": [7, 16, 17],
                "政令指定都市の区": [10],
                "郡の合計": [14, 15],
            },
            id="A5: with totals of counties",
        ),
        pytest.param(
            as_book(WHOLE_REGISTER, REGISTER_SHEET, MERGED),
            date(2026, 1, 1),
            TAKEN,
            {
                "コードのない行（合計、注記など）": [7, 19, 20],
                "政令指定都市の区": [10],
                "郡の合計": [14, 15],
                "島しょの合計": [16],
                "再編前の区": [17],
                "北方領土の村": [18],
            },
            id="A6: with all other rows",
        ),
        pytest.param(
            as_csv([OLD_HEADER, AKISHIMA], "utf-8-sig"),
            date(2025, 1, 1),
            {"132071": 115_632},
            {},
            id="D1: 推奨データセット of a whole city",
        ),
        pytest.param(
            as_csv([DATASET_HEADER, AKISHIMA, HAIJIMA, TANAKA], "utf-8-sig"),
            date(2025, 1, 1),
            {"132071": 115_632},
            {"市区町村の一部の地域": [3, 4]},
            id="D1: with its parts",
        ),
        pytest.param(
            as_csv(ACCOUNTS),
            date(2024, 1, 1),
            {"011002": 1_956_928, "093017": 31_100},
            {"コードのない行（合計、注記など）": [7]},
            id="G: 決算状況調",
        ),
    ],
)
def test_a_table_that_states_its_day_is_taken_as_it_is(
    content: bytes, day: date, taken: dict[str, int], skipped: dict[str, list[int]]
) -> None:
    report = run(content)
    assert report.is_applied
    assert report.skipped == skipped
    assert written(day) == taken
    assert len(report.effective) == len(taken)
    assert [row.outcome for row in run(content).rows] == [Outcome.UNCHANGED] * len(taken)


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        pytest.param(
            as_csv(FIVE_DIGITS),
            {"131016": 69_139, "013030": 15_000, "011002": 1_950_000},
            id="E: codes of five digits",
        ),
        pytest.param(as_book(IN_NUMBERS), {"131016": 69_139, "011002": 1_950_123}, id="M: numbers"),
    ],
)
def test_a_table_without_a_day_is_taken_for_the_day_given(content: bytes, taken: dict[str, int]) -> None:
    assert run(content, date(2026, 1, 1)).is_applied
    assert written(date(2026, 1, 1)) == taken


NO_CODE = (
    "初めの15行に「団体コード」の列がありません。団体コード（検査数字を含む6桁か、含まない5桁）、市区町村名、人口の列がある"
    "表にしてください（文字が化けているときは「CSV UTF-8」で保存し直してください）。"
)
NO_POPULATION = (
    "人口の列が見つかりません。「人口」か「総人口」という見出しの列か、「人口」という見出しの下に「計」という見出しの列が"
    "ある表にしてください。"
)
TABLE_03 = (
    "同じ調査の「人口、世帯数、人口動態（市区町村別）【総計】」の表（表番号の終わりが03）を選んでください。"
)
ONE_YEAR = "取り込む年の列だけを残して保存し、もう一度選んでください。"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            as_book(AGE), f"性別ごとの行がある表（年齢別の表など）です。{TABLE_03}", id="C: 年齢階級別"
        ),
        pytest.param(as_csv(SSDSE), NO_CODE, id="F: SSDSE-A"),
        pytest.param(
            as_book(CODES, "R6.1.1現在の団体"),
            f"{NO_POPULATION}団体コードの一覧は、「団体コードの一覧を取り込む」から取り込みます。",
            id="H: the list of codes",
        ),
        pytest.param(as_csv(AREAS), NO_CODE, id="I: 面積調"),
        pytest.param(
            as_book(FOREIGNERS),
            f"{NO_POPULATION}題名に「在留外国人」とあります。外国人だけの表です。{TABLE_03}",
            id="J: 在留外国人",
        ),
        pytest.param(as_csv(ESTIMATE), NO_CODE, id="L: an estimate without codes"),
        pytest.param(as_csv(CENSUS), NO_CODE, id="N: 国勢調査"),
        pytest.param(
            as_csv(BY_YEAR),
            f"年ごとの人口の列が並んでいます（C列：令和6年、D列：令和7年、E列：令和8年）。{ONE_YEAR}",
            id="O: years side by side",
        ),
        pytest.param(
            as_book(POPULATIONS_BY_YEAR),
            f"年ごとの人口の列が並んでいます（C列：2024年、D列：2025年、E列：2026年）。{ONE_YEAR}",
            id="O: years under one label",
        ),
    ],
)
def test_a_table_of_something_else_is_refused_with_what_to_do(content: bytes, message: str) -> None:
    state = database_state()
    with pytest.raises(UnreadableTable) as refused:
        run(content, date(2026, 1, 1))
    assert str(refused.value) == message
    assert not isinstance(refused.value, DoubtfulTable)
    assert database_state() == state


def part(name: str) -> str:
    return f"「{name}」は市区町村の一部です。市区町村全体の人口の行だけを残してください。"


ROUNDED = "は概数です。1人の単位の整数を入力してください。"
MARK = "は数がない印です。人数を入力するか、この行を消してください。"


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        pytest.param(
            as_csv([DATASET_HEADER, HAIJIMA]),
            [(2, "地域名", part("拝島町"))],
            id="D2: 推奨データセット of one part",
        ),
        pytest.param(
            as_csv([DATASET_HEADER, HAIJIMA, TANAKA]),
            [(2, "地域名", part("拝島町")), (3, "地域名", part("田中町"))],
            id="D3: of several parts",
        ),
        pytest.param(
            as_csv(IN_WORDS),
            [
                (2, "人口", f"「約23.6万人」{ROUNDED}"),
                (3, "人口", f"「320千人」{ROUNDED}"),
                (4, "人口", f"「-」{MARK}"),
                (5, "人口", "人口が空です。人数を入力するか、この行を消してください。"),
                (6, "人口", f"「***」{MARK}"),
            ],
            id="M: words",
        ),
    ],
)
def test_rows_that_give_no_population_of_a_body_are_refused(
    content: bytes, problems: list[tuple[int, str, str]]
) -> None:
    state = database_state()
    report = run(content, date(2025, 1, 1))
    assert [(row.number, one.column, one.message) for row in report.rows for one in row.problems] == problems
    assert not report.is_applied
    assert database_state() == state


def test_a_table_of_foreigners_alone_is_refused_until_one_takes_it_knowingly() -> None:
    """K: the twin of the official table, here of another year."""
    content = as_book(of_foreigners(REGISTER), "人口、世帯数、人口動態（市区町村別）【外国人住民】")
    with pytest.raises(DoubtfulTable) as refused:
        run(content, date(2026, 1, 1))
    assert str(refused.value) == f"題名に「外国人住民」とあります。外国人だけの表です。{TABLE_03}"
    assert refused.value.doubt is Doubt.TITLE
    assert run(content, date(2026, 1, 1), despite=[Doubt.TITLE]).is_applied
    assert written(date(2026, 1, 1)) == TAKEN


SIMPLE = [[code, name if name != "-" else prefecture, persons] for code, prefecture, name, *_, persons in
          (row[:6] for row in BODIES) if "中央区" not in name]  # fmt: skip
HEADER = ["団体コード", "市区町村名", "人口"]


FULL_WIDTH = str.maketrans("0123456789,", "０１２３４５６７８９，")


def simple(
    header: list[str] = HEADER, code: Any = str, name: Any = str, persons: Any = str
) -> list[list[Any]]:
    return [header, *([code(row[0]), name(row[1]), persons(row[2])] for row in SIMPLE)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_csv(simple(["市町村コード", "市町村名", "総人口（人）"])), id="other words"),
        pytest.param(as_csv(simple(["自治体コード", "自治体名", "人口総計"])), id="人口総計"),
        pytest.param(as_csv(simple(["団体コード", "団体名", "人口（男女計）"])), id="人口（男女計）"),
        pytest.param(as_csv(simple(persons="{}.0".format)), id="populations of a program"),
        pytest.param(as_csv(simple(code="{}.0".format)), id="codes of a program"),
        pytest.param(as_csv(simple(code="'{}".format)), id="codes kept as text by an apostrophe"),
        pytest.param(as_csv(simple(code=lambda code: f"{code[:5]}-{code[5]}")), id="the check digit apart"),
        pytest.param(as_csv([["（単位：人）"], *simple()]), id="persons in the title"),
        pytest.param(
            as_csv(
                simple(
                    persons=lambda persons: f"{persons:,}".translate(
                        str.maketrans("0123456789,", "０１２３４５６７８９，")
                    )
                )
            ),
            id="full width",
        ),
        pytest.param(
            as_book([["目次"], ["第1表 人口"]], "目次", more={"第1表": simple()}), id="contents first"
        ),
        pytest.param(
            as_book([["団体コード", "様式"], ["131016", "A"]], "様式", more={"第1表": simple()}),
            id="another table with codes first",
        ),
    ],
)
def test_what_offices_and_programs_change_of_a_table_is_read(content: bytes) -> None:
    run(content, date(2026, 1, 1))
    assert written(date(2026, 1, 1)) == TAKEN


@pytest.mark.parametrize("mark", ["注1）", " （注）", "※2", "*"])
def test_a_mark_of_a_note_is_no_part_of_a_name(mark: str) -> None:
    report = run(as_csv(simple(name=lambda name: name + mark)), date(2026, 1, 1))
    warnings = [warning.message for row in report.rows for warning in row.warnings]
    assert not [message for message in warnings if "とありますが" in message]


@pytest.mark.parametrize(
    ("rows", "unit"),
    [
        ([["単位：千人"], *simple()], "千人"),
        ([["人口（単位　万人）"], *simple()], "万人"),
        (simple(["団体コード", "団体名", "人口（単位：千人）"]), "千人"),
        (simple(["団体コード", "団体名", "人口（百人）"]), "百人"),
    ],
)
def test_a_table_in_thousands_is_refused_wherever_it_says_so(rows: list[list[Any]], unit: str) -> None:
    with pytest.raises(UnreadableTable, match=f"人口の単位が「{unit}」です"):
        run(as_csv(rows), date(2026, 1, 1))
