"""The list as a table: what the cards show, headings that lead to the orders, and where it goes along."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from catalog.models import Case
from tests.making import FUNAGATA
from tests.shown import linked_cases, main_of, one_line, section_of

pytestmark = pytest.mark.django_db

FIRST_ROW = [
    "全庁一丸でデジタル変革をおこすための体制整備 選ぶ ：全庁一丸でデジタル変革をおこすための体制整備",
    "福島県磐梯町 （0.3万人）",
    "副町長の直下に全庁・横断的なDX推進担当組織を設置",
    "ステップ2 組織体制",
    "宣言・憲章・行動規範、推進組織・会議体ほか",
    "",
]


def table_of(client: Client, query: str) -> str:
    return section_of(client.get(f"/cases/?view=table&{query}").text, "cases")


def headings(client: Client, query: str) -> list[tuple[str, str, str]]:
    """Of each column: its words, `aria-sort`, and the query of the order it leads to."""
    head = table_of(client, query).partition("<thead")[2].partition("</thead>")[0]
    found = []
    for cell in re.findall(r"<th .*?</th>", head, re.DOTALL):
        sort, link = re.findall(r'aria-sort="(\w+)"', cell), re.findall(r'href="/cases/\?([^"]*)"', cell)
        found.append((re.sub("<[^>]+>", "", cell), "".join(sort), unescape("".join(link))))
    return found


@pytest.mark.parametrize(
    "query", ["", "page=2", "q=研修", "q=人材育成 組織", "near=063631&kind=town", "sort=-population&step=3"]
)
def test_it_has_the_cases_of_the_cards_in_their_order_and_their_words(client: Client, query: str) -> None:
    table, cards = table_of(client, query), main_of(client.get(f"/cases/?{query}").text)
    assert linked_cases(table) == linked_cases(cards)
    for part in (
        r'<ul class="card__bodies">.*?</ul>',
        r'<p class="card__(?:nearness|line|reason).*?</p>',
        r"<mark>.*?</mark>",
    ):
        assert re.findall(part, table, re.DOTALL) == re.findall(part, cards, re.DOTALL)


def test_a_row_says_title_bodies_outcome_place_and_topics(client: Client) -> None:
    table = table_of(client, "step=2&population=0-1")
    rows = re.findall(r'<tr class="case-row".*?</tr>', table, re.DOTALL)
    cells = [one_line(re.sub("<[^>]+>", " ", cell)).strip() for cell in re.split("</t[hd]>", rows[0])]
    assert cells == FIRST_ROW


@pytest.mark.parametrize(
    ("query", "sorts", "orders"),
    [
        ("step=2", ["", "", "", "ascending", ""], ["population", ""]),
        ("step=2&sort=population", ["", "ascending", "", "", ""], ["-population", "document"]),
        ("step=2&sort=-population", ["", "descending", "", "", ""], ["population", "document"]),
        ("step=2&q=研修", ["", "", "", "", ""], ["population", "document"]),
        ("step=2&near=063631", ["", "", "", "", ""], ["population", "document"]),
    ],
)
def test_headings_tell_the_order_and_lead_to_another(
    client: Client, query: str, sorts: list[str], orders: list[str]
) -> None:
    shown = headings(client, query)
    assert [sort for _, sort, _ in shown] == sorts
    assert [link for _, _, link in (shown[0], shown[2], shown[4])] == ["", "", ""]
    for (_, _, link), order in zip((shown[1], shown[3]), orders, strict=True):
        assert re.findall("sort=([^&]*)", link) == [order] * bool(order)
        assert link.endswith("view=table") == bool(order)
        assert (re.findall("step=2", link) == ["step=2"]) == bool(order)


def test_another_order_leads_back_to_the_default_one(client: Client) -> None:
    assert "標準の並べ方に戻す" not in table_of(client, "near=063631")
    caption = re.findall(r"<caption.*?</caption>", table_of(client, "near=063631&sort=population"))
    assert 'href="/cases/?near=063631&amp;view=table"' in caption[0]
    assert "人口の少ない順" in caption[0]


def test_days_of_change_are_a_column_once_they_differ(client: Client) -> None:
    assert len(headings(client, "")) == 5
    Case.objects.filter(slug="dx2021-17-1").update(updated_at=datetime(2026, 12, 24, tzinfo=UTC))
    assert headings(client, "")[5] == ("更新：更新の新しい順に並べる", "", "sort=-updated&view=table")
    shown = table_of(client, "sort=-updated")
    assert headings(client, "sort=-updated")[5] == ("更新", "descending", "")
    assert (linked_cases(shown)[0], "2026年12月24日" in shown) == ("dx2021-17-1", True)


def test_words_that_stand_apart_are_under_a_row_of_their_own(client: Client) -> None:
    table = table_of(client, "q=人材育成")
    before, apart, after = table.partition("言葉が離れて出てくる事例")
    assert bool(apart)
    assert (linked_cases(before) != [], linked_cases(after) != []) == (True, True)


def test_it_goes_along_wherever_a_list_leads_to_a_list_and_into_no_file(client: Client) -> None:
    text = unescape(client.get("/cases/?view=table&step=0&q=研修&compare=dx2021-1-1").text)
    links = re.findall(r'href="([^"]*)"', main_of(text))
    lists = [link for link in links if link.startswith(("/cases/?", "?"))]
    assert len(lists) > 5
    of_list = "/cases/?step=0&q=%E7%A0%94%E4%BF%AE&compare=dx2021-1-1"
    assert [link for link in lists if "view=table" not in link] == [of_list, f"{of_list}&view=sizes"]
    forms = re.findall(r"<form .*?</form>", text, re.DOTALL)
    of_the_tray = 'name="view" value="table" form="picks"'
    assert [one.count('name="view" value="table"') for one in forms if "tray" not in one] == [1, 1]
    assert text.count(of_the_tray) == 1
    files = re.findall(r'href="(/cases\.[^"]+)"', text)
    assert (len(files), [link for link in files if "view" in link]) == (6, [])
    canonical = re.findall(r'rel="canonical" href="http://testserver([^"]+)"', text)
    assert [one for one in canonical if "view" in one] == []


def test_it_comes_back_from_the_own_body_and_the_comparison(client: Client) -> None:
    near = client.get("/near/?name=舟形町&step=2&view=table")
    assert near.headers["Location"] == f"/cases/?step=2&near={FUNAGATA}&view=table"
    chosen = client.get("/near/?name=府中市&view=table").text
    assert len(re.findall(r'href="/cases/\?near=\d+&amp;view=table"', chosen)) == 2
    assert 'name="view" value="table"' in chosen
    compared = client.get("/compare/?case=dx2021-1-1&case=dx2021-2-1&step=0&view=table").text
    back = "/cases/?step=0&amp;compare=dx2021-1-1&amp;compare=dx2021-2-1&amp;view=table"
    assert f'href="{back}"' in compared


def test_a_view_that_there_is_not_is_ignored_and_files_refuse_any(client: Client) -> None:
    assert linked_cases(main_of(client.get("/cases/?view=cubes").text)) == linked_cases(
        main_of(client.get("/cases/").text)
    )
    assert 'class="card"' in client.get("/cases/?view=cubes").text
    for path in ("/cases.json", "/cases.csv", "/cases.xlsx", "/cases.atom", "/api/v1/cases/"):
        answer = client.get(f"{path}?view=table")
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["view"]), path
