"""The catalogue as files, opened from a folder with the network off: it finds what the site finds."""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit
from zipfile import ZipFile

import pytest
import yaml
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, expect

from catalog.bundle.links import FINDER
from catalog.bundle.writing import SUMS, as_file, finder_page, write_bundle
from catalog.finding.facets import facets_of
from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.finding.search import fold_each
from catalog.models import Case, Topic
from catalog.output.asking import environ_of
from tests.browser.test_access import violations, width
from tests.finding.test_facets import HARD_WORDS, SORTS, VALUES, WORDS
from tests.finding.test_understanding import SENTENCES_WITHOUT_CONDITION, SPELLINGS
from tests.making import make_case

pytestmark = pytest.mark.long

SITE = "http://localhost"
MAX_BYTES, MAX_SCRIPT_BYTES = 5_000_000, 60_000
EDGES = (
    "★研修★ ※窓口",
    "😊研修",
    "①研修",
    "1. 研修\n2) 窓口",
    "70%",
    "電子申請を検討しています",
    "研修事例",
    "研修ってありますか",
    "行政手続き",
    "行政手続きのオンライン化",
    "津市",
    "大阪市",
    "東村",
)
JUDGED = yaml.safe_load((Path(__file__).parent.parent / "finding" / "queries.yaml").read_text())


@pytest.fixture(scope="module")
def bundle(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the ZIP was unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder / "catalogue.zip", SITE, lambda line: None)
    assert [path.name for path in folder.iterdir()] == ["catalogue.zip"]
    assert (folder / "catalogue.zip").stat().st_size <= MAX_BYTES
    with ZipFile(folder / "catalogue.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def offline(browser: Browser, errors: list[str]) -> Iterator[Page]:
    context = browser.new_context(offline=True, locale="ja-JP")
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """What the pages have told the console, policies that were broken among it."""
    return []


@pytest.fixture
def finder(bundle: Path, offline: Page) -> Page:
    offline.goto((bundle / "cases.html").as_uri())
    return offline


def made_finder(folder: Path) -> str:
    """The address of the page that searches, made anew of the catalogue as it now is."""
    html, policy = finder_page(current_index(), WSGIRequest(environ_of(SITE, "/cases/")))
    (folder / FINDER).write_text(as_file(html, FINDER, [], SITE, "", policy, {}))
    return (folder / FINDER).as_uri()


def expected(query: str) -> dict[str, object]:
    case_filter, offered = CaseFilter(QueryDict(query)), facets_of(CaseFilter(QueryDict()))
    names = [facet.name for facet in offered if facet.is_choice]
    boxes = {(facet.name, option.value) for facet in offered for option in facet.options}
    assert case_filter.errors == {}
    return {
        "slugs": [document.record["slug"] for document in case_filter.all_documents()],
        "understood": [[one.parameter, one.value] for one in case_filter.understood],
        "counts": {
            f"{facet.name}={option.value}": option.count
            for facet in facets_of(case_filter, names)
            for option in facet.options
            if (facet.name, option.value) in boxes  # a year of no case, which the query may name, has none
        },
    }


def random_queries(number: int) -> Iterator[str]:
    chance = random.Random(number)
    first = [section for section in VALUES["section"] if not section.startswith("second")]
    sources = {**VALUES, "section": first, "source": ["dx2021"]}
    for _ in range(number):
        given: dict[str, list[str]] = {
            name: chance.sample(values, chance.randint(1, min(2, len(values))))
            for name, values in sources.items()
            if chance.random() < 0.15
        }
        if chance.random() < 0.6:
            given["q"] = [" ".join(chance.sample([*WORDS, *HARD_WORDS], chance.randint(1, 2)))]
        if chance.random() < 0.4:
            given["near"] = [chance.choice(["063631", "040002", "271004", "131016"])]
        if chance.random() < 0.3:
            given["near_population"] = [chance.choice(["8000", "8千人", "12.5万"])]
        if chance.random() < 0.3:
            given["population_min"] = [str(chance.randint(0, 400_000))]
        if chance.random() < 0.5:
            given["sort"] = [chance.choice(SORTS)]
        yield urlencode(given, doseq=True)


def test_the_judged_queries_find_what_they_find_on_the_site(finder: Page, errors: list[str]) -> None:
    for judged in JUDGED:
        query = urlencode({"q": judged["q"]})
        assert finder.evaluate("query => find(query)", query) == expected(query), judged["q"]
    assert errors == []


def test_the_script_understands_and_cuts_what_the_site_does(finder: Page) -> None:
    texts = [text for text, _ in SPELLINGS] + [*SENTENCES_WITHOUT_CONDITION, *EDGES]
    for text in texts:
        query = urlencode({"q": text})
        assert finder.evaluate("query => find(query)", query) == expected(query), text


def test_random_queries_find_what_they_find_on_the_site(finder: Page) -> None:
    for query in random_queries(200):
        assert finder.evaluate("query => find(query)", query) == expected(query), unquote(query)


def test_the_script_folds_as_the_database_does(finder: Page) -> None:
    texts = [text for case in Case.objects.all() for text in (case.title, case.approach, *case.points)]
    texts += [
        "㈱ヴィジョン　1,234,567件",
        "ｶﾞｲﾄﾞﾗｲﾝ",
        "令和二十三年・平成元年",
        "東京都議会と協議会",
        "葛\U000e0100城市",
        "龍ヶ﨑",
    ]
    texts += ["".join(map(chr, range(start, start + 256))) for start in range(0x2E00, 0xA000, 256)]
    folded = fold_each(texts)
    assert finder.evaluate("texts => texts.map(fold)", texts) == [folded[text] for text in texts]


def test_every_link_leads_to_a_file_or_to_the_site(bundle: Path) -> None:
    pages = sorted(bundle.rglob("*.html"))
    assert len(pages) > 230
    missing = [
        (str(page.relative_to(bundle)), address)
        for page in pages
        for address in re.findall(r' (?:href|src|action)="([^"]*)"', page.read_text())
        if not urlsplit(address).scheme
        and urlsplit(address).path
        and not (page.parent / unquote(urlsplit(address).path)).resolve().is_file()
    ]
    assert missing == []


def test_only_the_finder_has_a_script_and_each_page_says_when_it_was_made(bundle: Path) -> None:
    with_scripts = [page.name for page in bundle.rglob("*.html") if "<script" in page.read_text()]
    assert with_scripts == ["cases.html"]
    assert all("ファイル版：" in page.read_text() for page in bundle.rglob("*.html"))
    (script,) = re.findall(r"<script>(.*?)</script>", (bundle / "cases.html").read_text(), re.DOTALL)
    assert len(script.encode()) <= MAX_SCRIPT_BYTES


def test_the_sums_are_those_of_the_files(bundle: Path) -> None:
    lines = (bundle / SUMS).read_text().splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    there = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if path.is_file()}
    assert {*sums} == {*there} - {SUMS, "catalogue.zip"}
    assert {name: hashlib.sha256(there[name].read_bytes()).hexdigest() for name in sums} == sums


def test_the_database_has_every_case(bundle: Path) -> None:
    with sqlite3.connect(bundle / "data" / "cases.sqlite") as database:
        names = database.execute(
            "SELECT count(*), count(DISTINCT cases.識別名) FROM cases JOIN case_bodies ON slug = cases.識別名"
        )
        assert names.fetchone() == (73, 60)


# What names nothing that there is, or what the page has no field for.
ADDRESSES = (
    *(
        "q=★",
        "q=。",
        "q=%25",
        "q=%23",
        "q=～",
        "q=😊",
        "q=%E2%80%8B",
        "q=%EF%BB%BF",
        "q=★ 町",
        "q=%20",
        "q=%00",
    ),
    *("q=町&literal=1", "q=町", "literal=2", "q=研修&q=窓口", f"q={'研' * 201}", "q=研修&page=あ"),
    *(
        "population=unknown",
        "population=9",
        "cost=1",
        "effect=1",
        "effect=2",
        "year=2020",
        "year=20",
        "step=9",
    ),
    *("step=2&step=9", "section=3-1", "section=9", "topic=no", "source=no", "kind=no", "region=no"),
    *("prefecture=48", "body=302058", "body=302058&body=063631", "body=000000", "body=302058&kind=town"),
    *("near=000000", "near=063631", "near_population=0", "near_population=x", "population_min=-1"),
    *("population_max=9999999999", "sort=no", "sort=constructor", "topic=constructor", "constructor=1"),
    *("utm_source=mail", "step=&q="),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_shows_what_the_site_shows_and_says_what_is_wrong(
    bundle: Path, offline: Page, errors: list[str], address: str
) -> None:
    case_filter = CaseFilter.for_request(RequestFactory().get(f"/cases/?{address}"))
    offline.goto(f"{(bundle / FINDER).as_uri()}?{address}")
    cards = offline.locator("#cards > div:visible").evaluate_all("cards => cards.map(card => card.id)")
    assert cards == [document.record["slug"] for document in case_filter.all_documents()]
    told = offline.locator("#told").text_content() or ""
    assert ("使えない値" in told or "人数が読み取れません" in told) == bool(case_filter.errors)
    assert errors == []


def test_what_the_form_has_no_field_for_stays_while_it_is_filled_in(bundle: Path, offline: Page) -> None:
    offline.goto(f"{(bundle / FINDER).as_uri()}?body=302058&body=063631&step=9")
    expect(offline.locator("#count")).to_have_text("0")
    expect(offline.locator("#told")).to_have_text(
        "「ステップ」に、使えない値があります。直すか、「条件をすべて解除」を押して選び直してください。"
    )
    offline.get_by_label("言葉（題名・本文・団体名など）").fill("研修")
    query = "body=302058&body=063631&q=研修"
    found = [document.record["slug"] for document in CaseFilter(QueryDict(query)).all_documents()]
    expect(offline.locator(".card:visible")).to_have_count(len(found))
    expect(offline.locator("#understood")).to_have_text(
        "和歌山県御坊市、山形県舟形町の事例だけを表示しています。"
    )


@pytest.mark.django_db
def test_a_former_name_of_a_topic_stands_for_that_of_today(page: Page, tmp_path: Path) -> None:
    topic = Topic.objects.filter(cases__status="published").first()
    assert topic
    Topic.objects.create(slug="former", title="以前のテーマ", position=99, merged_into=topic)
    page.goto(f"{made_finder(tmp_path)}?topic=former")
    expected = len(CaseFilter(QueryDict(f"topic={topic.slug}")).found())
    assert 0 < expected < 60
    expect(page.locator("#count")).to_have_text(str(expected))
    assert page.locator(f"input[name=topic][value={topic.slug}]").is_checked()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["<!-- <script>", "</script>", "<!--<script></script>-->", "&lt;!-- <ScRiPt "]
)
def test_no_text_of_a_case_switches_the_search_off(page: Page, tmp_path: Path, text: str) -> None:
    make_case("html", title=f"{text}珊瑚", approach=text)
    page.goto(f"{made_finder(tmp_path)}?q=珊瑚")
    expect(page.locator("#count")).to_have_text("1")
    expect(page.locator(".card:visible")).to_contain_text([f"{text}珊瑚"])


@pytest.mark.parametrize("size", [360, 1280])
def test_a_reader_searches_filters_and_sees_what_is_near(
    bundle: Path, offline: Page, errors: list[str], size: int
) -> None:
    offline.set_viewport_size({"width": size, "height": 800})
    offline.goto((bundle / "index.html").as_uri())
    offline.get_by_label("言葉で探す").fill("書かない窓口")
    offline.get_by_role("button", name="探す", exact=True).click()
    expect(offline.locator("#count")).to_have_text("2")
    expect(offline.locator(".card:visible")).to_have_count(2)
    offline.get_by_label("自団体", exact=True).fill("りゅうがさきし")
    offline.get_by_role("button", name="自団体に近い順に並べる").click()
    expect(offline.locator("#told")).to_have_text("茨城県龍ケ崎市に近い順に並べています。")
    assert width(offline) <= size
    offline.locator(".card:visible a").first.click()
    expect(offline.locator("h1")).to_have_text("業務の効率化による書かない窓口、ワンストップ窓口の実現")
    assert errors == []
    for page in ("cases.html", "index.html", "cases/dx2021-36-1.html"):
        offline.goto((bundle / page).as_uri())
        assert violations(offline) == []
    errors.clear()  # axe itself asks for what the policy refuses
