"""The state's data model for cases, DS-451-3: what we write comes in again, and so does what others write."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from catalog.importing.cases import SAME_SLUG, import_cases, read_cases
from catalog.importing.ds451 import contact_in
from catalog.importing.report import Report
from catalog.importing.tables import UnreadableTable
from catalog.models import Body, Case, Fact, Section, Source, Topic
from catalog.output.ds451 import MAX_SUMMARY, NAMES, REQUIRED, UNKNOWN, joined, parted, summary
from tests.filling import a_publisher
from tests.importing.test_cases import make_full_case, outcomes, problems
from tests.importing.test_pages import CASES
from tests.importing.test_runs import agree, import_dir, worked
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case, make_fact, without_cases
from tests.quick import one_in
from tests.state import database_state

pytestmark = pytest.mark.django_db
__all__ = ("import_dir",)

FORMS = ["json", "xlsx"]
# Which items the model requires, transcribed apart from the code.
MUST = [
    *(
        "タイトル",
        "事例の場所",
        "対象組織",
        "取り組みの概要",
        "取り組み理由",
        "目的",
        "取り組み内容",
        "連絡先情報",
    ),
]


def file_of(form: str, query: str = "") -> bytes:
    answer = Client().get(f"/cases.{form}?form=ds451-3{query}")
    assert answer.status_code == 200
    return answer.getvalue()


def run(content: bytes, *, dry_run: bool = False) -> Report:
    return import_cases(read_cases(content), dry_run=dry_run)


def test_all_cases_have_the_required_items_or_say_that_they_are_unknown() -> None:
    told = json.loads(file_of("json"))
    assert list(REQUIRED) == MUST
    assert (told["データモデル"], told["件数"], len(told["事例"])) == ("DS-451-3", 60, 60)
    assert list(told["事例集"]) == [
        *("データカタログ名", "データカタログ説明", "データカタログ作成者", "発行年", "ライセンス", "言語"),
    ]
    for case in told["事例"]:
        assert [name for name in MUST if not case.get(name)] == []
        assert len(case["取り組みの概要"]) <= MAX_SUMMARY
        assert {one["連絡先名称"] for one in case["連絡先情報"]} == {UNKNOWN}
        assert [name for name in case if name in NAMES] == [name for name in NAMES if name in case]
    book = load_workbook(BytesIO(file_of("xlsx")))
    header, *rows = book["事例"].iter_rows(values_only=True)
    assert header[: len(NAMES)] == NAMES
    assert len(rows) == 60
    assert all(row[header.index(name)] for row in rows for name in MUST)


def test_a_case_in_the_form_says_what_its_record_says() -> None:
    record = Client().get("/api/v1/cases/dx2021-36-1/").json()
    (case,) = (one for one in json.loads(file_of("json"))["事例"] if one["ID"] == "dx2021-36-1")
    assert (case["タイトル"], case["取り組み内容"], case["成果"]) == (
        *(record["title"], record["approach"], record["outcome"]),
    )
    assert (case["テーマ"], case["取り組み理由"]) == (record["section"]["title"], record["background"])
    assert case["キーワード"].split(";") == [topic["title"] for topic in record["topics"]]
    organisation = case["対象組織"][0]
    assert organisation["登記住所"]["全国地方公共団体コード"] == record["bodies"][0]["code"]
    assert organisation["組織種別"] == "地方公共団体"
    assert (case["公開日"], case["最終更新日"]) == ("2021-07-07", record["updated_at"][:10])
    assert len(case["関連事例"]) == 4
    assert all(Client().get(address).status_code == 200 for address in case["関連事例"])


def test_the_form_takes_the_query_and_refuses_another_form() -> None:
    query = "&step=2&population=0-1"
    wanted = [one["slug"] for one in Client().get(f"/cases.json?{query}").json()["results"]]
    assert [one["ID"] for one in json.loads(file_of("json", query))["事例"]] == wanted
    for address in ("/cases.json?form=csv", "/cases.xlsx?form=DS-451-3", "/cases.csv?form=ds451-3"):
        answer = Client().get(address)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["form"])
    assert Client().get("/cases.json?form=").json().keys() == Client().get("/cases.json").json().keys()


@pytest.mark.parametrize("form", one_in(2, FORMS))
def test_what_goes_out_comes_in_again_as_it_was(form: str) -> None:
    within = "内容\n\n【学んだこと】\n学び\n・二つ\n\n【協力者】\n大学"
    make_full_case("made", approach=within, year=2020)
    make_fact(make_full_case("beside", approach=within), "partner", text="=大学", label="相手")
    state, record = database_state(), Client().get("/cases.json").json()
    content = file_of(form)
    report = run(content)
    assert report.summary == "新規 0行、変更 0行、変更なし 62行、取り込めない 0行"
    assert [row.warnings for row in report.rows if row.warnings] == []
    assert database_state() == state
    without_cases()
    assert run(content).summary == "新規 62行、変更 0行、変更なし 0行、取り込めない 0行"
    Case.objects.update(status="published")
    back = Client().get("/cases.json").json()
    for one in (*record["results"], *back["results"]):
        one.pop("updated_at")
    # A line break of Windows comes back as a plain one, as by every import.
    whole = json.dumps(record["results"], ensure_ascii=False).replace("\\r\\n", "\\n")
    assert json.dumps(back["results"], ensure_ascii=False) == whole


def test_facts_are_the_schemes_and_partners_of_a_case() -> None:
    told = {one["ID"]: one for one in json.loads(file_of("json"))["事例"]}
    assert {slug: case["利用した制度"] for slug, case in told.items() if "利用した制度" in case} == {
        slug: ";".join(texts) for slug, texts in facts_of("scheme").items()
    }
    assert {slug: case["協力者"] for slug, case in told.items() if "協力者" in case} == {
        slug: ";".join(texts) for slug, texts in facts_of("partner").items()
    }
    assert told["dx2021-23-2"]["利用した制度"] == "令和2年度香美市高知工科大学ICT推進活動事業費補助金"
    assert told["dx2021-23-2"]["協力者"] == "高知工科大学"


def facts_of(kind: str) -> dict[str, list[str]]:
    texts = defaultdict[str, list[str]](list)
    for fact in Fact.objects.filter(kind=kind).select_related("case").order_by("position", "pk"):
        texts[fact.case.slug].append(fact.text)
    return texts


def test_an_item_of_a_fact_stays_in_the_text_too_where_it_stands_there() -> None:
    make_fact(make_full_case("made", approach="内容\n\n【協力者】\n大学"), "partner", text="会社")
    (case,) = (one for one in json.loads(file_of("json"))["事例"] if one["ID"] == "made")
    assert (case["取り組み内容"], case["協力者"]) == ("内容\n\n【協力者】\n大学", "会社")


def test_items_without_a_field_stand_in_the_text_under_their_names_and_go_out_as_items() -> None:
    text = joined("内容", {"協力者": "大学", "学んだこと": "一\n\n二"}, ("学んだこと", "協力者"))
    assert text == "内容\n\n【学んだこと】\n一\n\n二\n\n【協力者】\n大学"
    assert parted(text, ("学んだこと", "協力者")) == ("内容", {"学んだこと": "一\n\n二", "協力者": "大学"})
    for whole in ("内容【学んだこと】", "【協力者】\n大学\n\n【学んだこと】\n一", "【学んだこと】\n"):
        assert parted(whole, ("学んだこと", "協力者")) == (whole, {})
    assert parted("【協力者】\n大学", ("協力者",)) == ("", {"協力者": "大学"})
    assert summary(["一", "二。", "三\n四"]) == "一。二。三 四。"
    assert len(summary(["あ" * 200, "い" * 200])) == 201
    assert len(summary(["あ" * 400])) == 300


def casebook_of(number: int) -> list[dict[str, Any]]:
    """Cases of an invented casebook in the form, as somebody else writes them: none of our added items."""
    themes = ["窓口を変える", "人を育てる", "内部を変える"]
    places = [("山形県", "舟形町"), ("奈良県", "橿原市"), ("高知県", "日高村")]
    return [
        {
            "タイトル": f"架空の取組{at}",
            "サブタイトル": f"副題{at}" if at % 7 == 0 else "",
            "事例実施年": 2019 + at % 5,
            "事例の場所": places[at % 3][0],
            "対象組織": "".join(places[at % 3]) if at % 2 else places[at % 3][1],
            "テーマ": themes[at % 3],
            "キーワード": "業務改革（BPR）;独自の言葉" if at % 4 == 0 else "業務改革（BPR）",
            "取り組みの概要": f"{at}番目の取組の要点。もう一つの要点。",
            "取り組み理由": f"理由{at}",
            "目的": f"目的{at}" if at % 3 else UNKNOWN,
            "取り組み内容": f"内容{at}\n\n二つ目の段落",
            "学んだこと": f"学び{at}" if at % 5 == 0 else "",
            "成果": f"成果{at}" if at % 2 else "",
            "協力者": "大学" if at % 10 == 0 else "",
            "関連URL": f"https://example.jp/{at};https://example.jp/{at}/b",
            "連絡先情報": f"企画課 (0233)32-{at:04} kikaku@example.jp" if at % 2 else UNKNOWN,
            "ID": f"A_{at:03}",
            "公開日": "2024-05-01",
            "最終更新日": "2024-06-01",
        }
        for at in range(1, number + 1)
    ]


def as_json(cases: list[dict[str, Any]]) -> bytes:
    whole = {"事例集": {"データカタログ名": "架空の事例集第2版"}, "事例": cases}
    return json.dumps(whole, ensure_ascii=False).encode()


def as_book(cases: list[dict[str, Any]]) -> bytes:
    book, file = Workbook(), BytesIO()
    about = book.active
    assert about is not None
    about.title = "事例集"
    about.append(["データカタログ名", "発行年"])
    about.append(["架空の事例集第2版", "2024"])
    sheet = book.create_sheet("事例")
    sheet.append([*cases[0]])
    for case in cases:
        sheet.append([*case.values()])
    book.save(file)
    return file.getvalue()


def make_invented_source() -> Source:
    source = Source.objects.create(
        slug="kaku", kind="report", title="架空の事例集", edition="第2版", publisher="県",
        published_on="2024-05-01", terms="自由",
    )  # fmt: skip
    for position, title in enumerate(("窓口を変える", "人を育てる", "内部を変える"), start=1):
        Section.objects.create(
            id=f"kaku-{position}", source=source, step_id=3, title=title, position=position
        )
    return source


@pytest.mark.parametrize("write", one_in(2, [as_json, as_book]))
def test_a_casebook_of_others_enters_with_all_that_it_says(write: Any) -> None:
    source, cases = make_invented_source(), casebook_of(10)
    report = run(write(cases))
    assert (report.summary, problems(report)) == ("新規 10行、変更 0行、変更なし 0行、取り込めない 0行", [])
    made = {case.slug: case for case in source.cases.all()}
    assert sorted(made) == [f"kaku-a-{at:03}" for at in range(1, 11)]
    case = made["kaku-a-005"]
    assert (case.section_id, case.year, case.order, case.page) == ("kaku-3", 2019, 5, None)
    assert (case.points, case.outcome) == (["5番目の取組の要点", "もう一つの要点"], "成果5")
    assert case.background == "理由5\n\n【目的】\n目的5"
    assert case.approach == "内容5\n\n二つ目の段落\n\n【学んだこと】\n学び5"
    assert made["kaku-a-004"].approach.endswith("\n\n【キーワード】\n独自の言葉")
    assert [topic.title for topic in case.topics.all()] == ["業務改革（BPR）"]
    (body,) = case.case_bodies.all()
    assert (body.body_id, body.contact_section, body.contact_telephone) == (
        *(HIDAKA, "企画課", "0233-32-0005"),
    )
    assert (body.contact_email, str(body.contact_checked_on)) == ("kikaku@example.jp", "2024-06-01")
    assert [(link.url, link.label) for link in case.links.all()] == [
        ("https://example.jp/5", "example.jp"),
        ("https://example.jp/5/b", "example.jp"),
    ]
    assert run(write(cases)).summary == "新規 0行、変更 0行、変更なし 10行、取り込めない 0行"
    more = run(write([{**cases[0], "ID": "A_777"}]))
    assert (outcomes(more), Case.objects.get(slug="kaku-a-777").order) == (["新規"], 11)
    run(write([{**cases[0], "ID": "dx2021-17-1"}]))
    assert Case.objects.get(slug="kaku-dx2021-17-1").source == source
    assert Case.objects.get(slug="dx2021-17-1").source != source
    # And out again: what the model has an item for is in that item.
    source.cases.update(status="published")
    told = {one["ID"]: one for one in json.loads(file_of("json", "&source=kaku"))["事例"]}
    for name in (
        "タイトル",
        "テーマ",
        "取り組みの概要",
        "取り組み理由",
        "目的",
        "取り組み内容",
        "学んだこと",
        "成果",
    ):
        assert told["kaku-a-005"][name] == cases[4][name]
    assert told["kaku-a-005"]["連絡先情報"][0]["連絡先名称"] == "企画課"


def as_table(cases: list[dict[str, Any]]) -> bytes:
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerows([[*cases[0]], *([*case.values()] for case in cases)])
    return file.getvalue().encode()


@pytest.mark.parametrize("write", [as_json, as_table])
def test_an_item_that_the_model_does_not_know_stays_under_its_name(write: Any) -> None:
    source, (case,) = make_invented_source(), casebook_of(1)
    own = {
        "取り組み 内容": "内容",
        "独自項目": "残る",
        "独自の 二": "不明",
        "協力者": "大学",
        "出典": "架空の事例集第2版",
    }
    case = {name: text for name, text in case.items() if name != "取り組み内容"} | own
    report = run(write([case]))
    assert problems(report) == []
    made = source.cases.get()
    assert made.approach == "内容\n\n【独自項目】\n残る\n\n【協力者】\n大学"
    assert outcomes(run(write([case]))) == ["変更なし"]
    source.cases.update(status="published")
    (told,) = json.loads(file_of("json", "&source=kaku"))["事例"]
    assert (told["取り組み内容"], told["協力者"]) == ("内容\n\n【独自項目】\n残る", "大学")


def test_what_a_table_has_without_a_heading_or_under_one_twice_is_refused() -> None:
    make_invented_source()
    (case,) = casebook_of(1)
    case["出典"] = "架空の事例集第2版"
    assert [told for *_, told in problems(run(as_table([{**case, "": "失われる"}])))] == [
        "見出しのない列に値があります。見出しを付けるか、余分な列を消してください。"
    ]
    with pytest.raises(UnreadableTable, match="「成果」の列が2つ以上あります。1つにまとめてください。"):
        read_cases(as_table([{**case, "成 果": "もう1つ"}]))


def test_contacts_and_a_theme_that_have_no_place_are_told() -> None:
    source, (case,) = make_invented_source(), casebook_of(1)
    Section.objects.filter(source=source).exclude(title="窓口を変える").delete()
    contacts = [
        {"連絡先名称": "企画課", "連絡先内線": "12"},
        {"連絡先名称": "総務課", "連絡先電話番号": "0233-32-1111"},
        {"連絡先電話番号": "0233-32-2222"},
    ]
    report = run(as_json([{**case, "テーマ": "別の章", "連絡先情報": contacts}]), dry_run=True)
    (told,) = report.rows[0].warnings
    assert told.message == (
        "「別の章」という区分はないため、この出典の区分「窓口を変える」にします。"
        "連絡先が対象組織と同じ数ではないため、初めの1件だけを取り込みます。"
        "ほかの連絡先（総務課 0233-32-1111）は、要るものを取り込んだ後に事例の画面で入力してください。"
        "連絡先の「連絡先内線」は、欄がないため取り込みません（12）。"
        "要るものは、取り込んだ後に事例の画面で入力してください。"
        "名称のない連絡先は取り込みません（0233-32-2222）。「連絡先名称」に部署を入れてください。"
    )


def test_one_object_is_a_list_of_one_and_values_of_an_array_stay_whole() -> None:
    source, (case,) = make_invented_source(), casebook_of(1)
    natural = {
        **case,
        "対象組織": {"商号または名称": "和歌山県御坊市"},
        "連絡先情報": {"連絡先名称": "企画課;DX係", "連絡先電話番号": "0738-22-4111"},
        "関連URL": ["https://a.jp/x;y", "https://a.jp/z"],
        "キーワード": ["業務改革（BPR）", "一;二"],
    }
    alone = json.dumps(natural | {"出典": "架空の事例集第2版"}, ensure_ascii=False).encode()
    one = json.dumps({"事例": natural | {"出典": "架空の事例集第2版"}}, ensure_ascii=False).encode()
    for content in (as_json([natural]), alone, one):
        report = run(content)
        assert problems(report) == []
    assert outcomes(report) == ["変更なし"]
    made = source.cases.get()
    assert [(row.body.name, row.contact_section) for row in made.case_bodies.all()] == [
        ("御坊市", "企画課;DX係")
    ]
    assert [link.url for link in made.links.all()] == ["https://a.jp/x;y", "https://a.jp/z"]
    assert made.approach.endswith("【キーワード】\n一;二")
    mixed = ["山形県舟形町", {"商号または名称": "奈良県橿原市"}]
    run(as_json([{**case, "ID": "A_2", "対象組織": mixed}]))
    assert [row.body_id for row in Case.objects.get(slug="kaku-a-2").case_bodies.all()] == [
        FUNAGATA,
        KASHIHARA,
    ]


def test_a_title_that_is_there_already_is_told_with_its_case() -> None:
    make_invented_source()
    case = {name: text for name, text in casebook_of(1)[0].items() if name != "ID"}
    told = [[one.message for one in row.warnings] for row in run(as_json([case, case])).rows]
    assert told == [[], ["同じ題名の事例がほかにもあります（kaku-1）。"]]
    (again,) = run(as_json([case]), dry_run=True).rows
    assert [(one.column, one.message) for one in again.warnings] == [
        ("題名", "同じ題名の事例がほかにもあります（kaku-1、kaku-2）。")
    ]


def test_messages_about_json_speak_of_no_cells_and_no_lines() -> None:
    make_invented_source()
    (case,) = casebook_of(1)
    wrong = {**case, "関連URL": ["https://a.jp/", "x;y"]}
    report = run(as_json([wrong, case, {**case, "対象組織": [["山形県舟形町"]]}]))
    told = problems(report)
    assert (1, "関連リンクのURL", "2件目：有効なURLを入力してください。") in told
    assert (2, "識別名", SAME_SLUG.format(1, "件目")) in told
    assert "「対象組織」：文字か数か、その並びにしてください。" in [message for *_, message in told]
    assert not [line for line in report.lines() if "セル" in line or "行目" in line]
    run(as_json([case]))
    emptied = run(as_json([{**case, "成果": ""}, casebook_of(3)[2]]), dry_run=True)
    assert "空になります。文が消えていないか確かめてください。" in [
        one.message for one in emptied.rows[0].warnings
    ]


def test_what_cannot_be_taken_is_refused_in_plain_words() -> None:
    make_invented_source()
    (case,) = casebook_of(1)
    wrong = [
        {**case, "対象組織": "府中市"},
        {**case, "テーマ": "ない区分"},
        {**case, "タイトル": ""},
        {**case, "関連URL": "ftp://example.jp/"},
        {**case, "事例実施年": "いつか"},
        {**case, "目的": {"入れ子": 1}},
    ]
    report = run(as_json([{**one, "ID": f"A{at}"} for at, one in enumerate(wrong)]))
    told = {row.number: "".join(one.message for one in row.problems) for row in report.rows}
    assert set(outcomes(report)) == {"取り込めない"}
    assert "対象組織「府中市」がどの団体か決まりません" in told[1]
    assert "「ない区分」はありません。使えるのは次のとおりです" in told[2]
    assert "年度として読めません" in told[5]
    assert "「目的」：文字か数か、その並びにしてください。" in told[6]
    assert not Case.objects.filter(source__slug="kaku").exists()
    for content, message in {
        b'{"a": ': "JSONとして読み取れません（1行目の",
        b'{"\xe4\xba\x8b\xe4\xbe\x8b": []}': "「事例」に事例がありません",
        b"[1]": "1件目：項目の名前と値の組ではありません。",
    }.items():
        with pytest.raises(UnreadableTable, match=message):
            read_cases(content)


def test_a_contact_is_read_in_its_parts_and_never_without_its_day() -> None:
    assert [contact_in(one) for one in ("情報課（０３）１２３４−５６７８ a@b.jp", "総務課")] == [
        {"連絡先名称": "情報課", "連絡先電話番号": "03-1234-5678", "連絡先メールアドレス": "a@b.jp"},
        {"連絡先名称": "総務課", "連絡先電話番号": "", "連絡先メールアドレス": ""},
    ]
    make_invented_source()
    case = {**casebook_of(1)[0], "公開日": "", "最終更新日": ""}
    (row,) = run(as_json([case]), dry_run=True).rows
    assert [one.message for one in row.warnings] == [
        "連絡先は、確かめた日（最終更新日か公開日）がないため取り込みません。"
    ]


def test_a_change_made_in_the_form_changes_that_alone() -> None:
    make_case("made", bodies=(FUNAGATA,), background="背景")
    told = json.loads(file_of("json"))
    (case,) = (one for one in told["事例"] if one["ID"] == "made")
    case["タイトル"], case["目的"] = "新しい題名", "新しい目的"
    report = run(json.dumps(told).encode())
    (row,) = report.effective
    assert [(one.column, one.old, one.new) for one in row.changes] == [
        ("題名", Case.objects.get(slug="made").title.replace("新しい題名", row.changes[0].old), "新しい題名"),
        ("背景", "背景", "背景\n\n【目的】\n新しい目的"),
    ]


@pytest.mark.long
def test_hostile_texts_are_refused_or_taken_as_texts_and_never_fail() -> None:
    make_invented_source()
    (case,) = casebook_of(1)
    for text in (
        "a\0b",
        "=1+1",
        "'=1",
        "\u202e",
        "【学んだこと】\n",
        "あ" * 50_000,
        "-1",
        "1e999",
        ";;",
        "\n\n",
    ):
        cases = [{**case, "ID": f"A{at}", name: text, "余分": text} for at, name in enumerate(case)]
        assert len(run(as_json(cases), dry_run=True).rows) == len(case)
    values: list[Any] = [None, 0, True, [], [[]], [None, {}], {"a": {}}, 1.5]
    names = ("対象組織", "連絡先情報", "関連URL", "ID", "団体コード")
    cases = [{**case, "ID": f"A{value}{name}", name: value} for value in values for name in names]
    assert len(run(as_json(cases), dry_run=True).rows) == len(cases)
    nested = b'{"\xe4\xba\x8b\xe4\xbe\x8b": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    with pytest.raises(UnreadableTable):
        read_cases(nested)


def test_a_name_is_a_body_of_today_or_of_the_place_and_never_one_of_two() -> None:
    source, (case,) = make_invented_source(), casebook_of(1)
    today = Body.objects.get(code=FUNAGATA)
    Body.objects.filter(code="062049").update(name=today.name, abolished_on="2020-01-01", successor=today)
    named = {"舟形町": FUNAGATA, "山形県舟形町": FUNAGATA, "山形県 舟形町": FUNAGATA, "奈良県": "290009"}
    run(as_json([{**case, "ID": f"A{at}", "対象組織": name} for at, name in enumerate(named)]))
    codes = source.cases.order_by("slug").values_list("case_bodies__body", flat=True)
    assert list(codes) == list(named.values())
    at_home = [
        {**case, "ID": f"B{at}", "対象組織": "府中市", "事例の場所": place}
        for at, place in enumerate(("東京都", "広島県"))
    ]
    run(as_json(at_home))
    codes = (
        source.cases.filter(slug__startswith="kaku-b")
        .order_by("slug")
        .values_list("case_bodies__body", flat=True)
    )
    assert list(codes) == ["132063", "342084"]


@pytest.mark.long
@pytest.mark.usefixtures("import_dir")
@pytest.mark.parametrize("write", [as_json, as_book])
def test_five_hundred_cases_of_others_enter_by_the_page_without_a_line_of_code(write: Any) -> None:
    source, cases, publisher = make_invented_source(), casebook_of(500), a_publisher()
    sent = publisher.post(CASES, {"file": SimpleUploadedFile("casebook", write(cases))})
    assert sent.status_code == 302
    address = str(sent.headers["Location"])
    assert "新規 500行" in worked(publisher, address).text
    agree(publisher, address)
    assert "取り込みました" in worked(publisher, address).text
    assert source.cases.count() == 500
    source.cases.update(status="published")
    assert Client().get("/cases.json?source=kaku").json()["count"] == 500
    told = json.loads(file_of("json", "&source=kaku"))["事例"]
    assert [name for one in told for name in MUST if not one.get(name)] == []
    assert run(file_of("xlsx", "&source=kaku")).summary.startswith("新規 0行、変更 0行、変更なし 500行")
    assert Topic.objects.get(title="業務改革（BPR）").cases.filter(source=source).count() == 500
