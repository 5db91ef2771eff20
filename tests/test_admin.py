from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Body, Case
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case

pytestmark = pytest.mark.django_db

INLINES = ("case_bodies", "figures", "links", "similar_bodies")


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("henshu", password="a long enough password"))
    return client


def form_data(**changes: Any) -> dict[str, Any]:
    """What the editor's form of a new case sends, with one body and one of each other row."""
    data: dict[str, Any] = {
        "title": "新しい事例",
        "slug": "new-case",
        "status": "published",
        "section": "3-1",
        "source": "1",
        "page": "100",
        "order": "1",
        "heading": "",
        "points": "一つ目\r\n\r\n 二つ目 ",
        "background": "背景",
        "approach": "内容",
        "outcome": "",
        "references": "",
        "topics": [],
        "editor_note": "",
        "case_bodies-0-body": FUNAGATA,
        "case_bodies-0-note": "",
        "case_bodies-0-position": "1",
        "figures-0-label": "回数",
        "figures-0-value": "8回",
        "figures-0-position": "1",
        "links-0-label": "例",
        "links-0-url": "https://example.jp/",
        "links-0-position": "1",
        "similar_bodies-0-body": KASHIHARA,
        "similar_bodies-0-note": "研修",
        "similar_bodies-0-url": "",
        "similar_bodies-0-position": "1",
    }
    for inline in INLINES:
        data |= {f"{inline}-TOTAL_FORMS": "1", f"{inline}-INITIAL_FORMS": "0"}
    data["source"] = str(Case.objects.values_list("source", flat=True)[0])
    return {**data, **changes}


def errors(response: Any) -> list[str]:
    return re.findall(r'<ul class="errorlist[^>]*>\s*<li>(.*?)</li>', response.text)


def test_a_case_published_in_the_admin_is_public_at_once(editor: Client) -> None:
    response = editor.post("/admin/catalog/case/add/", form_data())
    assert response.status_code == 302, errors(response)
    for url in ("/cases/?prefecture=06&section=3-1", "/steps/2/", "/cases/new-case/"):
        assert "新しい事例" in editor.get(url).text
    (record,) = [one for one in editor.get("/cases.json").json()["results"] if one["slug"] == "new-case"]
    assert record["points"] == ["一つ目", "二つ目"]
    assert [body["name"] for body in record["bodies"]] == ["舟形町"]
    assert record["figures"] == [{"label": "回数", "value": "8回"}]
    assert record["links"] == [{"url": "https://example.jp/", "label": "例"}]
    assert [body["note"] for body in record["similar"]["bodies"]] == ["研修"]


def test_a_draft_made_in_the_admin_is_nowhere_public(editor: Client) -> None:
    assert editor.post("/admin/catalog/case/add/", form_data(status="draft")).status_code == 302
    assert Case.objects.filter(slug="new-case").exists()
    assert editor.get("/cases/new-case/").status_code == 404
    for url in ("/cases/?prefecture=06&section=3-1", "/steps/2/", "/cases.json"):
        assert "新しい事例" not in editor.get(url).text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "この項目は必須です。"),
        ({"slug": "dx2021-1-1"}, "この 識別名 を持った 事例 が既に存在します。"),
        ({"slug": "New Case"}, "半角の英数字"),
        ({"page": "1", "section": "1"}, "同じ出典の同じページ・順番の事例がすでにあります。"),
        ({"page": "0"}, "ページと順番は1以上"),
        ({"points": " \r\n "}, "この項目は必須です。"),
        ({"points": "a\0b"}, "何か文字を入力してください。"),
        ({"case_bodies-0-body": ""}, "この項目は必須です。"),
        ({"case_bodies-TOTAL_FORMS": "0"}, "少なくとも 1 個"),
        ({"links-0-url": "ftp://example.jp/"}, "有効なURLを入力してください。"),
        ({"links-0-url": "javascript:alert(1)"}, "有効なURLを入力してください。"),
    ],
)
def test_bad_input_is_refused_beside_the_field_and_nothing_is_saved(
    editor: Client, changes: dict[str, str], message: str
) -> None:
    response = editor.post("/admin/catalog/case/add/", form_data(**changes))
    assert response.status_code == 200
    assert any(message in error for error in errors(response)), errors(response)
    assert Case.objects.count() == 60


def test_saving_a_case_unchanged_records_no_change(editor: Client) -> None:
    case = make_case("made", points=["一", "二"], references=["資料"])
    page = editor.get(f"/admin/catalog/case/{case.pk}/change/")
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data["points"], data["references"] = "一\r\n二", "資料"
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        data |= {
            f"{prefix}-TOTAL_FORMS": len(formset.formset.initial_forms),
            f"{prefix}-INITIAL_FORMS": len(formset.formset.initial_forms),
        }
        for one in formset.formset.initial_forms:
            data |= {one.add_prefix(name): one[name].value() or "" for name in one.fields}
    response = editor.post(
        f"/admin/catalog/case/{case.pk}/change/",
        {name: value for name, value in data.items() if value is not False},
    )
    assert response.status_code == 302, errors(response)
    assert LogEntry.objects.get().change_message == "[]"
    assert Case.objects.get(pk=case.pk).points == ["一", "二"]


def test_actions_publish_and_take_back(editor: Client) -> None:
    case = make_case("made", status="draft")
    list_url = "/admin/catalog/case/"
    editor.post(list_url, {"action": "publish", "_selected_action": [case.pk]})
    assert editor.get("/cases/made/").status_code == 200
    editor.post(list_url, {"action": "withdraw_to_draft", "_selected_action": [case.pk]})
    assert editor.get("/cases/made/").status_code == 404
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "状態を「公開」にしました。",
        "状態を「下書き」にしました。",
    ]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("舟形", ["山形県舟形町"]),
        ("ふながた", ["山形県舟形町"]),
        (FUNAGATA, ["山形県舟形町"]),
        ("島根県美郷", ["島根県美郷町"]),
        ("島根 美郷", ["島根県美郷町"]),
        ("美郷町", ["秋田県美郷町", "島根県美郷町", "宮崎県美郷町"]),
        ("該当なし", []),
    ],
)
def test_bodies_complete_by_name_kana_or_code(editor: Client, term: str, found: list[str]) -> None:
    response = editor.get(
        "/admin/autocomplete/",
        {"term": term, "app_label": "catalog", "model_name": "casebody", "field_name": "body"},
    )
    assert [result["text"] for result in response.json()["results"]] == found


@pytest.mark.parametrize("model", ["case", "body", "topic", "source", "guideline", "searchsynonym"])
def test_every_editors_page_opens(editor: Client, model: str) -> None:
    for url in (f"/admin/catalog/{model}/", f"/admin/catalog/{model}/add/"):
        assert editor.get(url).status_code == 200
    changes = re.findall(
        rf'href="(/admin/catalog/{model}/[^/"]+/change/)', editor.get(f"/admin/catalog/{model}/").text
    )
    assert editor.get(changes[0]).status_code == 200
    assert editor.get(f"/admin/catalog/{model}/?q=%E7%94%BA").status_code == 200


@pytest.mark.parametrize(
    ("query", "number"),
    [("status__exact=draft", 0), ("section__id__exact=4-3", 12), ("q=日高村", 1), ("q=dx2021-44", 2)],
)
def test_the_case_list_filters_and_searches(editor: Client, query: str, number: int) -> None:
    assert editor.get(f"/admin/catalog/case/?{query}").context["cl"].result_count == number


def test_the_case_list_takes_a_fixed_number_of_queries(
    editor: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        assert editor.get("/admin/catalog/case/").context["cl"].result_count == 60


def test_a_body_keeps_its_code_and_its_population_needs_a_date(editor: Client) -> None:
    data = {"name": "日高村", "kana": "ひだかむら", "prefecture": "39", "kind": "village", "latitude": "33.5",
            "longitude": "133.3", "code": "011002"}  # fmt: skip
    url = f"/admin/catalog/body/{HIDAKA}/change/"
    response = editor.post(url, {**data, "population": "4900", "population_as_of": ""})
    assert errors(response) == ["人口と基準日は、両方入力するか両方空にしてください。"]
    assert (
        editor.post(url, {**data, "population": "4900", "population_as_of": "2025-01-01"}).status_code == 302
    )
    body = Body.objects.get(code=HIDAKA)
    assert (body.population, body.population_band.value) == (4900, "0-1")


def test_the_public_page_is_offered_for_published_cases_alone(editor: Client) -> None:
    shown, hidden = make_case("shown"), make_case("hidden", status="draft")
    assert 'class="viewsitelink"' in editor.get(f"/admin/catalog/case/{shown.pk}/change/").text
    assert 'class="viewsitelink"' not in editor.get(f"/admin/catalog/case/{hidden.pk}/change/").text


def test_strangers_are_asked_to_log_in(client: Client) -> None:
    assert client.get("/admin/catalog/case/").headers["Location"].startswith("/admin/login/")
