"""What is to be published or withdrawn at a time set before."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from catalog import history
from catalog.editing import dashboard
from catalog.models import Case, Schedule
from tests.filling import a_publisher, an_editor, change_url, errors
from tests.making import make_case

pytestmark = pytest.mark.django_db

LATER = "2099-04-01T09:00"


def schedule_url(case: Case) -> str:
    return f"/admin/catalog/case/{case.pk}/schedule/"


def set_up(client: Client, case: Case, **data: str) -> Any:
    sent = {"add": "1", "status": "published", "due_at": LATER, "reason": "年度初め", "withdrawn_reason": ""}
    return client.post(schedule_url(case), {**sent, **data})


def make_due(minutes: int = 1) -> None:
    """As if all had been set for some minutes ago."""
    Schedule.objects.update(due_at=timezone.now() - timedelta(minutes=minutes))


def run() -> str:
    out = StringIO()
    call_command("apply_schedules", stdout=out)
    return out.getvalue()


def test_a_draft_is_published_once_when_its_time_has_come_in_the_name_of_who_set_it() -> None:
    client, case = a_publisher("tanaka"), make_case(status="draft", title="題")
    assert set_up(client, case).status_code == 302
    schedule = Schedule.objects.get()
    assert timezone.localtime(schedule.due_at).isoformat() == "2099-04-01T09:00:00+09:00"
    assert run() == ""
    for url in (change_url(case), "/admin/catalog/case/", "/admin/"):
        assert "公開する" in client.get(url).text
    make_due()
    assert run() == "「題」を公開する予約：行いました\n"
    case.refresh_from_db()
    assert case.status == "published"
    newest = history.versions_of(case)[0].revision
    assert (str(newest.user), newest.comment) == ("tanaka", "予約による公開：年度初め")
    versions = history.versions_of(case).count()
    assert (run(), history.versions_of(case).count()) == ("", versions)


def test_a_case_is_withdrawn_with_the_reason_that_readers_are_told() -> None:
    client, case = a_publisher(), make_case("soon-gone")
    refused = set_up(client, case, status="withdrawn")
    assert errors(refused) == ["取り下げるときは、読者に見せる理由も入力してください。"]
    set_up(client, case, status="withdrawn", withdrawn_reason="期間が終わりました")
    make_due()
    run()
    page = Client().get("/cases/soon-gone/")
    assert (page.status_code, "期間が終わりました" in page.text) == (410, True)


def test_what_cannot_be_done_stays_due_and_is_told_and_is_done_once_it_can_be() -> None:
    client, case = a_publisher("tanaka"), make_case(status="draft", title="未完", approach="")
    set_up(client, case)
    make_due()
    lacking = "公開するには、次の項目も入力してください：取組内容"
    assert run() == f"「未完」を公開する予約：できませんでした（{lacking}）\n"
    (row,) = next(panel for panel in dashboard.panels() if panel.title == "公開・取り下げの予約").rows
    assert row.note.endswith(f"に公開する　できませんでした：{lacking}")
    Case.objects.filter(pk=case.pk).update(approach="内容")
    User.objects.filter(username="tanaka").update(is_active=False)
    assert "予約した人に、今は事例を公開する権限がありません。" in run()
    User.objects.filter(username="tanaka").update(is_active=True)
    assert run() == "「未完」を公開する予約：行いました\n"


def test_it_is_called_off_and_neither_set_twice_nor_for_the_past() -> None:
    client, case = a_publisher(), make_case(status="draft")
    assert errors(set_up(client, case, due_at="2020-01-01T09:00")) == ["これからの日時を入力してください。"]
    set_up(client, case)
    assert errors(set_up(client, case, reason="また")) == [
        "同じ予約がすでにあります。先に取り消してください。"
    ]
    client.post(schedule_url(case), {"call_off": Schedule.objects.get().pk})
    make_due()
    assert (run(), Case.objects.get(pk=case.pk).status) == ("", "draft")


def test_what_was_withdrawn_or_never_public_meanwhile_waits_for_a_person() -> None:
    client, case = a_publisher(), make_case("meanwhile", status="draft")
    assert errors(set_up(client, case, status="withdrawn", withdrawn_reason="終了")) == [
        "下書きは取り下げられません。先に公開を予約してください。"
    ]
    set_up(client, case)
    Case.objects.filter(pk=case.pk).update(status="withdrawn", withdrawn_reason="申し出")
    assert errors(set_up(client, case, reason="また")) == [
        "取り下げた事例は、予約では公開できません。事例の画面から公開します。"
    ]
    make_due()
    assert "この事例は今「取り下げ」です。" in run()
    assert Case.objects.get(pk=case.pk).status == "withdrawn"


def test_a_case_is_duplicated_and_scheduled_once_by_a_double_click() -> None:
    client, case = a_publisher(), make_case("clicked", status="draft")
    for _ in range(2):
        set_up(client, case)
        client.post(f"/admin/catalog/case/{case.pk}/duplicate/")
    assert (Schedule.objects.count(), Case.objects.filter(title__endswith="（複製）").count()) == (1, 1)


@pytest.mark.long
def test_one_whose_time_has_passed_in_the_trash_is_held_and_told() -> None:
    client, case = a_publisher(), make_case(status="draft", title="題")
    set_up(client, case)
    client.post(f"/admin/catalog/case/{case.pk}/delete/", {"post": "yes"})
    page = bring_back_last(client)
    assert "2099年4月1日 09:00に公開する予約があります。この時刻に行われます。" in page.text
    make_due()
    client.post(f"/admin/catalog/case/{case.pk}/delete/", {"post": "yes"})
    told = "時刻が過ぎてから元に戻されたため、止めています。"
    assert told in bring_back_last(client).text
    assert (run(), Case.objects.get(pk=case.pk).status) == ("", "draft")
    for url in (change_url(case), schedule_url(case), "/admin/"):
        assert told in client.get(url).text
    page = client.post(schedule_url(case), {"resume": Schedule.objects.get().pk}, follow=True)
    assert ("公開する予約を再開しました。" in page.text, told in page.text) == (True, False)
    assert run() == "「題」を公開する予約：行いました\n"


def bring_back_last(client: Client) -> Any:
    trash = "/admin/catalog/case/trash/"
    (version, _), *_ = client.get(trash).context["rows"]
    return client.post(trash, {"version": version.pk}, follow=True)


def test_one_that_is_held_is_called_off_as_any() -> None:
    client, case = a_publisher(), make_case(status="draft")
    set_up(client, case)
    make_due()
    assert Schedule.objects.all().hold_overdue() == 1
    client.post(schedule_url(case), {"call_off": Schedule.objects.get().pk})
    assert (Schedule.objects.waiting().count(), run()) == (0, "")


def test_only_who_may_publish_sets_it() -> None:
    case = make_case(status="draft")
    assert an_editor().get(schedule_url(case)).status_code == 403
    assert set_up(an_editor("二人目"), case).status_code == 403
