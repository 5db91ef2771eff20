from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone

from catalog.importing.populations import import_populations
from catalog.importing.report import Change, Report
from catalog.importing.tables import UnreadableTable, read_table
from catalog.models import Body
from tests.importing.test_tables import workbook
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, OSAKA
from tests.state import database_state

pytestmark = pytest.mark.django_db

AS_OF = date(2025, 1, 1)
# The layouts of 総務省's files: the CSV has one header line under its titles, the workbook three.
FLAT = [
    ["令和7年住民基本台帳人口・世帯数"],
    ["団体コード", "都道府県名", "市区町村名", "男", "女", "計", "世帯数", "転入計", "記載計"],
]
LAYERED = [
    ["【総計】令和7年住民基本台帳人口・世帯数、令和6年人口動態（市区町村別）"],
    ["団体コード", "都道府県名", "市区町村名", "令和7年人口・世帯数", "", "", "", "令和6年人口動態", ""],
    ["", "", "", "人口", "", "", "世帯数", "転入者数", ""],
    ["", "", "", "男", "女", "計", "", "国内", "計"],
]  # fmt: skip
TOWN = [FUNAGATA, "山形県", "舟形町", "2,400", "2,500", "4,900", "1,800", "60", "70"]


def as_csv(*rows: list[Any], encoding: str = "utf-8") -> bytes:
    file = StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode(encoding)


def run(content: bytes, as_of: date = AS_OF, *, dry_run: bool = False) -> Report:
    return import_populations(read_table(content), as_of, dry_run=dry_run)


def row(code: str, population: object, name: str = "") -> list[Any]:
    return [code, "", name, "", "", population, "", "", ""]


def outcomes(report: Report) -> list[str]:
    return [str(one.outcome) for one in report.rows]


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(one.number, problem.column, problem.message) for one in report.rows for problem in one.problems]


def known(code: str) -> tuple[int | None, date | None]:
    body = Body.objects.get(pk=code)
    return body.population, body.population_as_of


@pytest.mark.parametrize("header", [FLAT, LAYERED])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_official_layouts_are_read(header: list[list[str]], encoding: str) -> None:
    report = run(as_csv(*header, TOWN, encoding=encoding))
    assert [one.changes for one in report.rows] == [
        [Change("人口", "5000", "4900"), Change("人口の基準日", "2020-01-01", "2025-01-01")]
    ]
    assert known(FUNAGATA) == (4900, AS_OF)


def test_a_workbook_that_lost_leading_zeros_is_read() -> None:
    run(workbook(*LAYERED, [63631, "山形県", "舟形町", 2400, 2500, 4900, 1800, 60, 70]))
    assert known(FUNAGATA) == (4900, AS_OF)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (["全国地方公共団体コード", "団体名", "人 口（人）"], [FUNAGATA, "舟形町", "４，９００人"]),
        (["人口総数", "市区町村コード"], ["4900", FUNAGATA]),
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
            *LAYERED,
            ["合計", "", "", "1", "1", "2", "", "", ""],
            ["000001", "全国", "-", "1", "1", "2", "", "", ""],
            ["040002", "宮城県", "-", "1", "1", "2,264,921", "", "", ""],
            row("041009", "1,097,196", "仙台市"),
            row("041017", "310,000", "仙台市青葉区"),
            row("016951", "0", "色丹村"),
            ["（注1）外国人を含む。"],
        )
    )
    assert outcomes(report) == ["変更", "変更"]
    assert report.skipped == {
        "コードのない行（合計、注記など）": [5, 6, 11],
        "政令指定都市の区": [9],
        "北方領土の村": [10],
    }
    assert known(MIYAGI) == (2_264_921, AS_OF)


NO_BODY = (
    "この団体は登録されていません。合併などで無くなった団体でないか確かめ、新しい団体なら先に"
    "「団体」に追加してください。"
)
NO_NUMBER = "は人口として読めません。1以上の整数を入力してください。"


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (
            row("063632", "4900"),
            "団体コード",
            "団体コードの検査数字（6桁目）が合いません。写し間違いがないか確かめてください。",
        ),
        (row("06363", "4900"), "団体コード", "検査数字を含む6桁の団体コードを入力してください。"),
        (row("063991", "4900"), "団体コード", NO_BODY),
        (row("061018", "4900"), "団体コード", NO_BODY),  # 山形県 has no designated city, hence no ward
        (row(HIDAKA, "4900"), "団体コード", "3行目と同じ団体コードです。"),
        (row(FUNAGATA, "-"), "人口", f"「-」{NO_NUMBER}"),
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


def test_a_formula_in_a_column_in_use_is_refused_and_elsewhere_does_not_matter() -> None:
    report = run(workbook(*FLAT, row(FUNAGATA, "=1+1"), [HIDAKA, "", "", "=1+1", "", 4900, "", "", ""]))
    assert [(number, column) for number, column, _ in problems(report)] == [(3, "人口"), (3, "人口")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (as_csv(["コード番号", "人口"], [FUNAGATA, "1"]), "初めの15行に「団体コード」の列がありません。"),
        (as_csv(*([["題"]] * 15), ["団体コード", "人口"], [FUNAGATA, "1"]), "初めの15行に"),
        (as_csv(["団体コード", "人口"]), "見出しの下に、人口の入った行がありません。"),
        (as_csv(["団体コード", "世帯数"], [FUNAGATA, "1"]), "「人口」か、男女の「計」の列が見つかりません。"),
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
    with pytest.raises(UnreadableTable, match="未来の日付"):
        run(as_csv(*FLAT, TOWN), timezone.localdate() + timedelta(days=1))


def test_what_looks_like_a_slip_is_a_warning() -> None:
    report = run(as_csv(*FLAT, row(KASHIHARA, "50000", "舟形町")), date(2019, 1, 1), dry_run=True)
    assert [(one.column, one.message) for one in report.rows[0].warnings] == [
        ("市区町村名", "「舟形町」とありますが、このコードは「奈良県橿原市」です。"),
        ("人口", "登録されている人口から2割以上変わります。列や行のずれがないか確かめてください。"),
        ("人口の基準日", "登録されている人口より古い日付です。"),
    ]


@pytest.mark.parametrize(("code", "name"), [(FUNAGATA, "最上郡舟形町"), (OSAKA, "-"), ("082082", "龍ヶ崎市")])
def test_a_name_written_another_way_is_no_warning(code: str, name: str) -> None:
    body = Body.objects.get(pk=code)
    Body.objects.filter(pk=code).update(population=4900, population_as_of=date(2020, 1, 1))
    report = run(as_csv(*FLAT, row(code, "4900", name)), dry_run=True)
    assert report.rows[0].warnings == [], body.name
