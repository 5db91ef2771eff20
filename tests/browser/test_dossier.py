"""A dossier on its way from the home page to paper, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.documents.reading import Document, read_public
from catalog.finding.index import current_index
from catalog.pages.paper import sheets_of
from tests.pdf import texts_of_pages
from tests.quick import one_in

MAX_ACTIONS = 5
RUNNING_HEAD = "自治体DX事例カタログ 事例ファイル"
FIVE = [f"dx2021-{page}" for page in ("14-1", "15-1", "16-1", "17-1", "36-1")]
HEIGHTS = """all => all.map(one => [one, one.querySelector('.file__rest')].map(
    part => part.getBoundingClientRect().height))"""
SHEET = (665, 986)  # pixels of a sheet within its margins


@dataclass
class Walk:
    """Counts what a reader does: a click, or words typed and sent."""

    page: Page
    actions: int = 0

    def type_and_send(self, label: str, text: str, button: str) -> None:
        self.page.get_by_label(label).fill(text)
        self.page.get_by_role("button", name=button).first.click()
        self.actions += 1

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()
        self.actions += 1

    def print(self) -> list[str]:
        """The text of each page; the browser prints without the button, too."""
        self.actions += 1
        return texts_of_pages(self.page.pdf(prefer_css_page_size=True))


@pytest.fixture(params=one_in(2, [True, False]), ids=["with JavaScript", "without"])
def walker(
    browser: Browser, browser_context_args: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    context = browser.new_context(**browser_context_args | {"java_script_enabled": request.param})
    yield context.new_page()
    context.close()


def test_five_cases_come_from_the_home_page_to_paper_in_five_actions(walker: Page) -> None:
    walker.goto("/")
    walk = Walk(walker)
    walk.type_and_send("言葉で探す", "推進体制", "探す")
    walk.follow("先頭5件を事例ファイルにまとめる")
    walk.type_and_send("ファイルの題名", "議会に出す事例", "題名とメモを反映する")
    titles = walker.locator(".entry__title a").all_inner_texts()
    pages = walk.print()
    assert walk.actions <= MAX_ACTIONS
    assert len(titles) == 5
    # A cover and two sheets of comparison, a sheet for each case, the sources.
    heads = [text.strip().removeprefix(RUNNING_HEAD).split()[:2] for text in pages]
    assert heads == [
        ["i", "議会に出す事例"],
        *(["比較", number] for number in ("ii", "iii")),
        *([f"事例{number}", f"{number}"] for number in range(1, 6)),
        ["出典と利用条件", "6"],
    ]
    assert all(text.strip().startswith(RUNNING_HEAD) for text in pages)
    assert "「推進体制」の事例" in pages[0]
    for title, text in zip(titles, pages[3:8], strict=True):
        assert "".join(title.split()) in "".join(text.split())


@pytest.mark.long
def test_cases_ticked_in_a_list_are_put_together_with_notes_and_add_others(walker: Page) -> None:
    walker.goto("/cases/?step=2")
    for slug in FIVE[:2]:
        walker.locator(f"#compare-{slug}").check()
    walker.get_by_role("button", name="事例ファイルにまとめる").click()
    expect(walker).to_have_url(re.compile(rf"/dossier/\?step=2&case={FIVE[0]}&case={FIVE[1]}$"))
    walker.locator("#note-1").fill("一つ目のメモ")
    walker.get_by_role("button", name=re.compile("事例2を ?上へ")).click()
    assert slugs(walker) == [FIVE[1], FIVE[0]]
    expect(walker.locator("#note-2")).to_have_value("一つ目のメモ")
    walker.get_by_role("link", name="一覧から選んで加える").click()
    walker.locator(f"#compare-{FIVE[3]}").check()
    walker.get_by_role("button", name="事例ファイルにまとめる").click()
    assert slugs(walker) == [FIVE[1], FIVE[0], FIVE[3]]
    expect(walker.locator("#note-2")).to_have_value("一つ目のメモ")
    walker.get_by_label("言葉か、事例のアドレスで探す").fill("書かない窓口")
    walker.get_by_role("button", name="探す").click()
    walker.get_by_label("業務の効率化による書かない窓口").check()
    walker.get_by_role("button", name="印の付いた事例を加える").click()
    assert slugs(walker) == [FIVE[1], FIVE[0], FIVE[3], FIVE[4]]
    walker.get_by_role("button", name=re.compile("事例1を ?外す")).click()
    assert slugs(walker) == [FIVE[0], FIVE[3], FIVE[4]]
    expect(walker.locator("#note-1")).to_have_value("一つ目のメモ")


def test_a_case_goes_into_a_dossier_beside_those_picked_in_lists(page: Page) -> None:
    page.goto(f"/cases/?compare={FIVE[0]}&compare={FIVE[1]}")
    page.goto(f"/cases/{FIVE[4]}/")
    page.get_by_role("link", name="事例ファイルに入れる").click()
    assert slugs(page) == [FIVE[0], FIVE[1], FIVE[4]]


@pytest.mark.long
def test_more_than_can_be_compared_are_picked_up_to_twenty(page: Page) -> None:
    of_the_first_page = ("1-1", "2-1", "3-1", "4-1")
    page.goto("/cases/?page=2&" + "&".join(f"compare=dx2021-{slug}" for slug in of_the_first_page))
    button = page.get_by_role("button", name="比べる（4件まで）")
    expect(button).to_be_enabled()
    boxes = page.locator("[name=compare][type=checkbox]:not(:checked)")
    boxes.first.check()
    expect(button).to_be_disabled()
    expect(page.locator("#picked-number")).to_have_text("5件を選択中")
    for _ in range(15):
        boxes.first.check()
    boxes.first.click()
    expect(boxes).to_have_count(4)
    expect(page.locator("#picked-note")).to_have_text("選べるのは20件までです。")
    page.get_by_role("button", name="事例ファイルにまとめる").click()
    expect(page.locator("h1")).to_have_text("事例ファイル 20件")


def slugs(page: Page) -> list[str]:
    return page.locator(".entry [name=case]").evaluate_all("all => all.map(one => one.value)")


@pytest.mark.long
@pytest.mark.parametrize(("note", "on_two"), [("", 2), ("長いメモ。" * 40, 6)])
def test_a_case_takes_the_sheets_that_it_is_counted_as(page: Page, note: str, on_two: int) -> None:
    index = current_index()
    documents = index.read(index.numbering.in_order(index.cases, slice(0, 60)))
    page.set_viewport_size({"width": SHEET[0], "height": SHEET[1]})
    page.emulate_media(media="print")
    taken: list[int | None] = []
    for at in range(0, 60, 20):
        some = documents[at : at + 20]
        page.goto("/dossier/?" + "&".join(f"case={slug_of(one)}&note-{slug_of(one)}={note}" for one in some))
        heights = page.locator(".file__case").evaluate_all(HEIGHTS)
        for document, (whole, rest) in zip(some, heights, strict=True):
            sheets = sheets_of(document, note)
            parts = [whole - rest, rest] if sheets.is_split else [whole]
            assert max(parts) <= SHEET[1], slug_of(document)
            taken.append(sheets.number)
    assert (taken.count(1), taken.count(2)) == (60 - on_two, on_two)


def slug_of(document: Document) -> str:
    return document.record["slug"]


def test_a_case_that_is_split_begins_on_the_page_that_the_contents_say(page: Page) -> None:
    long, following = read_public(["dx2021-26-1", FIVE[0]])
    assert sheets_of(long, "").number == 2
    page.goto(f"/dossier/?case={slug_of(long)}&case={slug_of(following)}")
    pages = texts_of_pages(page.pdf(prefer_css_page_size=True))
    assert [text.strip().removeprefix(RUNNING_HEAD).split()[:2] for text in pages] == [
        ["i", "自治体DXの事例ファイル"],
        ["比較", "ii"],
        ["比較", "iii"],
        ["事例1", "1"],
        ["事例1", "2"],
        ["事例2", "3"],
        ["出典と利用条件", "4"],
    ]
    page.emulate_media(media="print")
    assert page.locator("tbody .file__page").all_inner_texts() == ["1", "3"]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    five = "&".join(f"case={slug}" for slug in FIVE)
    for query in (f"{five}&note-{FIVE[0]}={'W' * 200}", f"case={'nope' * 40}"):
        page.goto(f"/dossier/?{query}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
