"""Values of indicators from a table: shown first, then taken in as a whole."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from catalog import history
from catalog.importing.indicators import import_indicators
from catalog.importing.report import Report
from catalog.importing.tables import UnreadableTable, read_sheets
from catalog.models import Indicator, IndicatorValue
from tests.filling import a_publisher, an_editor
from tests.importing.test_tables import workbook
from tests.making import FUNAGATA, HIDAKA, MIYAGI
from tests.shown import one_line
from tests.state import database_state

pytestmark = pytest.mark.django_db

HEADER = "code,name,group,indicator,value"
ADMIN = "/admin/catalog/indicator/import/"
ONLINE = "よく使う32手続のオンライン化状況"


def table(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


def run(content: str | bytes, *, dry_run: bool = False, **how: Any) -> Report:
    content = content.encode() if isinstance(content, str) else content
    return import_indicators(next(read_sheets(content)), file_name="指標.csv", dry_run=dry_run, **how)


def line(indicator: str, value: object, code: str = FUNAGATA, name: str = "舟形町") -> str:
    return f"{code},{name},分類,{indicator},{value}"


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(row.number, one.column, one.message) for row in report.rows for one in row.problems]


def changes(report: Report) -> list[tuple[str, str]]:
    return [(one.old, one.new) for row in report.rows for one in row.changes]


def value(indicator: str, code: str = FUNAGATA) -> float | None:
    return IndicatorValue.objects.get(indicator=indicator, body=code).value


CHANGED = table(
    line("CIOの任命", "未実施"),
    line("AIの導入状況", "実施"),
    line("RPAの導入状況", "調査無し"),
    line(ONLINE, "24.5％"),
    line("マイナンバーカードの保有状況", "80%"),
)
DONE = [("実施", "未実施"), ("未実施", "実施"), ("実施", "調査なし"), ("23％", "24.5％")]


def test_a_dry_run_tells_what_the_import_does_and_leaves_all_as_it_is() -> None:
    state = database_state()
    report = run(CHANGED, dry_run=True)
    assert (changes(report), report.is_applied) == (DONE, False)
    assert report.summary == "新規 0行、変更 4行、変更なし 1行、取り込めない 0行"
    assert database_state() == state
    done = run(CHANGED, expected=report.digest)
    assert (changes(done), done.is_applied) == (DONE, True)
    assert [value(one) for one in ("cio", "ai", "rpa", "online-32", "card")] == [0, 1, None, 24.5, 80]
    row = IndicatorValue.objects.get(indicator="cio", body=FUNAGATA)
    reasons = [version.revision.comment for version in history.versions_of(row)]
    assert reasons == ["ファイルからの取り込み：指標.csv", "記録を始めたときの内容"]
    assert changes(run(CHANGED)) == []


def test_what_the_table_leaves_empty_has_no_value_and_comes_back() -> None:
    empty = table(line(ONLINE, "%"), line("CIOの任命", ""))
    assert changes(run(empty)) == [("23％", "値なし"), ("実施", "値なし")]
    assert not IndicatorValue.objects.filter(body=FUNAGATA, indicator__in=["online-32", "cio"]).exists()
    assert changes(run(empty)) == []
    assert changes(run(table(line(ONLINE, "23%"), line("CIOの任命", "実施")))) == [
        ("値なし", "23％"),
        ("値なし", "実施"),
    ]


def test_a_refused_line_is_told_by_its_number_and_nothing_is_taken_in() -> None:
    state = database_state()
    report = run(
        table(
            line("CIOの任命", "未実施"),
            line("CIOの任命", "任命"),
            line("CIOの任命", "実施"),
            line("CIOの任用", "実施"),
            line("AIの導入状況", "検討中"),
            line(ONLINE, "101%"),
            line("マイナンバーカードの保有状況", "多い"),
            line("CIOの任命", "実施", code="063632"),
            line("CIOの任命", "実施", code=MIYAGI, name="宮城県"),
        )
    )
    assert [(number, column) for number, column, _ in problems(report)] == [
        *((3, "指標"), (4, "指標"), (5, "指標"), (6, "値"), (7, "値"), (8, "値")),
        *((9, "団体コード"), (10, "団体コード")),
    ]
    told = " ".join(message for *_, message in problems(report))
    for words in (
        "2行目と同じ団体の同じ指標です。",
        "「CIOの任用」を「表の項目名」とする指標がありません。",
        "「検討中」は「実施」「未実施」「調査なし」のどれでもありません。",
        "「101%」は値の範囲にありません。",
        "「多い」は数として読めません。",
        "団体コードの検査数字（6桁目）が合いません。",
        "都道府県の値は取り込めません。",
    ):
        assert words in told
    assert not report.is_applied
    assert database_state() == state


def test_a_table_is_a_workbook_or_has_japanese_headings_and_codes_without_zeros() -> None:
    book = workbook(["団体コード", "団体名", "指標", "値"], [63631, "舟形町", "AIの導入状況", "実施"])
    report = run(book)
    assert (changes(report), value("ai")) == ([("未実施", "実施")], 1)
    other_name = run(table(line("AIの導入状況", "未実施", name="日高村")), dry_run=True)
    assert [one.message for row in other_name.rows for one in row.warnings] == [
        "「日高村」とありますが、このコードは「山形県舟形町」です。"
    ]
    with pytest.raises(UnreadableTable, match="1行目に「指標」、「値」の列がありません。"):
        run("code,name\n063631,舟形町")


def test_an_indicator_more_is_a_row_and_a_table(tmp_path: Path) -> None:
    like = Indicator.objects.get(pk="ai")
    like.pk, like.title, like.label, like.position = "chat", "チャットの導入", "チャット", 16
    like.save(force_insert=True)
    file = tmp_path / "chat.csv"
    file.write_text(
        table(line("チャット", "実施"), line("チャット", "未実施", HIDAKA, "日高村")), encoding="cp932"
    )
    out = StringIO()
    call_command("import_indicators", str(file), "--dry-run", stdout=out)
    assert out.getvalue().splitlines() == [
        "2行目 063631 山形県舟形町 チャットの導入：変更",
        "    値：「値なし」→「実施」",
        "3行目 394106 高知県日高村 チャットの導入：変更",
        "    値：「値なし」→「未実施」",
        "新規 0行、変更 2行、変更なし 0行、取り込めない 0行",
        "確認だけを行い、何も変えていません。",
    ]
    call_command("import_indicators", str(file), stdout=out)
    assert out.getvalue().splitlines()[-1] == "取り込みました。"
    assert (value("chat"), value("chat", HIDAKA)) == (1, 0)
    file.write_text(table(line("電話", "実施")), encoding="utf-8")
    with pytest.raises(CommandError, match="何も変えていません"):
        call_command("import_indicators", str(file), stdout=out)


def test_the_admin_shows_and_then_imports_for_whom_may(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "IMPORT_DIR", tmp_path / "imports")
    publisher = a_publisher()
    assert ADMIN in publisher.get("/admin/catalog/indicator/").text
    shown = publisher.post(ADMIN, {"file": SimpleUploadedFile("指標.csv", CHANGED.encode())})
    assert "「値」" not in shown.text
    assert "<del>未実施</del> → <ins>実施</ins>" in one_line(shown.text)
    assert value("ai") == 0
    (agreed,) = re.findall(r'name="agreement" value="([^"]*)"', shown.text)
    done = publisher.post(ADMIN, {"agreement": agreed}, follow=True)
    assert done.redirect_chain == [("/admin/catalog/indicator/", 302)]
    assert value("ai") == 1
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {"cio", "ai", "rpa", "online-32"}
    assert an_editor().get(ADMIN).status_code == 403


@pytest.mark.long
def test_the_table_of_a_prefecture_is_taken_in_again_as_it_was() -> None:
    rows = IndicatorValue.objects.filter(body__prefecture="17").order_by("body", "indicator")
    lines = [
        line(row.indicator.label, row.indicator.about(row.value), row.body_id, "")
        for row in rows.select_related("indicator")
    ]
    before = list(rows.values_list("indicator", "body", "value"))
    assert (len(before), [value for *_, value in before].count(None)) == (19 * 15, 8 * 7)
    rows.delete()
    report = run(table(*lines))
    assert (len(report.effective), report.is_applied) == (len(before), True)
    assert list(rows.values_list("indicator", "body", "value")) == before
