from __future__ import annotations

import csv
import re
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve
from openpyxl import Workbook, load_workbook
from pytest_django import Settings

from catalog.documents.addresses import identifier
from catalog.documents.reading import read_public
from catalog.models import Case, Source
from catalog.output.columns import HEADERS, defused, lines
from catalog.output.exports import MAX_CELL_LENGTH, truncate
from tests.making import FUNAGATA, KASHIHARA, MIYAGI, make_case, make_source
from tests.shown import linked_cases, main_of

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
QUERIES = [
    "",
    "step=2&population=0-1",
    "near=063631",
    "near_population=8000&sort=population",
    "q=研修",
    "q=取り組み&sort=document&kind=city",
    "sort=-updated&region=kyushu",
    "prefecture=29&kind=town",
    "step=1&section=4-1",
    "source=dx2021&step=3&kind=village",
]


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    content = client.get(f"/cases.csv?{query}").getvalue().decode()
    return list(csv.DictReader(StringIO(content, newline="")))


def workbook(client: Client, query: str = "") -> Workbook:
    return load_workbook(BytesIO(client.get(f"/cases.xlsx?{query}").getvalue()))


def sheet(client: Client, query: str = "") -> list[dict[str, Any]]:
    header, *rows = workbook(client, query)["事例"].iter_rows(values_only=True)
    return [dict(zip(cast("tuple[str, ...]", header), row, strict=True)) for row in rows]


def pages(client: Client, query: str) -> list[str]:
    found: list[str] = []
    for number in (1, 2, 3):
        response = client.get(f"/cases/?{query}&page={number}")
        if response.status_code == 404:
            break
        found += linked_cases(main_of(response.text))
    return found


def api(client: Client, query: str) -> list[dict[str, Any]]:
    """Every page of the API's list, by its own links."""
    found, url = [], f"/api/v1/cases/?{query}&page_size=7"
    while url:
        answer = client.get(url).json()
        found += answer["results"]
        url = answer["next"]
    return found


def feed(client: Client, query: str) -> ElementTree.Element:
    return ElementTree.fromstring(client.get(f"/cases.atom?{query}").content)


@pytest.mark.parametrize("query", QUERIES)
def test_every_form_gives_the_same_cases_in_the_same_order(client: Client, query: str) -> None:
    expected = pages(client, query)
    assert [row["識別名"] for row in table(client, query)] == expected
    assert [record["slug"] for record in client.get(f"/cases.json?{query}").json()["results"]] == expected
    assert [row["識別名"] for row in sheet(client, query)] == expected
    assert [record["slug"] for record in api(client, query)] == expected
    entries = feed(client, query).findall(f"{ATOM}entry/{ATOM}id")
    assert [entry.text for entry in entries] == [identifier(f"/cases/{slug}/") for slug in expected]


@pytest.mark.parametrize("url", ["/cases.csv", "/cases.xlsx", "/cases.atom", "/cases.json", "/api/v1/cases/"])
@pytest.mark.parametrize(
    ("query", "name"),
    [("population=abc", "population"), ("utm_source=x", "utm_source"), ("step=1&step=9", "step")],
)
def test_every_file_refuses_what_it_does_not_understand(
    client: Client, url: str, query: str, name: str
) -> None:
    response = client.get(f"{url}?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


def test_a_row_tells_the_whole_record() -> None:
    case = make_case(
        "made", title="題", bodies=[FUNAGATA, MIYAGI], topics=["bpr", "data"], points=["一", "二"]
    )
    (row,) = [row for row in table(Client()) if row["識別名"] == case.slug]
    assert list(row) == list(HEADERS)
    assert row["団体コード"] == "063631\n040002"
    assert row["人口"] == "5000\n2292385"
    assert row["人口の基準日"] == "2020-01-01\n2020-01-01"
    assert row["人口の出典"] == ("自治体DX推進手順書参考事例集\n住民基本台帳に基づく人口、人口動態及び世帯数")
    assert row["団体の代表電話"] == "\n022-211-2111"
    assert row["都道府県"] == "山形県\n宮城県"
    assert row["テーマ"] == "業務改革（BPR）\nデータ利活用・オープンデータ"
    assert row["ポイント"] == "一\n二"
    assert row["出典"] == "自治体DX推進手順書参考事例集"


def test_the_button_gives_a_byte_order_mark_and_scripts_none(client: Client) -> None:
    assert client.get("/cases.csv?bom=1").getvalue().startswith(b"\xef\xbb\xbf\xe8")
    assert client.get("/cases.csv").getvalue().startswith("識別名,URL".encode())
    assert client.get("/cases.csv?bom=2").status_code == 400


def test_the_file_is_named_after_the_query(client: Client) -> None:
    header = client.get("/cases.csv?step=2").headers["Content-Disposition"]
    assert (
        header
        == "attachment; filename*=utf-8''%E3%82%B9%E3%83%86%E3%83%83%E3%83%972%E3%81%AE%E4%BA%8B%E4%BE%8B.csv"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "＝1", "＋1", "－1", "＠a", "\ta", "'a"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    make_case("made", title=text)
    (row,) = [row for row in table(Client()) if row["識別名"] == "made"]
    assert row["題名"] == f"'{text}"
    assert defused("題=1") == "題=1"


def test_a_workbook_keeps_codes_as_text_and_numbers_as_numbers(client: Client) -> None:
    make_case("made", title="=1+1", bodies=[FUNAGATA], order=3)
    (row,) = [row for row in sheet(client) if row["識別名"] == "made"]
    assert (row["団体コード"], row["都道府県コード"]) == ("063631", "06")
    assert (row["人口"], row["ステップ"], row["ページ内の順番"]) == (5000, 0, 3)
    assert row["題名"] == "'=1+1"


def test_a_workbook_has_its_header_frozen_and_its_links_live(client: Client) -> None:
    cases = workbook(client, "step=0")["事例"]
    assert cases.freeze_panes == "B2"
    for header, address in (
        ("URL", "http://testserver/cases/dx2021-1-1/"),
        ("関連リンクのURL", "https://www.pref.fukushima.lg.jp/sec/11045a/dx-kihon-houshin.html"),
    ):
        cell = cases.cell(2, HEADERS.index(header) + 1)
        assert cell.value == address
        assert cell.hyperlink is not None
        assert cell.hyperlink.target == address


def test_the_first_sheet_is_to_print_and_hand_around(client: Client) -> None:
    make_case("made", title="題", bodies=[FUNAGATA, MIYAGI], points=["一", "二"], outcome="成", page=901)
    book = workbook(client)
    assert book.sheetnames == ["回覧用", "事例", "条件と出典"]
    assert book.active is not None
    assert book.active.title == "回覧用"
    circular = book["回覧用"]
    header, first, *others = circular.iter_rows()
    assert [cell.value for cell in header] == [
        *("団体", "人口", "題名", "ポイント", "数値", "成果", "出典のページ", "アドレス")
    ]
    (made,) = [[cell.value for cell in row] for row in others if row[2].value == "題"]
    assert made == [
        "山形県舟形町\n宮城県",
        "5,000人\n2,292,385人",
        "題",
        "・一\n・二",
        None,
        "成",
        901,
        "http://testserver/cases/made/",
    ]
    assert (first[1].value, first[1].number_format) == (1882000, '#,##0"人"')
    assert first[7].hyperlink is not None
    assert {cell.alignment.wrap_text for cell in (*header, *first) if cell.value is not None} == {True}
    assert (circular.freeze_panes, circular.print_title_rows) == ("A2", "$1:$1")
    page = circular.page_setup
    assert (page.orientation, page.paperSize, page.fitToWidth or 1, page.fitToHeight) == (
        "landscape",
        9,
        1,
        0,
    )
    assert circular.sheet_properties.pageSetUpPr is not None
    assert circular.sheet_properties.pageSetUpPr.fitToPage


def test_the_last_sheet_tells_query_source_terms_and_date(client: Client) -> None:
    rows = workbook(client, "step=0&near=063631")["条件と出典"].iter_rows(values_only=True)
    about = {row[0]: row[1] for row in rows}
    source = Source.objects.get()
    assert about.pop("作成日時")
    assert about == {
        "条件": "ステップ0の事例（山形県舟形町に近い順）",
        "アドレス": "http://testserver/cases/?step=0&near=063631",
        "件数": "7件",
        "出典": source.citation,
        "利用条件": source.terms,
    }


def terms_told(client: Client, query: str) -> dict[str, str]:
    """The terms as each file of a query, and of the cases `one`, `two` and `three`, tells them."""
    picked = "case=one&case=two&case=three"
    sheets = {
        f"/cases.xlsx?{query}": "条件と出典",
        f"/compare.xlsx?{picked}": "出典と条件",
        f"/dossier.xlsx?{picked}": "出典と条件",
    }
    told = {
        address: client.get(address).json()["terms"]
        for address in (f"/cases.json?{query}", f"/api/v1/cases/?{query}")
    }
    for address, name in sheets.items():
        (told[address],) = (text for label, text in rows_of(client, address, name) if label == "利用条件")
    model = client.get(f"/cases.json?{query}&form=ds451-3").json()["事例集"]
    head, row = rows_of(client, f"/cases.xlsx?{query}&form=ds451-3", "事例集")
    return {**told, "ds451-3": model["ライセンス"], "ds451-3.xlsx": row[head.index("ライセンス")]}


def rows_of(client: Client, address: str, name: str) -> list[tuple[str, ...]]:
    rows = load_workbook(BytesIO(client.get(address).getvalue()))[name].iter_rows(values_only=True)
    return [tuple(map(str, row)) for row in rows]


def test_different_terms_stand_apart_with_whose_they_are(client: Client) -> None:
    first = Source.objects.get()
    for slug, source in (("one", "dx2021"), ("two", "second"), ("three", "third")):
        if source != "dx2021":
            make_source(source)
        make_case(slug, source=source, title=f"珊瑚{slug}")
    told = terms_told(client, "q=珊瑚")
    assert len(told) == 7
    assert {*told.values()} == {f"『{first}』：{first.terms}\n『secondの本』、『thirdの本』：自由"}
    Source.objects.update(terms="自由")
    assert {*terms_told(client, "q=珊瑚").values()} == {"自由"}


def test_a_text_too_long_for_a_cell_says_where_the_rest_is(client: Client) -> None:
    make_case("made", approach="長" * (MAX_CELL_LENGTH + 1), bodies=[KASHIHARA])
    (row,) = sheet(client, f"body={KASHIHARA}&kind=city&q=長長長")
    assert len(row["取組内容"]) == MAX_CELL_LENGTH
    assert row["取組内容"].endswith("全文はCSVまたはJSONにあります）")


@pytest.mark.parametrize("character", ["長", "𠮷"])
def test_a_cell_is_cut_by_the_units_that_spreadsheets_count(character: str) -> None:
    cut = truncate(character * MAX_CELL_LENGTH * 2)
    assert MAX_CELL_LENGTH - 1 <= len(cut.encode("utf-16-le")) // 2 <= MAX_CELL_LENGTH
    assert truncate(cut) == cut


def test_a_row_tells_citation_and_terms(client: Client) -> None:
    (document,) = read_public(["dx2021-1-1"])
    row = table(client)[0]
    assert (row["出典の表示"], row["利用条件"]) == (document.citation, document.extra["terms"])


def test_a_line_break_within_a_value_does_not_break_the_cell() -> None:
    assert lines(["一\n二", "三\\"]) == "一\\n二\n三\\\\"


def test_the_feed_tells_query_source_and_terms(client: Client) -> None:
    atom = feed(client, "step=0")
    assert atom.findtext(f"{ATOM}title") == "ステップ0の事例"
    entry = atom.find(f"{ATOM}entry")
    assert entry is not None
    (document,) = read_public(["dx2021-1-1"])
    (summary,) = entry.iterfind(f"{ATOM}summary")
    assert document.citation in (summary.text or "")
    assert summary.attrib == {"type": "text"}
    assert entry.findtext(f"{ATOM}rights") == document.extra["terms"]
    assert entry.findtext(f"{ATOM}updated") == document.record["updated_at"]
    assert entry.find(f"{ATOM}published") is None  # nobody knows: it may have been a draft for long
    assert [one.attrib["term"] for one in entry.iterfind(f"{ATOM}category")] == [
        "DXの認識共有・機運醸成",  # step and section alike
        *(topic["title"] for topic in document.record["topics"]),
    ]


def test_the_feed_keeps_its_names_wherever_the_site_stands(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "example.jp"]
    here = client.get("/cases.atom?step=0")
    there = client.get("/cases.atom?step=0", HTTP_HOST="example.jp", secure=True)
    assert here.content != there.content
    ids = [re.findall("<id>(.*?)</id>", answer.text) for answer in (here, there)]
    assert ids[0] == ids[1]
    assert ids[0][:2] == [identifier("/cases.atom?step=0"), identifier("/cases/dx2021-1-1/")]
    assert len(set(ids[0])) == len(ids[0])


def test_pages_keep_the_names_of_what_they_tell_wherever_the_site_stands(
    client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "example.jp"]
    for path in ("/cases/dx2021-1-1/", "/"):
        pages = [client.get(path).text, client.get(path, HTTP_HOST="example.jp", secure=True).text]
        ids = [re.findall('"@id": ?"(.*?)"', text) for text in pages]
        assert ids[0] == ids[1]
        assert identifier(path) in ids[0]


def test_an_empty_feed_changes_when_a_case_does(client: Client) -> None:
    changed_at = max(Case.objects.published().values_list("updated_at", flat=True))
    for _ in range(2):
        atom = feed(client, "q=zzzz")
        assert atom.find(f"{ATOM}entry") is None
        assert datetime.fromisoformat(atom.findtext(f"{ATOM}updated") or "") == changed_at


def test_a_browser_can_add_the_search(client: Client) -> None:
    response = client.get("/opensearch.xml")
    assert response.headers["Content-Type"].startswith("application/opensearchdescription+xml")
    assert 'template="http://testserver/cases/?q={searchTerms}"' in response.text
    assert 'href="/opensearch.xml"' in client.get("/").text


def test_the_page_offers_its_other_forms(client: Client) -> None:
    text = client.get("/cases/?step=2").text
    for address in (
        "/cases.csv?step=2&amp;bom=1",
        "/cases.xlsx?step=2",
        "/cases.json?step=2",
        "/cases.atom?step=2",
    ):
        assert f'href="{address}"' in text
    assert 'type="application/atom+xml" title="ステップ2の事例"' in text


def test_a_workbook_is_sent_as_the_file_it_is_and_holds_no_transaction_meanwhile() -> None:
    response = resolve("/cases.xlsx").func(RequestFactory().get("/cases.xlsx"))
    assert response.file_to_stream is not None
    assert int(response.headers["Content-Length"]) == len(response.getvalue())
