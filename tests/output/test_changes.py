"""Releases of the data, and what has changed between them: page, JSON, feed, command, editors' button."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.documents.releases import make_release
from catalog.models import Case, Population, Release, SiteText
from dxcases.sent_twice import SENT_TWICE
from tests.filling import a_publisher, an_editor, errors
from tests.making import FUNAGATA, make_case
from tests.shown import main_of

pytestmark = pytest.mark.django_db


def told(client: Client) -> Any:
    return client.get("/changes.json").json()


def command(**options: str) -> str:
    out = StringIO()
    call_command("release", stdout=out, **options)
    return out.getvalue()


def test_without_a_release_nothing_is_told(client: Client) -> None:
    assert told(client) == {"releases": [], "since_last_release": None, "announcements": []}
    assert "版は、まだありません" in client.get("/changes/").text
    assert client.get("/changes.atom").text.count("<entry>") == 0


def test_what_was_added_changed_and_withdrawn_is_told_from_release_to_release(client: Client) -> None:
    kept, gone = make_case("kept", outcome="成果"), make_case("gone", title="消える事例")
    first = make_release("最初の版")
    assert first is not None
    assert (first.count, first.changes) == (62, {"added": [], "changed": [], "withdrawn": []})
    before = client.get("/changes/")

    make_case("new", title="新しい事例")
    Case.objects.filter(pk=kept.pk).update(outcome="別の成果", year=2020)
    Case.objects.filter(pk=gone.pk).update(status="withdrawn", withdrawn_reason="団体の申し出")
    expected = {
        "added": [{"slug": "new", "title": "新しい事例"}],
        "changed": [{"slug": "kept", "title": kept.title, "fields": ["outcome", "year"]}],
        "withdrawn": [{"slug": "gone", "title": "消える事例", "reason": "団体の申し出"}],
    }
    since = told(client)["since_last_release"]
    assert since["added"][0].pop("url") == "http://testserver/cases/new/"
    assert without_addresses(since) == expected
    later = client.get("/changes/", headers={"If-None-Match": before["ETag"]})
    assert later.status_code == 200
    text = main_of(later.text)
    assert re.sub(r"\s+", " ", re.sub("<[^>]*>", "", text[text.index('id="since"') :])).startswith(
        'id="since">最後の版の後の変更 追加（1件） 新しい事例 '
        f"変更（1件） {kept.title}：得られた結果、取組を始めた年度（西暦） "
        "取り下げ（1件） 消える事例（gone）：団体の申し出 "
    )

    second = make_release()
    assert second is not None
    assert (second.name, second.count) == (f"{first.name}.2", 62)
    assert make_release("何も変わらない") is None
    answer = told(client)
    assert [one["name"] for one in answer["releases"]] == [second.name, first.name]
    assert {kind: answer["since_last_release"][kind] for kind in expected} == {kind: [] for kind in expected}
    assert without_addresses({kind: answer["releases"][0][kind] for kind in expected}) == expected
    assert "最後の版から変わったところはありません。" in client.get("/changes/").text
    feed = client.get("/changes.atom").text
    assert "事例62件。追加1件、変更1件、取り下げ1件。" in feed
    assert feed.count("<entry>") == 2


def without_addresses(changes: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: [{name: value for name, value in one.items() if name != "url"} for one in cases]
        for kind, cases in changes.items()
    }


def test_what_follows_from_a_body_is_a_change_of_its_cases_and_a_new_field_is_none(client: Client) -> None:
    make_case("made", bodies=[FUNAGATA])
    made = make_release()
    assert made is not None
    for _, digests in made.cases.values():
        digests.pop("topics")
    Release.objects.update(cases=made.cases)
    Case.objects.get(slug="made").topics.add(1)
    assert told(client)["since_last_release"]["changed"] == []
    Population.objects.filter(body=FUNAGATA).update(persons=4_321)
    changed = told(client)["since_last_release"]["changed"]
    assert {one["slug"] for one in changed} >= {"made"}
    assert {tuple(one["fields"]) for one in changed} == {("bodies",)}


def test_a_draft_is_in_no_release_and_a_case_taken_back_is_withdrawn_without_a_reason(client: Client) -> None:
    case = make_case("made")
    make_case("secret", title="ひみつ", status="draft")
    make_release()
    Case.objects.filter(pk=case.pk).update(status="draft")
    assert told(client)["since_last_release"]["withdrawn"] == [
        {"slug": "made", "title": case.title, "reason": "", "url": "http://testserver/cases/made/"}
    ]
    for address in ("/changes/", "/changes.json", "/changes.atom"):
        assert "ひみつ" not in client.get(address).content.decode()
    assert "secret" not in json.dumps(Release.objects.get().cases)


def test_the_command_makes_a_release_where_something_has_changed() -> None:
    assert re.fullmatch(
        r"版 \d{4}-\d\d-\d\d を作りました（事例60件、追加0件、変更0件、取り下げ0件）。\n", command()
    )
    assert command() == "前の版から変わったところがないため、版を作りませんでした。\n"
    make_case("new")
    assert "追加1件" in command(note="説明")
    assert Release.objects.order_by("pk").last().note == "説明"  # type: ignore[union-attr]


def test_a_publisher_makes_a_release_and_nobody_changes_one() -> None:
    publisher, editor = a_publisher(), an_editor()
    add = "/admin/catalog/release/add/"
    assert editor.get(add).status_code == 403
    first, again = (publisher.post(add, {"note": "春の版"}) for _ in range(2))
    assert (first.status_code, again.status_code, again["Location"]) == (302, 302, first["Location"])
    assert SENT_TWICE in publisher.get(again["Location"]).text
    release = Release.objects.get()
    assert (release.note, release.count) == ("春の版", 60)
    assert errors(publisher.post(add, {"note": ""})) == [
        "前の版から変わったところがないため、新しい版は作れません。"
    ]
    shown = editor.get(f"/admin/catalog/release/{release.pk}/change/")
    assert (shown.status_code, "春の版" in shown.text) == (200, True)
    assert publisher.post(f"/admin/catalog/release/{release.pk}/change/", {"note": "別"}).status_code == 403
    assert "春の版" in editor.get("/admin/catalog/release/").text


def test_announcements_are_told_on_the_page_and_those_with_a_day_in_the_feed(client: Client) -> None:
    promise = "6か月以上前に"
    assert promise in client.get("/changes/").text
    assert promise in client.get("/data/").text
    assert "予定されている変更はありません。" in client.get("/changes/").text
    text = "・2026年12月1日　項目xを、2027年6月1日になくします<b>\n・ほかの話\n2026-13-01 日ではない"
    SiteText.objects.filter(slug="data-notices").update(text=text)
    assert told(client)["announcements"] == [
        {"day": "2026-12-01", "text": "項目xを、2027年6月1日になくします<b>"}
    ]
    page = main_of(client.get("/changes/").text)
    assert "項目xを、2027年6月1日になくします&lt;b&gt;" in page
    assert "ほかの話" in page
    feed = client.get("/changes.atom")
    assert feed["Access-Control-Allow-Origin"] == "*"
    assert feed.text.count("<entry>") == 1
    assert "<updated>2026-12-01T00:00:00+09:00</updated>" in feed.text
    assert list(client.get("/changes.json?page=2").json()["errors"]) == ["page"]
