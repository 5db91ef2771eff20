"""Whoever has forgotten the password gets a link by mail, and nobody learns who has an account."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from dxcases.forgotten_password import MAIL_THREAD
from tests.test_japanese import english_on

pytestmark = pytest.mark.django_db

ASK = "/admin/forgotten-password/"
NEW = "mikan-tsukue-8-aozora"


@pytest.fixture(autouse=True)
def mail_set_up(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.urls_with_mail"


@pytest.fixture
def henshu() -> User:
    return User.objects.create_user("henshu", "henshu@example.jp", "a long enough password", is_staff=True)


def ask(client: Client, address: str) -> Any:
    answer = client.post(ASK, {"email": address})
    for thread in threading.enumerate():
        if thread.name == MAIL_THREAD:
            thread.join()
    return answer


def test_a_link_by_mail_leads_to_a_new_password_once(client: Client, henshu: User) -> None:
    assert f'href="{ASK}"' in client.get("/admin/login/").text
    answer = ask(client, "HENSHU@example.jp")
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (
        ["henshu@example.jp"],
        "【自治体DX事例カタログ】新しいパスワードの設定",
    )
    assert "ユーザー名：henshu" in sent.body
    (link,) = re.findall(r"http://testserver(/admin/\S+)", str(sent.body))
    form = client.get(link, follow=True)
    assert [english_on(page) for page in (client.get(ASK), client.get(answer["Location"]), form)] == [
        [],
        [],
        [],
    ]
    weak = client.post(
        form.request["PATH_INFO"], {"new_password1": "passwordpassword", "new_password2": "passwordpassword"}
    )
    assert "推測されやすいパスワードです。" in weak.text
    done = client.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert english_on(done) == []
    henshu.refresh_from_db()
    assert henshu.check_password(NEW)
    assert "new_password1" not in Client().get(link, follow=True).text


def test_who_has_no_account_gets_the_same_answer_and_no_mail(client: Client, henshu: User) -> None:
    User.objects.create_user("former", "former@example.jp", "a long enough password", is_active=False)
    answers = [
        ask(client, address) for address in ("henshu@example.jp", "nobody@example.jp", "former@example.jp")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"{ASK}sent/")}
    assert [one.to for one in mail.outbox] == [["henshu@example.jp"]]


def test_links_are_asked_for_as_often_as_a_password_is_guessed(client: Client, henshu: User) -> None:
    statuses = [ask(client, "henshu@example.jp").status_code for _ in range(7)]
    assert statuses == [302] * 4 + [429] * 3
    assert len(mail.outbox) == 5
    assert AccessAttempt.objects.get().username == "new password for henshu@example.jp"
    log_in = {"username": "henshu", "password": "a long enough password"}
    assert client.post("/admin/login/", log_in).status_code == 302
    assert ask(client, "other@example.jp").status_code == 302


def test_without_mail_nothing_is_offered(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = "dxcases.urls"
    assert ASK not in client.get("/admin/login/").text
    assert client.get(ASK).status_code in (302, 404)
