from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.editing import dashboard
from catalog.editing.dashboard import day_of
from catalog.links.checks import record
from catalog.links.network import Finding, Outcome
from catalog.models import Case, Link, ZeroResultSearch
from tests.filling import ADD, a_publisher, an_editor, logged_in, new_case
from tests.making import (
    FUNAGATA,
    MIYAGI,
    make_case,
    set_population,
    without_cases,
)

DEAD = "https://example.jp/gone"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_searches_of_other_tests(db: None) -> None:
    """What is searched for in a browser is counted by a server of its own, and stays."""
    ZeroResultSearch.objects.all().delete()


def shown() -> dict[str, tuple[int, list[str]]]:
    """Number and lines of each panel, by title."""
    panels = [*dashboard.proposals_panels(), *dashboard.panels()]
    return {panel.title: (panel.number, [row.text + row.note for row in panel.rows]) for panel in panels}


def test_the_first_page_lists_what_waits_for_an_editor() -> None:
    without_cases()
    make_case(title="下書きの題", status="draft", bodies=[])
    make_case(title="取り下げの題", status="withdrawn", withdrawn_reason="申し出")
    set_population(MIYAGI, None)
    make_case(title="人口不明の題", bodies=[MIYAGI])
    make_case(title="一部は分かる題", bodies=[MIYAGI, FUNAGATA])
    ZeroResultSearch.objects.record("ドローン 配送")
    dead = Link.objects.create(case=Case.objects.get(title="人口不明の題"), url=DEAD, label="例")
    for day in (3, 2, 1):
        at = timezone.now() - timedelta(days=day)
        record(Finding(dead.url, Outcome.FAILING, checked_at=at))
    today = f"　{day_of(timezone.now())}"
    assert shown() == {
        "確認依頼のある改訂案": (0, []),
        "作成中・差戻しの改訂案": (0, []),
        "団体からの回答（未対応）": (0, []),
        "寄せられた情報（未対応・対応中）": (0, []),
        "下書き": (1, [f"下書きの題{today}"]),
        "見直しの期限が来た事例": (0, []),
        "公開・取り下げの予約": (0, []),
        "取り下げた事例": (1, [f"取り下げの題{today}"]),
        "人口の分かる団体がない公開中の事例": (1, [f"人口不明の題{today}"]),
        "公開中の事例に出ていて、人口が未入力の団体": (1, ["宮城県"]),
        "リンク切れ": (1, [DEAD]),
        "結果のなかった検索（過去30日間）": (1, ["ドローン 配送1回"]),
    }


def test_a_long_list_shows_the_newest_and_says_how_many_there_are() -> None:
    without_cases()
    for number in range(12):
        make_case(title=f"下書き{number}", status="draft")
    number, titles = shown()["下書き"]
    today = f"　{day_of(timezone.now())}"
    assert (number, titles) == (12, [f"下書き{number}{today}" for number in range(11, 1, -1)])
    page = an_editor().get("/admin/").text
    assert re.search(r'<a href="/admin/catalog/case/\?status__exact=draft">すべて見る</a>', page)


def test_drafts_tell_who_began_them() -> None:
    without_cases()
    a_publisher("satou").post(ADD, new_case(status="draft"))
    assert shown()["下書き"][1] == [f"新しい事例satou　{day_of(timezone.now())}"]


def test_what_a_panel_leaves_out_is_a_click_away() -> None:
    without_cases()
    set_population(MIYAGI, None)
    make_case("unknown", bodies=[MIYAGI])
    make_case("known", bodies=[FUNAGATA])
    client = a_publisher()
    urls = {panel.title: panel.url for panel in dashboard.panels()}
    listed = [
        [str(row) for row in client.get(urls[title]).context["cl"].result_list]
        for title in ("公開中の事例に出ていて、人口が未入力の団体", "人口の分かる団体がない公開中の事例")
    ]
    assert listed == [["宮城県"], [Case.objects.get(slug="unknown").title]]


def test_words_that_found_nothing_lead_to_a_search_and_to_a_synonym() -> None:
    for number in range(52):
        ZeroResultSearch.objects.record(f"ドローン{number:02}")
    ZeroResultSearch.objects.record("ﾄﾞﾛｰﾝ00")
    client = a_publisher()
    first, second = client.get("/admin/zero-results/"), client.get("/admin/zero-results/?page=2")
    assert len(first.context["rows"]) == 50
    assert len(second.context["rows"]) == 2
    (row, query) = first.context["rows"][0]
    assert (row.text, row.note) == ("ﾄﾞﾛｰﾝ00", "2回")
    assert f'href="{row.url}"' in first.text
    assert client.get(f"/admin/catalog/searchsynonym/add/?{query}").context["adminform"].form[
        "words"
    ].value() == ("ﾄﾞﾛｰﾝ00")
    assert "同義語にする" not in an_editor().get("/admin/zero-results/").text
    assert logged_in("nobody", "ない権限").get("/admin/zero-results/").status_code == 403


def test_recent_changes_tell_who_what_and_why() -> None:
    client = a_publisher("satou")
    client.post(ADD, new_case())
    page = client.get("/admin/").text
    (change,) = re.findall(r'<ul class="actionlist changes">(.*?)</ul>', page, re.DOTALL)
    assert "新しい事例" in change
    assert "<strong>satou</strong>" in change
    assert "理由：新しく作成" in change


def test_an_account_without_rights_sees_no_panel() -> None:
    page = logged_in("nobody", "ない権限").get("/admin/")
    assert page.status_code == 200
    assert "下書き" not in page.text


def test_the_first_page_takes_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    client = an_editor()
    make_case(status="draft")
    client.get("/admin/")
    with django_assert_num_queries(31):
        client.get("/admin/")
    for _ in range(3):
        make_case(status="draft")
    with django_assert_num_queries(31):
        client.get("/admin/")


def counted() -> list[tuple[str, int]]:
    return list(ZeroResultSearch.objects.order_by("term").values_list("term", "count"))


@pytest.fixture
def reader(client: Client, django_capture_on_commit_callbacks: Any) -> Client:
    """A browser whose answers are done, so that what waits for the end of each has happened."""
    get = client.get

    def finished(*args: Any, **kwargs: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return get(*args, **kwargs)

    client.get = finished  # type: ignore[method-assign]
    return client


def test_words_that_find_nothing_are_counted_by_what_they_mean(reader: Client) -> None:
    for text in ("ドローン配送", "どろーん配送", " ドローン配送 "):
        reader.get("/cases/", {"q": text})
    assert counted() == [("どろん配送", 3)]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "研修"},
        {"q": "研修", "prefecture": "47", "population": "100-"},
        {"q": "ドローン配送", "step": "x"},
        {"q": "！？"},
        {"prefecture": "47", "population": "100-"},
        {},
    ],
)
def test_searches_are_not_counted_where_the_words_are_not_what_finds_nothing(
    reader: Client, query: dict[str, str]
) -> None:
    reader.get("/cases/", query)
    assert counted() == []


def test_a_day_takes_no_more_terms_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ZeroResultSearch, "MAX_TERMS_A_DAY", 2)
    for text in ("一", "二", "三", "二"):
        ZeroResultSearch.objects.record(text)
    assert counted() == [("一", 1), ("二", 2)]


def test_long_words_are_cut(reader: Client) -> None:
    reader.get("/cases/", {"q": "龘" * 150})
    assert counted() == [("龘" * 100, 1)]


def test_searches_are_forgotten_after_thirty_days() -> None:
    today = timezone.localdate()
    for days in (29, 30, 31):
        ZeroResultSearch.objects.create(term=f"{days}日前", day=today - timedelta(days=days), count=5)
    ZeroResultSearch.objects.record("今日")
    assert counted() == [("29日前", 5), ("30日前", 5), ("今日", 1)]


def test_the_list_is_read_where_the_database_takes_no_writes(reader: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    response = reader.get("/cases/", {"q": "ドローン配送"})
    assert response.status_code == 200
    assert counted() == []
