"""A dossier as the server answers it: what its address says, and what is wrong with it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from catalog.documents.reading import read_public
from catalog.models import Case
from catalog.pages.notes import MAX_CARRIED
from catalog.pages.paper import Sheets, first_pages, sheets_of
from tests.making import make_case

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = "dx2021-1-1", "dx2021-17-1", "dx2021-36-1"
CASES = f"case={ONE}&case={TWO}&case={THREE}"


def address(*slugs: str, **more: str) -> str:
    notes = {name.replace("_", "-", 1): text for name, text in more.items()}
    return "/dossier/?" + urlencode([*(("case", slug) for slug in slugs), *notes.items()])


def entries(text: str) -> list[str]:
    return re.findall(r'<input type="hidden" name="case" value="([^"]*)">', text)


def sheets(text: str) -> list[str]:
    return re.findall(r'id="case-title-\d+"><span class="file__number">([^<]+)</span>', text)


def alert(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text.partition('role="alert"')[2].partition("</div>")[0]).split())


def test_the_address_says_cases_order_title_and_notes(client: Client) -> None:
    query = f"case={TWO}&case={ONE}&case={TWO}&title=説明用&note-{ONE}=電話で聞く&note-{THREE}=なし&utm=1"
    response = client.get(f"/dossier/?{query}")
    text = response.text
    assert (response.status_code, entries(text), sheets(text)) == (200, [TWO, ONE], ["事例1", "事例2"])
    assert '<h2 id="file-title">説明用</h2>' in text
    assert text.count("電話で聞く") == 3  # in its field, in the comparison and on its sheet
    assert "なし</textarea>" not in text
    assert response["X-Robots-Tag"] == "noindex"
    head = text.partition("</head>")[0]
    assert f'rel="canonical" href="http://testserver/dossier/?case={TWO}&amp;case={ONE}"' in head
    assert "説明用" not in head


def test_nothing_is_asked_for_twice(client: Client, django_assert_num_queries: object) -> None:
    client.get("/about/")
    with django_assert_num_queries(3):  # type: ignore[operator]
        client.get(f"/dossier/?{CASES}")


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        (f"up={TWO}", f"?case={TWO}&case={ONE}&case={THREE}&note-{TWO}=a#entry-1"),
        (f"down={TWO}", f"?case={ONE}&case={THREE}&case={TWO}&note-{TWO}=a#entry-3"),
        (f"remove={TWO}", f"?case={ONE}&case={THREE}#edit"),
        (f"up={ONE}", f"?case={ONE}&case={TWO}&case={THREE}&note-{TWO}=a#entry-1"),
        ("remove=%0d%0aX:1", f"?case={ONE}&case={TWO}&case={THREE}&note-{TWO}=a#edit"),
    ],
)
def test_a_button_leads_to_the_address_that_it_asks_for(client: Client, pressed: str, expected: str) -> None:
    response = client.get(f"/dossier/?{CASES}&note-{ONE}=&note-{TWO}=a&{pressed}")
    assert (response.status_code, response["Location"]) == (302, f"/dossier/{expected}")


def test_the_first_cases_of_a_list_come_behind_those_that_are_there(client: Client) -> None:
    found = [one["slug"] for one in client.get("/cases.json?step=2&sort=-population").json()["results"]]
    response = client.get("/dossier/?step=2&sort=-population&first=5")
    assert response["Location"] == "/dossier/?step=2&sort=-population" + "".join(
        f"&case={slug}" for slug in found[:5]
    )
    response = client.get(f"/dossier/?step=2&sort=-population&first=20&case={ONE}&note-{ONE}=a")
    assert entries(client.get(response["Location"]).text) == [ONE, *found[:19]]
    assert client.get("/dossier/?first=21").status_code == 400
    assert client.get("/dossier/?first=5&step=9").status_code == 400


def test_ticks_of_a_list_become_cases(client: Client) -> None:
    response = client.get(f"/dossier/?step=2&page=2&compare={ONE}&compare=&compare={TWO}")
    assert response["Location"] == f"/dossier/?step=2&page=2&case={ONE}&case={TWO}"
    reordered = client.get(f"/dossier/?compare={ONE}&compare={TWO}&compare={THREE}&order={TWO}&order={ONE}")
    assert reordered["Location"] == f"/dossier/?case={TWO}&case={ONE}&case={THREE}"
    text = unescape(client.get(response["Location"]).text)
    assert f'href="/cases/?step=2&page=2&compare={ONE}&compare={TWO}"' in text


def test_the_list_that_the_cases_come_from_is_named_with_their_number(client: Client) -> None:
    def origin(query: str) -> str:
        found = re.search("選んだ一覧：(.*?)</p>", client.get(f"/dossier/?{query}").text)
        return re.sub("<[^>]+>", "", found[1]).replace("載せない", "").strip() if found else ""

    assert origin(f"{CASES}&step=2") == "ステップ2の事例（3件のうち1件）"
    assert origin(f"case={TWO}&step=2") == "ステップ2の事例"
    assert origin(f"case={ONE}&step=2") == origin(CASES) == ""


NOT_PUBLIC = "「gone」は取り下げられました。「draft」「nope」という事例はありません。"


@pytest.mark.parametrize(
    ("path", "instruction"),
    [
        ("/dossier/", "外してください。"),
        ("/dossier.xlsx", "外してください。"),
        ("/compare/", "一覧から選び直してください。"),
        ("/compare.xlsx", "一覧から選び直してください。"),
    ],
)
def test_every_address_of_cases_says_the_same_of_one_that_is_not_public(
    client: Client, path: str, instruction: str
) -> None:
    make_case("gone", status="withdrawn", withdrawn_reason="誤り")
    make_case("draft", status="draft")
    answer = client.get(f"{path}?case={ONE}&case=gone&case=draft&case=nope")
    told = answer.json()["errors"]["case"] if path.endswith("xlsx") else [alert(answer.text)]
    assert answer.status_code == 400
    assert f"{NOT_PUBLIC}{instruction}" in told[0]


def test_a_case_that_is_none_is_refused_and_nothing_is_lost(client: Client) -> None:
    make_case("gone", status="withdrawn", withdrawn_reason="誤り")
    make_case("draft", title="まだの事例", status="draft")
    response = client.get(address(ONE, "gone", "draft", "nope", note_gone="残るメモ", title="題"))
    assert (response.status_code, entries(response.text)) == (400, [ONE, "gone", "draft", "nope"])
    assert NOT_PUBLIC in alert(response.text)
    assert "gone ：この事例は取り下げられました。" in alert(response.text)
    assert ("残るメモ</textarea>" in response.text, 'value="題"' in response.text) == (True, True)
    assert (sheets(response.text), "まだの事例" in response.text) == ([], False)


def test_a_twenty_first_case_is_refused_and_nothing_is_lost(client: Client) -> None:
    slugs = list(Case.objects.order_by("pk").values_list("slug", flat=True)[:21])
    last = {f"note_{slugs[20]}": "最後のメモ"}
    response = client.get(address(*slugs, **last))
    assert (response.status_code, entries(response.text)) == (400, slugs)
    assert "20件までです（今は21件です）。1件を外してください。" in alert(response.text)
    assert "最後のメモ</textarea>" in response.text
    assert len(sheets(client.get(address(*slugs[:20])).text)) == 20


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (f"note-{ONE}=" + "あ" * 201, "200文字以内で入力してください（今は201文字です）。"),
        (f"note-{ONE}=a&note-{ONE}=b", "1回だけ指定してください。"),
        (f"note-{ONE}=a%07b", "目に見えない制御文字があります。"),
        ("title=" + "あ" * 81, "80文字以内で入力してください（今は81文字です）。"),
        ("step=9", "「9」は選べません。"),
        ("find=" + "あ" * 201, "言葉は200文字以内で入力してください"),
    ],
)
def test_what_is_wrong_is_told_and_kept(client: Client, query: str, told: str) -> None:
    response = client.get(f"/dossier/?{CASES}&{query}")
    assert (response.status_code, entries(response.text)) == (400, [ONE, TWO, THREE])
    assert told in alert(response.text)
    assert sheets(response.text) == []
    if "あ" in query:
        assert "あ" * 80 in response.text.partition('id="edit"')[2]


def test_as_many_characters_as_are_allowed_count_a_line_end_once(client: Client) -> None:
    note = quote("あ" * 198 + "\r\n" + "い")
    assert client.get(f"/dossier/?case={ONE}&note-{ONE}={note}").status_code == 200


def test_what_strangers_write_is_only_text(client: Client) -> None:
    mark = '"><script>alert(1)</script><a href="https://example.com">'
    text = client.get(address(ONE, mark, title=mark, **{f"note_{ONE}": mark, f"note_{mark}": mark})).text
    right = client.get(address(ONE, TWO, title=mark, **{f"note_{ONE}": mark})).text
    for page in (text, right):
        assert "<script>alert" not in page
        assert "https://example.com" in page
        assert 'href="https://example.com' not in page


def test_words_and_addresses_find_cases_to_add(client: Client) -> None:
    def found(words: str) -> list[str]:
        text = client.get(address(ONE, find=words)).text
        return re.findall(r'<input type="checkbox" name="case" value="([^"]+)"', text)

    asked = [one["slug"] for one in client.get("/cases.json?q=推進体制").json()["results"]]
    assert ONE in asked
    assert found("推進体制") == [slug for slug in asked if slug != ONE][:10]
    assert found(f"https://example.jp/cases/{TWO}/") == found(TWO) == [TWO]
    assert found("zzzz") == []


def test_lists_carry_notes_along_and_back(client: Client) -> None:
    note = quote("長め")
    text = unescape(client.get(f"/cases/?step=2&compare={TWO}&note-{TWO}={note}&note-{ONE}=x&title=t").text)
    links = [link for link in re.findall(r'href="(/cases/\?[^"]*)"', text) if "compare" in link]
    assert len(links) > 5
    kept = [link for link in links if f"compare={TWO}" in link]
    assert [link for link in kept if f"&title=t&note-{TWO}={note}" not in link] == []
    assert text.count(f'name="note-{TWO}" value="長め" form="picks"') == 1
    assert f'name="note-{ONE}"' not in text
    compared = unescape(client.get(f"/compare/?case={ONE}&case={TWO}&note-{TWO}={note}").text)
    assert f'href="/dossier/?case={ONE}&case={TWO}&note-{TWO}={note}"' in compared
    too_much = {f"note-{slug}": "あ" * 200 for slug in (ONE, TWO, THREE, "dx2021-2-1", "dx2021-3-1")}
    assert sum(map(len, too_much.values())) == MAX_CARRIED
    many = urlencode([*(("compare", name.removeprefix("note-")) for name in too_much), ("title", "t")])
    text = client.get(f"/cases/?{many}&{urlencode(too_much)}").text
    assert 'name="note-' not in text


def test_five_cases_are_not_compared_but_put_together(client: Client) -> None:
    five = "&".join(f"case={slug}" for slug in (ONE, TWO, THREE, "dx2021-2-1", "dx2021-3-1"))
    response = client.get(f"/compare/?{five}")
    assert response.status_code == 400
    assert f'href="/dossier/?{five}"' in unescape(response.text)


def test_facts_stand_on_the_sheet_of_a_case_that_has_room_for_them(client: Client) -> None:
    pages = [client.get(address(f"dx2021-{page}", ONE)).text for page in ("23-2", "14-1")]
    facts = (
        "制度・補助金：市の補助金：令和2年度香美市高知工科大学ICT推進活動事業費補助金　"
        "連携先：連携した大学：高知工科大学　費用、期間、体制・人員、効果：記載なし"
    )
    assert [f"<p>{facts}</p>" in page for page in pages] == [True, False]
    assert [page.count("<h3>費用・期間・体制・効果</h3>") for page in pages] == [2, 1]
    alone = client.get(address("dx2021-14-1")).text
    assert "<h3>費用・期間・体制・効果</h3>" in alone  # they stand nowhere else


def test_a_page_is_told_only_where_it_is_certain() -> None:
    make_case("long", approach="長い文。" * 2_000)
    (long,) = read_public(["long"])
    assert sheets_of(long, "") == Sheets(None, is_split=True)
    assert list(first_pages([Sheets(), Sheets(2), Sheets(None), Sheets()])) == [1, 2, 4, None]


def test_a_case_behind_one_of_unknown_length_is_told_without_page(client: Client) -> None:
    make_case("long", approach="長い文。" * 2_000)
    text = client.get(address(ONE, "long", TWO)).text
    assert re.findall(r'<td class="file__page">(.)</td>', text) == ["1", "2", "−"]
    assert "ページの右上の番号で探してください。" in text
