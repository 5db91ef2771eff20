from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.finding.forms import CaseFilterForm
from catalog.finding.index import current_index
from catalog.finding.nearest import Target
from catalog.finding.query import CaseFilter
from catalog.models import Body, Case, Figure, Link, LinkCheck, PopulationSource, SimilarBody
from catalog.pages import coverage
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    TAWARAMOTO,
    make_case,
    make_varied_cases,
    set_population,
    slugs,
    without_cases,
)
from tests.oracle import cases_with_rows, nearest_by_sql
from tests.quick import one_in
from tests.shown import linked_cases, main_of, section_of

pytestmark = pytest.mark.django_db

PUBLIC_LISTS = ["/", "/cases/", "/steps/0/", "/steps/2/", "/cases.json"]


def listed(client: Client, url: str) -> list[str]:
    """The slugs of the cases that a page links to from its main part, in order."""
    return linked_cases(main_of(client.get(url).text))


@pytest.fixture
def no_cases() -> None:
    without_cases()


@pytest.mark.usefixtures("no_cases")
@pytest.mark.parametrize(
    ("url", "queries"),
    one_in(
        3,
        [
            # Two ask for the version, and one for all documents of a list. All came in one day: none is
            # recent.
            # What a step has is kept for the version, like the pictures of the home page.
            ("/", 2),
            ("/cases/", 3),
            ("/cases/?q=事例", 4),
            ("/cases/?near=063631", 3),
            ("/cases/?population=0-1&step=0", 3),
            ("/steps/0/", 2),
            (f"/bodies/{FUNAGATA}/", 4),
            ("/bodies/", 2),
            ("/api/v1/cases/", 3),
            ("/cases.json", 3),
            ("/cases.csv", 3),
            ("/cases.atom", 3),
        ],
    ),
)
@pytest.mark.parametrize("number", [1, 3])
def test_a_list_takes_as_many_queries_for_three_cases_as_for_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, url: str, queries: int, number: int
) -> None:
    for _ in range(number):
        make_case(bodies=[FUNAGATA, KASHIHARA], topics=["bpr", "data"])
    client.get(url)  # makes the index, and scores of bodies; test_index says how many queries the index takes
    with django_assert_num_queries(queries):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("url", "queries"),
    [("/cases/dx2021-17-1/", 5), ("/compare/?case=dx2021-17-1&case=dx2021-17-2", 3)],
)
def test_a_page_of_cases_takes_a_query_for_each_group_of_documents(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, url: str, queries: int
) -> None:
    client.get(url)
    with django_assert_num_queries(queries):
        assert client.get(url).status_code == 200


def test_the_list_shows_all_cases_twenty_a_page(client: Client) -> None:
    pages = [listed(client, f"/cases/?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 20]
    assert [slug for page in pages for slug in page] == list(
        Case.objects.published().in_document_order().values_list("slug", flat=True)
    )
    assert "60件" in client.get("/cases/").text
    assert client.get("/cases/?page=4").status_code == 404


def test_the_list_is_grouped_by_step_and_section(client: Client) -> None:
    headings = re.findall(
        r"<h2 id=\"section-(.+?)\">.*?(ステップ\d)</span> (.+?)</h2>", client.get("/cases/").text
    )
    assert headings == [
        ("1", "ステップ0", "DXの認識共有・機運醸成"),
        ("2", "ステップ1", "DXの全体方針等"),
        ("3-1", "ステップ2", "組織体制"),
    ]


def card_of(client: Client, address: str) -> list[str]:
    """The lines of the only card of a list."""
    (card,) = re.findall(r'<article class="card">(.*?)</article>', client.get(address).text, re.S)
    return [line for one in card.split("\n") if (line := re.sub(r"<[^>]+>", "", one).strip())]


def test_a_card_says_title_bodies_and_sizes_what_has_come_of_it_place_and_topics(client: Client) -> None:
    without_cases()
    case = make_case(
        *("made",), title="題", section="3-1", bodies=[FUNAGATA, KASHIHARA], points=["一", "二"],
        topics=["awareness", "bpr", "data"],
    )  # fmt: skip
    bodies = ["題", "山形県舟形町（0.5万人）", "奈良県橿原市（12.2万人）"]
    topics = "テーマ：意識改革・機運醸成、業務改革（BPR）ほか"
    compare = "選ぶ：題"
    place = "ステップ2 組織体制　"
    assert card_of(client, "/cases/") == [*bodies, "一", topics, compare]  # the heading above says where
    assert card_of(client, "/cases/?sort=-updated") == [*bodies, "一", place + topics, compare]
    Figure.objects.create(case=case, label="作業時間", value="10時間 → 2時間")
    assert card_of(client, "/cases/?sort=-updated")[3] == "作業時間：10時間 → 2時間"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("population=0-1&step=3", ["dx2021-46-1"]),
        ("prefecture=29&kind=town", ["dx2021-27-1"]),
    ],
)
def test_a_filtered_list_has_these_cases_alone(client: Client, query: str, found: list[str]) -> None:
    assert listed(client, f"/cases/?{query}") == found
    assert "1件" in client.get(f"/cases/?{query}").text


def test_a_list_of_bodies_that_is_refused_says_so_in_its_title_and_names_what_may_be_chosen(
    client: Client,
) -> None:
    response = client.get("/bodies/?prefecture=99")
    assert response.status_code == 400
    assert "<title>条件に正しくない値があります｜" in response.text
    assert "01（北海道）、02（青森県）、" in response.text


def test_a_bad_value_is_refused_aloud_and_the_rest_of_the_query_is_kept(client: Client) -> None:
    response = client.get("/cases/?population=abc&kind=town")
    assert response.status_code == 400
    assert "「abc」は選べません" in unescape(response.text)
    assert '<a href="#id_population">人口</a>' in response.text
    assert 'value="town" checked' in response.text
    assert listed(client, "/cases/?population=abc") == []


@pytest.mark.parametrize("view", ["cards", "table", "sizes"])
@pytest.mark.parametrize("name", [*CaseFilter.get_filters(), *CaseFilterForm.base_fields])
def test_a_bad_value_of_any_parameter_is_refused_aloud_in_every_view(
    client: Client, name: str, view: str
) -> None:
    bad = "あ" * 201
    for query in ({name: bad}, {"kind": "town", "q": "研修", name: [bad, "い"]}):
        response = client.get("/cases/", {**query, "view": view})
        assert response.status_code == 400
        assert "条件に正しくない値があります" in response.text


def test_nothing_found_says_so_and_leads_on(client: Client) -> None:
    response = client.get("/cases/?step=0&section=4-3")
    assert response.status_code == 200
    assert "この条件に合う事例はありません" in response.text


def test_each_way_out_of_nothing_tells_its_number(client: Client) -> None:
    text = unescape(client.get("/cases/?step=1&population=0-1&prefecture=18").text)
    assert "「都道府県」の条件を外す" not in text  # still nothing
    text = unescape(client.get("/cases/?step=1&population=0-1").text)
    assert 'href="/cases/?population=0-1">「ステップ」の条件を外す（5件）' in text
    assert 'href="/cases/?step=1">「人口」の条件を外す（6件）' in text


def test_every_value_chosen_is_a_chip_that_takes_it_alone_away(client: Client) -> None:
    text = unescape(client.get("/cases/?step=3&population=0-1&population=1-3").text)
    chips = re.findall(r'<a class="chip" href="([^"]+)">([^<]+)<', text)
    assert chips == [
        ("/cases/?population=0-1&population=1-3", "ステップ3"),
        ("/cases/?step=3&population=1-3", "人口1万人未満"),
        ("/cases/?step=3&population=0-1", "人口1〜3万人"),
    ]


def test_an_option_that_would_find_nothing_is_there_but_cannot_be_chosen(client: Client) -> None:
    text = client.get("/cases/?step=3").text
    assert re.search(r'value="1" disabled><span>ステップ1', text) is None  # counted under the other filters
    assert re.search(r'value="unknown" disabled><span>不明</span> <span class="checkbox__count">0<', text)


def test_a_chosen_prefecture_stands_in_an_open_group(client: Client) -> None:
    text = client.get("/cases/?prefecture=29").text
    opened = re.findall(r'<details class="choices__group" [^>]*open>\s*<summary>([^<]+)<', text)
    assert opened == ["近畿"]


def test_paging_keeps_the_filters(client: Client) -> None:
    assert 'href="?step=3&amp;page=2"' in client.get("/cases/?step=3").text


@pytest.mark.parametrize("step", range(4))
def test_a_step_page_has_exactly_the_cases_of_the_step(client: Client, step: int) -> None:
    cases = Case.objects.published().filter(section__step=step).in_document_order()
    assert listed(client, f"/steps/{step}/") == list(cases.values_list("slug", flat=True))


def test_a_step_page_tells_its_sections_and_sizes_at_a_glance(client: Client) -> None:
    text = client.get("/steps/3/").text
    glance = section_of(text, "at-a-glance")
    rows = re.findall(r'href="#(section-[^"]+)">([^<]+)</a></th><td>(\d+)件</td>', glance)
    assert rows == [
        ("section-4-1", "デジタル技術を活用した業務改善等", "5"),
        ("section-4-2", "行政手続のオンライン化", "8"),
        ("section-4-3", "デジタルデバイド対策", "12"),
    ]
    assert re.findall(r'rect width="([\d.]+%)"', glance) == ["41.7%", "66.7%", "100.0%"]
    assert [anchor for anchor, _, _ in rows if f'<h2 id="{anchor}">' not in text] == []
    assert set(re.findall(r"/cases/\?([^\"&]*)&", unescape(section_of(text, "ruler")))) == {"step=3"}
    assert 'href="/cases/?step=3&amp;view=table"' in text


def test_a_step_without_cases_has_no_ruler(client: Client) -> None:
    Case.objects.filter(section="1").delete()
    text = client.get("/steps/0/").text
    assert ("0件" in section_of(text, "at-a-glance"), 'id="ruler"' in text) == (True, False)


def test_there_are_steps_0_to_3_alone(client: Client) -> None:
    assert [client.get(f"/steps/{number}/").status_code for number in range(5)] == [200, 200, 200, 200, 404]


@pytest.mark.long
def test_every_number_on_the_home_page_is_the_length_of_its_list(client: Client) -> None:
    text = client.get("/").text
    cell = r'href="(/cases/\?[^"]+)"><span class="visually-hidden">[^<]+の事例</span>(\d+)<'
    cells = re.findall(cell, text)
    # Nine rows of eleven columns: the last of all leads to the whole list, and zeros lead nowhere.
    assert len(cells) + text.count('<span class="coverage__none">0</span>') == 98
    assert 0 not in [int(number) for _, number in cells]
    for url, number in cells:
        data = client.get(unescape(url).replace("/cases/", "/cases.json")).json()
        assert data["count"] == int(number), url
    steps = re.findall(r'href="(/steps/\d/)".*?(\d+)件', text)
    assert [len(listed(client, url)) for url, _ in steps] == [int(number) for _, number in steps]
    assert sum(int(number) for _, number in steps) == 60


@pytest.mark.long
def test_every_number_on_the_map_is_the_length_of_its_list(client: Client) -> None:
    tiles = coverage.by_prefecture(current_index())
    assert len(tiles) == 47
    for tile in tiles:
        data = client.get(f"/cases.json?prefecture={tile.prefecture.code}").json()
        assert data["count"] == tile.count, tile
    shades = {tile.prefecture.name: (tile.count, tile.shade) for tile in tiles}
    assert shades["岩手県"] == (0, 0)
    assert shades["福島県"] == (5, 4)


@pytest.mark.parametrize("code", one_in(4, [FUNAGATA, KASHIHARA, OSAKA, MIYAGI]))
def test_near_a_body_stand_the_nearest_cases_of_others(client: Client, code: str) -> None:
    make_varied_cases()
    target = Target(Body.objects.select_related("prefecture").get(pk=code))
    others = Case.objects.published().exclude(case_bodies__body=code)
    near_by = section_of(client.get(f"/bodies/{code}/").text, "near-by")
    assert linked_cases(near_by) == slugs(nearest_by_sql(others, target)[:4])


def test_a_step_page_counts_all_cases_of_a_section_and_shows_the_first_twenty(client: Client) -> None:
    for page in range(30, 0, -1):
        make_case(section="3-2", page=2000 + page)
    make_case("draft", section="3-2", status="draft")
    html = client.get("/steps/2/").text
    shown = section_of(html, "section-3-2")
    assert '<span class="count">38件</span>' in shown
    assert linked_cases(shown) == slugs(
        Case.objects.published().filter(section="3-2").in_document_order()[:20]
    )
    assert re.findall(r'aria-labelledby="section-(.+?)"', html) == ["3-1", "3-2", "3-3"]
    assert "この区分の事例をすべて見る（38件）" in shown


def test_a_body_page_counts_all_its_cases_and_shows_the_first_twenty(client: Client) -> None:
    for page in range(25, 0, -1):
        make_case(bodies=[MIYAGI], page=2000 + page)
    own = Case.objects.published().filter(case_bodies__body=MIYAGI).in_document_order()
    shown = section_of(client.get(f"/bodies/{MIYAGI}/").text, "cases")
    assert f'<span class="count">{own.count()}件</span>' in shown
    assert linked_cases(shown) == slugs(own[:20])
    assert f'<a href="/cases/?body={MIYAGI}">この団体の事例をすべて見る（{own.count()}件）</a>' in shown


def test_the_pictures_of_the_home_page_follow_each_change(client: Client) -> None:
    of_steps = re.compile(r'step-card__count">(\d+)件')
    before = list(map(int, of_steps.findall(client.get("/").text)))
    make_case(section="1")
    after = list(map(int, of_steps.findall(client.get("/").text)))
    assert (sum(before), [now - then for then, now in zip(before, after, strict=True)]) == (60, [1, 0, 0, 0])


def test_a_case_page_holds_the_whole_record(client: Client) -> None:
    case = cases_with_rows().get(slug="dx2021-17-1")
    text = unescape(client.get(case.get_absolute_url()).text)
    prose = "\n".join([case.background, case.approach, case.outcome])
    paragraphs = [line.removeprefix("・") for line in prose.splitlines()]
    shown = [
        *(
            case.title,
            *case.points,
            *paragraphs,
            *case.references,
            "総務省『自治体DX推進手順書参考事例集』p.17を加工して作成",
            case.heading,
        ),
        *("和歌山県御坊市", "人口2.3万人（2020年1月1日現在、自治体DX推進手順書参考事例集）", "17ページ"),
        *(topic.title for topic in case.topics.all()),
        *(similar.body.full_name for similar in case.similar_bodies.all()),
    ]
    assert [part for part in shown if part not in text] == []


def test_links_say_where_they_go(client: Client) -> None:
    text = client.get("/cases/dx2021-3-1/").text
    assert 'href="https://www.city.sakata.lg.jp/shisei/dx/index.html"' in text
    assert "www.city.sakata.lg.jp（外部サイト）" in text
    assert "www.city.takayama.lg.jp（外部サイト）" in text


def test_an_unknown_population_is_said_to_be_unknown(client: Client) -> None:
    set_population(MIYAGI, None)
    assert client.get("/cases/dx2021-26-1/").text.count("人口の登録がありません") == 1


def test_previous_and_next_stay_within_the_step(client: Client) -> None:
    first, last = client.get("/cases/dx2021-14-1/").text, client.get("/cases/dx2021-29-2/").text
    assert 'href="/cases/dx2021-15-1/" rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'href="/cases/dx2021-29-1/" rel="prev"' in last
    assert 'rel="next"' not in last


def test_the_sources_of_populations_and_offices_stand_under_the_terms(client: Client) -> None:
    PopulationSource.objects.create(
        slug="census", title="国勢調査", publisher="総務省統計局", url="https://example.jp/", terms="自由"
    )
    terms = section_of(client.get("/about/").text, "terms")
    assert re.findall(r"<dt>(.*?)</dt>", re.sub(r"</?a\b[^>]*>", "", terms)) == [
        "自治体DX推進手順書参考事例集",
        "自治体DX推進手順書参考事例集（総務省）",
        "住民基本台帳に基づく人口、人口動態及び世帯数（総務省）",
        "国勢調査（総務省統計局）",
        *("公式サイト", "所在地", "都道府県の代表電話"),
    ]
    assert 'href="https://creativecommons.org/licenses/by/4.0/deed.ja"' in terms
    assert "Code for Japan" in terms


def test_a_draft_is_nowhere_public(client: Client) -> None:
    make_case("hidden", title="公開前の題", status="draft", bodies=[TAWARAMOTO, HIDAKA])
    assert client.get("/cases/hidden/").status_code == 404
    for url in [*PUBLIC_LISTS, "/cases/?prefecture=29", "/cases/dx2021-46-2/"]:
        text = client.get(url).text
        assert "公開前の題" not in text
        assert "hidden/" not in text


def test_json_is_the_whole_result_of_the_same_query(client: Client) -> None:
    data = client.get("/cases.json?step=2&population=0-1").json()
    assert list(data) == ["query", "count", "source", "terms", "understood", "named_bodies", "results"]
    assert data["query"] == "ステップ2・人口1万人未満の事例"
    assert data["count"] == len(data["results"]) == 3
    assert [record["slug"] for record in data["results"]] == listed(client, "/cases/?step=2&population=0-1")
    assert len(client.get("/cases.json").json()["results"]) == 60


@pytest.mark.parametrize(
    ("query", "name"), [("population=abc", "population"), ("utm_source=x", "utm_source")]
)
def test_json_refuses_what_it_does_not_understand(client: Client, query: str, name: str) -> None:
    response = client.get(f"/cases.json?{query}")
    assert response.status_code == 400
    assert list(response.json()) == ["errors"]
    assert list(response.json()["errors"]) == [name]


@pytest.mark.parametrize(
    "url", ["/", "/cases/", "/steps/0/", "/cases/dx2021-1-1/", "/about/", "/guidelines/", "/cases.json"]
)
def test_public_pages_are_read_only_and_set_no_cookie(client: Client, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 200
    assert not response.cookies
    assert client.post(url).status_code == 405


def test_a_dead_link_says_so_and_leads_to_a_copy_while_others_do_not(client: Client) -> None:
    case = make_case("made")
    for name in ("dead", "failing", "unknown"):
        Link.objects.create(case=case, url=f"https://example.jp/{name}?a=b&c", label=name)
    SimilarBody.objects.create(case=case, body_id=KASHIHARA, url="https://example.jp/similar")
    checked_at = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    failures = {"checked_at": checked_at, "first_failed_on": date(2026, 11, 21)}
    for url, outcome, days in (
        ("https://example.jp/dead?a=b&c", "dead", 3),
        ("https://example.jp/similar", "dead", 3),
        ("https://example.jp/failing?a=b&c", "failing", 2),
    ):
        LinkCheck.objects.create(url=url, outcome=outcome, failed_days=days, **failures)
    text = client.get("/cases/made/").text
    lists = "".join(re.findall(r'<ul class="(?:links|similar)">(.*?)</ul>', text, re.S))
    items = [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in lists.split("</li>")[:-1]]
    mark = "リンク切れ（2026年11月23日確認） 保存された写しを探す web.archive.org（外部サイト）"
    assert items == [
        f"奈良県橿原市 橿原市の関連ページ example.jp（外部サイト） {mark}",
        f"dead example.jp（外部サイト） {mark}",
        "failing example.jp（外部サイト）",
        "unknown example.jp（外部サイト）",
    ]
    assert re.findall(r'href="([^"]*example.jp/(?:dead|similar)[^"]*)"', text) == [
        "https://example.jp/similar",
        "https://web.archive.org/web/https://example.jp/similar",
        "https://example.jp/dead?a=b&amp;c",
        "https://web.archive.org/web/https://example.jp/dead?a=b&amp;c",
    ]


def test_about_tells_source_notes_and_terms(client: Client) -> None:
    text = client.get("/about/").text
    for part in (
        "自治体DX推進手順書参考事例集",
        "住民基本台帳に基づく人口、人口動態及び世帯数",
        "CC BY 4.0",
        "全国の取組をすべて",
        "加工して作成",
    ):
        assert part in text


def test_guidelines_are_linked(client: Client) -> None:
    text = client.get("/guidelines/").text
    assert text.count("（外部サイト）") == 5
    assert "https://www.soumu.go.jp/main_content/000731625.pdf" in text


def test_a_withdrawn_case_answers_410_with_its_reason_and_pointer(client: Client) -> None:
    case = make_case(
        "gone",
        title="取り下げの題",
        status="withdrawn",
        withdrawn_reason="団体の申し出により、掲載を終えました。",
        withdrawn_pointer="https://example.jp/new/",
    )
    page = client.get("/cases/gone/")
    assert page.status_code == 410
    assert "団体の申し出により、掲載を終えました。" in page.text
    assert '<a href="https://example.jp/new/">https://example.jp/new/</a>' in page.text
    data = client.get("/api/v1/cases/gone/")
    assert data.status_code == 410
    assert data.json() == {
        "errors": {
            "detail": [
                "この事例は取り下げました。理由：団体の申し出により、掲載を終えました。",
                "代わりにご覧ください：https://example.jp/new/",
            ]
        }
    }
    assert case.slug not in [record["slug"] for record in client.get("/cases.json").json()["results"]]
    assert "/cases/gone/" not in client.get("/sitemap.xml").text
    for address in ("/cases/never/", "/api/v1/cases/never/"):
        assert client.get(address).status_code == 404


def test_a_body_in_the_words_brings_its_cases_its_page_and_what_is_near(client: Client) -> None:
    text = client.get("/cases/?q=府中市").text
    assert re.findall(r'<li><a href="/bodies/(\d+)/">(.*?)</a>：(.*?)　<a href="(.*?)">', text) == [
        ("132063", "東京都府中市", "事例0件・類似の取組としての掲載0件", "/cases/?near=132063"),
        ("342084", "広島県府中市", "事例0件・類似の取組としての掲載0件", "/cases/?near=342084"),
    ]
    assert "事例1件・類似の取組としての掲載0件" in client.get("/cases/?q=北見市").text
    assert "団体の名前が入っています" not in client.get("/cases/?q=研修").text


def test_the_page_says_what_is_understood_and_takes_the_words_alone(client: Client) -> None:
    text = client.get("/cases/?q=東北の町").text
    assert "「東北の町」から、「東北」「町」を条件として読み取りました。" in text
    assert 'href="/cases/?q=%E6%9D%B1%E5%8C%97%E3%81%AE%E7%94%BA&amp;literal=1">言葉のまま探す</a>' in text
    text = client.get("/cases/?q=東北の町&literal=1").text
    assert 'href="/cases/?q=%E6%9D%B1%E5%8C%97%E3%81%AE%E7%94%BA">条件も読み取る</a>' in text


@pytest.mark.parametrize(
    ("title", "parameter", "number"),
    [("行政手続のオンライン化", "section=4-2", 8), ("デジタルデバイド対策", "section=4-3", 12)],
)
def test_the_cases_of_a_list_come_first_where_its_title_is_searched(
    client: Client, title: str, parameter: str, number: int
) -> None:
    of_list, found = (
        [record["slug"] for record in client.get(f"/cases.json?{query}").json()["results"]]
        for query in (parameter, f"q={title}")
    )
    assert (len(of_list), found[:number]) == (number, of_list)


@pytest.mark.parametrize(
    ("query", "lists"),
    [
        ("デジタルデバイド対策", [("section=4-3", "区分「デジタルデバイド対策」の12件を見る")]),
        ("組織体制", [("section=3-1", "区分「組織体制」の7件を見る")]),
        ("ＢＰＲ", []),
        ("意識改革・機運醸成", [("topic=awareness", "テーマ「意識改革・機運醸成」の10件を見る")]),
        (
            "DXの認識共有・機運醸成",
            [
                ("step=0", "ステップ「DXの認識共有・機運醸成」の7件を見る"),
                ("section=1", "区分「DXの認識共有・機運醸成」の7件を見る"),
            ],
        ),
        ("組織体制 研修", []),
        ("東北", []),
    ],
)
def test_words_that_are_the_name_of_a_list_lead_to_it_first(
    client: Client, query: str, lists: list[tuple[str, str]]
) -> None:
    before, _, _ = client.get("/cases/", {"q": query}).text.partition('class="card"')
    assert [("/cases/?" + address, text) for address, text in lists] == re.findall(
        r'<li><a href="([^"]+)">([^<]+を見る)</a></li>', before
    )


def test_words_that_stand_apart_are_under_a_heading_of_their_own(client: Client) -> None:
    without_cases()
    make_case("apart", title="意識を高めて改革")
    make_case("whole", outcome="意識改革")
    text = client.get("/cases/?q=意識改革").text
    whole, _, apart = text.partition('<h2 id="cases-apart">言葉が離れて出てくる事例</h2>')
    assert (linked_cases(whole), linked_cases(apart)) == (["whole"], ["apart"])
    assert "言葉が離れて" not in client.get("/cases/?q=意識改革&sort=document").text


def test_the_page_of_a_case_reached_from_a_search_marks_the_words(client: Client) -> None:
    make_case(
        "made", title="<b>ドローン", points=["ﾄﾞﾛｰﾝの点"], approach="・ドローンの表\n\n段落", bodies=[FUNAGATA]
    )
    listed = client.get("/cases/?q=ドローン").text
    (address,) = re.findall(r'href="(/cases/made/[^"]*)"', listed)
    assert address == "/cases/made/?q=%E3%83%89%E3%83%AD%E3%83%BC%E3%83%B3"
    text = client.get(address).text
    assert "<h1>&lt;b&gt;<mark>ドローン</mark></h1>" in text
    assert "<li><mark>ﾄﾞﾛｰﾝ</mark>の点</li>" in text
    assert "<li><mark>ドローン</mark>の表</li>" in text
    assert (
        '「ドローン」を探しました。見つかったところに印があります。<a href="/cases/made/">印を外す</a>'
        in text
    )
    assert '<link rel="canonical" href="http://testserver/cases/made/">' in text
    assert "<mark>" not in client.get("/cases/made/?q=" + "あ" * 201).text
    assert "<mark>" not in client.get("/cases/made/").text


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("/cases/?q=&near_population=&sort=&step=2&population_min=", "/cases/?step=2"),
        ("/cases/?q=&step=1&step=&step=2&utm_source=mail", "/cases/?step=1&step=2&utm_source=mail"),
        ("/cases/?q=", "/cases/"),
        ("/bodies/?name=&prefecture=06", "/bodies/?prefecture=06"),
        ("/compare/?case=dx2021-1-1&case=&case=dx2021-2-1", "/compare/?case=dx2021-1-1&case=dx2021-2-1"),
        (
            "/compare/?step=2&case=a&compare=b&compare=a&compare=",
            "/compare/?step=2&case=a&case=b",
        ),
    ],
)
def test_an_address_with_empty_parameters_leads_to_the_clean_one(
    client: Client, address: str, clean: str
) -> None:
    response = client.get(address)
    assert (response.status_code, response.headers["Location"]) == (302, clean)


@pytest.mark.parametrize(
    ("address", "last", "first"),
    [
        ("/cases/?page=99", "?page=3", "?"),
        (
            "/cases/?step=2&page=3&compare=dx2021-1-1",
            "?step=2&page=2&compare=dx2021-1-1",
            "?step=2&compare=dx2021-1-1",
        ),
        ("/bodies/?page=99&kind=village", "?page=2&kind=village", "?kind=village"),
    ],
)
def test_past_the_end_the_last_page_is_linked(client: Client, address: str, last: str, first: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    links = [unescape(link) for link in re.findall(r'href="(\?[^"]*)"', main_of(response.text))]
    assert links == [last, first]
    assert client.get(address.partition("?")[0] + last).status_code == 200


def test_sections_stand_under_their_step(client: Client) -> None:
    text = client.get("/cases/").text
    boxes = re.findall(r'name="(step|section)" value="([^"]+)"', text)
    assert boxes == [
        ("step", "0"),
        ("section", "1"),
        ("step", "1"),
        ("section", "2"),
        ("step", "2"),
        *(("section", section) for section in ("3-1", "3-2", "3-3")),
        ("step", "3"),
        *(("section", section) for section in ("4-1", "4-2", "4-3")),
    ]


def test_folded_facets_say_how_many_values_are_chosen(client: Client) -> None:
    text = client.get("/cases/?kind=town&kind=village&prefecture=29&population_min=1&step=2").text
    folded = re.findall(
        r'<details class="facet" id="facet-(\w+)"( open)?>\s*<summary><span>[^<]+</span>'
        r' <span class="facet__chosen">([^<]*)<',
        text,
    )
    assert folded == [
        ("bounds", "", "1件選択"),
        ("prefecture", "", "1件選択"),
        ("kind", "", "2件選択"),
        ("topic", "", ""),
        ("stated", "", ""),
        ("year", "", ""),
    ]
    assert '<details class="facet" id="facet-kind" open>' in client.get("/cases/?kind=x").text


PICKED = "compare=dx2021-1-1&compare=dx2021-46-1"


def test_picks_go_along_wherever_a_list_leads_to_a_list(client: Client) -> None:
    text = unescape(main_of(client.get(f"/cases/?step=0&q=研修&page=1&{PICKED}").text))
    links = re.findall(r'href="([^"]*)"', text.partition('id="picks"')[0])
    lists = [link for link in links if link.startswith(("/cases/?", "?"))]
    assert len(lists) > 5
    assert [link for link in lists if PICKED not in link] == []
    assert re.findall(r'data-slug="([^"]+)"', text) == ["dx2021-1-1", "dx2021-46-1"]
    near = client.get(f"/near/?name=舟形町&step=2&{PICKED}")
    assert near.headers["Location"] == f"/cases/?step=2&near={FUNAGATA}&{PICKED}"


def test_what_is_picked_is_no_condition(client: Client) -> None:
    text = client.get(f"/cases/?step=2&{PICKED}&compare=gone").text
    assert "22件" in text
    assert re.findall(r'rel="canonical" href="http://testserver([^"]+)"', text) == ["/cases/?step=2"]
    files = re.findall(r'href="(/cases\.[^"]+)"', text)
    assert len(files) == 6
    assert [link for link in files if "compare" in link] == []
    assert client.get(f"/cases.json?{PICKED}").status_code == 400


def test_what_is_closest_stands_apart_from_the_result(client: Client) -> None:
    text = client.get("/cases/?q=外部人材 CIO補佐官 予算").text
    assert "すべての言葉を含む事例はありません。" in text
    assert "「予算」を除く（2件）" in text
    apart = text.partition('<h2 id="closest">')[2]
    assert len(linked_cases(apart)) == 10
    assert client.get("/cases.json?q=外部人材 CIO補佐官 予算").json()["results"] == []


def test_robots_ask_for_whole_files_and_not_for_one_of_each_list(client: Client) -> None:
    assert client.get("/robots.txt").text == (
        "User-agent: *\n"
        "Disallow: /admin/\n"
        "Disallow: /suggestions.json\n"
        "Disallow: /cases.xlsx?\n"
        "Disallow: /cases.csv?\n"
        "Disallow: /cases.json?\n"
        "Disallow: /cases.atom?\n"
        "Disallow: /compare.xlsx?\n"
        "Disallow: /dossier.xlsx?\n"
        "Sitemap: http://testserver/sitemap.xml\n"
    )
