"""Nothing is deleted by mistake: what was public stays, what is deleted comes back, topics are merged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog import history
from catalog.documents.reading import read_documents
from catalog.editing import recorded
from catalog.models import (
    Body,
    Case,
    CaseBody,
    CaseDocument,
    CaseGrams,
    Confirmation,
    Fact,
    Figure,
    Followed,
    Guideline,
    Link,
    Proposal,
    ProposalEdition,
    ProposalNote,
    Remains,
    Report,
    Review,
    Schedule,
    SearchSynonym,
    SimilarBody,
    Source,
    Topic,
    content_of_case,
)
from dxcases.sent_twice import SENT_TWICE
from tests.filling import ADD, a_publisher, an_editor, change_url, new_case, opened
from tests.making import FUNAGATA, MIYAGI, make_case, make_fact

pytestmark = pytest.mark.django_db

TRASH = "/admin/catalog/case/trash/"


def delete(client: Client, model: str, key: Any) -> int:
    return client.post(f"/admin/catalog/{model}/{key}/delete/", {"post": "yes"}).status_code


def put_back(client: Client, model: str, repr_of: str) -> Any:
    page = client.get(f"/admin/catalog/{model}/trash/")
    (key,) = [version.pk for version, _ in page.context["rows"] if version.object_repr == repr_of]
    return client.post(f"/admin/catalog/{model}/trash/", {"version": key}, follow=True)


@pytest.mark.parametrize("then", ["published", "withdrawn"])
def test_what_was_ever_public_keeps_its_address_reason_and_row(then: str) -> None:
    client, case = a_publisher(), make_case("made", status=then, withdrawn_reason="申し出")
    Case.objects.filter(pk=case.pk).update(status="draft")
    form = opened(client, case)
    assert "slug" not in form
    refused = client.post(change_url(case), {**form, "slug": "renamed", "title": "新しい題"})
    assert "公開した事例を変えるときは、変更の理由を入力してください。" in refused.text
    assert delete(client, "case", case.pk) == 403
    case.refresh_from_db()
    assert (case.slug, case.title) == ("made", "事例" + str(case.page))


def test_the_database_keeps_when_a_case_was_first_public() -> None:
    case = make_case(status="draft")
    case.refresh_from_db()
    assert case.first_published_at is None
    Case.objects.filter(pk=case.pk).update(status="published")
    case.refresh_from_db()
    first = case.first_published_at
    assert first is not None
    Case.objects.filter(pk=case.pk).update(status="draft", first_published_at=None)
    case.refresh_from_db()
    assert case.first_published_at == first


def test_a_deleted_draft_comes_back_with_its_rows(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    client, case = a_publisher(), make_case("made", status="draft", title="下書き", topics=["bpr"])
    Figure.objects.create(case=case, label="回数", value="8回")
    Link.objects.create(case=case, url="https://example.jp/", label="例")
    before = history.texts_of(case)
    caplog.set_level(logging.INFO)
    with django_capture_on_commit_callbacks(execute=True):
        assert delete(client, "case", case.pk) == 302
    assert not Case.objects.filter(pk=case.pk).exists()
    assert client.get(TRASH).context["rows"][0][1].user.username == "公開"
    assert "「下書き」を元に戻す" in client.get(TRASH).text
    with django_capture_on_commit_callbacks(execute=True):
        assert "「下書き」を元に戻しました。" in put_back(client, "case", "下書き").text
    assert history.texts_of(case) == before
    assert history.versions_of(case)[0].revision.comment == history.BROUGHT_BACK
    assert client.get(TRASH).context["rows"] == []
    lines = [record.getMessage() for record in caplog.records if record.name == "dxcases.access_log"]
    assert [line.partition(":")[0] for line in lines] == ["login", "delete", "bring back"]
    assert all("case 下書き" in line for line in lines[1:])


LATER = datetime(2099, 4, 1, tzinfo=UTC)
# A row of every kind that points to a case, or to such a row: one that is added later is made here, too.
MAKE: dict[type[Model], Callable[[Case], Any]] = {
    CaseBody: lambda case: CaseBody.objects.create(case=case, body_id=MIYAGI, note="支援"),
    Figure: lambda case: Figure.objects.create(case=case, label="回数", value="8回"),
    Fact: make_fact,
    Followed: lambda case: Followed.objects.create(
        case=case, body_id=MIYAGI, role="follower", note="導入", page=1
    ),
    Link: lambda case: Link.objects.create(case=case, url="https://example.jp/", label="例"),
    SimilarBody: lambda case: SimilarBody.objects.create(case=case, body_id=MIYAGI, note="研修"),
    Case.topics.through: lambda case: case.topics.add(Topic.objects.get(slug="bpr")),
    Review: lambda case: Review.objects.create(case=case, due_on="2027-04-01"),
    Schedule: lambda case: Schedule.objects.create(
        case=case, status="published", due_at=LATER, reason="年度初め", made_by=someone()
    ),
    Proposal: lambda case: Proposal.objects.create(
        case=case,
        content={"a": [1, "一"]},
        base={},
        base_version=1,
        reason="改訂",
        author=someone(),
    ),
    ProposalEdition: lambda case: case.proposals.get().editions.create(number=1, author=someone()),
    ProposalNote: lambda case: case.proposals.get().notes.create(text="連絡", author=someone()),
    Confirmation: lambda case: Confirmation.objects.create(
        case=case,
        body_id=MIYAGI,
        proposal=case.proposals.get(),
        expires_at=LATER,
        answered_at=timezone.now(),
        verdict="right",
        content=content_of_case(case.pk),
        section="企画課",
        email="kikaku@example.jp",
        made_by=someone(),
    ),
    Report: lambda case: Report.objects.create(
        kind="error", case=case, title="誤り", text="ここ", digest="1"
    ),
}
BY_TRIGGER = {CaseDocument, CaseGrams}  # the database makes them of the case


def someone() -> User:
    return User.objects.get_or_create(username="担当")[0]


def pointing_to(owner: type[Model]) -> set[type[Model]]:
    """The kinds of rows that point to a row of this kind."""
    return {
        model
        for model in apps.get_models(include_auto_created=True)
        if any(field.remote_field and field.related_model is owner for field in model._meta.concrete_fields)
    }


def belonging_to_a_case() -> set[type[Model]]:
    found, new = set[type[Model]](), set[type[Model]]([Case])
    while new:
        new = set().union(*(pointing_to(model) for model in new)) - found - BY_TRIGGER
        found |= new
    return found


def rows_of(models: Iterable[type[Model]]) -> dict[str, list[str]]:
    """All rows of these, whole, as the database has them; of topics of cases without their keys."""
    with connection.cursor() as cursor:
        rows = {}
        for table in sorted(model._meta.db_table for model in models):
            cursor.execute(
                f"SELECT (to_jsonb(t) - %s)::text FROM {table} t ORDER BY 1", [KEYS.get(table, "")]
            )
            rows[table] = [text for (text,) in cursor.fetchall()]
    return rows


KEYS = {"catalog_case_topics": "id"}


def a_draft_with_all_that_may_belong_to_it() -> Case:
    case = make_case("made", status="draft", title="下書き")
    for make in MAKE.values():
        make(case)
    return case


def test_all_that_belongs_to_a_deleted_case_comes_back() -> None:
    assert belonging_to_a_case() == MAKE.keys()
    case = a_draft_with_all_that_may_belong_to_it()
    before, texts = rows_of(MAKE), history.texts_of(case)
    confirmed = read_documents([case.pk])[0].record["confirmed"]
    assert [one["body"] for one in confirmed] == [MIYAGI]
    history.delete(Case.objects.get(pk=case.pk))
    for table, rows in rows_of(MAKE).items():
        left = [row for row in rows if f'"case_id": {case.pk},' in row]
        assert left == [], table
    history.bring_back(history.deleted_versions(Case)[0], None)
    assert rows_of(MAKE) == before
    assert history.texts_of(case) == texts
    assert read_documents([case.pk])[0].record["confirmed"] == confirmed
    assert Remains.objects.count() == 0


def test_confirmations_and_schedules_of_a_draft_outlive_the_trash() -> None:
    client, case = a_publisher(), make_case("made", status="draft", title="下書き")
    link = Confirmation.objects.create(case=case, body_id=FUNAGATA, expires_at=LATER)
    MAKE[Schedule](case)
    delete(client, "case", case.pk)
    assert Client().get(link.path).status_code == 404
    put_back(client, "case", "下書き")
    assert Client().get(link.path).status_code == 200
    assert (case.confirmations.get(), case.schedules.get().plan) == (link, "2099年4月1日 09:00に公開する")


def test_what_has_gone_while_a_case_was_in_the_trash_is_pointed_to_no_more() -> None:
    case = a_draft_with_all_that_may_belong_to_it()
    history.delete(Case.objects.get(pk=case.pk))
    User.objects.filter(username="担当").delete()
    other = make_case("other")
    Report.objects.update(case=other)
    history.bring_back(history.deleted_versions(Case)[0], None)
    makers = [case.schedules.get().made_by, case.proposals.get().author, case.confirmations.get().made_by]
    assert (makers, Report.objects.get().case) == ([None] * 3, other)


def test_who_answered_for_a_body_is_forgotten_in_the_trash_too(settings: Settings) -> None:
    case = a_draft_with_all_that_may_belong_to_it()
    history.delete(Case.objects.get(pk=case.pk))
    call_command("forget_senders", stdout=StringIO())
    assert "kikaku@example.jp" in str(Remains.objects.get().rows)
    settings.SENDER_DAYS = -1
    told = StringIO()
    call_command("forget_senders", stdout=told)
    assert "団体の回答1件" in told.getvalue()
    assert "kikaku@example.jp" not in str(Remains.objects.get().rows)
    history.bring_back(history.deleted_versions(Case)[0], None)
    assert (case.confirmations.get().verdict, case.confirmations.get().sender) == ("right", [])


def test_a_draft_whose_address_was_taken_meanwhile_stays_in_the_trash() -> None:
    client, case = a_publisher(), make_case("made", status="draft", title="下書き")
    delete(client, "case", case.pk)
    make_case("made", title="別の事例")
    assert "元に戻せません。" in put_back(client, "case", "下書き").text
    assert Case.objects.get(slug="made").title == "別の事例"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_what_is_deleted_or_brought_back_by_a_double_click_is_so_once() -> None:
    client, case = a_publisher(), make_case("made", status="draft", title="下書き")
    assert [delete(client, "case", case.pk) for _ in range(2)] == [302, 302]
    page = client.get(TRASH)
    assert SENT_TWICE in page.text
    ((version, _),) = page.context["rows"]
    answers = [client.post(TRASH, {"version": version.pk}, follow=True) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert SENT_TWICE in answers[1].text
    assert len(history.versions_of(case)) == 2


def test_the_trash_has_the_last_deleted_first_and_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "MAX_TRASH_ROWS", 2)
    client = a_publisher()
    cases = [make_case(status="draft", title=title) for title in ("先に消す", "次に消す", "最後に消す")]
    for case in reversed(cases):  # written last, deleted first
        history.record(case, None, "")
    for case in cases:
        delete(client, "case", case.pk)
    pages = [client.get(TRASH), client.get(f"{TRASH}?page=2")]
    shown = [[version.object_repr for version, _ in page.context["rows"]] for page in pages]
    assert shown == [["最後に消す", "次に消す"], ["先に消す"]]
    assert '<a href="?page=2">次の2件</a>' in pages[0].text
    assert "全3件です。" in pages[1].text


def test_the_database_keeps_merged_topics_without_cases_and_chains() -> None:
    old, new, other = (Topic.objects.get(slug=slug) for slug in ("training", "bpr", "hanko"))
    for case in old.cases.all():
        case.topics.remove(old)
    Topic.objects.filter(pk=old.pk).update(merged_into=new)

    def refusal(write: Callable[[], Any]) -> str:
        @transaction.atomic
        def written() -> None:
            write()
            connection.check_constraints()

        with pytest.raises(IntegrityError) as raised:
            written()
        cause: Any = raised.value.__cause__
        return str(cause.diag.constraint_name)

    case = make_case()
    assert refusal(lambda: case.topics.add(old)) == "topic_merged_has_no_cases"
    assert refusal(lambda: Topic.objects.filter(pk=other.pk).update(merged_into=old)) == (
        "topic_merged_leads_to_one_in_use"
    )
    case.topics.add(other)
    assert refusal(lambda: Topic.objects.filter(pk=other.pk).update(merged_into=new)) == (
        "topic_merged_has_no_cases"
    )


def test_only_who_may_delete_sees_the_trash() -> None:
    assert an_editor().get(TRASH).status_code == 403
    assert f'href="{TRASH}"' in a_publisher().get("/admin/catalog/case/").text


def test_a_deleted_body_comes_back_with_its_populations() -> None:
    client, body = a_publisher(), Body.objects.get(pk=MIYAGI)
    Case.objects.all().delete()
    before = history.texts_of(body)
    assert delete(client, "body", MIYAGI) == 302
    assert not Body.objects.filter(pk=MIYAGI).exists()
    put_back(client, "body", "宮城県")
    assert history.texts_of(body) == before


def test_bodies_in_use_stay() -> None:
    make_case(bodies=[FUNAGATA])
    assert delete(a_publisher(), "body", FUNAGATA) == 200  # the page that says what stands in the way
    assert Body.objects.filter(pk=FUNAGATA).exists()


def test_deletions_stand_among_the_latest_changes() -> None:
    client = a_publisher()
    delete(client, "case", make_case(status="draft", title="消した下書き").pk)
    page = client.get("/admin/").text
    change = page.partition('id="changes"')[2]
    assert f'<li><a href="{TRASH}">消した下書き</a>' in change
    assert "理由：削除" in change


@pytest.mark.parametrize("model", ["guideline", "searchsynonym", "topic"])
def test_no_list_deletes_many_at_once(model: str) -> None:
    rows: dict[str, Any] = {"guideline": Guideline, "searchsynonym": SearchSynonym, "topic": Topic}
    client = a_publisher()
    SearchSynonym.objects.create(words=["一", "二"])
    keys = list(rows[model].objects.values_list("pk", flat=True))
    url = f"/admin/catalog/{model}/"
    client.post(url, {"action": "delete_selected", "_selected_action": keys, "post": "yes"})
    assert rows[model].objects.count() == len(keys)


@pytest.mark.long
def test_a_topic_in_use_is_merged_and_its_slug_leads_on() -> None:
    client, old, new = a_publisher(), Topic.objects.get(slug="training"), Topic.objects.get(slug="bpr")
    both, one = make_case("both", topics=["training", "bpr"]), make_case("one", topics=["training"])
    history.record(one, None, "最初")
    first = history.versions_of(one)[0]
    assert delete(client, "topic", old.pk) == 403
    page = client.get(f"/admin/catalog/topic/{old.pk}/merge/").text
    assert "ほかのテーマに統合する" in client.get(f"/admin/catalog/topic/{old.pk}/change/").text
    assert one.title in page
    sent = [client.post(f"/admin/catalog/topic/{old.pk}/merge/", {"into": new.pk}) for _ in range(2)]
    assert [answer["Location"] for answer in sent] == ["/admin/catalog/topic/"] * 2  # as by a double click
    assert SENT_TWICE in client.get("/admin/catalog/topic/").text
    assert [list(case.topics.values_list("slug", flat=True)) for case in (both, one)] == [["bpr"], ["bpr"]]
    assert history.versions_of(one)[0].revision.comment == f"テーマ「{old}」を「{new}」に統合"
    for url in ("/cases/", "/cases.json", "/api/v1/cases/"):
        by_old, by_new = (client.get(url, {"topic": slug}) for slug in ("training", "bpr"))
        assert by_old.status_code == 200
        assert ("one" in by_old.text, by_old.text.count('"slug"')) == (True, by_new.text.count('"slug"'))
    assert 'value="training"' not in client.get("/cases/").text
    client.get(change_url(one))  # which tells the message
    assert str(old) not in client.get(change_url(one)).text
    history.revert(first, one_user(), "前に戻す")
    assert list(one.topics.values_list("slug", flat=True)) == ["bpr"]
    assert delete(client, "topic", new.pk) == 403


def test_a_topic_keeps_its_slug() -> None:
    client, topic = a_publisher(), Topic.objects.get(slug="training")
    client.post(f"/admin/catalog/topic/{topic.pk}/change/", {"slug": "x", "title": "新", "position": "1"})
    topic.refresh_from_db()
    assert (topic.slug, topic.title) == ("training", "新")


def one_user() -> Any:
    return LogEntry.objects.latest("pk").user


@pytest.mark.long
def test_a_draft_whose_slug_for_the_time_being_another_has_now_comes_back_with_the_next() -> None:
    client = a_publisher()
    client.post(ADD, new_case(title="先の下書き", slug="", status="draft", page="", source=""))
    first = Case.objects.get(slug="draft-1")
    client.post(f"/admin/catalog/case/{first.pk}/delete/", {"post": "yes"})
    client.post(ADD, new_case(title="後の下書き", slug="", status="draft", page="", source=""))
    version = history.deleted_versions(Case).get(object_id=str(first.pk))
    assert history.bring_back(version, None).slug == "draft-2"  # type: ignore[attr-defined]


@pytest.mark.long
def test_a_case_goes_back_to_a_version_whose_slug_for_the_time_being_another_has_now() -> None:
    client = a_publisher()
    nowhere = {"slug": "", "status": "draft", "page": "", "source": "", "section": ""}
    client.post(ADD, new_case(title="場所のない下書き", **nowhere))
    case = Case.objects.get(slug="draft-1")
    source = Source.objects.get()
    placed = {"source": str(source.pk), "section": "1", "page": "901", "title": "場所のある下書き"}
    client.post(change_url(case), {**opened(client, case), **placed})
    client.post(ADD, new_case(title="後の下書き", **nowhere))
    case.refresh_from_db()
    assert case.slug == "dx2021-901-1"
    oldest = history.versions_of(case).last()
    assert oldest is not None
    reverted = history.revert(oldest, User.objects.get(), "戻す")
    assert (reverted.slug, reverted.title) == ("dx2021-901-1", "場所のない下書き")
