from __future__ import annotations

import csv
from copy import copy
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.validators import validate_slug
from django.test import Client
from openpyxl import load_workbook

from catalog import history
from catalog.documents.many import writing_many_rows
from catalog.editing.imported import proposing, waiting
from catalog.editing.sheets import template_workbook
from catalog.importing import cases
from catalog.importing.cases import Proposing, import_cases, read_cases
from catalog.importing.report import Change, Report
from catalog.importing.tables import CUT_SHORT, UnreadableTable
from catalog.models import Case, Figure, Followed, Indicator, Link, Section, SimilarBody, Source, Topic
from catalog.models.days import UNREADABLE_DAY
from catalog.output.columns import HEADERS
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, make_case, make_fact, without_cases
from tests.quick import one_in
from tests.state import database_state

pytestmark = pytest.mark.django_db

NEW = {
    "識別名": "new-case",
    "題名": "新しい題",
    "区分": "3-1",
    "ポイント": "一つ目\n二つ目",
    "取組内容": "内容",
    "団体コード": f"{FUNAGATA}\n{MIYAGI}",
    "団体の注記": "",
    "出典": "自治体DX推進手順書参考事例集",
    "出典のページ": "900",
    "ページ内の順番": "1",
}


def as_csv(*rows: dict[str, str]) -> bytes:
    file = StringIO(newline="")
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def run(*rows: dict[str, str], dry_run: bool = False) -> Report:
    return import_cases(read_cases(as_csv(*rows)), dry_run=dry_run)


def exported(slug: str) -> dict[str, str]:
    """The row of a published case as the site gives it."""
    text = Client().get("/cases.csv").getvalue().decode()
    return next(row for row in csv.DictReader(StringIO(text, newline="")) if row["識別名"] == slug)


def file_of(name: str) -> bytes:
    return Client().get(f"/cases.{name}").getvalue()


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(row.number, one.column, one.message) for row in report.rows for one in row.problems]


def outcomes(report: Report) -> list[str]:
    return [str(row.outcome) for row in report.rows]


def make_full_case(slug: str, **fields: Any) -> Case:
    """A case with rows of each kind, and texts that a table finds hard to hold."""
    case = make_case(
        slug,
        bodies=(FUNAGATA, KASHIHARA),
        topics=("data", "bpr"),
        **{
            "title": "=題",
            "points": ["-一", "二\\n\n三"],
            "background": "'引用\r\n\t終わり ",
            "references": ["＝資料"],
            "similar_open_ended": True,
            **fields,
        },
    )
    case.case_bodies.filter(body=KASHIHARA).update(
        note="注\r\n記",
        contact_section="=課",
        contact_telephone="0744-22-4001",
        contact_checked_on="2026-11-01",
    )
    Figure.objects.create(case=case, label="回：数\\", value="8：9回", position=1)
    Figure.objects.create(case=case, label="-人", value="+1人", position=2)
    make_fact(case, "effect", "0.125", before=1480, unit="=円", text="一\n二", label="：\\")
    make_fact(case, "scheme", text="-補助金", page=None, answered_by_id=MIYAGI, answered_on="2026-11-01")
    Followed.objects.create(case=case, body_id=MIYAGI, role="model", note="@宮城県", page=7, position=1)
    answer = {"answered_by_id": HIDAKA, "answered_on": "2026-11-02"}
    Followed.objects.create(case=case, body_id=HIDAKA, role="follower", note="導入", position=2, **answer)
    Link.objects.create(case=case, url="https://example.jp/a", label="@例", position=1)
    Link.objects.create(case=case, url="https://example.jp/b", label="例", position=1)
    SimilarBody.objects.create(case=case, body_id=MIYAGI, position=1)
    SimilarBody.objects.create(case=case, body_id=HIDAKA, note="研修", url="https://example.jp/c", position=3)
    return case


def make_copies(case: Case, number: int) -> None:
    """Copies of a case with its rows, written a table at a time."""
    rows = [list(getattr(case, name).all()) for name in history.ROW_NAMES]
    topics = list(case.topics.through.objects.filter(case=case))
    copies = [copy(case) for _ in range(number)]
    for at, one in enumerate(copies, start=1):
        one.pk, one.slug, one.page, one.title = None, f"copy-{at}", 20_000 + at, f"{case.title}{at}"
    Case.objects.bulk_create(copies)
    for group in (*rows, topics):
        made = [copy(row) for row in group for _ in copies]
        for row, one in zip(made, copies * len(group), strict=True):
            row.pk, row.case_id = None, one.pk
        type(group[0]).objects.bulk_create(made)


@pytest.mark.long
def test_a_thousand_cases_come_back_unchanged() -> None:
    with writing_many_rows():
        make_copies(make_full_case("made"), 1_000 - Case.objects.count())
    state = database_state()
    for name in ("csv", "xlsx"):
        report = import_cases(read_cases(file_of(name)), dry_run=False)
        assert report.summary == "新規 0行、変更 0行、変更なし 1,000行、取り込めない 0行"
        assert [row.warnings for row in report.rows if row.warnings] == []
        assert database_state() == state


@pytest.mark.parametrize("name", one_in(2, ["csv", "xlsx"]))
def test_deleted_cases_come_back_as_they_were(name: str) -> None:
    make_full_case("made")
    content, record = file_of(name), Client().get("/cases.json").json()
    without_cases()
    report = import_cases(read_cases(content), dry_run=False)
    assert report.summary == "新規 61行、変更 0行、変更なし 0行、取り込めない 0行"
    assert set(Case.objects.values_list("status", flat=True)) == {"draft"}
    Case.objects.update(status="published")
    again = Client().get("/cases.json").json()
    for before, after in zip(record["results"], again["results"], strict=True):
        del before["updated_at"], after["updated_at"]
        before["background"] = before["background"].replace("\r\n", "\n")
        for body in before["bodies"]:
            body["note"] = body["note"].replace("\r\n", "\n")
        assert before == after
    assert import_cases(read_cases(content), dry_run=False).effective == []


def test_a_dry_run_tells_what_the_import_then_does() -> None:
    changed = {**exported("dx2021-1-1"), "題名": "直した題", "テーマ": "職員採用"}
    rows = [changed, {**changed, **NEW, "類似団体コード": "", "類似団体の注記": "", "類似団体のURL": ""}]
    state = database_state()
    planned = run(*rows, dry_run=True)
    assert database_state() == state
    assert not planned.is_applied
    assert outcomes(planned) == ["変更", "新規"]
    assert planned.rows[0].changes == [
        Change("題名", Case.objects.get(slug="dx2021-1-1").title, "直した題"),
        Change("テーマ", exported("dx2021-1-1")["テーマ"], "職員採用"),
    ]
    done = run(*rows)
    assert done.is_applied
    assert done.digest == planned.digest
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"
    assert outcomes(run(*rows)) == ["変更なし", "変更なし"]


def test_a_new_case_is_a_draft_and_one_that_is_there_keeps_its_status() -> None:
    run(NEW)
    case = Case.objects.get(slug="new-case")
    assert (case.status, case.points, case.order) == ("draft", ["一つ目", "二つ目"], 1)
    assert [row.body_id for row in case.case_bodies.all()] == [FUNAGATA, MIYAGI]
    run({"識別名": "dx2021-1-1", "題名": "直した題"})
    assert Case.objects.get(slug="dx2021-1-1").status == "published"


def test_a_column_that_is_not_there_leaves_what_it_sets() -> None:
    make_full_case("made")
    before = exported("made")
    assert [change.column for change in run({"識別名": "made", "題名": "直した題"}).rows[0].changes] == [
        "題名"
    ]
    after = exported("made")
    assert {header for header in HEADERS if before[header] != after[header]} <= {"題名", "更新日時"}


def test_rows_of_a_case_are_written_only_where_they_differ() -> None:
    case = make_full_case("made")
    kept = case.case_bodies.get(body=KASHIHARA).pk
    row = {"識別名": "made", "団体コード": f"{HIDAKA}\n{KASHIHARA}", "団体の注記": "\n注\\n記"}
    assert outcomes(run(row)) == ["変更"]
    assert [(one.body_id, one.note, one.position) for one in case.case_bodies.all()] == [
        (HIDAKA, "", 1),
        (KASHIHARA, "注\n記", 2),
    ]
    assert case.case_bodies.get(body=KASHIHARA).pk == kept
    assert case.case_bodies.get(body=KASHIHARA).contact_section == "=課"
    assert outcomes(run(row)) == ["変更なし"]


CONTACT = {"照会先の部署": "", "照会先の電話": "", "照会先のメール": "", "照会先の確認日": ""}


@pytest.mark.parametrize("day", ["2026-11-01", "2026/11/1", "２０２６年１１月１日", " 2026.11.01 "])
def test_contacts_stand_beside_their_bodies(day: str) -> None:
    cells = {
        "照会先の部署": "\nデジタル課",
        "照会先のメール": "\ndx@example.jp ",
        "照会先の確認日": f"\n{day}",
    }
    assert outcomes(run(NEW | CONTACT | cells)) == ["新規"]
    rows = Case.objects.get(slug="new-case").case_bodies.all()
    assert [(one.contact_section, one.contact_email, one.contact_checked_on) for one in rows] == [
        ("", "", None),
        ("デジタル課", "dx@example.jp", date(2026, 11, 1)),
    ]
    assert outcomes(run(NEW | CONTACT | cells)) == ["変更なし"]
    assert outcomes(run(NEW | CONTACT)) == ["変更"]
    assert set(rows.values_list("contact_section", "contact_checked_on")) == {("", None)}


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (
            {"照会先の部署": "デジタル課"},
            "照会先の確認日",
            "セルの1行目：照会先を入力したときは、確認日も入力してください。",
        ),
        (
            {"照会先の確認日": "2026-11-01"},
            "照会先の確認日",
            "セルの1行目：確認日だけが入っています。部署・電話・メールのどれかを入力するか、"
            "確認日を空にしてください。",
        ),
        (
            {"照会先の部署": "デジタル課", "照会先の確認日": "9999-12-31"},
            "照会先の確認日",
            "セルの1行目：照会先の確認日が未来の日付です。",
        ),
        (
            {"照会先の部署": "デジタル課", "照会先の確認日": "令和8年"},
            "照会先の確認日",
            UNREADABLE_DAY.format("令和8年"),
        ),
        (
            {"照会先の電話": "0233(32)2111", "照会先の確認日": "2026-11-01"},
            "照会先の電話",
            "セルの1行目：電話番号は「03-1234-5678」のように、半角の数字とハイフンで入力してください。",
        ),
        (
            {"照会先のメール": "dx@", "照会先の確認日": "2026-11-01"},
            "照会先のメール",
            "セルの1行目：有効なメールアドレスを入力してください。",
        ),
    ],
)
def test_a_contact_that_is_none_is_refused_beside_its_column(
    cells: dict[str, str], column: str, message: str
) -> None:
    assert problems(run(NEW | CONTACT | cells)) == [(2, column, message)]


def test_one_refused_row_keeps_all_others_out() -> None:
    state = database_state()
    report = run(NEW, {**NEW, "識別名": "other", "区分": "9"})
    assert outcomes(report) == ["新規", "取り込めない"]
    assert not report.is_applied
    assert database_state() == state


SLUG_MESSAGE = str(validate_slug.message)
SECTIONS = "1、2、3-1、3-2、3-3、4-1、4-2、4-3"

BAD_CELLS = [
    ({"識別名": "New Case"}, [("識別名", SLUG_MESSAGE)]),
    ({"識別名": "New-Case"}, [("識別名", "識別名は半角の英小文字・数字・ハイフンで付けてください。")]),
    ({"題名": ""}, [("題名", "入力してください。")]),
    (
        {"題名": "長" * 201},
        [("題名", "この値は 200 文字以下でなければなりません( 201 文字になっています)。")],
    ),
    ({"区分": "2026-05-01"}, [("区分", f"「5-1」はありません。使えるのは次のとおりです：{SECTIONS}")]),
    (
        {"出典": "別の本"},
        [("出典", "「別の本」はありません。使えるのは次のとおりです：自治体DX推進手順書参考事例集")],
    ),
    ({"出典のページ": "0"}, [("ページ内の順番", "ページと順番は1以上の数を入力してください。")]),
    ({"出典のページ": "p.3"}, [("出典のページ", "0以上の整数を入力してください。")]),
    ({"出典のページ": "99999"}, [("出典のページ", "この値は 32767 以下でなければなりません。")]),
    ({"出典のページ": "1"}, [("ページ内の順番", "同じ出典の同じページ・順番の事例がすでにあります。")]),
    ({"状態": "公開", "団体コード": ""}, [("団体コード", "団体を1つ以上入力してください。")]),
    ({"状態": "公開", "ポイント": ""}, [("ポイント", "公開するには、入力してください。")]),
    ({"状態": "未定"}, [("状態", "「未定」という状態はありません。下書き、公開、取り下げのどれかです。")]),
    ({"状態": "取り下げ"}, [("状態", "取り下げは、理由を書くため、事例の画面で行います。")]),
    ({"背景": "#REF!"}, [("背景", "「#REF!」は表計算ソフトのエラーです。正しい値に直してください。")]),
    (
        {"団体コード": f"{MIYAGI}\n46492"},
        [("団体コード", "「46492」は検査数字の合う6桁の全国地方公共団体コードではありません。")],
    ),
    (
        {"団体コード": "063632"},
        [("団体コード", "「063632」は検査数字の合う6桁の全国地方公共団体コードではありません。")],
    ),
    (
        {"団体コード": "06363 山形県尾花沢市"},
        [
            (
                "団体コード",
                "「06363」に検査数字を補うと「山形県舟形町」（063631）ですが、表の名称は「山形県尾花沢市」です。"
                "コードと名称のどちらが正しいか確かめてください。",
            )
        ],
    ),
    ({"団体コード": "011011"}, [("団体コード", "コード「011011」の団体は登録されていません。")]),
    ({"団体コード": f"{FUNAGATA}\n{FUNAGATA}"}, [("団体コード", "「063631」が2回あります。")]),
    (
        {"団体コード": FUNAGATA, "団体の注記": "\n注"},
        [("団体コード", "セルの2行目：コードがありません。ほかの列と数をそろえてください。")],
    ),
    (
        {"題名": "=1+1"},
        [
            (
                "題名",
                "数式が入っています。値に置き換えてください（文字として書くときは先頭に「'」を付けます）。",
            )
        ],
    ),
    (
        {"識別名": "a\0"},
        [("識別名", "2文字目に、使えない制御文字（U+0000）があります。消してください。")],
    ),
    ({"題名": "題\0"}, [("題名", "2文字目に、使えない制御文字（U+0000）があります。消してください。")]),
    (
        {"取組内容": "長" * 100_001},
        [("取組内容", "長すぎます（100,001文字）。100,000文字以下にしてください。")],
    ),
]


@pytest.mark.parametrize(("cells", "expected"), one_in(2, BAD_CELLS))
def test_a_bad_cell_is_refused_with_row_column_and_reason(
    cells: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    state = database_state()
    report = run(NEW | cells)
    assert set(problems(report)) >= {(2, column, message) for column, message in expected}
    assert not report.is_applied
    assert database_state() == state


LISTS = {
    "数値": "",
    "テーマ": "",
    "関連リンクのURL": "",
    "関連リンクの表示名": "",
    "類似団体はほかにもある": "",
}


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"数値": "8回"}, "数値", "「項目：値」の形で、1行に1件ずつ入力してください（8回）。"),
        ({"数値": "回数：8回\n回数：9回"}, "数値", "「回数」が2回あります。"),
        ({"数値": "：8回"}, "数値", "セルの1行目：入力してください。"),
        (
            {"関連リンクのURL": "ftp://example.jp/", "関連リンクの表示名": "例"},
            "関連リンクのURL",
            "セルの1行目：有効なURLを入力してください。",
        ),
        (
            {"関連リンクのURL": "https://example.jp/"},
            "関連リンクの表示名",
            "セルの1行目：入力してください。",
        ),
        (
            {"類似団体はほかにもある": "TRUE"},
            "類似団体はほかにもある",
            "「はい」か「いいえ」を入力してください。",
        ),
    ],
)
def test_a_bad_line_of_a_list_is_refused(cells: dict[str, str], column: str, message: str) -> None:
    report = run(NEW | LISTS | cells)
    assert problems(report) == [(2, column, message)]


def test_an_unknown_topic_is_refused_with_the_topics_there_are() -> None:
    Indicator.objects.update(topic=None)
    Topic.objects.exclude(slug__in=["bpr", "data"]).delete()
    assert problems(run(NEW | {"テーマ": "業務改革"})) == [
        (
            2,
            "テーマ",
            "「業務改革」はありません。使えるのは次のとおりです："
            "業務改革（BPR）、データ利活用・オープンデータ",
        )
    ]


def test_a_source_that_shares_its_name_with_another_is_not_guessed() -> None:
    Source.objects.create(
        slug="twin",
        title="自治体DX推進手順書参考",
        edition="事例集",
        publisher="別",
        published_on="2022-01-01",
        terms="—",
    )
    assert [column for _, column, _ in problems(run(NEW))] == ["出典"]


def test_a_slug_that_comes_twice_is_refused() -> None:
    report = run(NEW, {**NEW, "出典のページ": "901"})
    assert problems(report) == [
        (
            3,
            "識別名",
            "2行目と同じ識別名です。どちらかだけを残してください（1つの事例の改訂案も、一度に取り込めるのは1つです）。",
        )
    ]


def test_a_place_that_two_new_cases_claim_is_refused() -> None:
    report = run(NEW, {**NEW, "識別名": "other"})
    assert problems(report) == [
        (
            3,
            "ページ内の順番",
            "2行目と同じ出典・ページ・順番です。ページか順番のどちらかを直し、出典の同じ場所に1件だけにしてください。",
        )
    ]


@pytest.mark.parametrize("rows_at_a_time", [100, 1])
def test_cases_change_places_with_each_other_and_move_up(
    monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int
) -> None:
    monkeypatch.setattr(cases, "ROWS_AT_A_TIME", rows_at_a_time)
    places = {
        "dx2021-17-1": (17, 2),
        "dx2021-17-2": (17, 1),
        "low": (95, 1),
        "high": (96, 1),
        "fresh": (94, 1),
    }
    make_case("low", page=94)
    make_case("high", page=95)
    rows = [
        {
            "識別名": slug,
            "題名": f"題{slug}",
            "出典": NEW["出典"],
            "出典のページ": str(page),
            "ページ内の順番": str(order),
        }
        for slug, (page, order) in places.items()
    ]
    report = run(*rows)
    assert (problems(report), outcomes(report)) == ([], ["変更"] * 4 + ["新規"])
    written = Case.objects.filter(slug__in=places).values_list("slug", "page", "order")
    assert {slug: (page, order) for slug, page, order in written} == places
    assert outcomes(run(*rows)) == ["変更なし"] * 5
    one_alone = run({"識別名": "high", "出典のページ": "95", "ページ内の順番": "1"})
    assert problems(one_alone) == [
        (2, "ページ内の順番", "同じ出典の同じページ・順番の事例がすでにあります。")
    ]


def test_cases_of_a_source_without_pages_change_places() -> None:
    other = Source.objects.create(
        slug="other", kind="report", title="別の資料", publisher="別", published_on="2022-01-01", terms="—"
    )
    Section.objects.create(id="other-1", source=other, step_id=1, title="取組", position=1)
    for order in (1, 2):
        make_case(f"made-{order}", source="other", section="1", page=None, order=order)
    rows = [{"識別名": f"made-{order}", "ページ内の順番": str(3 - order)} for order in (1, 2)]
    assert outcomes(run(*rows)) == ["変更", "変更"]
    assert [case.slug for case in other.cases.order_by("order")] == ["made-2", "made-1"]
    assert [message for *_, message in problems(run(rows[0] | {"ページ内の順番": "1"}))] == [
        "同じ出典の同じページ・順番の事例がすでにあります。"
    ]


def test_an_editor_proposes_no_place_that_another_case_still_has() -> None:
    by = User.objects.create_user("henshu")
    rows = [
        {"識別名": "dx2021-17-1", "ページ内の順番": "2"},
        {"識別名": "dx2021-17-2", "ページ内の順番": "1"},
    ]
    propose = Proposing(lambda case, reason: proposing(case, reason, by), waiting)
    report = import_cases(read_cases(as_csv(*rows)), dry_run=False, by=by, propose=propose)
    assert {message for *_, message in problems(report)} == {
        "同じ出典の同じページ・順番の事例がすでにあります。"
    }


def test_a_row_that_stops_short_is_refused() -> None:
    content = as_csv(NEW)
    report = import_cases(read_cases(content[: content.index(b",900")]), dry_run=False)
    assert (2, "", f"見出しは10列ですが、この行は8列です。{CUT_SHORT}") in problems(report)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("団体コード,都道府県名", "1行目に「識別名」の列がありません。"),
        ("識別名,題,名前", "1行目：「題」「名前」という列はありません。"),
        ("識別名,題名,題 名", "1行目：「題名」の列が2つ以上あります。"),
        (
            "識別名,団体コード",
            "1行目：「団体コード」の列があるのに「団体の注記」の列がありません。"
            "そろえるか、どちらも除いてください。",
        ),
        (
            "識別名,団体コード,団体の注記,照会先の部署,照会先の確認日",
            "1行目：「照会先の部署」の列があるのに「照会先の電話」「照会先のメール」の列がありません。"
            "そろえるか、どちらも除いてください。",
        ),
        ("識別名,題名", "見出しのほかに行がありません。"),
    ],
)
def test_a_wrong_header_is_refused(header: str, message: str) -> None:
    rows = f"{header}\nx,y,z\n" if "ほかに" not in message else header
    with pytest.raises(UnreadableTable) as refused:
        import_cases(read_cases(rows.encode()), dry_run=False)
    assert str(refused.value).startswith(message)


def test_a_name_beside_another_code_is_a_warning() -> None:
    row = exported("dx2021-1-1")
    report = run({**row, "団体名": "舟形町", "ステップ": "2", "人口": "1", "URL": "https://example.jp/"})
    assert outcomes(report) == ["変更なし"]
    assert [(one.column, one.message) for one in report.rows[0].warnings] == [
        (
            column,
            f"「{cell}」とありますが、コードや番号からは「{text}」です。この列は取り込みません。"
            "コードや番号に誤りがないか確かめてください。",
        )
        for column, cell, text in (("ステップ", "2", "0"), ("団体名", "舟形町", "福島県"))
    ]


def test_what_a_file_from_before_a_merge_says_is_no_change() -> None:
    old, new = (Topic.objects.get(title=title) for title in ("押印の見直し", "テレワーク"))
    case = make_case("made", topics=[old.slug, new.slug, "bpr"])
    row = exported("made")
    assert {"押印の見直し", "テレワーク"} < set(row["テーマ"].split("\n"))
    history.merge_topic(old, new, None)
    case.refresh_from_db()
    report = run(row)
    assert (outcomes(report), report.needs_reason) == (["変更なし"], False)
    assert Case.objects.get(pk=case.pk).updated_at == case.updated_at
    only_old = run({"識別名": "made", "テーマ": "業務改革（BPR）\n押印の見直し"})
    assert outcomes(only_old) == ["変更なし"]


def test_names_written_otherwise_are_neither_changes_nor_slips() -> None:
    make_case("made", bodies=("132012", FUNAGATA))
    row = exported("made")
    assert row["都道府県"] == "東京都\n山形県"
    report = run({**row, "都道府県": "東京\n山形", "団体名": "八王子 市\n舟形町"})
    assert (outcomes(report), report.rows[0].warnings) == (["変更なし"], [])
    report = run({**row, "都道府県": "東京都\n宮城"})
    assert [one.column for one in report.rows[0].warnings] == ["都道府県"]


def test_a_case_leaves_a_source_that_shares_its_name() -> None:
    case = make_case("made")
    Source.objects.create(
        slug="twin", title="自治体DX推進手順書参考", edition="事例集", publisher="別",
        published_on="2022-01-01", terms="—",
    )  # fmt: skip
    other = Source.objects.create(
        slug="other", kind="report", title="別の資料", publisher="別", published_on="2022-01-01", terms="—"
    )
    Section.objects.create(id="other-1", source=other, step_id=1, title="取組", position=1)
    assert outcomes(run({"識別名": "made", "区分": "other-1", "出典": "別の資料"})) == ["変更"]
    assert Case.objects.get(pk=case.pk).source == other


@pytest.mark.long
def test_a_text_that_the_workbook_cut_is_left_alone_but_not_taken_for_the_whole() -> None:
    make_case("made", approach="長" * 40_000)
    report = import_cases(read_cases(file_of("xlsx")), dry_run=False)
    assert report.effective == []
    book = load_workbook(BytesIO(file_of("xlsx")))
    sheet: Any = book["事例"]
    column = HEADERS.index("取組内容") + 1
    (cell,) = [
        row[0] for row in sheet.iter_rows(2, None, column, column) if (row[0].value or "").startswith("長長")
    ]
    cell.value = "短" + cell.value[1:]
    file = BytesIO()
    book.save(file)
    report = import_cases(read_cases(file.getvalue()), dry_run=False)
    assert [(column, message) for _, column, message in problems(report)] == [
        ("取組内容", "書き出しで短くなった文です。全文を入れるか、この列を除いてください。")
    ]


def as_windows_saves_it(content: bytes) -> bytes:
    """A CSV file as a spreadsheet of Windows saves it after reading it as UTF-8."""
    twins = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")
    return content.decode("utf-8").translate(twins).encode("cp932", "replace")


def test_what_cp932_changes_is_no_change_and_what_it_lost_is_told() -> None:
    make_case("made", title="𠮷野家", background="8〜9時、−5度—高‖低", bodies=[FUNAGATA])
    make_case("mixed", title="👨の会", page=901)
    content = as_windows_saves_it(file_of("csv")).replace("?の会".encode("cp932"), "?の集い".encode("cp932"))
    report = import_cases(read_cases(content), dry_run=False)
    changes = [(row.name, row.changes) for row in report.rows if row.changes]
    assert changes == [("mixed", [Change("題名", "👨の会", "?の集い")])]
    warnings = [(row.name, one.column, one.message) for row in report.rows for one in row.warnings]
    assert sorted(warnings) == [
        (
            "made",
            "題名",
            "「?野家」は、文字コードがシフトJISのため「?」になった文字を含みます。いまの値を残します。"
            "CSVは「CSV UTF-8（コンマ区切り）」で保存してください。",
        ),
        ("mixed", "題名", "シフトJISにない文字が「?」になったようです。元の文字を入れ直してください。"),
    ]
    assert Case.objects.get(slug="made").background == "8〜9時、−5度—高‖低"


def test_a_whole_table_saved_as_cp932_changes_nothing() -> None:
    report = import_cases(read_cases(as_windows_saves_it(file_of("csv"))), dry_run=False)
    assert (report.effective, report.refused) == ([], [])


@pytest.mark.parametrize("section", ["3月1日", "46082", "2026/3/1", "3-1"])
def test_a_section_that_a_spreadsheet_took_for_a_day_is_no_change(section: str) -> None:
    make_case("made", section_id="3-1")
    assert exported("made")["区分"] == "3-1 組織体制"
    assert run({**exported("made"), "区分": section}).effective == []


def test_a_row_with_a_title_alone_is_a_draft_with_a_slug_for_the_time_being() -> None:
    report = run({"識別名": "", "題名": "題だけ"}, {"識別名": "", "題名": "二つ目"})
    assert [(row.name, str(row.outcome)) for row in report.rows] == [("draft-1", "新規"), ("draft-2", "新規")]
    assert problems(run({"識別名": "x", "題名": ""})) == [(2, "題名", "入力してください。")]


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("131016.0\n'131024", ["131016", "131024"]),
        ("13101\n46492", ["131016", "464929"]),
        ("13101−6\n０６３６３−１", ["131016", FUNAGATA]),
        ("63631\n131016", [FUNAGATA, "131016"]),
        ("06363 山形県舟形町\n131016", [FUNAGATA, "131016"]),
    ],
)
def test_codes_are_read_however_programs_and_people_write_them(cell: str, codes: list[str]) -> None:
    row = NEW | {"団体コード": cell}
    assert problems(run(row)) == []
    assert [one.body_id for one in Case.objects.get(slug="new-case").case_bodies.all()] == codes
    assert outcomes(run(row)) == ["変更なし"]


@pytest.mark.parametrize("dash", "‐‑−–—－ー")
def test_a_dash_of_any_kind_is_a_hyphen_in_sections_and_telephones(dash: str) -> None:
    cells = {"照会先の電話": f"０２３{dash}４５６{dash}７８９０", "照会先の確認日": "2026-11-01"}
    row = NEW | CONTACT | cells | {"区分": f"３{dash}１"}
    assert problems(run(row)) == []
    case = Case.objects.get(slug="new-case")
    assert (case.section_id, case.case_bodies.get(body=FUNAGATA).contact_telephone) == ("3-1", "023-456-7890")
    assert outcomes(run(row)) == ["変更なし"]


def test_state_and_note_are_columns_and_an_empty_state_stays() -> None:
    make_case("old", editor_note="前")
    make_case("other")
    report = run(
        {"識別名": "old", "状態": "", "編集注": "後"},
        {"識別名": "other", "状態": "", "編集注": ""},
    )
    assert outcomes(report) == ["変更", "変更なし"]
    case = Case.objects.get(slug="old")
    assert (case.status, case.editor_note) == ("published", "後")
    run({**NEW, "状態": "公開"})
    assert Case.objects.get(slug="new-case").status == "published"


def test_a_text_that_is_emptied_or_is_a_value_of_a_spreadsheet_is_pointed_out() -> None:
    make_case("old", background="前の背景", outcome="前の成果")
    (row,) = run({"識別名": "old", "背景": "", "成果": "12345.5"}, dry_run=True).rows
    assert [(one.column, one.message) for one in row.warnings] == [
        ("背景", "空になります。セルの結合や消し忘れで、文が消えていないか確かめてください。"),
        ("成果", "「12345.5」は文ではなく、表計算ソフトの値のようです。"),
    ]


@pytest.mark.parametrize("url", ["ftp://example.jp/", "example.jp", "https://"])
def test_an_address_that_is_none_is_told_once(url: str) -> None:
    report = run(NEW | LISTS | {"関連リンクのURL": url, "関連リンクの表示名": "例"})
    assert problems(report) == [(2, "関連リンクのURL", "セルの1行目：有効なURLを入力してください。")]


def test_what_is_lacking_is_named_also_where_the_table_has_no_column_for_it() -> None:
    assert problems(run({"識別名": "x", "背景": "背景"})) == [(2, "題名", "入力してください。")]


def test_a_template_that_nobody_filled_in_is_told() -> None:
    book = template_workbook().getvalue()
    with pytest.raises(UnreadableTable, match="記入例のほかに、書かれた行がありません。"):
        import_cases(read_cases(book), dry_run=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("識別名;題名\na;b\n".encode(), "コンマではなくセミコロン（;）で区切られています。"),
        ('識別名\t題名\na\t"b\n'.encode(), "コンマではなくタブで区切られています。"),
        (
            b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            "LibreOfficeなどの形式（.ods）です。",
        ),
    ],
)
def test_another_kind_of_file_is_called_by_its_name(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        read_cases(content)
    assert str(refused.value).startswith(message)
