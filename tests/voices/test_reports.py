"""The form by which anybody tells of a case or an error: what is taken, what is refused, who sees it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.signing import Signer, b62_encode
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from catalog.models import Case, CaseBody, Confirmation, Report
from tests.addresses import PUBLIC
from tests.filling import ADD, a_publisher, an_editor, logged_in, sent_by
from tests.filling import errors as errors_in_form
from tests.making import make_case
from tests.shown import form_of
from tests.test_hostile_input import TRIED, UNSTORABLE

pytestmark = pytest.mark.django_db

THANKS = "/report/thanks/"
SECRET = {"section": "秘密課", "email": "himitsu@example.jp", "telephone": "0123-45-6789"}


def token(seconds_ago: int = 60, nonce: str = "a") -> str:
    """The token of a form that was shown so long ago."""
    return Signer(salt="catalog.report", sep=".").sign(
        f"{nonce}.{b62_encode(int(time.time()) - seconds_ago)}"
    )


def sent(**changes: str) -> dict[str, str]:
    filled = {
        "kind": "new",
        "case": "",
        "title": "窓口の予約",
        "body": "舟形町",
        "text": "一行目\r\n二行目",
        "url": "https://example.jp/",
        "homepage": "",
        "token": token(),
    }
    return {**filled, **SECRET, **changes}


def errors(response: Any) -> list[str]:
    summary = response.text.partition('<div class="errors"')[2].partition("</div>")[0]
    return [re.sub("<.*?>", "", one) for one in re.findall("<li>(.*?)</li>", summary)]


def test_what_is_sent_is_kept_and_thanked_for(client: Client) -> None:
    response = client.post("/report/", sent(case="dx2021-17-1", kind="error"))
    assert (response.status_code, response["Location"]) == (302, THANKS)
    assert client.get(THANKS).status_code == 200
    report = Report.objects.get()
    assert (report.kind, report.state, report.title, report.text) == (
        "error",
        "new",
        "窓口の予約",
        "一行目\n二行目",
    )
    assert report.case == Case.objects.get(slug="dx2021-17-1")
    assert {name: getattr(report, name) for name in SECRET} == SECRET


def test_the_same_form_sent_twice_is_kept_once_and_another_again(client: Client) -> None:
    form = sent()
    assert [client.post("/report/", form)["Location"] for _ in range(2)] == [THANKS, THANKS]
    assert Report.objects.count() == 1
    client.post("/report/", {**form, "text": "書き足した"})
    client.post("/report/", sent(token=token(nonce="b")))
    assert Report.objects.count() == 3


def test_the_form_of_a_case_is_about_it(client: Client) -> None:
    page = client.get("/report/?case=dx2021-17-1")
    form = form_of(page.text)
    assert (form["kind"], form["case"], form["body"]) == (
        "error",
        "dx2021-17-1",
        "御坊市",
    )
    assert 'href="/report/?case=dx2021-17-1"' in client.get("/cases/dx2021-17-1/").text
    assert client.get("/report/?case=nope").status_code == 404
    assert "その事例は見つかりませんでした" in client.get("/report/?case=nope").text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": ""}, "種類：どちらかを選んでください。"),
        ({"kind": "x"}, "種類：どちらかを選んでください。"),
        ({"title": "\u200b \ufeff"}, "事例の題名：どの事例のことか、題名か、何の取組かを入力してください。"),
        ({"title": "あ" * 201}, "事例の題名：200文字以内で入力してください（今は201文字です）。"),
        ({"text": ""}, "内容：内容を入力してください。"),
        ({"text": "あ" * 5001}, "内容：5,000文字以内で入力してください（今は5001文字です）。"),
        ({"body": ""}, "団体名：新しい事例では、取り組んでいる団体の名称を入力してください。"),
        (
            {"url": "javascript:alert(1)"},
            "根拠になるページのURL：https:// で始まるURLを入力するか、空にしてください。",
        ),
        (
            {"url": "https://a:b@example.jp/"},
            "根拠になるページのURL：URLにユーザー名やパスワード（@の前の部分）を含めないでください。",
        ),
        ({"email": "a"}, "メール：メールアドレスの形になっていません。直すか、空にしてください。"),
        (
            {"homepage": "x"},
            "空のままにする欄に入力があります。その欄を消して、もう一度「送る」を押してください。",
        ),
    ],
)
def test_what_cannot_be_taken_is_told_in_words_and_nothing_is_lost(
    client: Client, change: dict[str, str], told: str
) -> None:
    form = sent(**change)
    response = client.post("/report/", form)
    assert response.status_code == 400
    assert told in errors(response)
    chosen = form if form["kind"] in ("new", "error") else {**form, "kind": None}
    assert form_of(response.text) == {name: value for name, value in chosen.items() if value is not None}
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: token(0), "表示してから間がないため"),
        (lambda: token(24 * 60 * 60 + 5), "表示してから時間がたったため"),
        (lambda: token()[:-1], "表示してから時間がたったため"),
        (lambda: "", "表示してから時間がたったため"),
    ],
    ids=["at once", "a day later", "forged", "without"],  # a token would be another in each process
)
def test_a_form_is_filled_in_by_a_person_and_comes_from_our_page(
    client: Client, made: Callable[[], str], told: str
) -> None:
    first = made()
    page = client.post("/report/", sent(token=first))
    assert page.status_code == 400
    assert told in page.text
    assert not Report.objects.exists()
    kept = form_of(page.text)["token"]
    assert (kept == first) is ("間がない" in told)  # the time goes on counting from when it was shown


def test_characters_that_nobody_sees_are_taken_out(client: Client) -> None:
    client.post("/report/", sent(title="窓\u200b口\tの\n予約\x1b", text="一\u00ad行\x0b二行\x85"))
    report = Report.objects.get()
    assert (report.title, report.text) == ("窓口 の 予約", "一行\n二行")


def test_ten_an_hour_are_taken_from_an_address_and_what_was_typed_is_shown_to_copy(
    client: Client, settings: Settings
) -> None:
    settings.BEHIND_PROXY = True

    def ask(number: int, address: str) -> Any:
        form = sent(token=token(nonce=str(number)), text=f"本文{number}")
        return client.post("/report/", form, headers={"X-Forwarded-For": f"9.9.9.9, {address}"})

    assert [ask(number, "192.0.2.1").status_code for number in range(11)] == [302] * 10 + [429]
    refused = ask(11, "192.0.2.1")
    assert "内容：本文11" in refused.text
    assert "readonly" in refused.text
    assert "もう一度送る" in refused.text
    assert ask(12, "192.0.2.2").status_code == 302
    assert Report.objects.count() == 11
    Report.objects.update(received_at=timezone.now() - timedelta(minutes=61))
    assert ask(13, "192.0.2.1").status_code == 302


def test_two_hundred_a_day_are_taken_in_all(client: Client) -> None:
    Report.objects.bulk_create(
        Report(kind="new", title="題名", text="内容", digest=str(number), origin="x") for number in range(200)
    )
    assert client.post("/report/", sent()).status_code == 429


def test_no_address_of_a_sender_is_kept(client: Client) -> None:
    client.post("/report/", sent(), REMOTE_ADDR="192.0.2.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(r)::text FROM catalog_report r")
        ((row,),) = cursor.fetchall()
    assert "192.0.2.77" not in row
    assert re.fullmatch("[0-9a-f]{64}", Report.objects.get().origin)


def read_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")


def without_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_report RENAME TO elsewhere")


@pytest.mark.parametrize("provoke", [read_only, without_table])
def test_where_nothing_can_be_kept_what_was_typed_is_shown_to_copy_and_to_send_again(
    client: Client, provoke: Callable[[], None]
) -> None:
    provoke()
    response = client.post("/report/", sent())
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert "ただいまデータを保存できないため" in response.text
    assert "内容：一行目\n二行目\n" in response.text.replace("\r\n", "\n")
    hidden = dict(re.findall('<input type="hidden" name="(\\w+)" value="([^"]*)"', response.text))
    assert hidden["title"] == "窓口の予約"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"Origin": "http://testserver"}, 302),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(headers: dict[str, str], status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/report/", sent(), headers=headers).status_code == status
    assert Report.objects.exists() is (status == 302)


def test_these_pages_are_kept_by_nobody_and_set_no_cookie(client: Client, admin_client: Client) -> None:
    for one in (client, admin_client):
        for response in (one.get("/report/"), one.get(THANKS), one.post("/report/", sent())):
            assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
            assert not response.cookies
            assert "Cookie" not in response.headers.get("Vary", "")
            assert "ETag" not in response


def test_any_text_is_taken_or_refused_in_words(client: Client) -> None:
    for number, value in enumerate(TRIED):
        for name in (
            "title",
            "text",
            "body",
            "section",
            "telephone",
            "email",
            "url",
            "kind",
            "case",
            "token",
        ):
            Report.objects.all().delete()
            response = client.post("/report/", sent(**{"token": token(nonce=str(number)), name: value}))
            assert response.status_code in {302, 400}, (name, value)


@pytest.mark.parametrize("value", UNSTORABLE)
def test_what_no_text_can_hold_is_refused(client: Client, value: str) -> None:
    for path in ("/report/", "/confirm/a/"):
        query = f"title={value}"
        form = "application/x-www-form-urlencoded"
        assert client.post(path, query, content_type=form).status_code == 400
        assert client.get(f"{path}?{query}").status_code == 400


@pytest.mark.long
@settings(
    max_examples=settings.default.max_examples // 2,  # type: ignore[union-attr]
    suppress_health_check=list(HealthCheck),
)
@given(st.dictionaries(st.sampled_from([*sent(), "x"]), st.text(max_size=300)))
def test_any_form_is_answered(client: Client, given: dict[str, str]) -> None:
    Report.objects.all().delete()
    writable = {
        name: value for name, value in given.items() if not re.search("[\0\ud800-\udfff\ufffd]", value)
    }
    assert client.post("/report/", sent() | writable).status_code in {302, 400}


def report(**changes: Any) -> Report:
    values = {"kind": "new", "title": "窓口の予約", "body": "舟形町", "text": "予約を受ける。", **SECRET}
    return Report.objects.create(**{**values, "url": "https://example.jp/", "digest": "a", **changes})


def test_only_who_may_sees_who_sent_it() -> None:
    address = f"/admin/catalog/report/{report().pk}/change/"
    for client, sees in ((an_editor(), False), (a_publisher(), True)):
        page = client.get(address).text
        assert "予約を受ける。" in page
        assert [value in page for value in SECRET.values()] == [sees] * 3
        assert "見る権限がありません" in page or sees
        assert not any(value in client.get("/admin/").text for value in SECRET.values())
        assert not any(value in client.get("/admin/catalog/report/").text for value in SECRET.values())
    assert an_editor("二人目").post(address, {"_forget": "1"}).status_code == 403


def test_an_editor_notes_what_came_of_it_and_the_dashboard_counts_what_waits() -> None:
    editor, one = an_editor(), report()
    assert "寄せられた情報（未対応・対応中）：1件" in editor.get("/admin/").text
    sent_form = {"state": "done", "note": "確かめた\u200b", "_save": "1"}
    editor.post(f"/admin/catalog/report/{one.pk}/change/", sent_form)
    one.refresh_from_db()
    assert (one.state, one.note) == ("done", "確かめた")
    assert "寄せられた情報（未対応・対応中）：0件" in editor.get("/admin/").text


def test_a_draft_is_made_of_a_report() -> None:
    editor, one = an_editor(), report()
    moved = editor.post(
        f"/admin/catalog/report/{one.pk}/change/", {"state": "new", "note": "", "_write": "1"}
    )
    assert moved["Location"] == f"{ADD}?report={one.pk}"
    page = editor.get(moved["Location"])
    assert not any(value in page.text for value in SECRET.values())
    data = sent_by(page)
    assert (data["title"], data["approach"], data["case_bodies-0-body"]) == (
        "窓口の予約",
        "予約を受ける。",
        "063631",
    )
    assert data["links-0-url"] == "https://example.jp/"
    source = Case.objects.get(slug="dx2021-17-1").source_id
    saved = editor.post(
        moved["Location"],
        data
        | {"topics": [], "points": "要点", "section": "1", "source": source, "page": "900", "order": "1"},
    )
    assert (saved.status_code, errors_in_form(saved)) == (302, [])
    one.refresh_from_db()
    assert one.case is not None
    assert (one.state, one.case.title, one.case.status) == ("working", "窓口の予約", "draft")
    assert CaseBody.objects.get(case=one.case).body_id == "063631"
    assert one.case.links.get().url == "https://example.jp/"


def test_a_report_of_an_error_is_shown_above_the_form_of_its_case() -> None:
    case = make_case("wrong")
    one, editor = report(kind="error", case=case), an_editor()
    moved = editor.post(
        f"/admin/catalog/report/{one.pk}/change/", {"state": "new", "note": "", "_write": "1"}
    )
    assert moved["Location"] == f"/admin/catalog/case/{case.pk}/change/?report={one.pk}"
    page = editor.get(moved["Location"]).text
    assert "予約を受ける。" in page
    assert "変更は改訂案として保存します" in page
    stranger = logged_in("見る人", "誰でもない")
    assert stranger.get(moved["Location"]).status_code == 403


def test_who_sent_it_is_forgotten_after_its_time_and_what_was_told_stays(settings: Settings) -> None:
    settings.SENDER_DAYS = 90
    old, young = report(origin="x"), report(digest="b", origin="x")
    case = make_case("told")
    answer = Confirmation.objects.create(
        case=case, body_id="063631", expires_at=timezone.now(), verdict="wrong", text="ここ", content="x",
        answered_at=timezone.now() - timedelta(days=91), **SECRET,
    )  # fmt: skip
    Report.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=91))
    told = StringIO()
    call_command("forget_senders", stdout=told)
    assert told.getvalue() == "90日を過ぎた、寄せられた情報1件と団体の回答1件の連絡先を消しました。\n"
    for one in (old, young, answer):
        one.refresh_from_db()
    assert [one.has_sender for one in (old, young, answer)] == [False, True, False]
    assert (old.text, old.origin, young.origin, answer.text) == ("予約を受ける。", "", "x", "ここ")


def test_no_public_answer_has_anything_of_it(client: Client) -> None:
    case = Case.objects.get(slug="dx2021-17-1")
    report(case=case, note="内部のメモ", text="寄せられた内容")
    Confirmation.objects.create(
        case=case, body=case.case_bodies.get().body, expires_at=timezone.now() + timedelta(days=1),
        verdict="wrong", text="寄せられた内容", content="x", answered_at=timezone.now(), **SECRET,
    )  # fmt: skip
    for address in PUBLIC.values():
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        for secret in (*SECRET.values(), "内部のメモ", "寄せられた内容"):
            assert secret.encode() not in content, address
