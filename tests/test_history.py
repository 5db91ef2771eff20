"""Versions, their differences, taking a case back, and two editors at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker
from reversion.models import Revision

from catalog import history
from catalog.models import Body, Case, CaseBody, Figure, Link, SimilarBody, Topic
from tests.filling import ADD, a_publisher, change_url, errors, new_case, opened, sent_by
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI, make_case
from tests.state import wait_for_a_blocked_statement

TRIES = 20


@pytest.fixture
def case(db: None) -> Case:
    """A published case with a row of each kind, its first version recorded."""
    made = make_case("made", title="元の題", topics=["university"], points=["一", "二"])
    Link.objects.create(case=made, url="https://example.jp/", label="例")
    Figure.objects.create(case=made, label="回数", value="8回")
    SimilarBody.objects.create(case=made, body_id=KASHIHARA, note="研修")
    history.record(made, None, "最初")
    return made


def told(differences: list[history.Difference]) -> dict[str, tuple[list[str], list[str]]]:
    """The marked lines before and after, by field."""
    return {
        one.label: ([line.text for line in one.before if line.changed],
                    [line.text for line in one.after if line.changed])
        for one in differences
    }  # fmt: skip


def change_everything(case: Case) -> None:
    case.title, case.points = "新しい題", ["一", "三"]
    case.save()
    case.topics.set(Topic.objects.filter(slug="organization"))
    case.case_bodies.update(note="注記")
    CaseBody.objects.create(case=case, body_id=MIYAGI, position=2)
    case.links.all().delete()
    Link.objects.create(case=case, url="https://example.jp/", label="新しい例")
    case.figures.update(value="9回")
    case.similar_bodies.all().delete()


def test_the_difference_is_told_by_field_with_bodies_links_figures_topics_and_similar_bodies(
    case: Case,
) -> None:
    change_everything(case)
    history.record(case, None, "変更")
    after, before = history.versions_of(case)
    assert told(history.differences(history.texts_in(before), history.texts_in(after))) == {
        "題名": (["元の題"], ["新しい題"]),
        "ポイント": (["二"], ["三"]),
        "テーマ": (["大学との連携"], ["推進組織・会議体"]),
        "実施団体": (
            [],  # nothing of it is gone
            ["順番：1／団体：山形県舟形町／注記：注記", "順番：2／団体：宮城県"],
        ),
        "数値": (["順番：1／項目：回数／値：8回"], ["順番：1／項目：回数／値：9回"]),
        "関連リンク": (
            [],
            ["順番：1／URL：https://example.jp/／表示名：新しい例"],
        ),
        "類似の取組を行っている団体": (["順番：1／団体：奈良県橿原市／注記：研修"], []),
    }


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("人口1〜2万人の町", "人口1～2万人の町", ("人口1[〜]2万人の町", "人口1[～]2万人の町")),
        ("担当課が調べた。", "担当課が調べた。 ", ("担当課が調べた。", "担当課が調べた。[ ]")),
        ("手順を自動化する", "手順を標準化する", ("手順を[自動化]する", "手順を[標準化]する")),
        ("8回開いた", "12回開いた", ("[8]回開いた", "[12]回開いた")),
        ("まったく違う文", "別のことを書いた", ("[まったく違う文]", "[別のことを書いた]")),
        ("一\n二\n三", "一\n二か\n三\n四", ("一/二/三", "一/二[か]/三/[四]")),
        (
            "\n".join(["同"] * 9999),
            "\n".join(["同"] * 9999 + ["終"]),
            ("/".join(["同"] * 9999), "同/" * 9999 + "[終]"),
        ),
        (
            "頭\n" + "あ\nい\n" * 2000,
            "頭\n" + "い\nあ\n" * 2000,
            ("頭" + "/[あ]/[い]" * 2000, "頭" + "/[い]/[あ]" * 2000),
        ),
        ("あ" * 4000, "い" * 4000, ("[" + "あ" * 4000 + "]", "[" + "い" * 4000 + "]")),
        ("", "加えた", ("", "[加えた]")),
    ],
)
def test_a_difference_is_marked_by_words_and_characters(
    before: str, after: str, marked: tuple[str, str]
) -> None:
    def written(lines: list[history.Line]) -> str:
        return "/".join(
            "".join(f"[{part.text}]" if part.changed else part.text for part in line.parts) for line in lines
        )

    assert tuple(map(written, history.marked(before.splitlines(), after.splitlines()))) == marked


def test_a_case_is_taken_back_with_all_its_rows_as_a_new_version(case: Case) -> None:
    first = history.versions_of(case)[0]
    before = history.texts_of(case)
    change_everything(case)
    history.record(case, None, "変更")
    user = User.objects.create_user("henshu")
    changed_at = Case.objects.get(pk=case.pk).updated_at
    history.revert(first, user, "誤り")
    assert history.texts_of(case) == before
    newest = history.versions_of(case)[0]
    assert (newest.revision.user, newest.revision.comment) == (user, "誤り")
    assert history.versions_of(case).count() == 3
    assert Case.objects.get(pk=case.pk).updated_at > changed_at
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM catalog_casedocument WHERE case_id = %s", [case.pk])
        assert cursor.fetchone() == ("元の題",)


def test_taking_back_keeps_address_and_state(case: Case) -> None:
    first = history.versions_of(case)[0]
    Case.objects.filter(pk=case.pk).update(status="withdrawn", withdrawn_reason="申し出", title="新しい題")
    history.revert(first, User.objects.create_user("henshu"), "誤り")
    case.refresh_from_db()
    assert (case.title, case.status, case.withdrawn_reason) == ("元の題", "withdrawn", "申し出")


def test_what_was_written_outside_the_admin_is_kept_before_it_is_taken_back(case: Case) -> None:
    first = history.versions_of(case)[0]
    Case.objects.filter(pk=case.pk).update(title="SQLで変えた題")
    history.revert(first, User.objects.create_user("henshu"), "誤り")
    outside = history.versions_of(case)[1]
    assert outside.revision.comment == history.UNRECORDED
    assert history.texts_in(outside)["題名"] == ["SQLで変えた題"]


def test_a_version_without_body_does_not_come_back_while_the_case_is_public(case: Case) -> None:
    CaseBody.objects.filter(case=case).delete()
    history.record(case, None, "団体なし")
    without = history.versions_of(case)[0]
    CaseBody.objects.create(case=case, body_id=FUNAGATA)
    before = history.texts_of(case)
    with pytest.raises(ValidationError, match="実施団体"):
        history.revert(without, User.objects.create_user("henshu"), "誤り")
    assert history.texts_of(case) == before


def test_a_version_whose_place_another_case_has_now_does_not_come_back(case: Case) -> None:
    first, page = history.versions_of(case)[0], case.page
    Case.objects.filter(pk=case.pk).update(page=5000)
    make_case("other", page=page)
    before = history.texts_of(case)
    with pytest.raises(ValidationError, match="この版には戻せません"):
        history.revert(first, User.objects.create_user("henshu"), "誤り")
    assert history.texts_of(case) == before


def test_the_history_page_tells_who_when_why_and_what(case: Case) -> None:
    client = a_publisher("satou")
    client.post(change_url(case), {**opened(client, case), "title": "新しい題", "reason": "出典に合わせた"})
    page = client.get(f"/admin/catalog/case/{case.pk}/history/").text
    newest, oldest = re.findall(r"<li>\n<p>.*?</li>", page, re.DOTALL)
    assert re.search(r"<strong>satou</strong>　\d+年\d+月\d+日 \d\d:\d\d　理由：出典に合わせた", newest)
    assert "変わった項目：題名<" in newest
    assert "<del>元の題</del>" in newest
    assert "<ins>新しい題</ins>" in newest
    assert "理由：最初" in oldest
    assert "この版に戻す" in oldest


def test_taking_back_asks_first_and_wants_a_reason(case: Case) -> None:
    client = a_publisher()
    Case.objects.filter(pk=case.pk).update(title="新しい題")
    url = f"/admin/catalog/case/{case.pk}/history/{history.versions_of(case)[0].pk}/revert/"
    page = client.get(url)
    assert "<del>新しい題</del>" in page.text
    assert Case.objects.get(pk=case.pk).title == "新しい題"
    seen = page.context["form"]["seen_version"].value()
    assert errors(client.post(url, {"seen_version": seen, "reason": ""})) == [
        "公開した事例を変えるときは、変更の理由を入力してください。"
    ]
    Case.objects.filter(pk=case.pk).update(title="別の人の題")
    late = client.post(url, {"seen_version": seen, "reason": "誤り"})
    assert "ほかの人がこの事例を変えました。" in late.text
    assert "<del>別の人</del>" in late.text
    seen = late.context["form"]["seen_version"].value()
    assert client.post(url, {"seen_version": seen, "reason": "誤り"}).status_code == 302
    assert Case.objects.get(pk=case.pk).title == "元の題"


def test_taking_back_tells_nothing_of_what_stays_as_it_is(case: Case) -> None:
    draft = make_case("draft", title="元の題", status="draft")
    history.ensure_version(draft)
    first = history.versions_of(draft)[0]
    Case.objects.filter(pk=draft.pk).update(title="新しい題", status="published", slug="public")
    page = a_publisher().get(f"/admin/catalog/case/{draft.pk}/history/{first.pk}/revert/")
    assert [one.label for one in page.context["differences"]] == ["題名"]


def test_versions_are_compared_with_each_other_and_with_now(case: Case) -> None:
    client, url = a_publisher(), f"/admin/catalog/case/{case.pk}/history/compare/"
    Case.objects.filter(pk=case.pk).update(title="新しい題")
    first = history.versions_of(case)[0].pk
    assert "<ins>新しい題</ins>" in client.get(f"{url}?before={first}").text
    assert "違いはありません。" in client.get(f"{url}?before={first}&after={first}").text
    for query in ("", "?before=x", f"?before={10**30}", "?before=0"):
        assert client.get(url + query).status_code == 404


def test_populations_have_a_history_too(db: None) -> None:
    client, url = a_publisher(), f"/admin/catalog/body/{HIDAKA}/change/"
    page = client.get(url)
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    rows = {"populations-TOTAL_FORMS": "1", "populations-INITIAL_FORMS": "0"}
    row = {"persons": "4900", "as_of": "2025-01-01", "source": "resident-register"}
    data |= rows | {f"populations-0-{name}": value for name, value in row.items()}
    assert client.post(url, data).status_code == 302
    newest, oldest = history.versions_of(Body.objects.get(code=HIDAKA))
    lines = [history.texts_in(version)["人口"] for version in (newest, oldest)]
    assert set(lines[0]) - set(lines[1]) == {
        "人口：4900／基準日：2025年1月1日／出典：住民基本台帳に基づく人口、人口動態及び世帯数"
    }
    assert len(lines[1]) == 2
    page = client.get(f"/admin/catalog/body/{HIDAKA}/history/")
    assert "変わった項目：人口<" in page.text


def test_loading_fixtures_and_bulk_writes_record_nothing(db: None) -> None:
    case = make_case()
    case.save()
    Body.objects.bulk_update([Body.objects.get(code=HIDAKA)], ["name"])
    assert not Revision.objects.exists()


def version_of(case: Case) -> int:
    return Case.objects.values_list("version", flat=True).get(pk=case.pk)


def test_the_version_counts_changes_of_the_case_and_of_each_kind_of_row(case: Case) -> None:
    changes = [
        lambda: Case.objects.filter(pk=case.pk).update(title="新しい題"),
        lambda: case.topics.clear(),
        lambda: case.case_bodies.update(note="注記"),
        lambda: case.figures.update(value="9回"),
        lambda: case.links.create(url="https://example.org/", label="例"),
        lambda: case.similar_bodies.all().delete(),
    ]
    for change in changes:
        before = version_of(case)
        change()
        assert version_of(case) == before + 1


def test_the_version_stays_where_the_same_is_written_again(case: Case) -> None:
    before = version_of(case)
    Case.objects.filter(pk=case.pk).update(title="元の題", version=99)
    case.figures.update(value="8回")
    case.links.filter(pk=0).delete()
    assert version_of(case) == before


def test_who_saves_second_sees_what_both_changed_and_by_whom_and_loses_nothing(case: Case) -> None:
    first, second = a_publisher("suzuki"), a_publisher("tanaka")
    by_first = {**opened(first, case), "title": "鈴木の題", "outcome": "鈴木の成果", "reason": "一人目"}
    by_second = {**opened(second, case), "title": "田中の題", "background": "田中の背景", "reason": "二人目"}
    assert first.post(change_url(case), by_first).status_code == 302
    refused = second.post(change_url(case), by_second)
    assert refused.status_code == 200
    assert "<strong>suzuki</strong>" in refused.text
    assert told(refused.context["adminform"].form.conflict.differences) == {
        "題名": (["元の題"], ["鈴木の題"]),
        "成果": ([], ["鈴木の成果"]),
    }
    assert Case.objects.get(pk=case.pk).background == ""
    again = sent_by(refused)
    assert (again["background"], again["reason"], again["title"]) == ("田中の背景", "二人目", "田中の題")
    assert second.post(change_url(case), again).status_code == 302
    case.refresh_from_db()
    assert (case.title, case.outcome, case.background) == ("田中の題", "鈴木の成果", "田中の背景")


@pytest.mark.long
def test_what_only_the_other_changed_stays_as_the_other_has_it(case: Case) -> None:
    """Fields, rows changed, taken away and added: nothing is asked, and who saves second is told."""
    first, second = a_publisher("suzuki"), a_publisher("tanaka")
    Link.objects.create(case=case, url="https://example.org/", label="二つ目", position=2)
    history.record(case, None, "二つ目")
    typed = opened(second, case) | {
        "outcome": "田中の成果", "points": "一\r\n二\r\n三", "links-1-label": "田中の二つ目",
        "reason": "二人目",
    }  # fmt: skip
    by_first = opened(first, case) | {
        "title": "鈴木の題", "topics": [Topic.objects.get(slug="bpr").pk], "links-0-DELETE": "on",
        "figures-0-value": "9回", "similar_bodies-TOTAL_FORMS": "2", "similar_bodies-1-body": HIDAKA,
        "similar_bodies-1-position": "2", "similar_open_ended": "on", "reason": "一人目",
    }  # fmt: skip
    assert first.post(change_url(case), by_first).status_code == 302
    response = second.post(change_url(case), typed, follow=True)
    kept = "題名、類似団体はほかにもある、テーマ、数値、関連リンク、類似の取組を行っている団体"
    assert f"あなたが変えていない項目（{kept}）" in response.text
    case.refresh_from_db()
    assert (case.title, case.outcome, case.points) == ("鈴木の題", "田中の成果", ["一", "二", "三"])
    assert case.similar_open_ended
    assert list(case.topics.values_list("slug", flat=True)) == ["bpr"]
    assert list(case.links.values_list("label", flat=True)) == ["田中の二つ目"]
    assert list(case.figures.values_list("value", flat=True)) == ["9回"]
    assert set(case.similar_bodies.values_list("body", flat=True)) == {KASHIHARA, HIDAKA}


@pytest.mark.long
def test_a_row_that_both_added_stands_once(case: Case) -> None:
    first, second = a_publisher("suzuki"), a_publisher("tanaka")
    added = {"figures-TOTAL_FORMS": "2", "figures-1-label": "人数", "figures-1-position": "2"}
    typed = {**opened(second, case), **added, "figures-1-value": "二人", "reason": "二人目"}
    first.post(change_url(case), {**opened(first, case), **added, "figures-1-value": "2人", "reason": "一"})
    assert second.post(change_url(case), typed).status_code == 302
    assert list(case.figures.values_list("label", "value")) == [("回数", "8回"), ("人数", "2人")]


@pytest.mark.long
def test_a_change_of_rows_alone_is_a_conflict_and_rows_deleted_meanwhile_come_back_with_what_was_typed(
    case: Case,
) -> None:
    first, second = a_publisher("suzuki"), a_publisher("tanaka")
    Link.objects.create(case=case, url="https://example.org/", label="二つ目", position=2)
    history.record(case, None, "二つ目")
    typed = opened(second, case) | {
        "links-0-label": "書き直した例", "links-1-label": "書き直した二つ目", "reason": "二人目"
    }  # fmt: skip
    by_first = opened(first, case) | {"links-0-DELETE": "on", "reason": "一人目"}
    assert first.post(change_url(case), by_first).status_code == 302
    refused = second.post(change_url(case), typed)
    differences = told(refused.context["adminform"].form.conflict.differences)
    assert differences == {"関連リンク": (["順番：1／URL：https://example.jp/／表示名：例"], [])}
    response = second.post(change_url(case), sent_by(refused))
    assert response.status_code == 302, errors(response)
    labels = set(case.links.values_list("url", "label"))
    assert labels == {
        ("https://example.jp/", "書き直した例"),
        ("https://example.org/", "書き直した二つ目"),
    }


def test_a_change_outside_the_admin_is_a_conflict_as_well(case: Case) -> None:
    client = a_publisher()
    typed = {**opened(client, case), "figures-0-value": "10回", "reason": "理由"}
    case.figures.update(value="9回")
    refused = client.post(change_url(case), typed)
    assert told(refused.context["adminform"].form.conflict.differences) == {
        "数値": (["順番：1／項目：回数／値：8回"], ["順番：1／項目：回数／値：9回"])
    }


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Case]:
    """A case that other connections see too, taken away again afterwards."""
    with django_db_blocker.unblock():
        made = make_case("committed", background="")
        try:
            yield made
        finally:
            Case.objects.filter(pk=made.pk).delete()
            Revision.objects.all().delete()
            User.objects.all().delete()


@pytest.mark.long
def test_two_editors_who_save_at_the_same_time_lose_no_update(committed: Case) -> None:
    """Each adds a line of its own until it is saved: after every try both lines are there."""
    clients = {name: a_publisher(name) for name in ("suzuki", "tanaka")}

    def add_line(name: str, data: dict[str, Any], line: str) -> int:
        """Saves, and where another was first adds the line to what stands there now; gives the refusals."""
        refusals = 0
        while True:
            response = clients[name].post(change_url(committed), data)
            if response.status_code == 302:
                connection.close()
                return refusals
            refusals += 1
            standing = Case.objects.get(pk=committed.pk).background
            data = {**sent_by(response), "background": f"{standing}\r\n{line}"}

    refusals = 0
    with ThreadPoolExecutor(2) as pool:
        for number in range(TRIES):
            standing = opened(clients["suzuki"], committed)
            jobs = []
            for name in clients:
                line = f"{name}{number}"
                sent = {**standing, "background": f"{standing['background']}\r\n{line}", "reason": "同時"}
                jobs.append(pool.submit(add_line, name, sent, line))
            refusals += sum(job.result() for job in jobs)
    lines = Case.objects.get(pk=committed.pk).background.split()
    assert sorted(lines) == sorted(f"{name}{number}" for name in clients for number in range(TRIES))
    assert refusals >= TRIES


def test_a_slug_taken_between_check_and_save_is_told_beside_the_field(committed: Case) -> None:
    client = a_publisher("suzuki")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Case.objects.filter(pk=committed.pk).update(slug="taken")
            job = pool.submit(client.post, ADD, new_case(slug="taken"))
            with connection.cursor() as cursor:
                wait_for_a_blocked_statement(cursor, seconds=10)
        response = job.result()
        pool.submit(lambda: connection.close()).result()
    assert response.status_code == 200
    assert errors(response) == ["この 識別名 を持った 事例 が既に存在します。"]
