"""A body confirms its case: who makes the link, what it shows, what comes of the answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog.editing.confirmations import LinkForm
from catalog.editing.proposals import take
from catalog.models import Body, Case, CaseBody, Confirmation, Figure, Proposal, Topic, content_of_case
from tests.filling import a_publisher, an_editor, change_url, opened
from tests.making import FUNAGATA, KASHIHARA, make_case
from tests.shown import form_of
from tests.test_headers import has_every_header
from tests.test_hostile_input import TRIED

pytestmark = pytest.mark.django_db

SECRET = {"section": "秘密課", "email": "himitsu@example.jp", "telephone": "0123-45-6789"}


@pytest.fixture
def case() -> Case:
    return make_case("said", title="予約の要らない窓口", bodies=(FUNAGATA, KASHIHARA))


def page_of(case: Case) -> str:
    return f"/admin/catalog/case/{case.pk}/confirmations/"


def link_to(case: Case, body: str = FUNAGATA, **changes: Any) -> Confirmation:
    values = {"expires_at": timezone.now() + timedelta(days=30), **changes}
    return Confirmation.objects.create(case=case, body_id=body, **values)


def answer(link: Confirmation, **changes: str) -> Any:
    """What a body's browser sends when it has opened the link."""
    client = Client(enforce_csrf_checks=True)
    form = form_of(client.get(link.path).text)
    return client.post(link.path, {**form, "verdict": "right", **changes})


def statements(case: Case) -> list[str]:
    """What readers are told."""
    return re.findall('<p class="confirmed">(.*?)</p>', Client().get(case.get_absolute_url()).text)


def confirmed(case: Case) -> list[dict[str, str]]:
    record: dict[str, Any] = Client().get(f"/api/v1/cases/{case.slug}/").json()
    return list(record["confirmed"])


def test_a_publisher_makes_a_link_and_gets_a_mail_to_send(case: Case, settings: Settings) -> None:
    settings.CONFIRMATION_DAYS = 14
    publisher = a_publisher()
    assert publisher.post(page_of(case), {"do": "ask", "body": FUNAGATA}).status_code == 302
    link = Confirmation.objects.get()
    assert (link.body_id, link.shown) == (FUNAGATA, None)
    assert timedelta(days=13) < link.expires_at - timezone.now() < timedelta(days=14)
    page = publisher.get(page_of(case)).text
    assert f"http://testserver{link.path}" in page
    assert "山形県舟形町　ご担当者　様" in page
    assert "回答待ち" in publisher.get(change_url(case)).text


def test_an_editor_reads_answers_but_neither_makes_nor_sees_links(case: Case) -> None:
    link, editor = link_to(case), an_editor()
    page = editor.get(page_of(case))
    assert (page.status_code, link.token in page.text) == (200, False)
    for do in ("ask", "revoke", "settle"):
        assert editor.post(page_of(case), {"do": do, "body": FUNAGATA, "key": link.pk}).status_code == 403
    assert Client().get(page_of(case)).status_code == 302


def test_only_bodies_of_the_case_are_asked_and_none_about_a_withdrawn_case(case: Case) -> None:
    publisher = a_publisher()
    assert publisher.post(page_of(case), {"do": "ask", "body": "011002"}).status_code == 200
    Case.objects.filter(pk=case.pk).update(status="withdrawn", withdrawn_reason="申し出")
    refused = publisher.post(page_of(case), {"do": "ask", "body": FUNAGATA})
    assert "取り下げた事例の確認は依頼できません。" in refused.text
    assert not Confirmation.objects.exists()


def test_the_link_shows_the_case_to_whoever_has_it(case: Case) -> None:
    link = link_to(case)
    response = Client().get(link.path)
    assert response.status_code == 200
    assert "予約の要らない窓口" in response.text
    assert "山形県舟形町のご担当の方へ" in response.text
    assert link.token not in re.sub('<form class="told" action="[^"]*"', "", response.text)


def test_a_draft_is_shown_by_its_link_alone() -> None:
    draft = make_case("not-yet", status="draft", title="まだ見せない")
    assert "まだ見せない" in Client().get(link_to(draft).path).text
    assert Client().get("/cases/not-yet/").status_code == 404


def test_nothing_of_the_page_is_kept_or_passed_on(case: Case) -> None:
    link = link_to(case)
    gone = link_to(case, expires_at=timezone.now())
    for response in (
        Client().get(link.path),
        answer(link),
        Client().get(gone.path),
        Client().get("/confirm/x/"),
    ):
        assert has_every_header_but_the_referrer(response)
        assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
        assert "ETag" not in response
        assert "canonical" not in response.text
    client = Client()
    for path in ("/sitemap.xml", "/robots.txt", "/", "/about/"):
        assert "/confirm" not in client.get(path).text


def has_every_header_but_the_referrer(response: Any) -> bool:
    assert response["Referrer-Policy"] == "no-referrer"
    response["Referrer-Policy"] = "same-origin"
    return has_every_header(response)


def test_an_answer_lands_with_the_case_and_on_the_dashboard_until_it_is_settled(case: Case) -> None:
    link, publisher = link_to(case), a_publisher()
    sent = answer(link, verdict="wrong", text="数値が\u200b違う\r\n8回", **SECRET)
    assert (sent.status_code, sent["Location"]) == (302, link.path)
    link.refresh_from_db()
    assert (link.verdict, link.text, link.content) == ("wrong", "数値が違う\n8回", content_of_case(case.pk))
    assert {name: getattr(link, name) for name in SECRET} == SECRET
    assert "数値が違う<br>8回" in publisher.get(change_url(case)).text
    assert "団体からの回答（未対応）：1件" in publisher.get("/admin/").text
    publisher.post(page_of(case), {"do": "settle", "key": link.pk})
    assert "団体からの回答（未対応）：0件" in publisher.get("/admin/").text
    for client, sees in ((publisher, True), (an_editor(), False)):
        assert [one in client.get(page_of(case)).text for one in SECRET.values()] == [sees] * 3
        for address in ("/admin/", change_url(case)):
            assert not any(one in client.get(address).text for one in SECRET.values())
    assert statements(case) == []


def test_the_link_shows_what_was_answered_and_takes_a_correction(case: Case) -> None:
    link, client = link_to(case), Client()
    answer(link, verdict="wrong", text="ここ", **SECRET)
    again = client.get(link.path).text
    assert "「直してほしい」との回答を受け付けました。" in again
    assert (form_of(again)["verdict"], form_of(again)["text"]) == ("wrong", "ここ")
    assert not any(one in again for one in SECRET.values())
    answer(link, verdict="right", text="", telephone="03-0000-0000")
    link.refresh_from_db()
    assert (link.verdict, link.answers, link.email, link.telephone) == (
        *("right", 2, SECRET["email"]),
        "03-0000-0000",
    )


def test_a_link_takes_twenty_answers(case: Case) -> None:
    link = link_to(case)
    Confirmation.objects.filter(pk=link.pk).update(answers=19)
    assert answer(link).status_code == 302
    refused = answer(link, text="まだある")
    assert (refused.status_code, "直してほしいところ：まだある" in refused.text) == (429, True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"verdict": ""}, "確認の結果</a>：どちらかを選んでください。"),
        ({"verdict": "x"}, "確認の結果</a>：どちらかを選んでください。"),
        ({"verdict": "wrong", "text": "\u200b"}, "どこを、どのように直すかを書いてください。"),
        ({"verdict": "wrong", "text": "あ" * 5001}, "5,000文字以内で入力してください"),
        ({"email": "a"}, "メールアドレスの形になっていません。"),
        ({"seen": "x"}, "表示している間に内容が変わったため"),
    ],
)
def test_what_cannot_be_taken_is_told_and_nothing_is_lost(
    case: Case, change: dict[str, str], told: str
) -> None:
    link = link_to(case)
    response = answer(link, **{"text": "残る文", **change})
    assert (response.status_code, told in response.text) == (400, True)
    assert form_of(response.text)["text"] == change.get("text", "残る文")
    link.refresh_from_db()
    assert link.answered_at is None


def test_who_answers_to_what_was_changed_meanwhile_is_asked_again(case: Case) -> None:
    link, client = link_to(case), Client()
    form = form_of(client.get(link.path).text) | {"verdict": "right"}
    Case.objects.filter(pk=case.pk).update(outcome="新しい成果")
    again = client.post(link.path, form)
    assert (again.status_code, "新しい成果" in again.text) == (400, True)
    assert client.post(link.path, form_of(again.text)).status_code == 302
    assert len(statements(case)) == 1


def test_a_link_ends_with_its_day_and_by_the_publisher_and_with_the_case(case: Case) -> None:
    over, taken_back, withdrawn = link_to(case), link_to(case), link_to(make_case("away"))
    form = form_of(Client().get(over.path).text) | {"verdict": "right"}
    Confirmation.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    a_publisher().post(page_of(case), {"do": "revoke", "key": taken_back.pk})
    Case.objects.filter(slug="away").update(status="withdrawn", withdrawn_reason="申し出")
    for link in (over, taken_back, withdrawn):
        for response in (Client().get(link.path), Client().post(link.path, form)):
            assert response.status_code == 410
            assert "リンクをお送りした担当者にメールで返信して" in response.text
            assert "予約の要らない窓口" not in response.text
    assert not Confirmation.objects.exclude(answered_at=None).exists()


def test_a_link_from_before_a_restore_is_none_of_the_row_that_has_its_key_now(case: Case) -> None:
    link = link_to(case)
    Confirmation.objects.filter(pk=link.pk).update(made_at=link.made_at - timedelta(days=1))
    assert Client().get(link.path).status_code == 404
    link.refresh_from_db()
    assert Client().get(link.path).status_code == 200


def test_a_link_that_was_changed_is_none(case: Case) -> None:
    link, other = link_to(case), link_to(case)
    number, _, signature = link.token.partition(".")
    forged = [
        f"{other.pk}.{signature}",
        f"{number}.{signature[:-1]}",
        f"{number}.",
        number,
        signature,
        f"{link.token}=",
    ]
    for token in (*forged, f"{link.token}="):
        response = Client().get(f"/confirm/{token}/")
        assert (response.status_code, "この確認のリンクは使えません" in response.text) == (404, True), token
    for value in TRIED:
        if value and not {*"./?"} & {*value} and len(value) < 1_000:
            assert Client().get(f"/confirm/{quote(value)}/").status_code == 404, value


@pytest.mark.long
def test_any_text_is_taken_or_refused_in_words(case: Case) -> None:
    link, client = link_to(case), Client()
    form = form_of(client.get(link.path).text) | {"verdict": "wrong", "text": "ここ"}
    for value in TRIED:
        for name in ("text", "section", "telephone", "email", "verdict", "seen"):
            Confirmation.objects.update(answers=0)
            assert client.post(link.path, {**form, name: value}).status_code in {302, 400}, (name, value)


def test_where_nothing_can_be_kept_what_was_typed_is_shown(case: Case) -> None:
    link, client = link_to(case), Client()
    form = form_of(client.get(link.path).text) | {"verdict": "wrong", "text": "ここを直す"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    response = client.post(link.path, form)
    assert response.status_code == 503
    assert "直してほしいところ：ここを直す" in response.text
    assert response["Referrer-Policy"] == "no-referrer"


def test_a_confirmed_case_says_who_confirmed_it_and_when(case: Case) -> None:
    answer(link_to(case))
    answer(link_to(case, KASHIHARA))
    december = datetime(2026, 11, 30, 23, tzinfo=ZoneInfo("UTC"))  # the 1st of December in Japan
    Confirmation.objects.update(answered_at=december)
    assert statements(case) == [
        f"{name}が内容を確認（2026年12月）" for name in ("山形県舟形町", "奈良県橿原市")
    ]
    assert confirmed(case) == [{"body": code, "month": "2026-12"} for code in (FUNAGATA, KASHIHARA)]
    table = Client().get("/cases.csv?q=予約の要らない窓口").getvalue().decode()
    assert "山形県舟形町：2026-12\n奈良県橿原市：2026-12" in table
    assert Client().get("/api/v1/cases/dx2021-17-1/").json()["confirmed"] == []


def retitle(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(title="別の題名")


def note(case: Case) -> None:
    CaseBody.objects.filter(case=case, body=KASHIHARA).update(note="注記")


def count(case: Case) -> None:
    Figure.objects.create(case=case, label="回数", value="8回")


def drop_a_body(case: Case) -> None:
    CaseBody.objects.filter(case=case, body=KASHIHARA).delete()


def swap(case: Case) -> None:
    CaseBody.objects.filter(case=case, body=KASHIHARA).update(position=0)


@pytest.mark.parametrize("change", [retitle, note, count, drop_a_body, swap])
def test_a_change_of_the_content_ends_the_statement(case: Case, change: Any) -> None:
    answer(link_to(case))
    assert len(statements(case)) == 1
    change(case)
    assert (statements(case), confirmed(case)) == ([], [])


def test_content_that_is_again_what_was_confirmed_is_confirmed(case: Case) -> None:
    answer(link_to(case))
    retitle(case)
    Case.objects.filter(pk=case.pk).update(title="予約の要らない窓口")
    assert len(statements(case)) == 1


def test_what_is_no_content_leaves_the_statement(case: Case) -> None:
    answer(link_to(case))
    case.topics.set(Topic.objects.all()[:1])
    Case.objects.filter(pk=case.pk).update(section="4-1", slug="said-again")
    Body.objects.filter(pk=FUNAGATA).update(website="https://example.jp/", website_checked_on="2026-11-01")
    case.refresh_from_db()
    assert len(statements(case)) == 1


def test_the_last_word_of_a_body_on_this_content_counts(case: Case) -> None:
    first = link_to(case)
    answer(first)
    answer(link_to(case), verdict="wrong", text="やはり違う")
    assert statements(case) == []
    answer(first)
    assert len(statements(case)) == 1
    a_publisher().post(page_of(case), {"do": "revoke", "key": first.pk})
    assert statements(case) == []


def proposed(case: Case) -> Proposal:
    editor = an_editor("提案")
    form = opened(editor, case) | {"outcome": "新しい成果", "reason": "直す", "topics": []}
    assert editor.post(change_url(case), form).status_code == 302
    return Proposal.objects.get()


@pytest.mark.long
def test_a_proposal_is_shown_as_it_was_and_confirmed_once_it_is_published(case: Case) -> None:
    proposal, publisher = proposed(case), a_publisher()
    publisher.post(page_of(case), {"do": "ask", "body": FUNAGATA, "proposal": proposal.pk})
    link = Confirmation.objects.get()
    assert "新しい成果" in Client().get(link.path).text
    assert "新しい成果" not in Client().get(case.get_absolute_url()).text
    answer(link)
    assert statements(case) == []
    take(proposal, Proposal.State.PUBLISHED, "", link.made_by)  # type: ignore[arg-type]
    assert len(statements(case)) == 1


def test_a_shown_proposal_lacks_nothing_that_documents_have_got_since(case: Case) -> None:
    proposal = proposed(case)
    form = LinkForm({"body": FUNAGATA, "proposal": proposal.pk}, case=case)
    assert form.is_valid()
    link = form.ask(proposal.author)
    assert link.shown
    del link.shown["record"]["confirmed"], link.shown["extra"]["terms"]
    link.save()
    assert "新しい成果" in Client().get(link.path).text


def test_what_bodies_said_goes_with_a_deleted_draft() -> None:
    draft = make_case("mistaken", status="draft")
    link_to(draft)
    assert a_publisher().post(f"/admin/catalog/case/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Confirmation.objects.exists()
