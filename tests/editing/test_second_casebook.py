"""A second casebook enters, from its first form to pages and files for readers; none speaks of one alone."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Case, Section, SiteText, Source
from tests.filling import a_publisher, an_editor, errors, new_case
from tests.making import FUNAGATA, HIDAKA, KASHIHARA

pytestmark = pytest.mark.django_db

FIRST, SECOND = "自治体DX推進手順書参考事例集", "市町村DX事例集2024第3.0版"
SOURCE = {
    "slug": "dx2024",
    "kind": "casebook",
    "title": "市町村DX事例集2024",
    "edition": "第3.0版",
    "publisher": "全国DX協議会",
    "published_on": "令和6年5月1日",
    "url": "https://example.jp/dx2024",
    "read_on": "",
    "terms": "出典を示せば利用できる。",
    "notes": "令和6年の調査への回答です。",
}
SECTIONS = [("dx2024-1", "体制をつくる", 2), ("dx2024-2", "人を育てる", 2), ("dx2024-3", "庁内を変える", 3)]
BODIES = [FUNAGATA, KASHIHARA, HIDAKA]


def table() -> list[dict[str, str]]:
    """Twelve cases, four a chapter, of the fiscal years 2022 to 2024 and of unknown ones."""
    return [
        {
            "識別名": f"dx2024-{page}-1",
            "題名": f"二冊目の取組{page}",
            "区分": f"{section} {title}",
            "ポイント": "要点",
            "取組内容": "内容",
            "団体コード": BODIES[page % 3],
            "団体の注記": "",
            "年度": ["令和4年度", "2023", "2024年度", ""][page % 4],
            "出典": SECOND,
            "出典のページ": str(page),
            "ページ内の順番": "1",
            "テーマ": "業務改革（BPR）",
        }
        for page, (section, title, _) in enumerate((one for one in SECTIONS for _ in range(4)), start=1)
    ]


def as_csv(rows: list[dict[str, str]]) -> bytes:
    file = StringIO(newline="")
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def saved(response: Any) -> None:
    assert response.status_code == 302, errors(response)


def imported(client: Client, content: bytes) -> str:
    """What the page says of the import: it is confirmed as it is shown."""
    url = "/admin/catalog/case/import/"
    shown = client.post(url, {"file": SimpleUploadedFile("second.csv", content)})
    agreement = re.search(r'name="agreement" value="([^"]+)"', shown.text)
    if agreement is None:
        return shown.text
    return client.post(url, {"agreement": agreement[1]}, follow=True).text


def take_in(publisher: Client, editor: Client) -> list[Case]:
    """By form the source and its sections, by file the cases; an editor looks, a publisher publishes."""
    saved(publisher.post("/admin/catalog/source/add/", SOURCE))
    source = Source.objects.get(slug="dx2024")
    for position, (section, title, step) in enumerate(SECTIONS, start=1):
        row = {"id": section, "source": source.pk, "title": title, "step": step, "position": position}
        saved(publisher.post("/admin/catalog/section/add/", row))
    assert "新規 12行" in imported(editor, as_csv(table()))
    cases = list(source.cases.all())
    assert [case.status for case in cases] == ["draft"] * 12
    assert "二冊目の取組1" in editor.get(f"/admin/catalog/case/{cases[0].pk}/preview/").text
    action = {"action": "publish", "_selected_action": [case.pk for case in cases]}
    asked = publisher.post("/admin/catalog/case/", action)
    again = {
        **action,
        "apply": "実行する",
        "reason": "",
        **dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text)),
    }
    publisher.post("/admin/catalog/case/", {**again, "_selected_action": action["_selected_action"]})
    assert source.cases.published().count() == 12
    return cases


def count_in(page: str) -> int:
    return Client().get(f"/cases.json?{page}").json()["count"]


@pytest.mark.long
def test_a_second_casebook_enters_and_all_follows_it() -> None:
    publisher, editor, reader = a_publisher(), an_editor(), Client()
    saved(
        publisher.post("/admin/catalog/source/add/", {**SOURCE, "slug": "empty", "title": "まだ空の事例集"})
    )
    for path in ("/", "/about/", "/cases/", "/data/", "/llms.txt"):
        assert "まだ空の事例集" not in reader.get(path).text
    about_before = reader.get("/about/")

    take_in(publisher, editor)

    again = publisher.post("/admin/catalog/source/add/", {**SOURCE, "slug": "again"})
    assert errors(again) == ["同じ題名と版の出典がすでにあります。別のものなら、版で区別してください。"]

    # Filters and facets, in all forms.
    assert [count_in(query) for query in ("", "source=dx2024", "source=dx2021")] == [72, 12, 60]
    assert [count_in(f"year={year}") for year in ("2022", "2023", "2024", "unknown", "2031")] == [
        *(3, 3, 3, 47, 0)
    ]
    assert count_in("year=2022&year=2023&source=dx2024&section=dx2024-1") == 2
    facets = {one["name"]: one["options"] for one in reader.get("/api/v1/cases/").json()["facets"]}
    assert [(one["value"], one["count"]) for one in facets["source"]] == [("dx2021", 60), ("dx2024", 12)]
    assert [(one["value"], one["count"]) for one in facets["year"]] == [
        *(("2004", 1), ("2013", 1), ("2019", 1), ("2020", 9), ("2021", 4)),
        *(("2022", 3), ("2023", 3), ("2024", 3), ("unknown", 47)),
    ]
    assert [one["value"] for one in facets["section"]][-3:] == [section for section, *_ in SECTIONS]
    listed = reader.get("/cases/?source=dx2024&year=2023").text
    assert f"{SECOND}・2023年度の事例" in listed
    assert 'id="id_source_dx2024"' in listed
    assert 'id="id_year_2023"' in listed
    csv_rows = list(csv.DictReader(StringIO(reader.get("/cases.csv?source=dx2024").getvalue().decode())))
    assert [(row["識別名"], row["年度"], row["出典の種類"]) for row in csv_rows[:3]] == [
        ("dx2024-1-1", "2023", "事例集"),
        ("dx2024-2-1", "2024", "事例集"),
        ("dx2024-3-1", "", "事例集"),
    ]
    assert reader.get("/cases.atom?source=dx2024").text.count("<entry>") == 12

    # The case, compared with one of the first.
    case = reader.get("/cases/dx2024-1-1/").text
    assert "体制をつくる" in case
    assert "全国DX協議会『市町村DX事例集2024第3.0版』p.1を加工して作成" in case
    compared = reader.get("/compare/?case=dx2024-1-1&case=dx2021-17-1").text
    assert "2023年度" in compared
    assert f"出典：『{FIRST}』、p.17（総務省）を加工して作成" in compared

    # Pages that tell of all cases.
    home = reader.get("/").text
    assert f"総務省『{FIRST}』、全国DX協議会『{SECOND}』にある取組72件を" in home
    step = reader.get("/steps/2/").text
    assert step.index("組織体制") < step.index("体制をつくる") < step.index("人を育てる")
    about = reader.get("/about/", headers={"If-None-Match": about_before["ETag"]})
    assert about.status_code == 200
    assert about.text.count("令和6年の調査への回答です。") == 1
    footer = about.text[about.text.index("<footer") :]
    assert f"全国DX協議会『{SECOND}』をもとに" in footer
    assert "総務省・全国DX協議会が運営するサイトではありません" in footer
    assert "/cases/dx2024-12-1/" in reader.get("/sitemap.xml").text
    assert f"『{SECOND}』（全国DX協議会）を加工して作成" in reader.get("/llms.txt").text

    # What is exported imports again unchanged.
    whole = reader.get("/cases.csv").getvalue()
    assert "変更なし 72行" in imported(publisher, whole)


def test_a_section_of_another_source_is_refused_beside_its_field() -> None:
    publisher = a_publisher()
    saved(publisher.post("/admin/catalog/source/add/", SOURCE))
    source = Source.objects.get(slug="dx2024")
    refused = publisher.post("/admin/catalog/case/add/", new_case(source=source.pk, section="3-1"))
    assert errors(refused) == [
        f"この区分は「{SECOND}」の区分ではありません。出典に合う区分を選んでください。"
    ]
    form = publisher.get("/admin/catalog/case/add/").context["adminform"].form
    assert [group for group, _ in list(form.fields["section"].choices)[1:]] == [FIRST]
    row = {
        "識別名": "one",
        "題名": "題",
        "区分": "3-1",
        "団体コード": FUNAGATA,
        "団体の注記": "",
        "出典": SECOND,
    }
    shown = imported(
        publisher, as_csv([{**row, "取組内容": "内容", "ポイント": "要点", "出典のページ": "1"}])
    )
    assert f"この区分は「{SECOND}」の区分ではありません" in shown


@pytest.mark.long
def test_a_case_of_a_web_page_enters_without_a_page_number() -> None:
    publisher = a_publisher()
    page = {**SOURCE, "slug": "funagata-dx", "kind": "web_page", "title": "舟形町のDX", "edition": ""}
    refused = publisher.post("/admin/catalog/source/add/", {**page, "published_on": "", "url": ""})
    assert errors(refused) == ["ウェブページでは、URLと閲覧日を入力してください。"]
    saved(publisher.post("/admin/catalog/source/add/", {**page, "published_on": "", "read_on": "2026/11/1"}))
    source = Source.objects.get(slug="funagata-dx")
    Section.objects.create(id="funagata-dx-1", source=source, step_id=3, title="取組", position=1)
    sent = new_case(source=source.pk, section="funagata-dx-1", page="", slug="", year="2025")
    saved(publisher.post("/admin/catalog/case/add/", sent))
    shown = Client().get("/cases/funagata-dx-1/").text
    assert "全国DX協議会「舟形町のDX」（https://example.jp/dx2024、2026年11月1日閲覧）を加工して作成" in shown
    assert '<a href="https://example.jp/dx2024" rel="external noreferrer">舟形町のDX</a>' in shown
    record = Client().get("/api/v1/cases/funagata-dx-1/").json()
    assert (record["source"]["kind"], record["source"]["page"], record["year"]) == ("web_page", None, 2025)
    whole = Client().get("/cases.csv?source=funagata-dx").getvalue()
    assert "変更なし 1行" in imported(publisher, whole)


@pytest.mark.parametrize(
    "typed", ["2024/5/1", "令和6年5月1日", "2024年5月1日", "2024.5.1", "R6.5.1", "２０２４－０５－０１"]
)
def test_a_day_is_read_as_people_write_it(typed: str) -> None:
    publisher = a_publisher()
    saved(publisher.post("/admin/catalog/source/add/", {**SOURCE, "published_on": typed}))
    assert Source.objects.get(slug="dx2024").published_on.isoformat() == "2024-05-01"  # type: ignore[union-attr]


@pytest.mark.parametrize("typed", ["5/1/2024", "令和6年", "2024-13-01", "きょう"])
def test_what_is_no_day_is_refused_with_an_example(typed: str) -> None:
    refused = a_publisher().post("/admin/catalog/source/add/", {**SOURCE, "published_on": typed})
    (error,) = errors(refused)
    assert error.startswith(f"「{typed}」は日付として読めません。")
    assert "2026年11月1日" in error


def test_steps_and_texts_of_the_site_change_at_once_and_with_history() -> None:
    publisher, editor, reader = a_publisher(), an_editor(), Client()
    before = {path: reader.get(path)["ETag"] for path in ("/", "/steps/2/", "/guidelines/")}
    change = "/admin/catalog/sitetext/{}/change/".format
    saved(
        publisher.post(
            change("home-notice"), {"text": "［研修］（https://example.jp/a?b=1&c=2）を開きます<b>"}
        )
    )
    saved(publisher.post(change("footer"), {"text": "{件数}件のカタログ\r\n\r\n・[データ](/data/)"}))
    saved(publisher.post("/admin/catalog/step/2/change/", {"title": "推進体制の整備", "about": "体制の説明"}))

    home = reader.get("/", headers={"If-None-Match": before["/"]}).text
    link = '<a href="https://example.jp/a?b=1&amp;c=2" rel="external noreferrer">研修</a>'
    assert f"{link}を開きます&lt;b&gt;" in home
    footer = '<p>60件のカタログ</p><ul><li><a href="/data/">データ</a></li></ul>'
    for path in before:
        assert footer in reader.get(path, headers={"If-None-Match": before[path]}).text
    assert '<p class="lead">体制の説明</p>' in reader.get("/steps/2/").text

    assert "件数" in publisher.get("/admin/catalog/sitetext/footer/history/").text
    refused = publisher.post(change("footer"), {"text": "{年}年"})
    assert errors(refused) == ["「{年}」は置き換えられません。使えるのは{出典}{発行者}{件数}です。"]
    assert editor.post(change("footer"), {"text": "編集者"}).status_code == 403
    assert publisher.get("/admin/catalog/sitetext/add/").status_code == 403


def test_a_text_of_the_site_links_to_pages_alone() -> None:
    SiteText.objects.filter(slug="home-notice").update(
        text="[一](javascript:alert(1)) [二](//example.jp/) [三](/about/)"
    )
    notice = Client().get("/").text.partition('class="site-notice"')[2].partition("</section>")[0]
    assert re.findall(r'href="([^"]*)"', notice) == ["/about/"]
