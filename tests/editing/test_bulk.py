"""Many cases at once, and what is new from what there is: export, template, sorting, duplicates, reviews."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from catalog import history
from catalog.editing.case_list import versions_of
from catalog.editing.sheets import TEMPLATE_COLUMNS
from catalog.importing.cases import import_cases, read_cases
from catalog.models import Case, CaseBody, Figure, Proposal, Review, Topic
from catalog.models.days import in_japanese
from catalog.output.columns import EDITORS_TABLE, HEADERS
from dxcases.sent_twice import SENT_TWICE
from tests.filling import ADD, a_publisher, an_editor, change_url, errors, new_case, opened, sent_by
from tests.making import FUNAGATA, KASHIHARA, make_case
from tests.state import database_state

pytestmark = pytest.mark.django_db

CASES, PROPOSALS = "/admin/catalog/case/", "/admin/catalog/proposal/"
TEMPLATE = f"{CASES}import/template/"


def act(client: Client, action: str, *cases: Case, **data: Any) -> Any:
    sent = {"action": action, "_selected_action": [case.pk for case in cases], **data}
    return client.post(CASES, sent, follow=True)


def rows_of(response: Any, sheet: str = "事例") -> list[dict[str, Any]]:
    book = load_workbook(BytesIO(response.getvalue()))
    header, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def outcomes(content: bytes) -> list[str]:
    return [str(row.outcome) for row in import_cases(read_cases(content), dry_run=True).rows]


def make_unfinished(title: str = "題だけ") -> Case:
    return Case.objects.create(slug="draft-1", title=title)


def test_cases_of_every_state_are_exported_and_import_again_without_a_change() -> None:
    make_case("a-draft", status="draft", title="下書きの題", editor_note="注\n二行目", bodies=[])
    make_case("gone", status="withdrawn", withdrawn_reason="申し出", title="取り下げの題")
    make_unfinished()
    client = an_editor()
    response = client.get(f"{CASES}export/")
    content = response.getvalue()
    assert outcomes(content) == ["変更なし"] * Case.objects.count()
    rows = {row["識別名"]: row for row in rows_of(client.get(f"{CASES}export/?status__exact=draft"))}
    assert {slug: (row["状態"], row["編集注"]) for slug, row in rows.items()} == {
        "a-draft": ("下書き", "注\n二行目"),
        "draft-1": ("下書き", None),
    }
    chosen = act(client, "export", Case.objects.get(slug="gone"))
    assert [(row["識別名"], row["状態"]) for row in rows_of(chosen)] == [("gone", "取り下げ")]
    assert [column.header for column in EDITORS_TABLE if column.header not in HEADERS] == ["状態", "編集注"]
    assert not {"状態", "編集注"} & {*client.get("/cases.csv").getvalue().decode().split("\n")[0].split(",")}


def test_only_editors_may_export() -> None:
    assert Client().get(f"{CASES}export/").headers["Location"].startswith("/admin/login/")


@pytest.mark.long
def test_a_proposal_is_exported_as_the_row_it_proposes() -> None:
    client, case = an_editor(), make_case("public", background="前")
    client.post(change_url(case), {**opened(client, case), "reason": "改訂", "background": "案"})
    proposal = Proposal.objects.get()
    response = client.post(PROPOSALS, {"action": "export", "_selected_action": [proposal.pk]})
    assert [(row["識別名"], row["背景"]) for row in rows_of(response)] == [("public", "案")]


def test_the_template_offers_lists_and_what_is_written_in_it_is_imported_with_a_slug() -> None:
    response = an_editor().get(TEMPLATE)
    book = load_workbook(BytesIO(response.getvalue()))
    assert book.sheetnames == ["事例", "説明", "選択肢"]
    sheet = book["事例"]
    headers = [cell.value for cell in sheet[1]]
    assert headers == [column.header for column in TEMPLATE_COLUMNS]
    lists = {
        headers[next(iter(one.sqref.ranges)).min_col - 1]: one.formula1
        for one in sheet.data_validations.dataValidation
    }
    assert [*lists] == [
        "状態",
        "区分",
        "テーマ",
        "団体コード",
        "団体名",
        "団体の種別",
        "類似団体コード",
        "類似団体はほかにもある",
        "出典",
    ]
    choices = {column[0].value: [cell.value for cell in column[1:]] for column in book["選択肢"].iter_cols()}
    body = next(text for text in choices["団体コード"] if str(text).startswith(FUNAGATA))
    assert body == f"{FUNAGATA} 山形県舟形町"
    for row, page in ((3, 801), (4, None)):
        texts = {
            "題名": f"題{row}",
            "区分": choices["区分"][1],
            "出典": choices["出典"][0],
            "団体コード": body,
        }
        for header, text in {**texts, "出典のページ": page}.items():
            sheet.cell(row, headers.index(header) + 1, text)
    file = BytesIO()
    book.save(file)
    report = import_cases(read_cases(file.getvalue()), dry_run=False)
    assert (report.refused, report.skipped) == ([], {"記入例": [2]})
    made = Case.objects.filter(title__in=["題3", "題4"]).order_by("title")
    assert [(case.slug, case.status, str(case.case_bodies.get())) for case in made] == [
        ("dx2021-801-1", "draft", "山形県舟形町"),
        ("draft-1", "draft", "山形県舟形町"),
    ]


def shown(*cases: Case) -> str:
    """The field of the page that asks, as the cases stand now."""
    return versions_of(Case.objects.filter(pk__in=[case.pk for case in cases]))


def test_topics_and_section_of_several_cases_change_with_one_version_each() -> None:
    client = a_publisher()
    draft, public = make_case(status="draft", topics=["bpr"]), make_case(topics=["bpr"])
    ready = make_case(topics=["data"], section="2")
    add, remove = (str(Topic.objects.get(slug=slug).pk) for slug in ("data", "bpr"))
    data = {"apply": "1", "add": add, "remove": remove, "section": "2", "shown": shown(draft, public, ready)}
    refused = act(client, "sort", draft, public, ready, **data)
    assert "公開した事例を変えるときは、変更の理由を入力してください。" in refused.text
    assert "どれかを選んでください" in act(client, "sort", draft, apply="1").text
    act(client, "sort", draft, public, ready, **data, reason="章の見直し")
    for case in (draft, public, ready):
        case.refresh_from_db()
        assert ([topic.slug for topic in case.topics.all()], case.section_id) == (["data"], "2")
    told = [[one.revision.comment for one in history.versions_of(case)] for case in (draft, public, ready)]
    assert told == [["章の見直し", history.BEGUN], ["章の見直し", history.BEGUN], []]


def test_topics_of_a_public_case_are_proposed_by_who_may_not_publish() -> None:
    client, case = an_editor(), make_case(topics=["bpr"])
    topic = Topic.objects.get(slug="data")
    case.refresh_from_db()
    data = {"apply": "1", "add": str(topic.pk), "shown": shown(case), "reason": "分類"}
    act(client, "sort", case, **data)
    assert [one.slug for one in case.topics.all()] == ["bpr"]
    proposal = Proposal.objects.get()
    assert (topic.pk in proposal.content["case"]["topics"], proposal.reason) == (True, "分類")


def test_a_case_is_duplicated_with_its_rows_and_nothing_of_its_publication() -> None:
    client = an_editor()
    case = make_case(bodies=[FUNAGATA, KASHIHARA], topics=["bpr"], title="元の題", editor_note="注")
    Figure.objects.create(case=case, label="回数", value="8回")
    url = f"{CASES}{case.pk}/duplicate/"
    state = database_state()
    client.get(url)
    assert database_state()["catalog_case"] == state["catalog_case"]
    response = client.post(url)
    made = Case.objects.get(slug="draft-1")
    assert response.headers["Location"] == change_url(made)
    assert (made.title, made.status, made.page, made.first_published_at) == (
        "元の題（複製）",
        "draft",
        None,
        None,
    )
    assert (str(made.figures.get()), [one.slug for one in made.topics.all()]) == ("回数：8回", ["bpr"])
    assert [one.body_id for one in CaseBody.objects.filter(case=made)] == [FUNAGATA, KASHIHARA]
    client.post(change_url(made), {**opened(client, made), "page": "700"})
    assert Case.objects.get(pk=made.pk).slug == "dx2021-700-1"


def test_a_draft_is_saved_and_previewed_unfinished_and_asked_for_all_it_lacks_at_publication() -> None:
    client = a_publisher()
    bare = {
        "points": "",
        "approach": "",
        "section": "",
        "source": "",
        "page": "",
        "slug": "",
        "status": "draft",
    }
    response = client.post(ADD, new_case(**bare))
    assert response.status_code == 302, errors(response)
    case = Case.objects.get(slug="draft-1")
    preview = client.get(f"{CASES}{case.pk}/preview/")
    assert (preview.status_code, "新しい事例" in preview.text) == (200, True)
    refused = client.post(change_url(case), {**opened(client, case), "status": "published"})
    lacking = "公開するには、次の項目も入力してください：ポイント、取組内容、区分、出典、出典のページ"
    assert lacking in refused.text
    assert errors(refused).count("公開するには、入力してください。") == 5
    publish = {"apply": "1", "shown": shown(case), "reason": ""}
    assert f"「新しい事例」：{lacking}" in act(client, "publish", case, **publish).text
    assert sent_by(refused)["title"] == "新しい事例"
    assert Client().get("/cases/draft-1/").status_code == 404


def test_cases_published_by_a_double_click_are_so_once() -> None:
    client, case = a_publisher(), make_case("clicked", status="draft", title="題")
    publish = {"apply": "1", "shown": shown(case), "reason": ""}
    first, second = (act(client, "publish", case, **publish) for _ in range(2))
    assert "1件を「公開」にしました。" in first.text
    assert (SENT_TWICE in second.text, "0件" in second.text) == (True, False)
    assert [version.revision.comment for version in history.versions_of(case)] == ["", history.BEGUN]


def test_proposals_made_of_public_cases_by_a_double_click_are_one_each() -> None:
    client, cases = an_editor(), [make_case(), make_case()]
    sort = {
        "apply": "1",
        "shown": versions_of(Case.objects.filter(pk__in=[case.pk for case in cases])),
        "reason": "整理",
    }
    sort["add"] = str(Topic.objects.get(slug="bpr").pk)
    first, second = (act(client, "sort", *cases, **sort) for _ in range(2))
    assert "2件のテーマ・区分を変えました。" in first.text
    assert SENT_TWICE in second.text
    assert [one.case for one in Proposal.objects.order_by("case")] == cases


def test_published_cases_are_withdrawn_together_with_a_reason_for_readers() -> None:
    client = a_publisher()
    cases = [make_case("one"), make_case("two"), make_case("draft", status="draft")]
    asked = act(client, "withdraw", *cases)
    assert [case.slug for case, _ in asked.context["cases"]] == ["one", "two"]
    answer = {"apply": "1", "shown": asked.context["shown"], "reason": "依頼", "withdrawn_reason": ""}
    assert errors(act(client, "withdraw", *cases, **answer)) == ["取り下げるときは、理由を入力してください。"]
    done = act(client, "withdraw", *cases, **answer | {"withdrawn_reason": "団体の申し出"})
    assert "2件を「取り下げ」にしました。" in done.text
    pages = [Client().get(f"/cases/{case.slug}/") for case in cases]
    assert [page.status_code for page in pages] == [410, 410, 404]
    assert all("団体の申し出" in page.text for page in pages[:2])
    assert history.versions_of(cases[0])[0].revision.comment == "依頼"


def test_what_could_not_be_done_is_told_again_by_a_double_click() -> None:
    client, case = a_publisher(), make_unfinished()
    publish = {"apply": "1", "shown": shown(case), "reason": ""}
    for _ in range(2):
        assert "公開するには、次の項目も入力してください" in act(client, "publish", case, **publish).text


def test_cases_to_be_looked_at_again_are_filtered_by_their_day() -> None:
    client, today = an_editor(), timezone.localdate()
    for title, day in (("今日まで", today), ("来月まで", today + timedelta(days=30))):
        Review.objects.create(case=make_case(title=title), due_on=day)
    page = client.get(f"{CASES}?review=due")
    assert [case.title for case in page.context["cl"].result_list] == ["今日まで"]
    assert f"{in_japanese(today)}までに見直す" in page.text
    assert [case.title for case in client.get(f"{CASES}?review=set").context["cl"].result_list] == [
        "今日まで",
        "来月まで",
    ]


@pytest.mark.parametrize("lack", [{"points": []}, {"approach": ""}, {"section": None}, {"source": None}])
def test_the_database_refuses_a_published_case_that_lacks_something(lack: dict[str, Any]) -> None:
    case = make_case()
    with pytest.raises(IntegrityError, match="case_published_is_complete"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**lack)


def test_the_database_refuses_a_published_case_of_a_casebook_without_a_page() -> None:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(page=None)
    with pytest.raises(IntegrityError, match="of a casebook is published without a page"):
        connection.check_constraints()


def test_a_public_case_that_becomes_an_unfinished_draft_at_once_leaves_the_lists() -> None:
    case = make_case("soon-unfinished", title="未完の題")
    assert "未完の題" in Client().get("/cases/?q=未完の題").text
    Case.objects.filter(pk=case.pk).update(status="draft", section=None, source=None, page=None)
    assert Client().get("/cases.json?q=未完の題").json()["count"] == 0
