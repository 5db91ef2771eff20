"""What an editor types is kept on the server and comes back, rows included; it is saved by hand alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from catalog.models import Autosave, Case, Proposal
from tests.filling import ADD, a_publisher, an_editor, change_url, errors, new_case, opened, sent_by
from tests.making import make_case

pytestmark = pytest.mark.django_db

URL = "/admin/autosave/"
KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"
NEW, OTHER_NEW = f"{ADD}?form={KEY}", f"{ADD}?form={OTHER_KEY}"
RESTORED = "書きかけの入力を復元しました。まだ保存していません。"


def keep(client: Client, page: str, data: dict[str, Any]) -> int:
    return client.post(URL, {"page": page, "data": urlencode(data, doseq=True)}).status_code


def test_a_case_that_was_never_saved_comes_back_with_its_rows() -> None:
    client = an_editor()
    typed = new_case(approach="長い文" * 200, title="", status="draft")
    assert keep(client, NEW, {**typed, "form": KEY}) == 200
    assert "保存していない入力があります" in client.get(ADD).text
    page = client.get(f"{NEW}&restore=1")
    assert RESTORED in page.text
    back = sent_by(page)
    for name in ("approach", "case_bodies-0-body", "figures-0-value", "links-0-url", "similar_bodies-0-note"):
        assert back[name] == typed[name]
    assert not Case.objects.filter(slug="new-case").exists()
    assert client.post(NEW, {**back, "title": "題", "form": KEY}).status_code == 302
    assert Case.objects.get(slug="new-case").links.count() == 1
    assert not Autosave.objects.exists()


@pytest.mark.long
def test_nothing_is_saved_by_restoring_even_if_it_is_complete() -> None:
    client, case = an_editor(), make_case(status="draft", background="前")
    keep(client, change_url(case), {**opened(client, case), "background": "後"})
    page = client.get(f"{change_url(case)}?restore=1")
    assert sent_by(page)["background"] == "後"
    assert Case.objects.get(pk=case.pk).background == "前"
    assert client.post(change_url(case), sent_by(page)).status_code == 302
    assert Case.objects.get(pk=case.pk).background == "後"


@pytest.mark.long
def test_what_was_typed_into_a_proposal_comes_back_to_it() -> None:
    client, case = an_editor(), make_case()
    client.post(change_url(case), {**opened(client, case), "reason": "改訂", "background": "案"})
    url = f"{change_url(case)}?proposal={Proposal.objects.get().pk}"
    row = {"url": "https://example.jp/", "label": "例", "position": "1"}
    added = {"links-TOTAL_FORMS": "1"} | {f"links-0-{name}": text for name, text in row.items()}
    keep(client, url, {**sent_by(client.get(url)), "outcome": "打ちかけ", **added})
    assert "保存していない入力があります" not in client.get(change_url(case)).text
    page = client.get(f"{url}&restore=1")
    back = sent_by(page)
    assert (back["background"], back["outcome"], back["links-0-label"]) == ("案", "打ちかけ", "例")
    response = client.post(url, back)
    assert response.status_code == 302, errors(response)
    assert Proposal.objects.get().content["links"][0]["label"] == "例"
    assert not Autosave.objects.exists()


@pytest.mark.long
def test_what_others_saved_meanwhile_stays_when_it_is_restored_and_saved() -> None:
    client, other, case = a_publisher("suzuki"), a_publisher("tanaka"), make_case(status="draft")
    keep(client, change_url(case), {**opened(client, case), "background": "後"})
    other.post(change_url(case), {**opened(other, case), "outcome": "ほかの人の成果"})
    page = client.get(f"{change_url(case)}?restore=1")
    client.post(change_url(case), sent_by(page))
    case.refresh_from_db()
    assert (case.background, case.outcome) == ("後", "ほかの人の成果")


def test_it_is_for_its_author_alone_and_can_be_thrown_away() -> None:
    client, other = an_editor("suzuki"), an_editor("tanaka")
    keep(client, NEW, new_case(title="秘密の題"))
    assert "保存していない入力があります" not in other.get(ADD).text
    assert "秘密の題" not in other.get(f"{NEW}&restore=1").text
    keep(client, NEW, {})
    assert "保存していない入力があります" not in client.get(ADD).text


@pytest.mark.parametrize(
    ("page", "data"),
    [("/admin/catalog/topic/add/", "title=a"), (f"{ADD}?{'x' * 300}", "title=a")],
)
def test_nothing_else_is_kept(page: str, data: str) -> None:
    assert an_editor().post(URL, {"page": page, "data": data}).status_code == 400
    assert not Autosave.objects.exists()


def test_two_forms_of_new_cases_are_kept_apart_and_each_goes_when_it_is_saved() -> None:
    client = an_editor()
    keep(client, NEW, {**new_case(title="一つ目", status="draft"), "form": KEY})
    keep(client, OTHER_NEW, {"title": "二つ目", "form": OTHER_KEY})
    assert client.get(ADD).text.count("保存していない入力があります") == 2
    assert sent_by(client.get(f"{OTHER_NEW}&restore=1"))["title"] == "二つ目"
    page = client.get(ADD).text
    (own,) = re.findall(r'name="form" value="([0-9a-f]{16})"', page)
    assert (f'data-page="{ADD}?form={own}"' in page, own in (KEY, OTHER_KEY)) == (True, False)
    assert client.post(ADD, {**new_case(status="draft"), "form": KEY}).status_code == 302
    assert [kept.page for kept in Autosave.objects.all()] == [OTHER_NEW]


def test_a_character_that_is_refused_is_kept_and_told_beside_its_field() -> None:
    client, case = an_editor(), make_case(status="draft")
    keep(client, change_url(case), {**opened(client, case), "background": "前\ufffd", "outcome": "a\0"})
    page = client.get(f"{change_url(case)}?restore=1")
    assert [error for error in errors(page) if "読み取れない" in error] == [
        "読み取れない文字（\ufffd）が含まれています（2文字目、U+FFFD）。元の文字を入れ直してください。"
    ] * 2


def test_it_is_forgotten_after_thirty_days() -> None:
    client = an_editor()
    keep(client, ADD, {"title": "古い"})
    Autosave.objects.update(
        saved_at=timezone.now() - timedelta(days=31), page=change_url(case := make_case())
    )
    assert "保存していない入力があります" not in client.get(change_url(case)).text
    keep(client, ADD, {"title": "新しい"})
    assert [kept.data for kept in Autosave.objects.all()] == [urlencode({"title": "新しい"})]


def test_whoever_is_not_logged_in_is_led_to_the_login() -> None:
    for response in (Client().get(URL), Client().post(URL, {"page": ADD, "data": "title=a"})):
        assert response.headers["Location"].startswith("/admin/login/")
    assert not Autosave.objects.exists()
    assert an_editor().get(URL).json()["token"]
