from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog import history
from catalog.editing.case_admin import CaseAdmin
from catalog.models import Body, Case, Link, LinkCheck, Proposal, Section, SimilarBody, Topic
from dxcases.sent_twice import SENT_TWICE
from tests.filling import (
    ADD,
    a_publisher,
    an_editor,
    change_url,
    errors,
    logged_in,
    new_case,
    opened,
    sent_by,
)
from tests.link_network import Network, running, says
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, OSAKA, make_case
from tests.quick import one_in

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


def test_a_contact_that_an_editor_adds_is_public_and_in_the_history(editor: Client) -> None:
    case = make_case("made")
    history.record(case, None, "最初")
    contact = {
        "section": "まちづくり課",
        "telephone": "0233-32-2111",
        "email": "",
        "checked_on": "2026-11-01",
    }
    sent = {f"case_bodies-0-contact_{name}": text for name, text in contact.items()}
    response = editor.post(change_url(case), {**opened(editor, case), **sent, "reason": "団体に確認"})
    assert response.status_code == 302, errors(response)
    (body,) = editor.get("/api/v1/cases/made/").json()["bodies"]
    assert body["contact"] == contact
    (changed,) = history.history_entries(list(history.versions_of(case)))[0].differences
    assert (changed.label, [line.text for line in changed.after]) == (
        "実施団体",
        [
            "順番：1／団体：山形県舟形町／照会先の部署：まちづくり課／照会先の電話：0233-32-2111"
            "／照会先の確認日：2026年11月1日"
        ],
    )


def test_editors_find_cases_as_readers_do_and_drafts_too(editor: Client) -> None:
    make_case("made", title="デジタル窓口のﾃｽﾄ", status="draft", bodies=[FUNAGATA])
    for text in ("ﾃﾞｼﾞﾀﾙ窓口", "テスト", "フナガタ デジタル窓口", "made", "made デジタル"):
        found = editor.get(LIST, {"q": text}).context["cl"].queryset
        assert "made" in {case.slug for case in found}, text
    assert editor.get(LIST, {"q": "どこにもない語"}).context["cl"].result_count == 0


def test_an_added_case_sent_twice_is_led_to_and_told_to_be_saved_once(editor: Client) -> None:
    sent = {**new_case(), "_continue": "1"}
    first, second = editor.post(ADD, sent), editor.post(ADD, sent)
    case = Case.objects.get(slug="new-case")
    assert (first.status_code, first["Location"]) == (302, change_url(case))
    assert (second.status_code, second["Location"]) == (302, change_url(case))
    assert SENT_TWICE in editor.get(second["Location"]).text
    assert len(history.versions_of(case)) == 1


def test_a_draft_without_a_place_sent_twice_is_one_draft(editor: Client) -> None:
    sent = {**new_case(status="draft", slug="", page=""), "title": "題だけの下書き"}
    first, second = editor.post(ADD, sent), editor.post(ADD, sent)
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert SENT_TWICE in editor.get(second["Location"]).text
    assert Case.objects.filter(title="題だけの下書き").count() == 1


def test_what_was_typed_into_a_draft_that_another_deleted_is_shown(editor: Client) -> None:
    case = make_case("made", status="draft", points=["一", "二"])
    sent = {**opened(editor, case), "title": "直した題", "background": "長い\n背景"}
    assert (
        logged_in("betsu").post(f"/admin/catalog/case/{case.pk}/delete/", {"post": "yes"}).status_code == 302
    )
    answer = editor.post(change_url(case), sent)
    assert answer.status_code == 409
    assert {("題名", "直した題"), ("背景", "長い\n背景"), ("ポイント", "一\r\n二")} <= set(
        answer.context["sent"]
    )
    assert 'href="/admin/catalog/case/trash/"' in answer.text
    assert not Case.objects.filter(pk=case.pk).exists()


@pytest.mark.long
def test_a_change_sent_twice_is_no_conflict_with_oneself(editor: Client) -> None:
    case = make_case("made")
    sent = {**opened(editor, case), "title": "直した題", "reason": "誤記"}
    first, second = editor.post(change_url(case), sent), editor.post(change_url(case), sent)
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert SENT_TWICE in editor.get(second["Location"]).text
    other = editor.post(change_url(case), {**sent, "title": "また直した題"})
    assert "ほかの人の変更" in other.text
    betsu = logged_in("betsu")
    same = betsu.post(change_url(case), sent)  # by another, who changed the same
    assert same.status_code == 302
    assert SENT_TWICE not in betsu.get(same["Location"]).text


def test_a_topic_sent_twice_is_told_to_be_saved_once(editor: Client) -> None:
    topic = {"slug": "new", "title": "新しいテーマ", "position": "99"}
    first, second = (editor.post("/admin/catalog/topic/add/", topic) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302), errors(first)
    assert SENT_TWICE in editor.get(second["Location"]).text
    assert Topic.objects.filter(title="新しいテーマ").count() == 1


def test_a_draft_made_in_the_admin_is_nowhere_public(editor: Client) -> None:
    assert editor.post(ADD, new_case(status="draft")).status_code == 302
    assert Case.objects.filter(slug="new-case").exists()
    assert editor.get("/cases/new-case/").status_code == 404
    for url in ("/cases/?prefecture=06&section=3-1", "/steps/2/", "/cases.json"):
        assert "新しい事例" not in editor.get(url).text


@pytest.mark.parametrize(
    ("changes", "message"),
    one_in(
        3,
        [
            ({"title": ""}, "この項目は必須です。"),
            ({"slug": "dx2021-1-1"}, "この 識別名 を持った 事例 が既に存在します。"),
            ({"slug": "New Case"}, "識別名は半角の英小文字・数字・ハイフンで"),
            ({"slug": "new_case"}, "識別名は半角の英小文字・数字・ハイフンで"),
            ({"page": "1", "section": "1"}, "同じ出典の同じページ・順番の事例がすでにあります。"),
            ({"page": "0"}, "ページと順番は1以上"),
            ({"points": " \r\n "}, "公開するには、入力してください。"),
            ({"points": "a\r\nb\x1b"}, "制御文字が含まれています（2行目の2文字目、U+001B）。"),
            ({"points": "a\0b"}, "読み取れない文字（\ufffd）が含まれています（2文字目、U+FFFD）。"),
            (
                {"links-0-label": "a\ufffdb"},
                "読み取れない文字（\ufffd）が含まれています（2文字目、U+FFFD）。",
            ),
            ({"case_bodies-0-note": "a\x85b"}, "目に見えない制御文字が含まれています（2文字目、U+0085）。"),
            ({"case_bodies-TOTAL_FORMS": "0"}, "公開するには、実施団体を1団体以上"),
            ({"case_bodies-0-body": ""}, "公開するには、実施団体を1団体以上"),
            (
                {"case_bodies-0-contact_section": "総務課"},
                "照会先を入力したときは、確認日も入力してください。",
            ),
            ({"case_bodies-0-contact_checked_on": "2026-11-01"}, "確認日だけが入っています。"),
            (
                {
                    "case_bodies-0-contact_section": "総務課",
                    "case_bodies-0-contact_checked_on": "9999-12-31",
                },
                "照会先の確認日が未来の日付です。",
            ),
            ({"case_bodies-0-contact_telephone": "内線12"}, "電話番号は「03-1234-5678」のように"),
            ({"case_bodies-0-contact_email": "総務課"}, "有効なメールアドレスを入力してください。"),
            ({"figures-0-value": ""}, "この項目は必須です。"),
            ({"links-0-url": "https://user@example.jp/"}, "ユーザー名やパスワード"),
            ({"links-0-url": "https://\u0430pple.example/"}, "英字に似た別の文字"),
            ({"links-0-url": "ftp://example.jp/"}, "有効なURLを入力してください。"),
            ({"links-0-url": "javascript:alert(1)"}, "有効なURLを入力してください。"),
        ],
    ),
)
def test_bad_input_is_refused_beside_the_field_and_nothing_is_saved(
    editor: Client, changes: dict[str, str], message: str
) -> None:
    response = editor.post(ADD, new_case(**changes))
    assert response.status_code == 200
    assert any(message in error for error in errors(response)), errors(response)
    assert Case.objects.count() == 60


def test_a_character_that_no_text_holds_is_told_and_nothing_is_saved(editor: Client) -> None:
    """Where no field of a form tells of it."""
    response = editor.post("/admin/catalog/case/", {"action": "a\0b"})
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
    shown = " ".join(f"{case.pk}:{Case.objects.get(pk=case.pk).version}" for case in cases)
    return {"action": action, "_selected_action": [cases[0].pk], "shown": shown, "apply": "1", **sent}


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
    shown = re.findall(r'name="shown" value="(.*)"', page.text)
    assert shown == [f"{case.pk}:{Case.objects.get(pk=case.pk).version}"]
    refused = editor.post(LIST, chosen("return_to_draft", case, reason=" "))
    assert errors(refused) == ["公開した事例を変えるときは、変更の理由を入力してください。"]
    assert Case.objects.get(pk=case.pk).status == "published"


def test_a_page_of_many_cases_sends_as_few_fields_as_one_of_few(editor: Client) -> None:
    """Browsers' forms have a limit of fields, which a list of all cases would pass."""
    keys = list(Case.objects.values_list("pk", flat=True))
    pages = [
        editor.post(LIST, {"action": "return_to_draft", "_selected_action": some}).text
        for some in (keys[:1], keys)
    ]
    few, many = (re.findall(r'<input type="hidden" name="(\w+)"', page) for page in pages)
    assert few == many
    assert pages[1].count("（今の状態：公開、") == 60


def test_more_fields_or_letters_than_one_may_send_are_refused_in_words(
    editor: Client, settings: Settings
) -> None:
    case = make_case("made")
    settings.DEBUG = False
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    page = editor.post(change_url(case), {f"field{number}": "x" for number in range(21)})
    assert (page.status_code, "一度に送れる量を超えています" in page.text) == (413, True)
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000, 100
    kind = "application/x-www-form-urlencoded"
    assert editor.post(change_url(case), f"title={'x' * 200}", content_type=kind).status_code == 413


def staff_without_role() -> Client:
    return logged_in("役割なし", "どの役割でもない")


@pytest.mark.parametrize(("make", "status"), [(an_editor, 302), (staff_without_role, 403)])
def test_the_way_to_a_public_page_is_for_those_who_may_see_the_row(
    make: Callable[[], Client], status: int
) -> None:
    draft = make_case("a-secret", status="draft")
    kind = ContentType.objects.get_for_model(Case)
    client = make()
    response = client.get(f"/admin/r/{kind.pk}/{draft.pk}/")
    assert (response.status_code, "a-secret" in f"{response.headers}{response.text}") == (
        status,
        status == 302,
    )
    assert client.get("/admin/r/99999/1/").status_code == 404


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


@pytest.mark.long
def test_what_an_editor_typed_is_proposed_when_the_case_was_published_meanwhile() -> None:
    client, case = an_editor(), make_case("made", status="draft")
    typed = {**opened(client, case), "background": "長い時間をかけて書いた背景", "reason": "加筆"}
    Case.objects.filter(pk=case.pk).update(status="published")
    again = sent_by(client.post(change_url(case), typed))
    assert again["background"] == "長い時間をかけて書いた背景"
    assert client.post(change_url(case), again).status_code == 302
    assert Case.objects.get(pk=case.pk).background == ""
    assert Proposal.objects.get().content["case"]["background"] == "長い時間をかけて書いた背景"


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
        "目に見えない制御文字が含まれています（2文字目、U+0007）。その文字を消すか、文を打ち直してください。",
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


@pytest.mark.long
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
    one_in(
        2,
        [
            ("draft", "保存してプレビュー", "編集者だけに見えています。"),
            ("published", "保存して公開ページを見る", "公開中です。この内容は、すでに読者に見えています。"),
            (
                "withdrawn",
                "保存してプレビュー",
                "編集者だけに見えています。読者には、取り下げの理由を示すページが見えています。",
            ),
        ],
    ),
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
        ("邑智郡美郷町", ["島根県美郷町"]),
        ("龍ヶ崎", ["茨城県龍ケ崎市"]),
        ("竜ケ崎", ["茨城県龍ケ崎市"]),
        ("フチュウ", ["東京都府中市", "広島県府中市", "広島県府中町"]),
        ("１３１０３", ["東京都港区"]),
        ("横浜市中区", ["神奈川県横浜市"]),
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


def test_the_list_of_bodies_has_the_best_fit_first_or_the_order_asked_for(editor: Client) -> None:
    def listed(query: str) -> list[str]:
        return [str(body) for body in editor.get(f"/admin/catalog/body/?{query}").context["cl"].result_list]

    assert listed("q=津市")[:2] == ["三重県津市", "千葉県木更津市"]
    assert listed("q=津市&o=6")[:2] == ["千葉県木更津市", "千葉県君津市"]
    assert listed("q=津市&kind__exact=town") == []


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
    [
        *(("status__exact=draft", 0), ("section__id__exact=4-3", 12), ("q=日高村", 1), ("q=dx2021-44", 2)),
        *(("q=ﾋﾀﾞｶﾑﾗ", 1), ("q=廣報", 6), ("q=ヴィジョン", 13), ("q=5513件", 1)),
    ],
)
def test_the_case_list_filters_and_searches(editor: Client, query: str, number: int) -> None:
    assert editor.get(f"/admin/catalog/case/?{query}").context["cl"].result_count == number


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("topic/?q=ﾍﾟｰﾊﾟｰﾚｽ", ["ペーパーレス"]),
        ("searchsynonym/?q=ﾌﾞﾂﾋﾝ", []),
        (
            "searchsynonym/?q=ＢＰＲ&is_near__exact=0",
            ["業務改革・BPR・業務改善・業務の見直し・business process reengineering"],
        ),
        ("source/?q=自治體ＤＸ", ["自治体DX推進手順書参考事例集"]),
    ],
)
def test_editors_search_folds_as_readers_do(editor: Client, query: str, found: list[str]) -> None:
    rows = editor.get(f"/admin/catalog/{query}").context["cl"].result_list
    assert [str(row) for row in rows] == found


def test_the_case_list_takes_a_fixed_number_of_queries(
    editor: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(15):
        assert editor.get("/admin/catalog/case/").context["cl"].result_count == 60


def test_a_body_keeps_its_code_and_its_latest_population_is_shown(editor: Client) -> None:
    data = {"name": "日高村", "kana": "ひだかむら", "prefecture": "39", "kind": "village", "latitude": "33.5",
            "longitude": "133.3", "code": "011002", "population": "1", "populations-TOTAL_FORMS": "1",
            "populations-INITIAL_FORMS": "0", "populations-0-persons": "4900",
            "populations-0-source": "resident-register"}  # fmt: skip
    url = f"/admin/catalog/body/{HIDAKA}/change/"
    response = editor.post(url, {**data, "populations-0-as_of": "2999-01-01"})
    assert "人口の基準日が未来の日付です。" in response.text
    assert editor.post(url, {**data, "populations-0-as_of": "2025-01-01"}).status_code == 302
    body = Body.objects.get(code=HIDAKA)
    assert (body.population, body.population_band, str(body.population_as_of)) == (4900, "0-1", "2025-01-01")


def test_codes_sections_and_telephones_are_taken_as_they_are_typed(editor: Client) -> None:
    case = make_case("made")
    contact = {
        "case_bodies-0-contact_telephone": "０２３３ー３２−２１１１",
        "case_bodies-0-contact_checked_on": "2026-11-01",
    }
    sent = editor.post(change_url(case), {**opened(editor, case), **contact, "reason": "団体に確認"})
    assert sent.status_code == 302, errors(sent)
    assert case.case_bodies.get().contact_telephone == "0233-32-2111"
    body = {"code": "06399−1", "name": "新市", "kana": "しんし", "prefecture": "06", "kind": "city",
            "telephone": "023‐456–7890", "telephone_checked_on": "2026-11-20",
            "populations-TOTAL_FORMS": "0", "populations-INITIAL_FORMS": "0"}  # fmt: skip
    sent = editor.post("/admin/catalog/body/add/", body)
    assert sent.status_code == 302, errors(sent)
    assert Body.objects.get(name="新市").pk == "063991"
    assert Body.objects.get(name="新市").telephone == "023-456-7890"
    section = {
        "id": "dx2021−９",
        "source": str(case.source_id),
        "step": "3",
        "title": "新しい章",
        "position": "99",
    }
    sent = editor.post("/admin/catalog/section/add/", section)
    assert sent.status_code == 302, errors(sent)
    assert Section.objects.get(title="新しい章").pk == "dx2021-9"


def test_what_is_known_of_an_office_has_its_day(editor: Client) -> None:
    data = {"name": "日高村", "kana": "ひだかむら", "prefecture": "39", "kind": "village", "latitude": "33.5",
            "longitude": "133.3", "populations-TOTAL_FORMS": "0", "populations-INITIAL_FORMS": "0",
            "telephone": "0889-24-5111"}  # fmt: skip
    url = f"/admin/catalog/body/{HIDAKA}/change/"
    assert errors(editor.post(url, data)) == ["代表電話と確認日は、両方入力するか両方空にしてください。"]
    assert editor.post(url, {**data, "telephone_checked_on": "2026-11-20"}).status_code == 302


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


@pytest.mark.long
def test_hints_tell_what_may_be_missed_and_nothing_is_refused(editor: Client) -> None:
    make_case("other", title="同じ題")
    similar = {"similar_bodies-0-body": FUNAGATA}
    approach = "次のとおり。\r\n● 一つ\r\n● 二つ"
    sent = new_case(title="同じ題", points="一つ", topics=[], approach=approach, **similar)
    page = editor.post(ADD, sent, follow=True)
    told = [str(message) for message in page.context["messages"]]
    assert told[:-1] == [
        "テーマを選んでいません。テーマで絞り込む読者には出ません。",
        "ポイントが1つだけです。2〜4行が目安です。",
        "同じ題名の事例がほかにもあります（other）。",
        "取組内容の2行目は「●」で始まっています。箇条書きにするには、行頭を「・」にします。",
        "実施団体の山形県舟形町が、類似の取組を行っている団体にも入っています。",
    ]
    page = editor.post(
        ADD, new_case(slug="fine", page="101", topics=[Topic.objects.all()[0].pk]), follow=True
    )
    assert len(page.context["messages"]) == 1


def test_marks_of_lists_pasted_into_points_are_dropped(editor: Client) -> None:
    editor.post(ADD, new_case(points="・一つ\r\n● 二つ\r\n- 三つ\r\n* 四つ\r\n-5%に減少\r\n*印"))
    assert Case.objects.get(slug="new-case").points == ["一つ", "二つ", "三つ", "四つ", "-5%に減少", "*印"]


def test_before_many_are_published_each_is_told_apart_and_can_be_looked_at(editor: Client) -> None:
    case = make_case("made", title="検査", status="draft", bodies=[FUNAGATA, MIYAGI])
    asked = editor.post(LIST, {"action": "publish", "_selected_action": [case.pk]}).text
    (line,) = re.findall(r"<li><a [^>]*>検査</a>(.*?)（今の", asked)
    assert "山形県舟形町、宮城県" in line
    assert "<code>made</code>" in line
    assert f'href="/admin/catalog/case/{case.pk}/preview/"' in line


def test_who_may_only_look_sees_points_line_by_line() -> None:
    case = make_case("made", points=["一つ目、その続き", "二つ目"], references=["資料一", "資料二"])
    client = logged_in("reader", "ない権限")
    User.objects.get(username="reader").user_permissions.add(Permission.objects.get(codename="view_case"))
    page = client.get(change_url(case)).text
    assert "一つ目、その続き<br>二つ目" in page
    assert "資料一<br>資料二" in page


def test_a_synonym_wants_words_that_the_search_tells_apart(editor: Client) -> None:
    add = "/admin/catalog/searchsynonym/add/"
    for words, same in (
        ("スマホ\r\nスマホ", "スマホ」と「スマホ"),
        ("スマホ\r\n電話\r\nｽﾏﾎ", "スマホ」と「ｽﾏﾎ"),
    ):
        refused = errors(editor.post(add, {"words": words}))
        assert refused == [f"「{same}」は、検索では同じ言葉です。1つにしてください。"]
    assert editor.post(add, {"words": "ＡＢＣ\r\nでんわ"}).status_code == 302


def test_a_form_too_large_is_told_so(editor: Client) -> None:
    refused = editor.post(ADD, new_case(background="長" * 900_000))
    assert refused.status_code == 413
    assert "一度に送れる量を超えています" in refused.text
    assert "ブラウザーの「戻る」で入力した内容に戻り" in refused.text
    assert editor.post(ADD, {f"x{number}": "" for number in range(5_001)}).status_code == 413


@pytest.mark.parametrize(
    ("model", "query"),
    [("proposal", "ﾃﾞｼﾞﾀﾙ"), ("linkcheck", "ﾀｲﾑｱｳﾄ"), ("topic", "ﾍﾟｰﾊﾟｰﾚｽ")],
)
def test_every_search_of_the_admin_folds(editor: Client, model: str, query: str) -> None:
    case = make_case("made", title="デジタル窓口")
    LinkCheck.objects.create(
        url="https://example.jp/", outcome="unclear", reason="タイムアウト", checked_at=timezone.now()
    )
    Proposal.objects.create(case=case, content={}, base={}, base_version=1, reason="改訂")
    assert editor.get(f"/admin/catalog/{model}/", {"q": query}).context["cl"].result_count == 1
