from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog import history
from catalog.editing.case_admin import CaseAdmin
from catalog.models import Body, Case, Link, LinkCheck, SimilarBody, Topic
from tests.filling import ADD, a_publisher, an_editor, change_url, errors, logged_in, new_case, opened
from tests.link_network import Network, running, says
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, OSAKA, make_case

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/case/"


@pytest.fixture
def editor() -> Client:
    """The browser of someone who may do anything."""
    return logged_in("kanri")


def test_a_case_published_in_the_admin_is_public_at_once(editor: Client) -> None:
    response = editor.post(ADD, new_case())
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
    assert editor.post(ADD, new_case(status="draft")).status_code == 302
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
        ({"points": "a\x1bb"}, "目に見えない制御文字が含まれています。"),
        ({"case_bodies-0-note": "a\x85b"}, "目に見えない制御文字が含まれています。"),
        ({"case_bodies-TOTAL_FORMS": "0"}, "公開するには、実施団体を1団体以上"),
        ({"case_bodies-0-body": ""}, "公開するには、実施団体を1団体以上"),
        ({"figures-0-value": ""}, "この項目は必須です。"),
        ({"links-0-url": "https://user@example.jp/"}, "ユーザー名やパスワード"),
        ({"links-0-url": "ftp://example.jp/"}, "有効なURLを入力してください。"),
        ({"links-0-url": "javascript:alert(1)"}, "有効なURLを入力してください。"),
    ],
)
def test_bad_input_is_refused_beside_the_field_and_nothing_is_saved(
    editor: Client, changes: dict[str, str], message: str
) -> None:
    response = editor.post(ADD, new_case(**changes))
    assert response.status_code == 200
    assert any(message in error for error in errors(response)), errors(response)
    assert Case.objects.count() == 60


def test_a_character_that_no_text_holds_is_told_and_nothing_is_saved(editor: Client) -> None:
    response = editor.post(ADD, new_case(points="a\0b"))
    assert response.status_code == 400
    assert "編集中の内容には、ブラウザーの「戻る」で戻れます。" in response.text
    assert Case.objects.count() == 60


def test_saving_a_case_unchanged_records_no_change(editor: Client) -> None:
    case = make_case("made", points=["一", "二"], references=["資料"], background="一\n\n二")
    response = editor.post(change_url(case), {**opened(editor, case), "reason": "確認"})
    assert response.status_code == 302, errors(response)
    assert LogEntry.objects.get().change_message == "[]"
    assert Case.objects.get(pk=case.pk).points == ["一", "二"]
    assert Case.objects.get(pk=case.pk).background == "一\n\n二"


def chosen(action: str, *cases: Case, **sent: str) -> dict[str, Any]:
    """What the list sends for an action on cases, and its question of why as well."""
    versions = {f"version-{case.pk}": str(Case.objects.get(pk=case.pk).version) for case in cases}
    return {
        "action": action,
        "_selected_action": [case.pk for case in cases],
        "apply": "1",
        **versions,
        **sent,
    }


def test_actions_publish_and_take_back(editor: Client) -> None:
    case = make_case("made", status="draft")
    editor.post(LIST, chosen("publish", case, reason=""))
    assert editor.get("/cases/made/").status_code == 200
    editor.post(LIST, chosen("return_to_draft", case, reason="確認のため"))
    assert editor.get("/cases/made/").status_code == 404
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "状態を「公開」にしました。",
        "状態を「下書き」にしました。",
    ]
    assert [version.revision.comment for version in history.versions_of(case)] == [
        "確認のため",
        "",
        history.BEGUN,
    ]


def test_an_action_on_a_public_case_asks_why_before_it_changes_anything(editor: Client) -> None:
    case = make_case("made")
    page = editor.post(LIST, {"action": "return_to_draft", "_selected_action": [case.pk]})
    shown = re.findall(rf'name="version-{case.pk}" value="(\d+)"', page.text)
    assert shown == [str(Case.objects.get(pk=case.pk).version)]
    refused = editor.post(LIST, chosen("return_to_draft", case, reason=" "))
    assert errors(refused) == ["公開した事例を変えるときは、変更の理由を入力してください。"]
    assert Case.objects.get(pk=case.pk).status == "published"


def test_an_action_leaves_cases_that_changed_since_they_were_shown(editor: Client) -> None:
    changed, same = (make_case(slug, status="draft") for slug in ("changed", "same"))
    sent = chosen("publish", changed, same, reason="")
    changed.figures.create(label="回数", value="8回")
    page = editor.post(LIST, sent, follow=True)
    assert "ほかの人が変えたため、そのままにしました。" in page.text
    assert "1件を「公開」にしました。" in page.text
    statuses = dict(Case.objects.filter(pk__in=[changed.pk, same.pk]).values_list("slug", "status"))
    assert statuses == {"changed": "draft", "same": "published"}


def test_an_action_does_not_publish_a_case_without_a_body(editor: Client) -> None:
    case = make_case("made", status="draft", bodies=[])
    page = editor.post(LIST, chosen("publish", case, reason=""), follow=True)
    assert "公開するには、実施団体を1団体以上入力してください。" in page.text
    assert Case.objects.get(pk=case.pk).status == "draft"


def test_an_editor_drafts_and_cannot_publish() -> None:
    client = an_editor()
    assert client.post(ADD, new_case(status="published")).status_code == 302
    case = Case.objects.get(slug="new-case")
    assert case.status == "draft"
    client.post(change_url(case), {**opened(client, case), "status": "published", "title": "直した題"})
    case.refresh_from_db()
    assert (case.title, case.status) == ("直した題", "draft")
    client.post(LIST, chosen("publish", case, reason=""))
    case.refresh_from_db()
    assert case.status == "draft"


def test_an_editor_only_views_what_is_public() -> None:
    client, case = an_editor(), make_case("made", background="今の背景")
    page = client.get(change_url(case))
    assert "今の背景" in page.text
    assert 'name="_save"' not in page.text
    assert client.get(f"/admin/catalog/case/{case.pk}/history/").status_code == 200
    for model, key in (("body", FUNAGATA), ("topic", Topic.objects.all()[0].pk)):
        page = client.get(f"/admin/catalog/{model}/{key}/change/")
        assert page.status_code == 200
        assert 'name="_save"' not in page.text


def test_what_an_editor_typed_comes_back_when_the_case_was_published_meanwhile() -> None:
    client, case = an_editor(), make_case("made", status="draft")
    typed = {**opened(client, case), "background": "長い時間をかけて書いた背景"}
    Case.objects.filter(pk=case.pk).update(status="published")
    response = client.post(change_url(case), typed)
    assert response.status_code == 403
    assert "長い時間をかけて書いた背景" in response.text
    assert Case.objects.get(pk=case.pk).background == ""


def test_a_publisher_corrects_a_public_case_and_must_say_why() -> None:
    client, case = a_publisher(), make_case("made")
    typed = {**opened(client, case), "title": "直した題"}
    refused = client.post(change_url(case), typed)
    assert errors(refused) == ["公開した事例を変えるときは、変更の理由を入力してください。"]
    assert 'value="直した題"' in refused.text
    assert client.post(change_url(case), {**typed, "reason": "誤記"}).status_code == 302
    assert Case.objects.get(pk=case.pk).title == "直した題"
    assert history.versions_of(case)[0].revision.comment == "誤記"


def test_the_slug_is_proposed_and_stays_once_public() -> None:
    client = a_publisher()
    assert client.post(ADD, new_case(slug="", page="101", order="2", status="draft")).status_code == 302
    case = Case.objects.get(slug="dx2021-101-2")
    client.post(change_url(case), {**opened(client, case), "slug": "dx2021-own", "status": "published"})
    case.refresh_from_db()
    assert (case.slug, case.status) == ("dx2021-own", "published")
    client.post(change_url(case), {**opened(client, case), "slug": "other", "reason": "変えたい"})
    case.refresh_from_db()
    assert case.slug == "dx2021-own"


def test_all_errors_come_at_once_beside_their_fields() -> None:
    sent = {"title": "", "approach": "a\x07b", "links-0-url": "https://user:pass@example.jp/",
            "figures-0-value": "", "case_bodies-TOTAL_FORMS": "0"}  # fmt: skip
    response = a_publisher().post(ADD, new_case(**sent))
    assert sorted(errors(response)) == sorted([
        "この項目は必須です。",
        "目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。",
        "URLにユーザー名やパスワード（@の前の部分）を含めないでください。",
        "この項目は必須です。",
        "公開するには、実施団体を1団体以上入力してください。",
    ])  # fmt: skip


def test_a_draft_needs_no_body() -> None:
    response = an_editor().post(ADD, new_case(**{"case_bodies-TOTAL_FORMS": "0"}))
    assert response.status_code == 302, errors(response)


def test_a_case_cannot_be_withdrawn_without_a_reason_for_readers() -> None:
    client, case = a_publisher(), make_case("made")
    typed = {**opened(client, case), "status": "withdrawn"}
    assert errors(client.post(change_url(case), typed)) == ["取り下げるときは、理由を入力してください。"]
    assert client.post(change_url(case), {**typed, "withdrawn_reason": "団体の申し出"}).status_code == 302
    assert client.get("/cases/made/").status_code == 410


def test_only_drafts_can_be_deleted() -> None:
    client = a_publisher()
    draft, public = make_case("draft", status="draft"), make_case("public")
    assert client.post(f"/admin/catalog/case/{public.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/catalog/case/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    client.post(LIST, {"action": "delete_selected", "_selected_action": [public.pk], "post": "yes"})
    assert list(Case.objects.filter(slug__in=["draft", "public"])) == [public]


def test_beside_a_choice_no_link_adds_changes_or_deletes_what_all_cases_share(editor: Client) -> None:
    pages = [editor.get(url).text for url in (ADD, change_url(make_case()))]
    assert [re.findall(r'class="related-widget-wrapper-link (\w+)-related"', page) for page in pages] == [
        ["view"] * page.count("view-related") for page in pages
    ]
    assert all("autocomplete" in page for page in pages)


def test_bodies_are_deleted_one_at_a_time(editor: Client) -> None:
    url, unused = "/admin/catalog/body/", [MIYAGI, OSAKA]
    Case.objects.all().delete()
    assert "delete_selected" not in editor.get(url).text
    editor.post(url, {"action": "delete_selected", "_selected_action": unused, "post": "yes"})
    assert Body.objects.filter(pk__in=unused).count() == 2
    assert editor.post(f"{url}{MIYAGI}/delete/", {"post": "yes"}).status_code == 302
    assert list(Body.objects.filter(pk__in=unused)) == [Body.objects.get(pk=OSAKA)]


def test_the_preview_is_the_page_itself_for_editors_alone(client: Client) -> None:
    case = make_case("made", status="draft", title="下書きの題", bodies=[FUNAGATA, MIYAGI])
    url = f"/admin/catalog/case/{case.pk}/preview/"
    assert client.get(url).status_code == 302
    response = an_editor().get(url)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "プレビュー（状態：下書き）" in response.text
    assert '<meta name="robots" content="noindex">' in response.text
    Case.objects.filter(pk=case.pk).update(status="published")
    shown, public = an_editor("other").get(url).text, client.get("/cases/made/").text
    assert in_article(shown) == in_article(public)
    assert "プレビュー" not in public


def in_article(page: str) -> str:
    return page.partition("<article")[2].partition("</article>")[0]


def test_saving_with_preview_leads_to_it() -> None:
    response = an_editor().post(ADD, new_case(_preview="保存してプレビュー"))
    pk = Case.objects.get(slug="new-case").pk
    assert response.headers["Location"] == f"/admin/catalog/case/{pk}/preview/"


@pytest.mark.parametrize(
    ("status", "button", "band"),
    [
        ("draft", "保存してプレビュー", "編集者だけに見えています。"),
        ("published", "保存して公開ページを見る", "公開中です。この内容は、すでに読者に見えています。"),
        (
            "withdrawn",
            "保存してプレビュー",
            "編集者だけに見えています。読者には、取り下げの理由を示すページが見えています。",
        ),
    ],
)
def test_button_and_preview_say_who_sees_what_is_saved(
    editor: Client, status: str, button: str, band: str
) -> None:
    case = make_case(status=status, withdrawn_reason="申し出" if status == "withdrawn" else "")
    form = editor.get(change_url(case)).text
    assert set(re.findall(r'value="([^"]+)" name="_preview"', form)) == {button}
    sent = {**opened(editor, case), "title": "新しい題", "reason": "確認", "_preview": button}
    page = editor.post(change_url(case), sent, follow=True)
    (told,) = re.findall(r'<p class="preview".*?</strong>　(.*?)<a ', page.text)
    assert told == band
    assert ("新しい題" in Client().get("/cases/").text) is (status == "published")


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
    assert (body.population, body.population_band) == (4900, "0-1")


def test_the_public_page_is_offered_for_published_cases_alone(editor: Client) -> None:
    shown, hidden = make_case("shown"), make_case("hidden", status="draft")
    assert 'class="viewsitelink"' in editor.get(f"/admin/catalog/case/{shown.pk}/change/").text
    assert 'class="viewsitelink"' not in editor.get(f"/admin/catalog/case/{hidden.pk}/change/").text


def test_strangers_are_asked_to_log_in(client: Client) -> None:
    assert client.get("/admin/catalog/case/").headers["Location"].startswith("/admin/login/")


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """Where the admin's link checker goes instead of the Internet."""
    with running() as network:
        monkeypatch.setattr(CaseAdmin, "link_checker", network.checker)
        yield network


def check_links(editor: Client, *cases: Case) -> list[str]:
    """The messages after the links of these cases have been checked."""
    data = {"action": "check_links", "_selected_action": [case.pk for case in cases]}
    response = editor.post("/admin/catalog/case/", data, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_an_action_checks_the_links_of_the_chosen_published_cases(editor: Client, network: Network) -> None:
    shown, draft, other = make_case(), make_case(status="draft"), make_case()
    for name, case in (("a", shown), ("b", shown), ("draft", draft), ("other", other)):
        Link.objects.create(case=case, url=f"http://{name}.example/", label=name)
    network.pages |= {"a.example/": says("200 OK"), "b.example/": says("404 Not Found")}
    assert check_links(editor, shown, draft) == ["リンクを確認しました。つながる：1件、つながらない：1件"]
    assert set(LinkCheck.objects.values_list("url", "outcome")) == {
        ("http://a.example/", "alive"),
        ("http://b.example/", "failing"),
    }


def test_the_action_says_why_it_records_nothing(editor: Client, network: Network) -> None:
    case, draft = make_case(), make_case(status="draft")
    Link.objects.create(case=case, url="http://a.example/", label="甲")
    Link.objects.create(case=draft, url="http://draft.example/", label="乙")
    network.pages["a.example/"] = says("404 Not Found")
    assert check_links(editor, case) == [
        "つながるリンクが1件もなかったため、何も記録しませんでした。http://a.example/（サーバーの応答：404）"
    ]
    assert check_links(editor, draft) == ["選んだ事例に、公開中の事例のリンクはありません。"]
    for number in range(10):
        Link.objects.create(case=case, url=f"http://a.example/{number}", label="甲")
    assert check_links(editor, case) == [
        "リンクが11件あります。ここで一度に確認できるのは10件までです。"
        "事例を減らすか、運用担当者に「python manage.py check_links」の実行を依頼してください。"
    ]
    assert not LinkCheck.objects.exists()
    assert [request.host for request in network.requests] == ["a.example", "a.example"]


def test_checks_are_listed_with_the_cases_that_link_there_and_cannot_be_changed(editor: Client) -> None:
    first, second = make_case(title="一つ目"), make_case(title="二つ目")
    url = "https://example.jp/page"
    Link.objects.create(case=first, url=url, label="甲")
    SimilarBody.objects.create(case=first, body_id=KASHIHARA, url=url)
    SimilarBody.objects.create(case=second, body_id=KASHIHARA, url=url)
    check = LinkCheck.objects.create(
        url=url,
        outcome="dead",
        failed_days=3,
        reason="サーバーの応答：404",
        checked_at=timezone.now(),
        first_failed_on=date(2026, 11, 1),
    )
    text = editor.get("/admin/catalog/linkcheck/?outcome__exact=dead").text
    assert re.findall(r'<a href="(/admin/catalog/case/[^"]+)">(.+?)</a>', text) == [
        (f"/admin/catalog/case/{first.pk}/change/", "一つ目"),
        (f"/admin/catalog/case/{second.pk}/change/", "二つ目"),
    ]
    assert editor.get(f"/admin/catalog/linkcheck/{check.pk}/change/").status_code == 200
    assert editor.get("/admin/catalog/linkcheck/add/").status_code == 403
    assert editor.post(f"/admin/catalog/linkcheck/{check.pk}/change/", {"reason": ""}).status_code == 403


def test_editors_are_told_when_the_database_is_only_read(editor: Client) -> None:
    editor.get("/admin/")
    editor.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    response = editor.post("/admin/catalog/topic/add/", {"title": "新", "slug": "new", "position": "99"})
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "データベースは読み取り専用です" in response.text
    assert "ブラウザーの「戻る」で入力した内容に戻れます" in response.text
