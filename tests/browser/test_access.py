"""For everyone: what axe finds, and what it cannot find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, expect

from tests.addresses import FORM_PAGES, PAGES, PUBLIC

# Told of what is wrong alone: what is right is a megabyte a page.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "reporter": "no-passes",
}
# Contrast takes longer than all other rules, and no colour depends on the width of the screen.
RULES_OF_LAYOUT = {**RULES, "rules": {"color-contrast": {"enabled": False}}}


# Wider than a phone make test looks at a page of each kind, make test-all at every page.
TABLE = "/cases/?view=table&q=研修&near=063631"
WIDE = ["/", "/cases/?q=研修&near=063631", "/cases/dx2021-16-1/", TABLE, PUBLIC["compare"], "/bodies/"]


@dataclass
class Visit:
    """A page with what the browser says and asks for while it is there."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.listen)

    def listen(self, message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            self.errors.append(message.text)

    def to(self, path: str, width: int) -> Response:
        self.page.set_viewport_size({"width": width, "height": 800})
        answer = self.page.goto(path)
        assert answer is not None
        open_all_details(self.page)
        return answer


# make test looks at a page of each kind, make test-all at each page and all its variants.
FIRST = {*WIDE[:3], FORM_PAGES[0]}


@pytest.mark.parametrize(
    "path", [path if path in FIRST else pytest.param(path, marks=pytest.mark.long) for path in PAGES]
)
def test_a_page_is_for_everyone_and_closed(tab: Page, site: str, path: str) -> None:
    """All that is asked of every page, on one visit with a telephone, which then is narrower still."""
    visit = Visit(tab)
    policy = visit.to(path, width=360).headers["content-security-policy"]
    expect(tab.locator("h1")).to_have_count(1)
    assert violations(tab) == []
    assert tab.evaluate(SMALL_TARGETS) == []
    assert width(tab) <= 360
    tab.set_viewport_size({"width": 320, "height": 640})
    assert width(tab) <= 320
    tab.evaluate(WIDE_TEXT)
    assert width(tab) <= 320
    assert tab.evaluate(CLIPPED) == []
    assert ("default-src 'none'" in policy, "unsafe" in policy) == (True, False)
    assert (visit.errors, visit.hosts) == ([], {urlsplit(site).netloc})


@pytest.mark.long
def test_the_filters_over_the_page_of_a_phone_are_for_everyone(tab: Page) -> None:
    Visit(tab).to("/cases/?compare=dx2021-1-1", width=360)
    tab.locator("#filters").evaluate("node => { node.open = false }")
    tab.locator("#filters > summary").click()
    assert violations(tab) == []
    assert tab.evaluate(SMALL_TARGETS) == []
    for _ in range(60):
        tab.keyboard.press("Tab")
        focus = tab.evaluate(FOCUS)
        assert focus["visible"], focus
        if "id_region_kyushu" in focus["tag"]:
            break
    else:
        pytest.fail("the last region is never reached")


@pytest.mark.long
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everyone_on_wider_screens(tab: Page, site: str, path: str) -> None:
    """One visit with a desktop, which then is as narrow as a tablet."""
    visit = Visit(tab)
    visit.to(path, width=1280)
    for width_of_screen in (1280, 768):
        tab.set_viewport_size({"width": width_of_screen, "height": 800})
        if path in WIDE or width_of_screen == 1280:
            assert violations(tab, RULES if path in WIDE else RULES_OF_LAYOUT) == []
        assert width(tab) <= width_of_screen
    assert (visit.errors, visit.hosts) == ([], {urlsplit(site).netloc})


def test_pages_looked_at_on_wider_screens_are_among_all() -> None:
    assert set(WIDE) <= set(PAGES)


def test_the_keyboard_leads_from_the_skip_link_to_a_result_with_focus_in_sight(sized_page: Page) -> None:
    sized_page.goto("/cases/?step=2&population=0-1")
    sized_page.keyboard.press("Tab")
    expect(sized_page.get_by_text("本文へ移動")).to_be_focused()
    sized_page.keyboard.press("Enter")
    for _ in range(80):
        sized_page.keyboard.press("Tab")
        focus = sized_page.evaluate(FOCUS)
        assert focus["visible"], focus
        assert focus["outline"] >= 2, focus
        if focus["href"].endswith("/cases/dx2021-14-1/"):
            break
    else:
        pytest.fail("the first result is never reached")
    sized_page.keyboard.press("Enter")
    expect(sized_page.get_by_role("heading", level=1)).to_contain_text("全庁一丸で")


def test_the_second_skip_link_leads_past_the_filters_to_the_results(sized_page: Page) -> None:
    sized_page.goto("/cases/?step=2")
    sized_page.keyboard.press("Tab")
    sized_page.keyboard.press("Enter")
    sized_page.keyboard.press("Tab")
    expect(sized_page.get_by_text("検索結果へ移動")).to_be_focused()
    assert sized_page.evaluate(FOCUS)["visible"]
    sized_page.keyboard.press("Enter")
    sized_page.keyboard.press("Tab")
    assert sized_page.evaluate("document.activeElement.closest('#results') !== null")


def test_enter_while_japanese_is_composed_does_not_submit(page: Page, context: BrowserContext) -> None:
    page.goto("/cases/")
    page.get_by_text("絞り込む", exact=True).is_visible()
    box = page.locator("#id_q")
    if not box.is_visible():
        page.get_by_text("絞り込む", exact=True).click()
    box.focus()
    session = context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "けんしゅう", "selectionStart": 5, "selectionEnd": 5})
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process", "code": "Enter"},
    )
    session.send("Input.insertText", {"text": "研修"})
    assert page.url.endswith("/cases/")
    box.press("Enter")
    page.wait_for_url("**/cases/?q=*")


@pytest.mark.long
def test_back_restores_the_filters(sized_page: Page) -> None:
    sized_page.goto("/cases/?step=2&population=0-1")
    sized_page.get_by_role("link", name="全庁一丸で").click()
    sized_page.go_back()
    expect(sized_page.locator("#id_step_2")).to_be_checked()
    expect(sized_page.locator("#id_population_0-1")).to_be_checked()


@pytest.mark.long
def test_forced_colours_and_reduced_motion_leave_everything_in_place(page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto("/cases/?step=2")
    expect(page.locator("#id_step_2")).to_be_checked()
    border = page.locator(".chip").first.evaluate("node => getComputedStyle(node).borderTopWidth")
    assert border != "0px"
    assert page.evaluate("document.getAnimations().length") == 0


def test_an_error_leads_to_its_field(page: Page) -> None:
    page.goto("/cases/?population=abc")
    expect(page.get_by_role("alert")).to_contain_text("abc")
    page.get_by_role("alert").get_by_role("link", name="人口", exact=True).click()
    expect(page.locator("#id_population")).to_be_in_viewport()


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds where nothing sticks over another, at the foot of the page: rule and first place."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def width(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def open_all_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")


WIDE_TEXT = """() => { for (const node of document.querySelectorAll('body *')) {
    node.style.setProperty('line-height', '1.5', 'important');
    node.style.setProperty('letter-spacing', '0.12em', 'important');
    node.style.setProperty('word-spacing', '0.16em', 'important');
} }"""

# Text cut off by its own box.
CLIPPED = """() => [...document.querySelectorAll('a, button, h1, h2, h3, p, li, td, th')].filter(node => {
    const style = getComputedStyle(node);
    return style.overflow === 'hidden' && !node.classList.contains('visually-hidden')
        && node.scrollHeight > node.clientHeight + 1;
}).map(node => node.outerHTML.slice(0, 80))"""

# Targets under 24 px, save links within a sentence; buttons, filters and pagination under 44 px.
SMALL_TARGETS = """() => [
    ...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
    .map(node => node.matches('.checkbox input') ? node.closest('label') : node)
    .filter(node => node.checkVisibility() && !node.classList.contains('skip-link'))
    .filter(node => {
        const box = node.getBoundingClientRect();
        const large = node.matches('button, .button, .checkbox, .pagination a, select, input, summary');
        const inline = getComputedStyle(node).display === 'inline' && node.matches('a');
        return !inline && (box.height < (large ? 44 : 24) - 0.5 || box.width < 23.5);
    }).map(node => node.outerHTML.slice(0, 120))"""

FOCUS = """() => {
    const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
    const x = Math.min(Math.max(box.left + Math.min(box.width, 40) / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    return {
        tag: node.outerHTML.slice(0, 100), href: node.href || '',
        visible: box.bottom > 0 && box.top < innerHeight
            && !!top && (node.contains(top) || top.contains(node)),
        outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    };
}"""
