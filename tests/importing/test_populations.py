from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import history
from catalog.importing.populations import import_populations
from catalog.importing.report import Change, Doubt, DoubtfulTable, Report, UnknownDay
from catalog.importing.tables import UnreadableTable, read_sheets
from catalog.models import Body, Population, PopulationSource
from tests.importing import layouts
from tests.importing.test_tables import workbook
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, OSAKA, set_population
from tests.state import database_state

pytestmark = pytest.mark.django_db

AS_OF = date(2025, 1, 1)
# One line of labels under the title; layouts.py has those of the files themselves.
FLAT = [
    ["令和7年住民基本台帳人口・世帯数"],
    ["団体コード", "都道府県名", "市区町村名", "男", "女", "計", "世帯数", "転入計", "記載計"],
]
REGISTER_TITLE = "住民基本台帳に基づく人口、人口動態及び世帯数"
CASEBOOK_TITLE = "自治体DX推進手順書参考事例集"
TOWN = [FUNAGATA, "山形県", "舟形町", "2,400", "2,500", "4,900", "1,800", "60", "70"]


def as_csv(*rows: list[Any], encoding: str = "utf-8") -> bytes:
    return layouts.as_csv([*rows], encoding)


def run(content: bytes, as_of: date | None = AS_OF, *, dry_run: bool = False, **how: Any) -> Report:
    return import_populations(next(read_sheets(content)), as_of=as_of, dry_run=dry_run, **how)


def row(code: str, population: object, name: str = "") -> list[Any]:
    return [code, "", name, "", "", population, "", "", ""]


def outcomes(report: Report) -> list[str]:
    return [str(one.outcome) for one in report.rows]


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(one.number, problem.column, problem.message) for one in report.rows for problem in one.problems]


def known(code: str) -> tuple[int | None, date | None]:
    body = Body.objects.get(pk=code)
    return body.population, body.population_as_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_population_comes_with_its_day_and_source(encoding: str) -> None:
    report = run(as_csv(*FLAT, TOWN, encoding=encoding))
    assert report.facts == {
        "人口の基準日": "2025-01-01",
        "人口の出典": REGISTER_TITLE,
        "読む列": "F列（計）",
    }
    assert [one.changes for one in report.rows] == [
        [
            Change("人口", "5000", "4900"),
            Change("人口の基準日", "2020-01-01", "2025-01-01"),
            Change("人口の出典", CASEBOOK_TITLE, REGISTER_TITLE),
        ]
    ]
    assert known(FUNAGATA) == (4900, AS_OF)


def test_a_population_is_of_the_source_chosen() -> None:
    PopulationSource.objects.create(slug="census", title="国勢調査", publisher="総務省")
    run(as_csv(*FLAT, TOWN), source="census")
    body = Body.objects.get(pk=FUNAGATA)
    assert (body.population, body.population_source_id) == (4900, "census")


def test_a_workbook_that_lost_leading_zeros_is_read() -> None:
    run(workbook(*FLAT, [63631, "山形県", "舟形町", 2400, 2500, 4900, 1800, 60, 70]))
    assert known(FUNAGATA) == (4900, AS_OF)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (["全国地方公共団体コード", "団体名", "人 口（人）"], [FUNAGATA, "舟形町", "４，９００人"]),
        (["人口総数", "市区町村コード"], ["4900", FUNAGATA]),
        (["団体コード", "住民基本台帳人口（令和7年1月1日現在）"], [FUNAGATA, "4900"]),
    ],
)
def test_labels_are_taken_liberally(header: list[str], cells: list[str]) -> None:
    run(as_csv(["題"], [], header, cells))
    assert known(FUNAGATA) == (4900, AS_OF)


@pytest.mark.long
def test_all_bodies_of_japan_at_once_and_again() -> None:
    rows = [row(code, 1_000 + at) for at, code in enumerate(Body.objects.values_list("pk", flat=True))]
    content = as_csv(*FLAT, *rows)
    assert run(content, dry_run=True).digest == (done := run(content)).digest
    assert outcomes(done) == ["変更"] * 1_788
    assert not Body.objects.exclude(population__gte=1_000, population_as_of=AS_OF).exists()
    state = database_state()
    assert outcomes(run(content)) == ["変更なし"] * 1_788
    assert database_state() == state


def test_wards_totals_and_notes_are_skipped_and_counted() -> None:
    report = run(
        as_csv(
            *FLAT,
            ["合計", "", "", "1", "1", "2", "", "", ""],
            ["000001", "全国", "-", "1", "1", "2", "", "", ""],
            ["040002", "宮城県", "-", "1", "1", "2,264,921", "", "", ""],
            row("041009", "1,097,196", "仙台市"),
            row("041017", "310,000", "仙台市青葉区"),
            row("016951", "0", "色丹村"),
            row("043401", "9,000", "柴田郡"),
            ["（注1）外国人を含む。"],
        )
    )
    assert outcomes(report) == ["変更", "変更"]
    assert report.skipped == {
        "コードのない行（合計、注記など）": [3, 4, 10],
        "政令指定都市の区": [7],
        "北方領土の村": [8],
        "郡の合計": [9],
    }
    assert report.summary == (
        "新規 0行、変更 2行、変更なし 0行、取り込めない 0行、コードのない行（合計、注記など）（対象外） 3行、"
        "政令指定都市の区（対象外） 1行、北方領土の村（対象外） 1行、郡の合計（対象外） 1行"
    )
    assert known(MIYAGI) == (2_264_921, AS_OF)


def test_a_body_that_ended_is_left_out_and_told() -> None:
    Body.objects.filter(pk=FUNAGATA).update(abolished_on=date(2024, 4, 1), successor=KASHIHARA)
    state = database_state()
    report = run(as_csv(*FLAT, TOWN))
    assert [(str(one.outcome), [problem.message for problem in one.warnings]) for one in report.rows] == [
        ("対象外", ["この団体は2024-04-01に廃止されています（現在の奈良県橿原市）。取り込みません。"])
    ]
    assert report.summary == "新規 0行、変更 0行、変更なし 0行、取り込めない 0行、対象外 1行"
    assert database_state() == state
    assert outcomes(run(as_csv(*FLAT, TOWN), date(2024, 1, 1), despite=["title"])) == ["変更"]


NO_BODY = (
    "この団体は登録されていません。合併などで無くなった団体でないか確かめ、新しい団体なら先に「団体コードの一覧を"
    "取り込む」か「団体」の「追加」で登録してください。"
)
NO_NUMBER = "は人口として読めません。1以上の整数を入力してください。"
NO_CODE = "検査数字を含む6桁の団体コードを入力してください。"


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (
            row("063632", "4900"),
            "団体コード",
            "団体コードの検査数字（6桁目）が合いません。写し間違いがないか確かめてください。",
        ),
        (row("06363", "4900"), "団体コード", NO_CODE),
        (row("R06363", "4900"), "団体コード", NO_CODE),
        (row("063991", "4900"), "団体コード", NO_BODY),
        (row("063606", "4900", "最上町"), "団体コード", NO_BODY),  # where a county has its code
        (row("061018", "4900"), "団体コード", NO_BODY),  # 山形県 has no designated city, hence no ward
        (row(HIDAKA, "4800"), "団体コード", "3行目と同じ団体コードです。どちらかを消してください。"),
        (row(FUNAGATA, "0"), "人口", f"「0」{NO_NUMBER}"),
        (row(FUNAGATA, "4900.5"), "人口", f"「4900.5」{NO_NUMBER}"),
        (row(FUNAGATA, "9" * 10), "人口", f"「{'9' * 10}」{NO_NUMBER}"),
    ],
)
def test_a_bad_row_is_refused_and_keeps_all_others_out(cells: list[Any], column: str, message: str) -> None:
    state = database_state()
    report = run(as_csv(*FLAT, row(HIDAKA, "4800"), cells))
    assert problems(report) == [(4, column, message)]
    assert not report.is_applied
    assert database_state() == state


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["13101", "中央区", "69139"],
            "「13101」に検査数字を補うと「東京都千代田区」（131016）ですが、表の名称は「中央区」です。"
            "コードと名称のどちらが正しいか確かめてください。",
        ),
        (["13199", "架空区", "69139"], NO_BODY),
    ],
)
def test_a_code_of_five_digits_is_completed_only_where_the_name_agrees(
    cells: list[str], message: str
) -> None:
    report = run(as_csv(["団体コード", "市区町村名", "人口"], ["13102", "中央区", "176000"], cells))
    assert problems(report) == [(3, "団体コード", message)]


def test_codes_of_five_digits_without_names_are_completed_where_all_are() -> None:
    run(as_csv(["団体コード", "人口"], ["06363", "4900"], ["1100", "1950000"]))
    assert known(FUNAGATA) == (4900, AS_OF)
    assert known("011002") == (1_950_000, AS_OF)


def test_a_formula_in_a_column_in_use_is_refused_and_elsewhere_does_not_matter() -> None:
    report = run(workbook(*FLAT, row(FUNAGATA, "=1+1"), [HIDAKA, "", "", "=1+1", "", 4900, "", "", ""]))
    assert [(number, column) for number, column, _ in problems(report)] == [(3, "人口"), (3, "人口")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (as_csv(["コード番号", "人口"], [FUNAGATA, "1"]), "初めの15行に「団体コード」の列がありません。"),
        (as_csv(*([["題"]] * 15), ["団体コード", "人口"], [FUNAGATA, "1"]), "初めの15行に"),
        (as_csv(["団体コード", "人口"]), "見出しの下に、数の入った行がありません。"),
        (as_csv(["団体コード", "世帯数"], [FUNAGATA, "1"]), "人口の列が見つかりません。"),
        (as_csv(["団体コード", "総数"], [FUNAGATA, "1"]), "人口の列が見つかりません。"),
        (as_csv(["団体コード", "計"], [FUNAGATA, "1"]), "人口の列が見つかりません。"),
        (as_csv(["", "外国人"], ["団体コード", "人口"], [FUNAGATA, "1"]), "人口の列が見つかりません。"),
        (
            as_csv(["団体コード", "人口（千人）"], [FUNAGATA, "5"]),
            "B列の人口の単位が「千人」です。1人の単位の表を使ってください。",
        ),
        (
            as_csv(["団体コード", "人口"], ["", "千人"], [FUNAGATA, "5"]),
            "B列の人口の単位が「千人」です。1人の単位の表を使ってください。",
        ),
        (
            as_csv(["団体コード", "人口", "総人口"], [FUNAGATA, "1", "2"]),
            "人口の列が1つに決まりません（B列、C列）。使う列だけを残してください。",
        ),
    ],
)
def test_a_table_whose_columns_cannot_be_told_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        run(content)
    assert str(refused.value).startswith(message)


def test_a_date_to_come_is_refused() -> None:
    rows = (["団体コード", "人口"], [FUNAGATA, "1"])
    with pytest.raises(UnknownDay, match="未来の日付です。日付を直してください。"):
        run(as_csv(*rows), timezone.localdate() + timedelta(days=1))
    with pytest.raises(UnknownDay, match="表の題名の日付を確かめ、正しい日を入力してください。"):
        run(as_csv(["令和80年1月1日の人口"], *rows), None)


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("令和7年住民基本台帳人口・世帯数、令和6年人口動態（市区町村別）", date(2025, 1, 1)),
        ("令和６年４月１日現在の人口", date(2024, 4, 1)),
        ("平成31年住民基本台帳人口", date(2019, 1, 1)),
        ("住民基本台帳人口　2024年", date(2024, 1, 1)),
        ("人口 R6.10.1現在", date(2024, 10, 1)),
    ],
)
def test_without_a_day_that_of_the_title_is_taken(title: str, day: date) -> None:
    report = run(as_csv([title], ["団体コード", "人口"], [FUNAGATA, "4900"]), None)
    assert report.facts["人口の基準日"] == day.isoformat()
    assert Population.objects.get(body=FUNAGATA, persons=4900).as_of == day


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("市区町村別の人口", "resident-register"),
        ("令和5年度の人口", "resident-register"),
        ("令和6年4月の人口", "resident-register"),
        ("平成25年住民基本台帳人口", "resident-register"),  # until then of 31 March
        ("令和2年の人口", "casebook"),
    ],
)
def test_a_title_that_does_not_tell_the_day_asks_for_it(title: str, source: str) -> None:
    with pytest.raises(UnknownDay) as refused:
        run(as_csv([title], ["団体コード", "人口"], [FUNAGATA, "4900"]), None, source=source)
    assert str(refused.value) == "人口の基準日を入力してください（表の題名からは分かりません）。"


def test_the_name_of_the_sheet_states_a_day_as_well_but_not_that_of_the_file() -> None:
    rows = [["団体コード", "人口"], [FUNAGATA, "4900"]]
    assert run(layouts.as_book(rows, "R6.1.1人口"), None).facts["人口の基準日"] == "2024-01-01"
    with pytest.raises(UnknownDay):
        run(as_csv(*rows), None, file_name="2026-11-25_人口.csv")


def test_the_exact_day_of_the_title_goes_before_the_year_over_the_column() -> None:
    rows = [["令和6年10月1日現在"], ["", "令和6年"], ["団体コード", "人口"], [FUNAGATA, "4900"]]
    assert run(as_csv(*rows), None).facts["人口の基準日"] == "2024-10-01"


@pytest.mark.parametrize(
    ("title", "file_name", "message"),
    [
        (
            "令和6年住民基本台帳人口",
            "",
            "表には「令和6年」とありますが、人口の基準日は2025-01-01です。基準日を直すか空にするか、その日の表を"
            "選んでください。",
        ),
        (
            "住民基本台帳人口（2025年4月1日現在）",
            "",
            "表には「2025年4月1日」とありますが、人口の基準日は2025-01-01です。基準日を直すか空にするか、その日の表を"
            "選んでください。",
        ),
        ("【日本人住民】令和7年住民基本台帳人口", "", "題名に「日本人住民」とあります。日本人だけの表です。"),
        ("人口", "000892960 - 人口（市区町村別）【外国人住民】.csv", "題名に「外国人住民」とあります。"),
        ("令和7年住民基本台帳世帯数", "", "題名に「世帯」とあります。世帯数の表です。"),
        ("年齢別人口（市区町村別）【総計】", "", "題名に「年齢別」とあります。年齢別の表です。"),
        (
            "国勢調査",
            "",
            "題名に「国勢調査」とありますが、出典は住民基本台帳です。出典を選び直してください。",
        ),
    ],
)
def test_a_title_of_something_else_is_refused_until_one_takes_it_knowingly(
    title: str, file_name: str, message: str
) -> None:
    content = as_csv([title], ["団体コード", "人口"], [FUNAGATA, "4900"])
    with pytest.raises(DoubtfulTable) as refused:
        run(content, file_name=file_name)
    assert str(refused.value).startswith(message)
    assert run(content, file_name=file_name, despite=[Doubt.TITLE]).is_applied
    assert known(FUNAGATA) == (4900, AS_OF)


def test_what_looks_like_a_slip_is_a_warning() -> None:
    report = run(
        as_csv(*FLAT, row(KASHIHARA, "50000", "舟形町")), date(2019, 1, 1), despite=["title"], dry_run=True
    )
    assert [(one.column, one.message) for one in report.rows[0].warnings] == [
        ("市区町村名", "「舟形町」とありますが、このコードは「奈良県橿原市」です。"),
        ("人口", "登録されている人口から2割以上変わります。列や行のずれがないか確かめてください。"),
        (
            "人口の基準日",
            f"より新しいか優先される人口（2020-01-01、{CASEBOOK_TITLE}）があるため、読者に示す人口は変わりません。",
        ),
    ]


def test_a_population_of_the_same_day_by_a_source_that_stands_behind_is_not_shown() -> None:
    content = as_csv(["団体コード", "人口"], [FUNAGATA, "4990"])
    report = run(content, date(2020, 1, 1))
    assert report.rows[0].changes == [Change("人口", "5234", "4990")]
    assert [one.column for one in report.rows[0].warnings] == ["人口の基準日"]
    assert known(FUNAGATA) == (5000, date(2020, 1, 1))


@pytest.mark.parametrize(("code", "name"), [(FUNAGATA, "最上郡舟形町"), (OSAKA, "-"), ("082082", "龍ヶ崎市")])
def test_a_name_written_another_way_is_no_warning(code: str, name: str) -> None:
    set_population(code, 4900, "2020-01-01")
    report = run(as_csv(*FLAT, row(code, "4900", name)), dry_run=True)
    assert report.rows[0].warnings == []


def test_the_history_has_what_was_there_and_what_is_and_a_dry_run_leaves_nothing() -> None:
    state = database_state()
    run(as_csv(*FLAT, TOWN), dry_run=True)
    assert database_state() == state
    run(as_csv(*FLAT, TOWN), file_name="人口.csv")
    after, before = history.versions_of(Body.objects.get(pk=FUNAGATA))
    assert (before.revision.comment, after.revision.comment) == (
        history.BEGUN,
        "ファイルからの取り込み：人口.csv",
    )
    (difference,) = history.differences(history.texts_in(before), history.texts_in(after))
    assert [line.text for line in difference.after if line.changed] == [
        f"人口：4900／基準日：2025年1月1日／出典：{REGISTER_TITLE}"
    ]
